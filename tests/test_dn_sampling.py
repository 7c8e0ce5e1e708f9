"""D_n, for any network and mask: weights are drawn from the ticket's own, masks move inside their layer, no more."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lth_common.errors import LTHError
from lth_common.pruning.mask import Mask
from lth_common.seeds import stream
from lth_common.tickets.branches import sampled
from lth_common.tickets.ticket import Ticket

SHAPES = st.lists(st.lists(st.integers(1, 7), min_size=1, max_size=4), min_size=1, max_size=4)


@st.composite
def tickets(draw):
    """A ticket of 1 to 4 layers with any share kept, at least one weight in all; weights are all different."""
    shapes, generator = draw(SHAPES), stream(draw(st.integers(0, 10**6)), "test")
    total = sum(torch.Size(shape).numel() for shape in shapes)
    values = (torch.randperm(total, generator=generator) + 1.0) / total - 0.5
    parts = values.split([torch.Size(shape).numel() for shape in shapes])
    weights = {f"l{i}.weight": part.view(shape) for i, (part, shape) in enumerate(zip(parts, shapes, strict=True))}
    share = draw(st.floats(0.05, 1))
    masks = {name: torch.rand(w.shape, generator=generator) < share for name, w in weights.items()}
    masks["l0.weight"].view(-1)[0] = True
    return Ticket(Mask(masks), weights | {"l0.bias": torch.ones(3)})


def survivors(weights, mask):
    return {name: weights[name][mask[name]].tolist() for name in mask}


@given(tickets(), st.integers(0, 100))
def test_drawn_weights_belong_to_the_ticket_and_nothing_else_is_touched(ticket, seed):
    mine = survivors(ticket.weights, ticket.mask)
    whole = {value for layer in mine.values() for value in layer}
    drawn = sampled(ticket, ticket.mask, stream(seed, "sampled"), per_layer=False)
    assert drawn.keys() == ticket.mask.keys()
    for name, entry in ticket.mask.items():
        assert set(drawn[name][entry].tolist()) <= whole
        assert not drawn[name][~entry].any()
    layered = sampled(ticket, ticket.mask, stream(seed, "sampled"), per_layer=True)
    assert all(set(layer) <= set(mine[name]) for name, layer in survivors(layered, ticket.mask).items())


@given(tickets(), st.integers(0, 100))
def test_a_shuffled_mask_keeps_every_layers_count(ticket, seed):
    shuffled = ticket.mask.permuted(stream(seed, "permuted_mask"))
    assert {n: int(m.sum()) for n, m in shuffled.items()} == {n: int(m.sum()) for n, m in ticket.mask.items()}
    drawn = sampled(ticket, shuffled, stream(seed, "sampled"), per_layer=True)
    for name, entry in shuffled.items():
        assert set(drawn[name][entry].tolist()) <= set(ticket.weights[name][ticket.mask[name]].tolist())
        assert not drawn[name][~entry].any()


def test_every_survivor_is_equally_likely_and_drawn_with_replacement():
    mask = Mask({"a": torch.ones(40_000, dtype=torch.bool), "b": torch.tensor([True] * 10_000 + [False] * 90)})
    ticket = Ticket(mask, {"a": torch.zeros(40_000), "b": torch.ones(10_090)})
    drawn = sampled(ticket, mask, stream(0, "sampled"), per_layer=False)
    for name in ("a", "b"):  # one pool: a fifth of every layer comes from layer b; 5 standard errors
        share = drawn[name][mask[name]].mean().item()
        assert share == pytest.approx(0.2, abs=5 * (0.16 / int(mask[name].sum())) ** 0.5)
    values = torch.arange(1000.0)
    one = Ticket(Mask({"a": torch.ones(1000, dtype=torch.bool)}), {"a": values})
    again = sampled(one, one.mask, stream(1, "sampled"), per_layer=False)["a"]
    assert len(again.unique()) < 1000
    assert not torch.equal(again, values)


def test_a_layer_without_survivors_has_no_pool_of_its_own():
    mask = Mask({"a": torch.zeros(3, dtype=torch.bool), "b": torch.ones(2, dtype=torch.bool)})
    ticket = Ticket(mask, {"a": torch.ones(3), "b": torch.ones(2)})
    assert not sampled(ticket, mask, stream(0, "s"), per_layer=True)["a"].any()
    other = Mask({"a": torch.ones(3, dtype=torch.bool), "b": torch.zeros(2, dtype=torch.bool)})
    with pytest.raises(LTHError, match="no survivor to draw the 3 weights of a from"):
        sampled(ticket, other, stream(0, "s"), per_layer=True)
