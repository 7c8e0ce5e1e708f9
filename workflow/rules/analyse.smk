# Figures, tables and verdicts from the records. Each is made anew when its plan changes: its description, its runs, or the
# code that draws and judges. Whichever figure of a paper is drawn first, its job draws those of the others that are to
# be drawn, and their jobs put them in their places: to start a job that draws takes longer than to draw.
rule figure:
    input:
        made_of("figure"),
    output:
        multiext(f"results/{SCALE}/{{paper}}/figures/{{item}}", ".svg", ".png", ".csv"),
    message:
        "drawing {wildcards.item} of {wildcards.paper}"
    shell:
        "{PYTHON} -m lth_common.analysis.drawing {wildcards.paper} {wildcards.item} --scale {SCALE}"


rule table:
    input:
        made_of("table"),
    output:
        multiext(f"results/{SCALE}/{{paper}}/tables/{{item}}", ".csv", ".md"),
    message:
        "writing {wildcards.item} of {wildcards.paper}"
    shell:
        "{PYTHON} -m lth_common.analysis table {wildcards.paper} {wildcards.item} --scale {SCALE}"


rule verdicts:
    input:
        made_of("verdicts"),
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
        lambda w: items.plan_path(PLANS[w.paper], "report"),
        lambda w: [
            path
            for kind, item in ITEMS[w.paper]
            if kind != "report"
            for path in items.outputs_of(PLANS[w.paper], kind, item)
        ],
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
