"""The network of the Atari games."""

import torch
from torch import Tensor, nn

from lth_common.pruning.mask import Weights

from .schema import FILTERS


class AtariNet(nn.Module):
    """Convolutions with ReLU and pooling, hidden layers with ReLU; the rows of `heads` are logits, then the value.

    Table A1 of the paper: filters of 5, 5, 3 and 3 pixels that keep the sides, each followed by 2×2 pooling.
    """

    def __init__(self, shape: tuple[int, int, int], channels: int, hidden: tuple[int, ...], actions: int):
        super().__init__()
        planes, height, width = shape
        inputs = (planes, *[channels] * (len(FILTERS) - 1))
        self.convolutions = nn.ModuleList(nn.Conv2d(a, channels, side, padding=side // 2)
                                          for a, side in zip(inputs, FILTERS, strict=True))
        shrink = 2 ** len(FILTERS)
        sizes = (channels * (height // shrink) * (width // shrink), *hidden)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:], strict=False))
        self.heads = nn.Linear(sizes[-1], actions + 1)

    def forward(self, screens: Tensor) -> Tensor:
        """Logits and values [N, actions + 1] of screens [N, planes, height, width] of bytes."""
        x = screens.float().div_(255)
        if x.device.type == "cpu":
            x = x.contiguous(memory_format=torch.channels_last)  # convolutions twice as fast there
        for convolution in self.convolutions:
            x = nn.functional.max_pool2d(convolution(x), 2).relu_()  # the same as pooling after ReLU, and cheaper
        x = x.flatten(1)
        for layer in self.layers:
            x = layer(x).relu_()
        return self.heads(x)


def connected(mask: Weights, actions: int) -> bool:
    """Whether any path of kept weights leads from the screen to the policy; if none does, it is constant."""
    reached = torch.ones(mask["convolutions.0.weight"].shape[1], dtype=torch.bool)
    for name in (f"convolutions.{i}.weight" for i in range(len(FILTERS))):
        reached = mask[name][:, reached].flatten(1).any(1)
    hidden = [name for i in range(len(mask)) if (name := f"layers.{i}.weight") in mask]
    reached = reached.repeat_interleave(mask[hidden[0]].shape[1] // len(reached))  # a channel's places lie side by side
    for name in hidden:
        reached = mask[name][:, reached].any(1)
    return bool(mask["heads.weight"][:actions, reached].any())


def act(outputs: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Actions [N] drawn from the policy of `outputs` [N, actions + 1], and the logarithms of their probabilities.

    `noise` [N, actions]: Gumbel noise; the largest logit plus noise is a draw from the softmax.
    """
    logits = outputs[:, :-1]
    actions = (logits + noise).argmax(1)
    return actions, logits.log_softmax(1).gather(1, actions[:, None]).squeeze(1)


def acting_copy(network: nn.Module) -> dict[str, Tensor]:
    """The weights as they are now, for acting until they are renewed."""
    return {name: parameter.detach().clone() for name, parameter in network.named_parameters()}


@torch.no_grad()
def outputs_of(network: nn.Module, weights: dict[str, Tensor], screens: Tensor) -> Tensor:
    """The network's outputs with other weights."""
    return torch.func.functional_call(network, weights, (screens,))
