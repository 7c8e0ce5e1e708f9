# Figures, tables and verdicts from the records. Each is redrawn when its own description changes.
rule figure:
    input:
        records=lambda w: needs.records_of(
            w.paper, PAPERS[w.paper], needs.needed_by(PAPERS[w.paper], "figures", w.item), SCALE
        ),
        tickets=lambda w: needs.ticket_files(
            needs.tickets_for(w.paper, PAPERS[w.paper], "figures", w.item, SCALE), SCALE
        ),
        published="replications/{paper}/published.csv",
    output:
        multiext(f"results/{SCALE}/{{paper}}/figures/{{item}}", ".svg", ".png", ".csv"),
    params:
        spec=lambda w: PAPERS[w.paper].figures[w.item].model_dump(mode="json"),
    message:
        "drawing {wildcards.item} of {wildcards.paper}"
    shell:
        "{PYTHON} -m lth_common.analysis figure {wildcards.paper} {wildcards.item} --scale {SCALE}"


rule table:
    input:
        records=lambda w: needs.records_of(
            w.paper, PAPERS[w.paper], needs.needed_by(PAPERS[w.paper], "tables", w.item), SCALE
        ),
        tickets=lambda w: needs.ticket_files(
            needs.tickets_for(w.paper, PAPERS[w.paper], "tables", w.item, SCALE), SCALE
        ),
        published="replications/{paper}/published.csv",
    output:
        multiext(f"results/{SCALE}/{{paper}}/tables/{{item}}", ".csv", ".md"),
    params:
        spec=lambda w: PAPERS[w.paper].tables[w.item].model_dump(mode="json"),
    message:
        "writing {wildcards.item} of {wildcards.paper}"
    shell:
        "{PYTHON} -m lth_common.analysis table {wildcards.paper} {wildcards.item} --scale {SCALE}"


rule verdicts:
    input:
        records=lambda w: needs.records_of(
            w.paper, PAPERS[w.paper], needs.experiments_of(w.paper, PAPERS[w.paper]), SCALE
        ),
        tickets=lambda w: needs.ticket_files(
            needs.tickets_drawn(w.paper, PAPERS[w.paper], needs.experiments_of(w.paper, PAPERS[w.paper]), SCALE), SCALE
        ),
        published="replications/{paper}/published.csv",
    output:
        multiext(f"results/{SCALE}/{{paper}}/verdicts", ".csv", ".md"),
        f"results/{SCALE}/{{paper}}/records.csv.gz",
        f"results/{SCALE}/{{paper}}/runs.json",
    params:
        spec=lambda w: {k: c.model_dump(mode="json") for k, c in PAPERS[w.paper].claims.items()},
    message:
        "judging the claims of {wildcards.paper}"
    shell:
        "{PYTHON} -m lth_common.analysis verdicts {wildcards.paper} --scale {SCALE}"


rule report:
    input:
        f"results/{SCALE}/{{paper}}/verdicts.md",
        lambda w: [figure(w.paper, name) + ".svg" for name in needs.shown(w.paper, PAPERS[w.paper], "figures", SCALE)],
        lambda w: [table(w.paper, name) + ".md" for name in needs.shown(w.paper, PAPERS[w.paper], "tables", SCALE)],
    output:
        f"results/{SCALE}/{{paper}}/report.md",
    params:
        spec=lambda w: [
            o.model_dump(mode="json") for o in (*PAPERS[w.paper].variants.values(), PAPERS[w.paper].scales[SCALE])
        ],
    message:
        "writing the report of {wildcards.paper}"
    shell:
        "{PYTHON} -m lth_common.analysis report {wildcards.paper} --scale {SCALE}"


localrules:
    figure,
    table,
    verdicts,
    report,
