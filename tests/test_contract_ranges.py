"""Rules can be decided by what a scale runs: enough seeds, and ranges of levels and weights that are reached."""

import pytest

from lth_common.analysis.levels import RANGE_TOLERANCE
from lth_common.expressions.paper import load_paper
from lth_common.protocol.resolve import arm_prune, experiments_of, levels_of, paper_names, resolve

every_paper = pytest.mark.parametrize("name", paper_names())

# Rounds beyond what `laptop` runs: the text's budget is only touched there, as the scale says.
TOUCHED = {("data_subsets", "C3_conv2_as_stated")}


@every_paper
def test_laptop_can_decide_every_rule(name):
    """With a single seed, or without the last round that a rule is about, no verdict could ever come of it."""
    paper = load_paper(name)
    runs = {pair: resolve(name, paper, *pair, "laptop") for pair in experiments_of(name, paper)}
    measured = [(key, rule.label, quantity) for key, claim in paper.claims.items() for rule in claim.rules
                for quantity in rule.quantities]
    for key, label, quantity in measured:
        sides = [(runs[side.experiment, side.variant], side) for side in quantity.sides]
        if any(side.arm not in run.arms for run, side in sides):
            continue  # left out at this scale, which the verdict says
        assert min(len(run.seeds) for run, _ in sides) >= 2, f"{key}: {label}"
        moving = [set(levels_of(run, side.arm)) for run, side in sides if side.level is None]
        if quantity.levels is not None and moving and (name, key) not in TOUCHED:
            assert quantity.levels[1] in set.intersection(*moving), f"{key}: {label}"


@every_paper
@pytest.mark.parametrize("scale", ["laptop", "paper"])
def test_ranges_of_weights_hold_levels_that_are_run_and_end_where_chains_end(name, scale):
    """Of arms whose kinds of weights are pruned alike, so that their levels' weights are known before a run."""
    paper = load_paper(name)
    runs = {pair: resolve(name, paper, *pair, scale) for pair in experiments_of(name, paper)}
    for key, claim in paper.claims.items():
        for quantity in (quantity for rule in claim.rules for quantity in rule.quantities):
            sides = [(runs[side.experiment, side.variant], side) for side in quantity.sides]
            moving = [(run, side.arm) for run, side in sides if side.level is None]
            if any(side.arm not in run.arms for run, side in sides) or not moving:
                continue  # left out at this scale, or about the dense network alone
            left = [share_left(arm_prune(run, arm)) for run, arm in moving]
            if None in left:
                continue
            low, high = quantity.weights_remaining[0] * (1 - RANGE_TOLERANCE), quantity.weights_remaining[1]
            levels = set.intersection(*(set(levels_of(run, arm)) for run, arm in moving))
            first, last = quantity.levels or (0, max(levels))
            inside = [level for level in levels if first <= level <= last
                      and all(low <= share(level) <= high * (1 + RANGE_TOLERANCE) for share in left)]
            assert inside, f"{key}: none of the levels {levels}"
            if low > 0 and not arm_prune(*moving[0]).one_shot:
                assert left[0](max(levels) + 1) < low, f"{key}: the range goes on after level {max(levels)}"


def share_left(rules):
    """The share of weights left at a level, as a function of it; None if it is not known before a run."""
    if len(set(rules.rates.values())) > 1 or rules.criterion == "threshold":
        return None

    def share(level):
        lost = min(rules.rates_at(level).values()) if level else 0.0
        return 1 - lost if rules.one_shot else (1 - lost) ** level

    return share
