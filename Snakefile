# The replication of every paper in replications/. Rules are the same for all papers; a paper is data.
from snakemake.utils import min_version, validate

min_version("9.0")


workdir: workflow.basedir


configfile: f"{workflow.basedir}/workflow/config.yaml"


validate(config, "workflow/schemas/config.schema.yaml")


include: "workflow/rules/common.smk"
include: "workflow/rules/fetch.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/analyse.smk"
include: "workflow/rules/targets.smk"


rule all:
    default_target: True
    input:
        [report(paper) for paper in PLANS],
