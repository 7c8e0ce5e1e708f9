"""Pruning removes exactly the asked number of lowest-scored survivors, also with ties; nothing revives."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lth_common.errors import LTHError
from lth_common.pruning.mask import Mask
from lth_common.pruning.prunable import Parameter
from lth_common.pruning.prune import pools_by_rate, prune

KINDS = ("linear", "linear", "output", "conv")


def reference(scores, mask, pools):
    """Sort every survivor of a pool by (score, place in the pool), drop the first `count`. NumPy only."""
    result = {name: entry.numpy().copy() for name, entry in mask.items()}
    for names, count in pools:
        values = np.concatenate([scores[n].numpy().ravel() for n in names])
        places = np.arange(len(values))
        alive = np.concatenate([mask[n].numpy().ravel() for n in names])
        ranked = np.lexsort((places[alive], values[alive]))
        kept = alive.copy()
        kept[places[alive][ranked[:count]]] = False
        for name, part in zip(names, np.split(kept, np.cumsum([mask[n].numel() for n in names])[:-1]), strict=True):
            result[name] = part.reshape(result[name].shape)
    return result


@st.composite
def problems(draw):
    """Scores with many ties, a mask with some weights gone, in one to four layers."""
    layers = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    distinct = draw(st.sampled_from([1, 2, 5, 10**6]))
    kept = draw(st.sampled_from([0.0, 0.3, 0.9, 1.0]))
    scores, mask = {}, {}
    for i in range(layers):
        shape = tuple(rng.integers(1, 7, size=2))
        scores[f"l{i}"] = torch.from_numpy(rng.integers(0, distinct, size=shape).astype("float32"))
        mask[f"l{i}"] = torch.from_numpy(rng.random(shape) < kept)
    return scores, Mask(mask)


def check(scores, mask, pools):
    before = {n: entry.clone() for n, entry in mask.items()}
    pruned = prune(scores, mask, pools)
    expected = reference(scores, mask, pools)
    for name in mask:
        assert np.array_equal(pruned[name].numpy(), expected[name])
        assert not (pruned[name] & ~mask[name]).any(), "a pruned weight revived"
        assert torch.equal(mask[name], before[name]), "the old mask changed"
    assert mask.kept() - pruned.kept() == sum(count for _, count in pools)
    return pruned


@given(problems(), st.sampled_from([0.0, 0.2, 0.5, 1.0]))
def test_global_pruning_equals_the_reference(problem, share):
    scores, mask = problem
    check(scores, mask, [(tuple(mask), round(share * mask.kept()))])


@given(problems(), st.sampled_from([0.0, 0.2, 0.5, 1.0]))
def test_layerwise_pruning_equals_the_reference(problem, share):
    scores, mask = problem
    check(scores, mask, [((name,), round(share * int(entry.sum()))) for name, entry in mask.items()])


@given(problems(), st.sampled_from(["global", "layerwise"]), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_every_kind_loses_its_own_rate(problem, scope, linear, output):
    scores, mask = problem
    rates = {"linear": linear, "output": output, "conv": linear}
    parameters = [Parameter(n, tuple(e.shape), KINDS[i], True) for i, (n, e) in enumerate(mask.items())]
    pools = pools_by_rate(mask, parameters, scope, rates)
    assert sorted(n for names, _ in pools for n in names) == sorted(mask)
    rate = {p.name: rates[p.kind] for p in parameters}
    for names, count in pools:
        assert len({rate[n] for n in names}) == 1
        assert count == round(rate[names[0]] * sum(int(mask[n].sum()) for n in names))
    assert len(pools) == (len(mask) if scope == "layerwise" else len(set(rate.values())))
    check(scores, mask, pools)


@given(problems())
def test_pruning_twice_goes_on_where_the_first_stopped(problem):
    scores, mask = problem
    names, half = tuple(mask), mask.kept() // 2
    once = prune(scores, mask, [(names, half)])
    twice = prune(scores, once, [(names, once.kept())])
    assert twice.kept() == 0
    assert prune(scores, mask, [(names, 0)]).hamming(mask) == 0


def test_ties_fall_by_position_and_in_the_order_of_the_pool():
    mask = Mask({n: torch.ones(2, 2, dtype=torch.bool) for n in "ab"})
    pruned = prune({n: torch.zeros(2, 2) for n in "ab"}, mask, [(("b", "a"), 5)])
    assert pruned["b"].sum() == 0 and pruned["a"].flatten().tolist() == [False, True, True, True]


def test_negative_zero_ties_with_zero_and_infinity_is_last():
    scores = {"w": torch.tensor([torch.inf, 0.0, -0.0, -torch.inf])}
    mask = Mask({"w": torch.ones(4, dtype=torch.bool)})
    assert prune(scores, mask, [(("w",), 2)])["w"].tolist() == [True, False, True, False]


def test_a_pruned_weight_with_the_highest_score_stays_pruned():
    mask = Mask({"w": torch.tensor([False, True, True])})
    pruned = prune({"w": torch.tensor([9.0, 2.0, 1.0])}, mask, [(("w",), 1)])
    assert pruned["w"].tolist() == [False, True, False]


def test_layers_in_no_pool_are_left_alone():
    mask = Mask({n: torch.ones(3, dtype=torch.bool) for n in "ab"})
    pruned = prune({"a": torch.arange(3.0)}, mask, [(("a",), 2)])
    assert pruned["a"].sum() == 1 and pruned["b"].all()


@pytest.mark.parametrize(("scores", "count", "message"), [
    ({"w": torch.tensor([1.0, torch.nan, 2.0])}, 1, "scores of w contain NaN"),
    ({"w": torch.ones(3)}, 3, "cannot prune 3 of the 2 surviving weights of w"),
    ({"w": torch.ones(3)}, -1, "cannot prune -1 of the 2"),
    ({"w": torch.ones(4)}, 1, r"scores of w: expected shape \(3,\), got \(4,\)"),
    ({"v": torch.ones(3)}, 1, r"scores of w: expected shape \(3,\), got no scores"),
])
def test_scores_that_cannot_be_pruned_by_are_refused(scores, count, message):
    mask = Mask({"w": torch.tensor([True, True, False])})
    with pytest.raises(LTHError, match=message):
        prune(scores, mask, [(("w",), count)])


def test_parameters_that_are_not_prunable_are_in_no_pool():
    mask = Mask({"w": torch.ones(10, dtype=torch.bool)})
    parameters = [Parameter("w", (10,), "linear", True), Parameter("b", (10,), "bias", False)]
    for scope in ("global", "layerwise"):
        assert pools_by_rate(mask, parameters, scope, {"linear": 0.2}) == [(("w",), 2)]
