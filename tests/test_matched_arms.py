"""Arms that a claim compares differ in nothing but what the claim is about."""

import copy

import pytest

from lth_common.protocol.schema.paper import SCALES
from lth_common.runs.plan import plan_of

NAME, EXPERIMENT = "data_subsets", "shufflenet"


RUN = [(variant, scale) for variant in ("as_released", "as_stated") for scale in SCALES
       if (variant, scale) != ("as_stated", "laptop")]  # which leaves the arm out


@pytest.mark.parametrize(("variant", "scale"), RUN)
def test_batch_norm_arms_differ_in_nothing_but_its_pruning(variant, scale):
    runs = {(run.arm, run.seed): copy.deepcopy(run.spec)
            for run in plan_of(NAME, scale).runs[EXPERIMENT, variant]}
    for seed in {seed for _, seed in runs}:
        exempt, pruned = runs["search", seed], runs["norm_pruned", seed]
        assert pruned["prune"]["rates"].pop("norm") == pruned["prune"]["rates"]["conv"]
        assert "norm" not in exempt["prune"]["rates"]
        assert exempt == pruned
