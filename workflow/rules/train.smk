# Data that take long to make: fetched, verified and made once, before what trains on them.
for path, run in jobs.preparations(JOBS).items():

    rule:
        name:
            f"prepare_{run.paper}_{run.experiment}_{run.variant}"
        output:
            path,
        log:
            f"logs/{SCALE}/prepare_{run.paper}_{run.experiment}_{run.variant}.log",
        params:
            what=f"{run.paper} {run.experiment} {run.variant}",
        message:
            f"preparing the data of {run.paper} {run.experiment}"
        shell:
            "{PYTHON} -m lth_common.runs.prepare {params.what} --scale {SCALE} --out {output} --log {log}"


# One rule for each chunk of runs: one Python start, one torch import, several trainings. Only what is not finished has a
# rule, and only its stamps are declared: Snakemake takes away what a job declares when the job begins or fails, and no
# finished run must go with it. Resume and locks live in the job (state/).
for job in JOBS:

    rule:
        name:
            job.name
        input:
            job.inputs,
        output:
            job.outputs,
        log:
            f"logs/{SCALE}/{job.name}.log",
        threads: 1
        resources:
            mem_mb=2000,
            gpu=1 if DEVICE == "cuda" else 0,
        params:
            paper=job.paper,
            planned=jobs.planned_digest(job.runs),
            runs=" ".join(run.name for run in job.runs),
        message:
            f"training {job.paper} {job.about}"
        shell:
            "{PYTHON} -m lth_common.runs.train {params.paper} {params.runs} --scale {SCALE} --device {DEVICE}"
            " --engine {ENGINE} --threads {threads} --checkpoint-seconds {CHECKPOINT_SECONDS} --planned {params.planned}"
            " --progress {PROGRESS} --log {log}"
