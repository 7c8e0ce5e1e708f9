"""Conv2 in its four forms: the published sizes, and the same function as its layers one after the other."""

import pytest
import torch
from conftest import same_function

from benchmarks.plain import PlainConv2
from lth_common.errors import LTHError
from lth_common.models import build
from lth_common.models.conv2 import AT_ONCE, Conv2
from lth_common.protocol.schema.image_settings import Model
from lth_common.pruning.prunable import parameters_of

SCHEME = {"init": {"scheme": "xavier_uniform"}}


def settings(**changes):
    return Model.model_validate({"name": "conv2", "padded": True, "activation": True} | SCHEME | changes)


@pytest.mark.parametrize(("padded", "weights", "all_parameters"),
                         [(False, 2_875_584, 2_876_234), (True, 4_300_992, 4_301_642)])
def test_the_published_sizes(padded, weights, all_parameters):
    rows = parameters_of(build(settings(padded=padded), (3, 32, 32), 10), {"linear": 0.2, "conv": 0.2})
    sizes = {row.name: torch.Size(row.shape).numel() for row in rows}
    assert sum(sizes.values()) == all_parameters
    assert sum(sizes[row.name] for row in rows if row.prunable) == weights
    assert {row.name: row.kind for row in rows if row.prunable} == {
        "conv1.weight": "conv", "conv2.weight": "conv", "fc1.weight": "linear", "fc2.weight": "linear",
        "fc3.weight": "output"}


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("activation", [False, True])
@pytest.mark.parametrize(("shape", "images"), [((3, 12, 12), AT_ONCE + 3), ((1, 9, 8), 2)])
def test_it_is_the_function_of_its_layers_one_after_the_other(padded, activation, shape, images):
    torch.manual_seed(0)
    ours, plain = Conv2(shape, 4, padded, activation), PlainConv2(shape, 4, padded, activation)
    same_function(ours, plain, torch.randn(images, *shape))


def test_without_padding_and_relu_all_but_the_pooling_is_linear():
    torch.manual_seed(0)
    net = build(settings(padded=False, activation=False), (1, 8, 8), 3).double()
    x, base = torch.rand(2, 1, 8, 8).double(), net(torch.zeros(1, 1, 8, 8).double())
    assert torch.allclose(net(2 * x) - base, 2 * (net(x) - base))  # a maximum commutes with positive factors
    assert not torch.allclose(net(-x) - base, base - net(x))


@pytest.mark.parametrize(("padded", "side"), [(False, 7), (True, 2)])
def test_images_that_are_too_small_are_refused(padded, side):
    assert build(settings(padded=padded), (1, side, side), 3)(torch.zeros(2, 1, side, side)).shape == (2, 3)
    with pytest.raises(LTHError, match=f"{side - 1}×{side} are too small, legal: {side}×{side}"):
        build(settings(padded=padded), (1, side - 1, side), 3)


@pytest.mark.parametrize(("changes", "message"), [
    ({"padded": None}, "model 'conv2' needs 'padded'"), ({"activation": None}, "model 'conv2' needs 'activation'"),
    ({"name": "lenet5"}, "'padded' belongs to model 'conv2', and only there"),
    ({"name": "mlp", "hidden": [3], "padded": None}, "'activation' belongs to model 'conv2', and only there")])
def test_its_settings_are_needed_and_its_own(changes, message):
    with pytest.raises(ValueError, match=message):
        settings(**changes)
