# Names to type: PAPER, PAPER_FIGURE, PAPER_TABLE, and `release`.
for paper in PAPERS:

    rule:
        name:
            paper
        input:
            report(paper),

    for item in needs.shown(paper, PAPERS[paper], "figures", SCALE):

        rule:
            name:
                f"{paper}_{item}"
            input:
                multiext(figure(paper, item), ".svg", ".png", ".csv"),

    for item in needs.shown(paper, PAPERS[paper], "tables", SCALE):

        rule:
            name:
                f"{paper}_{item}"
            input:
                multiext(table(paper, item), ".csv", ".md"),


# Copies finished results of this scale to results/released/, the tracked ones, and the verdicts to README.md.
rule release:
    input:
        [report(paper) for paper in PAPERS],
    params:
        papers=list(PAPERS),
    shell:
        "{PYTHON} -m lth_common.analysis.release {params.papers} --scale {SCALE}"


localrules:
    release,
