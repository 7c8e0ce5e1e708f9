# Data sets that are built of other people's files, step by step, because nobody offers them whole: each step is a job. Its
# note says that it is made or what hindered it, which is no failure (see fetch.smk); every call tries again.
BUILDS = {name: build.to_build(name) for name in sorted({name for sets in WAITS.values() for name in sets})}
for name, steps in BUILDS.items():
    if workflow.is_main_process:
        build.forget(name, steps)
    for step in steps:

        rule:
            name:
                f"build_{name}_{step.name}"
            input:
                [build.note_path(name, other) for other in step.inputs if other in {left.name for left in steps}],
            output:
                build.note_path(name, step.name),
            log:
                f"logs/{SCALE}/build_{name}_{step.name}.log",
            resources:
                mem_mb=step.megabytes,
            params:
                step=f"{name} {step.name}",
            message:
                f"data set {name}: {step.about} ({step.cost})"
            shell:
                "{PYTHON} -m lth_common.datasets.build {params.step} --note {output} --log {log}"


def steps_before(wildcards):
    """The note of the last step of a data set that is built; none for one that is fetched whole."""
    return [build.note_path(wildcards.name, step.name) for step in BUILDS.get(wildcards.name, [])[-1:]]
