# Data that take long to make: fetched, verified and made once, before what trains on them.
for job in jobs.preparations(JOBS):

    rule:
        name:
            f"prepare_{job.paper}_{job.experiment}_{job.variant}"
        output:
            job.prepared,
        log:
            f"logs/{SCALE}/prepare_{job.paper}_{job.experiment}_{job.variant}.log",
        params:
            what=f"{job.paper} {job.experiment} {job.variant}",
        message:
            f"preparing the data of {job.paper} {job.experiment}"
        shell:
            "{PYTHON} -m lth_common.runs.prepare {params.what} --scale {SCALE} --out {output} --log {log}"


# One rule for each chunk of runs: one Python start, one torch import, several trainings. Only what is not finished has a
# rule, and only its stamps are declared: Snakemake takes away what a job declares when the job begins or fails, and no
# finished run must go with it. Resume and locks live in the job (state/).
#
# At scale smoke to start takes longer than to train. There a job that has made its own runs makes those of other jobs of
# this call, too, one by one, as long as there are any that nobody has begun; those jobs then find them finished, and
# need not start what trains.
SHARED = f"state/{SCALE}_train.json" if SCALE == "smoke" else None
LOOK = "{PYTHON} -m lth_common.runs.stamped {output} --log {log} || " if SHARED else ""
ALONG = f" --along {SHARED}" if SHARED else ""


onstart:
    if SHARED:
        shared.write(JOBS, {job.rule.name for job in workflow.dag.needrun_jobs()}, SHARED)


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
            what=f"{job.paper} {job.experiment} {job.variant}",
            planned=job.planned,
            runs=" ".join(job.runs),
        message:
            f"training {job.paper} {job.experiment} ({job.variant}): {', '.join(job.runs)}"
        shell:
            LOOK + "{PYTHON} -m lth_common.runs.train {params.what} {params.runs} --scale {SCALE} --device {DEVICE}"
            " --engine {ENGINE} --threads {threads} --checkpoint-seconds {CHECKPOINT_SECONDS} --planned {params.planned}"
            " --progress {PROGRESS} --log {log}{ALONG}"
