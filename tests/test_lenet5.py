"""LeNet-5, and its pooling, which must be torch's own function."""

import pytest
import torch
from torch import nn
from torch.nn.functional import max_pool2d

from lth_common.errors import LTHError
from lth_common.models import build
from lth_common.models.pooling import conv_relu_pool
from lth_common.protocol.schema.image_settings import Model
from lth_common.pruning.prunable import parameters_of

SETTINGS = Model(name="lenet5", init={"scheme": "xavier_uniform"})


def test_the_published_size():
    net = build(SETTINGS, (3, 32, 32), 10)
    rows = parameters_of(net, {"linear": 0.2, "conv": 0.2})
    sizes = {row.name: torch.Size(row.shape).numel() for row in rows}
    assert sum(sizes.values()) == 62_006
    assert sum(sizes[row.name] for row in rows if row.prunable) == 61_770


@pytest.mark.parametrize(("channels", "kernel", "sides"), [
    (3, 5, (32, 32)), (1, 3, (8, 8)), (6, 5, (14, 14)), (3, 5, (9, 9)), (2, 3, (9, 8)), (4, 1, (7, 6))])
def test_pooling_equals_torchs_even_where_values_tie(channels, kernel, sides):
    torch.manual_seed(0)
    conv = nn.Conv2d(channels, 7, kernel).double()
    with torch.no_grad():  # whole numbers, so that ties are exact
        conv.weight.copy_(torch.randint(-2, 3, conv.weight.shape))
        conv.bias.copy_(torch.randint(-2, 3, conv.bias.shape))
    x = torch.randint(-2, 3, (5, channels, *sides)).double().requires_grad_()
    ours, theirs = conv_relu_pool(x, conv), torch.relu(max_pool2d(conv(x), 2))
    assert torch.equal(ours, theirs)
    gradient = torch.randint(-3, 4, ours.shape).double()
    inputs = [x, conv.weight, conv.bias]
    for left, right in zip(torch.autograd.grad(ours, inputs, gradient), torch.autograd.grad(theirs, inputs, gradient),
                           strict=True):
        assert torch.equal(left, right)


def test_images_that_are_too_small_are_refused():
    with pytest.raises(LTHError, match="8×8 are too small"):
        build(SETTINGS, (1, 8, 8), 10)


def test_other_channels_and_sides_are_taken():
    assert build(SETTINGS, (1, 28, 28), 4)(torch.zeros(2, 1, 28, 28)).shape == (2, 4)


@pytest.mark.parametrize("changes", [{"name": "mlp"}, {"name": "lenet5", "hidden": [3]}])
def test_hidden_units_belong_to_the_mlp(changes):
    with pytest.raises(ValueError, match="'hidden' belongs to model 'mlp'|model 'mlp' needs 'hidden'"):
        Model.model_validate({"init": {"scheme": "xavier_uniform"}} | changes)
