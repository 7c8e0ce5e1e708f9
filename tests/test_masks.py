"""Masks are boolean, exact, and controls of them really differ."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lth_common.errors import LTHError
from lth_common.pruning.mask import Mask
from lth_common.seeds import stream


def bits(*shape, seed=0, kept=0.5):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < kept


shapes = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=4)
seeds = st.integers(0, 2**32)


def masks(sizes, seed):
    return Mask({f"l{i}": bits(*shape, seed=seed + i) for i, shape in enumerate(sizes)})


@pytest.mark.parametrize("entry", [torch.ones(3), torch.ones(3, dtype=torch.uint8), [True, False], None])
def test_only_boolean_tensors_are_masks(entry):
    with pytest.raises(LTHError, match="mask of w: .* is not legal, a mask is a boolean tensor"):
        Mask({"w": entry})


def test_a_mask_shares_no_memory_with_what_it_was_made_of():
    entry = torch.ones(4, dtype=torch.bool)
    mask = Mask({"w": entry})
    entry[0] = False
    assert mask.kept() == 4


@pytest.mark.parametrize(("weights", "message"), [
    ({"v": torch.zeros(2, 3)}, "mask has w, the model has not; it has: v"),
    ({"w": torch.zeros(3, 2)}, r"mask of w has shape \(2, 3\), the model has \(3, 2\)"),
    ({"w": torch.zeros(6)}, r"mask of w has shape \(2, 3\), the model has \(6,\)"),
])
def test_a_mask_of_another_model_is_refused(weights, message):
    with pytest.raises(LTHError, match=message):
        Mask({"w": bits(2, 3)}).apply(weights)


def test_dense_keeps_all_of_the_named_parameters_and_names_no_others():
    mask = Mask.dense({"a": torch.zeros(2, 3), "b": torch.zeros(4)}, ["a"])
    assert list(mask) == ["a"] and mask.kept() == mask.size() == 6 and mask.weights_remaining() == 1


@given(shapes, seeds)
def test_counts_are_exact(sizes, seed):
    mask = masks(sizes, seed)
    assert mask.size() == sum(a * b for a, b in sizes)
    assert mask.kept() == sum(sum(entry.flatten().tolist()) for entry in mask.values())
    assert mask.weights_remaining() == mask.kept() / mask.size()


@given(shapes, seeds)
def test_applied_weights_are_0_where_pruned_and_untouched_elsewhere(sizes, seed):
    mask = masks(sizes, seed)
    weights = {name: torch.randn(entry.shape) for name, entry in mask.items()} | {"bias": torch.randn(3)}
    before = {name: w.clone() for name, w in weights.items()}
    masked = mask.apply(weights)
    assert list(masked) == list(weights)
    for name, entry in mask.items():
        assert (masked[name][~entry] == 0).all() and torch.equal(masked[name][entry], weights[name][entry])
    for w in masked.values():
        w.fill_(7.0)
    assert all(torch.equal(weights[name], before[name]) for name in weights)


def test_pruned_entries_are_0_even_of_weights_that_are_not_finite():
    masked = Mask({"w": torch.tensor([False, False, True])}).apply({"w": torch.tensor([torch.nan, torch.inf, 1.0])})
    assert masked["w"].tolist() == [0, 0, 1]


@given(shapes, seeds)
def test_permuting_keeps_the_count_of_every_layer(sizes, seed):
    mask = masks(sizes, seed)
    shuffled = mask.permuted(stream(seed, "permuted_mask", 1))
    assert list(shuffled) == list(mask)
    for name in mask:
        assert shuffled[name].shape == mask[name].shape and shuffled[name].sum() == mask[name].sum()


def test_permuting_moves_every_layer_and_leaves_the_original_alone():
    mask = masks([(20, 20), (20, 10)], seed=3)
    before = {name: entry.clone() for name, entry in mask.items()}
    shuffled = mask.permuted(stream(0, "permuted_mask", 1))
    for name in mask:
        assert not torch.equal(shuffled[name], mask[name]) and torch.equal(mask[name], before[name])
    other = mask.permuted(stream(1, "permuted_mask", 1))
    assert shuffled.hamming(other) > 0
    assert shuffled.hamming(mask.permuted(stream(0, "permuted_mask", 1))) == 0


@given(shapes, seeds, seeds, seeds)
def test_hamming_is_a_metric(sizes, one, two, three):
    a, b, c = (masks(sizes, seed) for seed in (one, two, three))
    assert a.hamming(a) == 0
    assert 0 <= a.hamming(b) == b.hamming(a) <= 1
    assert a.hamming(c) <= a.hamming(b) + b.hamming(c) + 1e-12
    assert (a.hamming(b) == 0) == all(torch.equal(a[n], b[n]) for n in a)


@given(shapes, seeds)
def test_hamming_to_the_complement_is_1_and_counts_single_flips(sizes, seed):
    mask = masks(sizes, seed)
    assert mask.hamming(Mask({n: ~entry for n, entry in mask.items()})) == 1
    flipped = {n: entry.clone() for n, entry in mask.items()}
    flipped["l0"].view(-1)[0] ^= True
    assert mask.hamming(Mask(flipped)) == 1 / mask.size()


@pytest.mark.parametrize("other", [{"w": (3, 2)}, {"w": (2, 3), "v": (1,)}, {}])
def test_hamming_of_masks_of_different_models_is_refused(other):
    with pytest.raises(LTHError, match="other mask"):
        Mask({"w": bits(2, 3)}).hamming(Mask({n: bits(*shape) for n, shape in other.items()}))


def test_streams_depend_on_every_axis_and_on_nothing_else():
    def draw(*axes):
        return torch.rand(4, generator=stream(*axes)).tolist()

    axes = [(0, "init"), (1, "init"), (0, "data_order", 1, 2), (0, "data_order", 2, 1), (0, "data_order", 12),
            (0, "dropout", 1, 2), (10, "init")]
    assert len({tuple(draw(*a)) for a in axes}) == len(axes)
    first = draw(0, "init")
    torch.manual_seed(5)
    draw(3, "anything")
    assert draw(0, "init") == first
