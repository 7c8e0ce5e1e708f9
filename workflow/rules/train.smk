# One rule for each batch of cells: one Python start, one torch import, several trainings.
# Resume and locks live in the job (state/), not in Snakemake, which deletes the outputs of failed jobs.
for batch in BATCHES:

    rule:
        name:
            batch.name
        input:
            batch.inputs,
        output:
            [ensure(path, non_empty=True) for path in batch.outputs],
        log:
            f"logs/{SCALE}/{batch.name}.log",
        threads: 1
        resources:
            mem_mb=2000,
            gpu=1 if DEVICE == "cuda" else 0,
        params:
            spec=batch.spec,
            what=f"{batch.paper} {batch.experiment} {batch.variant}",
            planned=batch.planned,
            cells=" ".join(batch.cells),
        message:
            f"training {batch.paper} {batch.experiment} ({batch.variant}): {', '.join(batch.cells)}"
        shell:
            "{PYTHON} -m lth_common.run {params.what} {params.cells} --scale {SCALE} --device {DEVICE}"
            " --threads {threads} --checkpoint-seconds {CHECKPOINT_SECONDS} --planned {params.planned} --log {log}"
