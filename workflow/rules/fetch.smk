# Data sets that unfinished runs read and that are not here. It is tried once in every call to get each of them, since its
# input is written by every call. What cannot be had is no failure: what needs it is left out, named, and all else is run.
checkpoint fetch:
    input:
        PROGRESS,
    output:
        f"{data.FOLDER}/{{name}}.json",
    log:
        f"logs/{SCALE}/fetch_{{name}}.log",
    priority: 1  # downloads take time, and what waits for them more
    message:
        "fetching data set {wildcards.name}"
    shell:
        "{PYTHON} -m lth_common.runs.fetch {wildcards.name} --out {output} --log {log}"


localrules:
    fetch,
