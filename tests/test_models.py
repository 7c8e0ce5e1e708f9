"""How networks are built and drawn."""

import pytest
import torch
from torch import nn

from lth_common.errors import LTHError
from lth_common.models import build, initialise
from lth_common.protocol.schema.image_settings import Model
from lth_common.protocol.schema.initial import Init
from lth_common.seeds import stream

SCHEMES = ("normal", "xavier_uniform", "xavier_normal", "kaiming_normal", "kaiming_normal_fan_out", "torch_default")


def init(scheme):
    return Init(scheme=scheme, std=0.5 if scheme == "normal" else None)


def drawn(scheme, seed, noise=0):
    torch.manual_seed(noise)  # torch's own stream must not matter
    module = build(Model(name="mlp", hidden=(30, 20), init=init(scheme)), (1, 4, 4), 3)
    return initialise(module, init(scheme), stream(seed, "init")).state_dict()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_draws_depend_on_the_seed_alone(scheme):
    one, same, other = drawn(scheme, 1), drawn(scheme, 1, noise=7), drawn(scheme, 2)
    assert all(torch.equal(one[n], same[n]) for n in one)
    assert all(not torch.equal(one[n], other[n]) for n in one if n.endswith("weight"))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_weights_have_the_spread_of_their_scheme_and_biases_start_at_0(scheme):
    weights = drawn(scheme, 1)
    fan_in, fan_out = 16, 30
    std = {"normal": 0.5, "xavier_uniform": (2 / (fan_in + fan_out)) ** 0.5,
           "xavier_normal": (2 / (fan_in + fan_out)) ** 0.5, "kaiming_normal": (2 / fan_in) ** 0.5,
           "kaiming_normal_fan_out": (2 / fan_out) ** 0.5, "torch_default": (1 / (3 * fan_in)) ** 0.5}[scheme]
    assert weights["layers.0.weight"].std().item() == pytest.approx(std, rel=0.15)
    assert (scheme == "torch_default") == bool(weights["layers.0.bias"].any())


@pytest.mark.parametrize("layer", [nn.Bilinear(5, 2, 2), nn.MultiheadAttention(4, 2)])
def test_a_layer_without_a_rule_is_refused_and_not_left_to_torch(layer):
    with pytest.raises(LTHError, match=f"no rule to initialise a layer of kind {type(layer).__name__}"):
        initialise(nn.Sequential(layer), init("xavier_uniform"), stream(0, "init"))


def shufflenet(**init):
    settings = Model.model_validate({"name": "shufflenet", "groups": 1, "shuffle": 1, "init": init})
    net = initialise(build(settings, (3, 8, 8), 50), settings.init, stream(0, "init"))
    return {name: tensor for name, tensor in net.state_dict().items() if name.endswith("weight")}


def test_fan_out_of_a_convolution_is_its_kernels_places_times_its_output_channels():
    weights = shufflenet(scheme="kaiming_normal_fan_out")
    for name, channels, places in (("units.15.depthwise", 144, 9), ("units.15.conv1", 144, 1), ("stem", 24, 9)):
        std = (2 / (places * channels)) ** 0.5
        assert weights[f"{name}.weight"].std().item() == pytest.approx(std, rel=0.1)


def test_each_kind_of_layer_may_have_its_own_scheme():
    one, other = {"scheme": "normal", "std": 3.0}, {"scheme": "normal", "std": 0.5}
    for init in ({**one, "linear": other}, {**other, "conv": one}, {**one, "conv": one, "linear": other}):
        weights = shufflenet(**init)
        assert all(w.std().item() == pytest.approx(3, rel=0.2) for w in weights.values() if w.dim() == 4)
        assert weights["fc.weight"].std().item() == pytest.approx(0.5, rel=0.1)
        assert all((w == 1).all() for w in weights.values() if w.dim() == 1)


def test_a_kinds_scheme_is_a_scheme():
    with pytest.raises(ValueError, match="'std' belongs to scheme 'normal'"):
        Init.model_validate({"scheme": "torch_default", "conv": {"scheme": "normal"}})
    with pytest.raises(ValueError, match="conv.conv"):
        Init.model_validate({"scheme": "torch_default", "conv": {"scheme": "torch_default", "conv": None}})
