"""Networks by name, and how their weights are drawn."""

import inspect
import math

import torch
from torch import nn

from lth_common.errors import LTHError
from lth_common.protocol.own_names import load
from lth_common.protocol.schema.image_settings import Model
from lth_common.protocol.schema.initial import Init, Scheme
from lth_common.protocol.schema.own_name import MODEL
from lth_common.pruning.prunable import KINDS

from .conv2 import Conv2
from .lenet5 import LeNet5
from .mlp import MLP
from .shufflenet import ShuffleNet

NORMS = tuple(type_ for type_, kind in KINDS if kind == "norm")


def build(settings: Model, image_shape: tuple[int, ...], classes: int) -> nn.Module:
    """The network that `settings` name, for images of `image_shape` (C, H, W).

    Raises:
        LTHError: for a network of the paper's own that cannot be made with its settings.
    """
    if settings.name not in MODEL.core:
        return _own(settings, image_shape, classes)
    builders = {"mlp": lambda: MLP(math.prod(image_shape), settings.hidden, classes),
                "lenet5": lambda: LeNet5(image_shape, classes),
                "conv2": lambda: Conv2(image_shape, classes, settings.padded, settings.activation),
                "shufflenet": lambda: ShuffleNet(image_shape, classes, settings.groups, settings.shuffle)}
    return builders[settings.name]()


def _own(settings: Model, image_shape: tuple[int, ...], classes: int) -> nn.Module:
    """A network that the paper's folder defines."""
    kind = load(settings.name)
    if not (isinstance(kind, type) and issubclass(kind, nn.Module)):
        raise LTHError(f"model.name: {settings.name} is no torch.nn.Module")
    try:
        inspect.signature(kind).bind(image_shape, classes, **settings.settings)
    except TypeError as error:
        raise LTHError(f"model.settings: {settings.name} cannot be called with (image_shape, classes, "
                       f"{', '.join(settings.settings)}): {error}; it is called with "
                       f"{inspect.signature(kind)}") from None
    return kind(image_shape, classes, **settings.settings)


@torch.no_grad()
def initialise(module: nn.Module, init: Init, generator: torch.Generator) -> nn.Module:
    """Draw every linear, convolution, embedding and LSTM weight anew, in the order of the module's layers; biases
    become 0.

    Draws depend on `generator` alone. `torch_default` is torch's own: U(±1/√fan_in) for weights and biases, in LSTMs
    U(±1/√hidden), in embeddings N(0, 1). A tied weight is drawn by the rule of the last layer that has it.
    Normalisation layers start at 1 and 0 as they are.

    Raises:
        LTHError: for a layer of another kind, which would keep torch's unseeded draws, or an LSTM by another scheme.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            _draw(layer, init.linear or init, generator)
        elif isinstance(layer, nn.modules.conv._ConvNd):
            _draw(layer, init.conv or init, generator)
        elif isinstance(layer, nn.Embedding):
            _draw(layer, init.embedding or init, generator)
        elif isinstance(layer, nn.RNNBase):
            if init.scheme != "torch_default":
                raise LTHError(f"model.init.scheme: '{init.scheme}' does not say how an LSTM is drawn; "
                               "legal: torch_default")
            for parameter in layer.parameters():
                parameter.uniform_(-(layer.hidden_size ** -0.5), layer.hidden_size ** -0.5, generator=generator)
        elif not isinstance(layer, NORMS) and list(layer.parameters(recurse=False)):
            raise LTHError(f"model: no rule to initialise a layer of kind {type(layer).__name__}")
    return module


def _draw(layer: nn.Module, init: Scheme, generator: torch.Generator) -> None:
    weight = layer.weight
    schemes = {
        "normal": lambda: nn.init.normal_(weight, std=init.std, generator=generator),
        "uniform": lambda: nn.init.uniform_(weight, -init.bound, init.bound, generator=generator),
        "xavier_uniform": lambda: nn.init.xavier_uniform_(weight, generator=generator),
        "xavier_normal": lambda: nn.init.xavier_normal_(weight, generator=generator),
        "kaiming_normal": lambda: nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator),
        "kaiming_normal_fan_out": lambda: nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu",
                                                                  generator=generator),
        "torch_default": lambda: nn.init.kaiming_uniform_(weight, a=math.sqrt(5), generator=generator),
    }
    if isinstance(layer, nn.Embedding) and init.scheme == "torch_default":
        nn.init.normal_(weight, generator=generator)
    else:
        schemes[init.scheme]()
    if getattr(layer, "bias", None) is not None:
        bound = weight[0].numel() ** -0.5
        default = init.scheme == "torch_default"
        layer.bias.uniform_(-bound, bound, generator=generator) if default else layer.bias.zero_()
