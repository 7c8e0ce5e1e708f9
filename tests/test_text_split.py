"""Batches of texts: every text once an epoch, texts of like length together, order decided by the seed alone."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lth_common.tasks.text_examples import WINDOW, TextExamples


def make(n, with_lengths=True, longest=9, seed=0):
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, longest + 1, (n,), generator=generator)
    words = torch.randint(1, 20, (n, longest), generator=generator)
    words[torch.arange(longest) >= lengths[:, None]] = 0
    vectors = torch.randn(20, 4, generator=generator)
    vectors[0] = 0
    labels = torch.randint(0, 2, (n,), generator=generator)
    return TextExamples(words, labels, vectors, lengths if with_lengths else None)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 700), size=st.integers(1, 12), with_lengths=st.booleans(), seed=st.integers(0, 99))
def test_an_epoch_has_every_text_once_in_as_many_batches(n, size, with_lengths, seed):
    data, order = make(n, with_lengths), torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    for batches in (data.batches(order, size), data.in_turn(size)):
        chosen = [torch.arange(n)[b] for b in batches]
        assert torch.cat(chosen).sort().values.tolist() == list(range(n))
        assert len(chosen) == -(-n // size) and max(map(len, chosen)) <= size
    assert all(torch.equal(a, b) for a, b in zip(data.batches(order, size), data.batches(order, size), strict=True))


def test_sorting_by_length_saves_padding_and_keeps_chance():
    data = make(4 * WINDOW * 10, longest=200)
    order = torch.randperm(len(data.y), generator=torch.Generator().manual_seed(1))
    longest = torch.tensor([data.lengths[b].max() for b in data.batches(order, 10)]).double()
    plain = torch.tensor([data.lengths[b].max() for b in order.split(10)]).double()
    assert longest.sum() < 0.65 * plain.sum()
    steps = torch.arange(len(longest)).double()
    assert torch.corrcoef(torch.stack([steps, longest]))[0, 1].abs() < 0.2, "not from short to long"


def test_texts_without_lengths_come_in_the_order_given():
    data, order = make(25, with_lengths=False), torch.randperm(25)
    assert torch.equal(torch.cat(list(data.batches(order, 4))), order)


@pytest.mark.parametrize("with_lengths", [True, False])
def test_a_batch_is_the_vectors_of_its_words_up_to_its_longest_text(with_lengths):
    data, chosen = make(30, with_lengths), torch.tensor([3, 17, 8])
    x, *lengths = data.take(chosen)
    until = int(data.lengths[chosen].max()) if with_lengths else data.x.shape[1]
    assert torch.equal(x, data.vectors[data.x[chosen][:, :until]])
    assert (len(lengths) == 1 and torch.equal(lengths[0], data.lengths[chosen])) if with_lengths else not lengths
