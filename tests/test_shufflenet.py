"""ShuffleNet: the released network's size, and the same function as its layers one after the other."""

import pytest
import torch
from conftest import same_function
from torch import nn

from benchmarks.plain import PlainShuffleNet
from lth_common.errors import LTHError
from lth_common.models import build
from lth_common.models.shufflenet import ShuffleNet, Unit, shuffled
from lth_common.protocol.schema.image_settings import Model
from lth_common.pruning.prunable import parameters_of

RATES = {"conv": 0.1, "linear": 0.05, "norm": 0.1}


def settings(**changes):
    base = {"name": "shufflenet", "groups": 1, "shuffle": 2, "init": {"scheme": "xavier_uniform"}}
    return Model.model_validate(base | changes)


def test_the_released_networks_size():
    net = build(settings(), (3, 32, 32), 10)
    convolutions = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d)]
    assert len(convolutions) == 49 and sum(c.groups > 1 for c in convolutions) == 16
    rows = parameters_of(net, RATES)
    size = {kind: sum(torch.Size(row.shape).numel() for row in rows if row.kind == kind)
            for kind in ("conv", "output", "norm", "bias")}
    assert size == {"conv": 940_248, "output": 5_760, "norm": 7_344, "bias": 7_354}
    assert sum(size.values()) == 960_706


@pytest.mark.parametrize("shuffle", [1, 2])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 9, 12)])
def test_it_is_the_function_of_its_layers_one_after_the_other(shape, groups, shuffle):
    torch.manual_seed(0)
    ours, plain = ShuffleNet(shape, 4, groups, shuffle), PlainShuffleNet(shape, 4, groups, shuffle)
    images = torch.randn(6, *shape)
    same_function(ours, plain, images)
    assert all(torch.allclose(a, b) for a, b in zip(ours.buffers(), plain.buffers(), strict=True))
    assert torch.allclose(ours.eval()(images.double()), plain.eval()(images.double()))


def test_stages_halve_sides_and_units_widen_to_the_stages_channels():
    units = build(settings(), (3, 32, 32), 10).units
    x, shapes = torch.rand(2, 24, 32, 32), []
    for unit in units:
        x = unit(x)
        shapes.append(tuple(x.shape[1:]))
    assert shapes == [(144, 16, 16)] * 4 + [(288, 8, 8)] * 8 + [(576, 4, 4)] * 4


def test_every_1x1_convolution_but_the_first_is_grouped():
    units = build(settings(groups=2), (3, 32, 32), 10).units
    assert [unit.conv1.groups for unit in units] == [1] + [2] * 15
    assert {unit.conv2.groups for unit in units} == {2}


@pytest.mark.parametrize("shuffle", [1, 2])
def test_shuffling_lets_groups_see_each_other(shuffle):
    torch.manual_seed(0)
    unit = Unit(16, 16, 2, shuffle).eval()
    x = torch.rand(1, 16, 4, 4, requires_grad=True)
    unit(x)[:, :8].sum().backward()
    assert bool(x.grad[:, 8:].any()) == (shuffle == 2)


def test_channels_are_dealt_out():
    assert shuffled(torch.arange(6), 2).tolist() == [0, 3, 1, 4, 2, 5]
    assert shuffled(torch.arange(6), 1).tolist() == list(range(6))


def test_images_that_are_too_small_are_refused():
    assert build(settings(), (1, 8, 8), 3)(torch.zeros(2, 1, 8, 8)).shape == (2, 3)
    with pytest.raises(LTHError, match="8×7 are too small, legal: 8×8"):
        build(settings(), (1, 8, 7), 3)


@pytest.mark.parametrize(("changes", "message"), [
    ({"groups": None}, "model 'shufflenet' needs 'groups'"),
    ({"shuffle": None}, "model 'shufflenet' needs 'shuffle'"),
    ({"name": "lenet5"}, "'groups' belongs to model 'shufflenet', and only there"), ({"groups": 3}, "1 or 2")])
def test_its_settings_are_needed_and_its_own(changes, message):
    with pytest.raises(ValueError, match=message):
        settings(**changes)
