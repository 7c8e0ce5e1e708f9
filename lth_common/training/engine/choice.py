"""Which engine trains a level: from a committed table, so that a run that is resumed or made again chooses the same.

Measured on an AMD EPYC (Zen 4, AVX-512), one thread, torch 2.15, numba 0.68, by `python -m benchmarks`.
"""

from torch import nn

from lth_common.protocol.schema.train import Train
from lth_common.pruning.mask import Mask

from ..flat import FlatNet

ENGINES = ("auto", "torch", "sparse", "recurrent")
# Seconds of a step by torch: always, and for each weight of the dense network and example of the batch.
TORCH_STEP, TORCH_WEIGHT = 2e-4, 9e-11
# Seconds by torch below which a training is not worth native code, which takes 0.6 s to load for all of a process.
SHORT = 0.5
# Share of the weights left up to which native code is faster, by the examples of a batch (more: the last).
FASTER_UP_TO = ((512, 1.0), (float("inf"), 0.7))
READ_TOGETHER = 8  # units of a layer that native code computes at once


def choose(wanted: str, net: FlatNet, mask: Mask, settings: Train, steps: int) -> tuple[str, str]:
    """The engine for a training of so many steps, and why it is not the one that was wanted, or ''.

    `wanted`: one of ENGINES. What an engine cannot do is torch's. `recurrent` is not chosen yet, only on request: it
    is 1.4 to 1.6 times as fast for reviews of about 210 words, 1.0 to 1.3 at 32 positions (2 and 3 layers of 32 units).
    """
    if wanted == "torch" or (wanted == "auto" and not pays(mask, settings.batch_size, steps)):
        return "torch", ""
    name = "sparse" if wanted == "auto" else wanted
    why = (unreadable(net) if name == "recurrent" else obstacle(net, mask, settings)) or unloadable()
    return ("torch", why) if why else (name, "")


def pays(mask: Mask, batch_size: int, steps: int) -> bool:
    """Whether so many steps of a network of fully connected layers are made faster over its surviving weights."""
    up_to = next(share for size, share in FASTER_UP_TO if batch_size <= size)
    by_torch = steps * (TORCH_STEP + TORCH_WEIGHT * mask.size() * batch_size)
    return mask.weights_remaining() <= up_to and by_torch >= SHORT


def obstacle(net: FlatNet, mask: Mask, settings: Train) -> str:
    """What the sparse engine cannot do about a training, or ''."""
    module = net.module
    layers = [layer for layer in module.modules() if layer is not module and not isinstance(layer, nn.ModuleList)]
    if not getattr(module, "is_relu_stack", False) or not all(type(layer) is nn.Linear for layer in layers):
        return "the network is no stack of linear layers with ReLU"
    if len(net.shapes) != 2 * len(layers):
        return "a layer has no bias or is not trained"
    if not all(name.endswith(".weight") for name in mask):
        return "biases are pruned"
    if net.vector.device.type != "cpu":
        return f"the device is {net.vector.device.type}"
    if settings.mask == "applied_once":
        return "pruned weights are trained again"
    if any(part._forward_hooks or part._forward_pre_hooks or part._backward_hooks for part in module.modules()):
        return "something looks into the network"
    return ""


def unreadable(net: FlatNet) -> str:
    """What the recurrent engine cannot do about a network, or ''."""
    if not getattr(net.module, "is_bidirectional_lstm", False):
        return "the network is no bidirectional LSTM"
    if net.module.lstm.hidden_size % READ_TOGETHER:
        return f"the hidden size is no multiple of {READ_TOGETHER}"
    if net.vector.device.type != "cpu":
        return f"the device is {net.vector.device.type}"
    return ""


def unloadable() -> str:
    """Why native code cannot be loaded here, or ''."""
    try:
        import numba  # noqa: F401
    except Exception as error:  # not installed, or not for this numpy or processor
        return f"numba cannot be imported: {error}"
    return ""
