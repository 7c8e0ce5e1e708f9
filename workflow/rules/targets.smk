# Names to type: PAPER, PAPER_FIGURE, PAPER_TABLE, and `release`.
for paper in PLANS:

    rule:
        name:
            paper
        input:
            report(paper),

    for kind, item in ITEMS[paper]:
        if kind in ("figure", "table"):

            rule:
                name:
                    f"{paper}_{item}"
                input:
                    items.outputs_of(PLANS[paper], kind, item),


# Copies finished results of this scale to results/released/, the tracked ones, and the verdicts to README.md.
rule release:
    input:
        [report(paper) for paper in PLANS],
    params:
        papers=list(PLANS),
    shell:
        "{PYTHON} -m lth_common.analysis.release {params.papers} --scale {SCALE}"


localrules:
    release,
