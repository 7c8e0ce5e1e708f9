# Figures, tables and verdicts from the records. Each is made anew when its plan changes: its description, its runs, or the
# code that draws and judges. Whichever figure or table of a paper is made first, its job makes those of the others that
# are to be made, and their jobs put them in their places: to start a job that draws takes longer than to draw.
rule figure:
    input:
        plan_of_item("figure"),
        "replications/{paper}/published.csv",
        made_of("figure"),
        *[made_of("figure", sets) for sets in RUN_SETS],
    output:
        multiext(f"results/{SCALE}/{{paper}}/figures/{{item}}", ".svg", ".png", ".csv"),
    message:
        "drawing {wildcards.item} of {wildcards.paper}"
    shell:
        "{PYTHON} -m lth_common.analysis.drawing figure {wildcards.paper} {wildcards.item} --scale {SCALE}"


rule table:
    input:
        plan_of_item("table"),
        "replications/{paper}/published.csv",
        made_of("table"),
        *[made_of("table", sets) for sets in RUN_SETS],
    output:
        multiext(f"results/{SCALE}/{{paper}}/tables/{{item}}", ".csv", ".md"),
    message:
        "writing {wildcards.item} of {wildcards.paper}"
    shell:
        "{PYTHON} -m lth_common.analysis.drawing table {wildcards.paper} {wildcards.item} --scale {SCALE}"


rule verdicts:
    input:
        plan_of_item("verdicts"),
        "replications/{paper}/published.csv",
        made_of("verdicts"),
        *[made_of("verdicts", sets) for sets in RUN_SETS],
    output:
        multiext(f"results/{SCALE}/{{paper}}/verdicts", ".csv", ".md"),
        f"results/{SCALE}/{{paper}}/records.csv.gz",
        f"results/{SCALE}/{{paper}}/runs.json",
    message:
        "judging the claims of {wildcards.paper}"
    shell:
        "{PYTHON} -m lth_common.analysis verdicts {wildcards.paper} --scale {SCALE}"


rule report:
    input:
        plan_of_item("report"),
        sure,
        *[drawn(sets) for sets in ITEM_SETS],
    output:
        f"results/{SCALE}/{{paper}}/report.md",
    message:
        "writing the report of {wildcards.paper}"
    shell:
        "{PYTHON} -m lth_common.analysis report {wildcards.paper} --scale {SCALE}"


localrules:
    figure,
    table,
    verdicts,
    report,
