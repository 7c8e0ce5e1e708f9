"""Tickets go to torch's prune form and back, and mean the same function there."""

import copy

import pytest
import torch
from conftest import half, make_net, same
from torch import nn
from torch.nn.utils import prune as torch_prune

from lth_common.errors import LTHError
from lth_common.models.conv2 import Conv2
from lth_common.models.lenet5 import LeNet5
from lth_common.models.mlp import MLP
from lth_common.models.shufflenet import ShuffleNet
from lth_common.pruning.mask import Mask
from lth_common.tickets.export import from_torch_prune, to_torch_prune
from lth_common.tickets.ticket import Ticket
from lth_common.training.flat import FlatNet


class ConvNet(nn.Sequential):
    """Convolution, batch norm (buffers), a layer without mask."""

    def __init__(self):
        super().__init__(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 4), nn.Linear(4, 2))


MODELS = {"mlp": (lambda: MLP(6, (8, 5), 3), (5, 6)), "conv": (ConvNet, (5, 1, 4, 4)),
          "lenet5": (lambda: LeNet5((3, 16, 16), 3), (5, 3, 16, 16)),
          "conv2_relu": (lambda: Conv2((3, 8, 8), 3, True, True), (5, 3, 8, 8)),
          "conv2_linear": (lambda: Conv2((3, 8, 8), 3, False, False), (5, 3, 8, 8)),
          "shufflenet": (lambda: ShuffleNet((3, 8, 8), 3, 2, 2), (5, 3, 8, 8))}
every_model = pytest.mark.parametrize(("build", "shape"), MODELS.values(), ids=MODELS)


def ticket_of(build):
    torch.manual_seed(0)
    net = FlatNet(build())
    names = [n for n, s in net.shapes.items() if len(s) > 1][:2]
    return net, Ticket(Mask({n: half_of(net.shapes[n]) for n in names}), net.get())


def half_of(shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(9)) < 0.5


@every_model
def test_the_round_trip_is_bit_exact(build, shape):
    net, ticket = ticket_of(build)
    back = from_torch_prune(to_torch_prune(build(), ticket))
    assert same(back.mask, ticket.mask) and same(back.weights, ticket.mask.apply(ticket.weights))
    net.set(back.weights)


@every_model
def test_the_exported_model_computes_the_same_function(build, shape):
    net, ticket = ticket_of(build)
    net.set(ticket.mask.apply(ticket.weights))
    exported = to_torch_prune(build(), ticket)
    x = torch.randn(shape)
    assert torch.equal(exported.eval()(x), net.module.eval()(x))
    assert all(torch_prune.is_pruned(exported.get_submodule(n.rpartition(".")[0])) for n in ticket.mask)


@every_model
def test_the_exported_model_trains_without_reviving_a_weight(build, shape):
    net, ticket = ticket_of(build)
    exported = to_torch_prune(build(), ticket)
    optimizer = torch.optim.SGD(exported.parameters(), 0.01, momentum=0.9)
    for _ in range(3):
        optimizer.zero_grad()
        exported(torch.randn(shape)).square().mean().backward()
        optimizer.step()
    trained = from_torch_prune(exported)
    for name, entry in ticket.mask.items():
        assert (trained.weights[name][~entry] == 0).all()
        assert (trained.weights[name][entry] != ticket.weights[name][entry]).any()


def test_exporting_changes_no_ticket():
    _, ticket = ticket_of(ConvNet)
    before = copy.deepcopy(dict(ticket.weights))
    exported = to_torch_prune(ConvNet(), ticket)
    with torch.no_grad():
        for p in exported.parameters():
            p.zero_()
    assert same(ticket.weights, before)


def test_recurrent_masks_are_refused():
    class Tagger(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.out = nn.LSTM(3, 4), nn.Linear(4, 2)

    net = FlatNet(Tagger())
    with pytest.raises(LTHError, match="rnn.weight_hh_l0: torch's prune form breaks .* recurrent layers"):
        to_torch_prune(untouched := Tagger(), Ticket(Mask({"out.weight": half_of((2, 4)),
                                                          "rnn.weight_hh_l0": half_of((16, 4))}), net.get()))
    assert "out.weight" in dict(untouched.named_parameters())
    assert not torch.equal(untouched.out.weight, net.module.out.weight)
    to_torch_prune(Tagger(), Ticket(Mask({"out.weight": half_of((2, 4))}), net.get()))


@pytest.mark.parametrize("other", [MLP(6, (8,), 3), MLP(6, (8, 5, 5), 3), MLP(6, (8, 6), 3), ConvNet()])
def test_a_ticket_of_another_model_is_refused(other):
    net = make_net()
    with pytest.raises(LTHError, match="this ticket belongs to another model"):
        to_torch_prune(other, Ticket(half(net), net.get()))


def test_a_model_that_is_not_in_torch_form_is_refused():
    with pytest.raises(LTHError, match="no parameter in torch's prune form"):
        from_torch_prune(MLP(6, (8, 5), 3))
