"""How much of the paper's protocol a result is, computed from settings."""

from dataclasses import replace

import pytest

from lth_common.protocol.resolve import paper_names
from lth_common.runs.fidelity import FULL, Fidelity, fidelity_of
from lth_common.runs.plan import plan_of

NAME, PAIR = "data_subsets", ("lenet_split", "as_stated")


def arms_of(plan):
    return [(*pair, arm) for pair, resolved in plan.resolved.items() for arm in resolved.arms]


def cut(edited, old, new, arm="s2"):
    """Fidelity of one arm whose protocol has one line changed, against the real one."""
    full, here = plan_of(NAME, "paper"), plan_of(NAME, "paper", edited(old, new))
    return fidelity_of(here, full, [(*PAIR, arm)])


@pytest.mark.parametrize("name", paper_names())
def test_the_papers_own_scale_is_the_full_protocol_and_others_are_at_most_that(name):
    full = plan_of(name, "paper")
    assert fidelity_of(full, full, arms_of(full)) == FULL and FULL.badge == "full protocol" and FULL.smallest == 1
    for scale in ("laptop", "smoke"):
        here = plan_of(name, scale)
        for arm in arms_of(here):
            found = fidelity_of(here, full, [arm])
            assert all(0 <= share < 1 for share in found.shares.values())
            assert (found.badge == "full protocol") == (found == FULL)


@pytest.mark.parametrize(("old", "new", "kind", "share"), [
    ("budget: 30000it", "budget: 10000it", "budget", 1 / 3),
    ("s2: {train: [30000, 57500]", "s2: {train: [30000, 41000]", "training data", 0.4),
    ("hidden: [300, 100]", "hidden: [150, 50]", "network's size", 0.5),
    ("levels: 27", "levels: 13", "levels", 0.5), ("seeds: [0, 1, 2]", "seeds: [0]", "trials", 1 / 3)])
def test_each_kind_of_cut_is_seen(edited, old, new, kind, share):
    found = cut(edited, old, new)
    assert found.shares == {kind: pytest.approx(share)} and found.smallest == pytest.approx(share)
    assert kind in found.badge and not found.changed


def test_a_branch_is_cut_where_its_chain_is(edited):
    shorter = cut(edited, "data: s1}", "data: s1, train: {budget: 3000it}}")
    assert shorter.shares == {"budget": 0.1} and shorter.badge == "1/10 of the budget"


def test_other_settings_are_no_share_and_are_named(edited):
    assert cut(edited, "lr: 0.001}", "lr: 0.002}") == Fidelity({}, ("train.optimizer.lr",))
    assert cut(edited, "budget: 30000it", "budget: 40ep").changed == ("train.budget",)


def test_of_several_arms_the_smallest_counts():
    here, full = plan_of(NAME, "laptop"), plan_of(NAME, "paper")
    both = fidelity_of(here, full, [("lenet_split", "as_released", "s1"), ("shufflenet", "as_released", "search")])
    alone = fidelity_of(here, full, [("shufflenet", "as_released", "search")])
    assert both == alone and alone.smallest < 0.1
    assert fidelity_of(replace(here, resolved=here.resolved), full, [(*PAIR, "no such arm")]) == FULL
