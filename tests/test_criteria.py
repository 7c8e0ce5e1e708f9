"""Each criterion gives the formula of its docstring."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lth_common.pruning import criteria
from lth_common.pruning.context import Context
from lth_common.pruning.mask import Mask
from lth_common.seeds import stream

WEIGHTS = {"a": torch.tensor([[-3.0, 0.5], [0.0, 2.0]]), "b": torch.tensor([-0.1, 0.2]), "bias": torch.ones(2)}
MASK = Mask({"a": torch.tensor([[True, True], [False, True]]), "b": torch.tensor([True, True])})


def test_magnitude_is_the_absolute_value_of_maskable_weights():
    scores = criteria.magnitude(Context(WEIGHTS, MASK))
    assert list(scores) == ["a", "b"]
    assert scores["a"].tolist() == [[3.0, 0.5], [0.0, 2.0]]
    assert scores["b"].tolist() == pytest.approx([0.1, 0.2])


def test_random_scores_depend_on_the_generator_alone():
    first, again = (criteria.random(Context(WEIGHTS, MASK, stream(0, "random_pruning", 1))) for _ in range(2))
    other = criteria.random(Context(WEIGHTS, MASK, stream(1, "random_pruning", 1)))
    for name, entry in MASK.items():
        assert first[name].shape == entry.shape
        assert torch.equal(first[name], again[name]) and not torch.equal(first[name], other[name])
        assert ((first[name] >= 0) & (first[name] < 1)).all()


def test_below_threshold_counts_survivors_by_hand():
    # a: survivors -3, 0.5, 2 have standard deviation sqrt(4.388...) = 2.095; b: -0.1 and 0.2 have 0.15
    assert criteria.below_threshold(WEIGHTS, MASK, 0.2) == {"a": 0, "b": 0}
    assert criteria.below_threshold(WEIGHTS, MASK, 0.25) == {"a": 1, "b": 0}
    assert criteria.below_threshold(WEIGHTS, MASK, 1.0) == {"a": 2, "b": 1}
    assert criteria.below_threshold(WEIGHTS, MASK, 10.0) == {"a": 3, "b": 2}


@given(st.lists(st.tuples(st.floats(-8, 8, width=32), st.booleans()), min_size=1, max_size=40), st.floats(0.1, 3))
def test_below_threshold_equals_a_direct_count(entries, s):
    values, kept = torch.tensor([e[0] for e in entries]), torch.tensor([e[1] for e in entries])
    alive = [v for v, k in zip(values.tolist(), kept.tolist(), strict=True) if k]
    mean = math.fsum(alive) / max(len(alive), 1)
    bound = s * math.sqrt(math.fsum((v - mean) ** 2 for v in alive) / max(len(alive), 1))
    counted = criteria.below_threshold({"w": values}, Mask({"w": kept}), s)["w"]
    margin = 1e-4 * max(1.0, bound)  # a weight on the very bound may fall on either side
    assert sum(abs(v) < bound - margin for v in alive) <= counted <= sum(abs(v) < bound + margin for v in alive)


def test_a_layer_without_survivors_counts_0():
    nothing = Mask({"w": torch.zeros(3, dtype=torch.bool)})
    assert criteria.below_threshold({"w": torch.ones(3)}, nothing, 1.0) == {"w": 0}
