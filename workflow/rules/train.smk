# Data that take long to make: fetched, verified and made once, before what trains on them.
for job in jobs.preparations(BATCHES):

    rule:
        name:
            f"prepare_{job.paper}_{job.experiment}_{job.variant}"
        output:
            job.prepared,
        log:
            f"logs/{SCALE}/prepare_{job.paper}_{job.experiment}_{job.variant}.log",
        params:
            what=f"{job.paper} {job.experiment} {job.variant}",
            data=job.spec["data"],
        message:
            f"preparing the data of {job.paper} {job.experiment}"
        shell:
            "{PYTHON} -m lth_common.runs.prepare {params.what} --scale {SCALE} --out {output} --log {log}"


# One rule for each batch of runs: one Python start, one torch import, several trainings.
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
            runs=" ".join(batch.runs),
        message:
            f"training {batch.paper} {batch.experiment} ({batch.variant}): {', '.join(batch.runs)}"
        shell:
            "{PYTHON} -m lth_common.runs.train {params.what} {params.runs} --scale {SCALE} --device {DEVICE}"
            " --threads {threads} --checkpoint-seconds {CHECKPOINT_SECONDS} --planned {params.planned} --log {log}"
