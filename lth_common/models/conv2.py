"""Conv2, with padding and ReLU as its authors drew it, or without either."""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, linear, max_pool2d

from lth_common.errors import LTHError

from .hooks import weight_of

CHANNELS, UNITS = 64, 256
# Activations of so many images stay in a CPU's cache (benchmarks/images.py).
AT_ONCE = 25


class Conv2(nn.Module):
    """Two 3×3 convolutions (64 channels), one max-pooling, then 256, 256 and `classes` units.

    `padded`: the convolutions keep the sides, pooling is 2×2 (Frankle & Carbin 2019: 4,300,992 weights for 3×32×32
    and 10 classes). Otherwise each convolution takes two pixels from a side, and pooling is 3×3 with stride 2
    (2,875,584). `activation`: ReLU after every layer but the last; without it all but the pooling is linear.

    Layers in a row with nothing between them are computed as the one layer that they make, eight times as fast.

    Raises:
        LTHError: for images of less than 2 (padded) or 7 pixels a side.
    """

    def __init__(self, image_shape: tuple[int, ...], classes: int, padded: bool, activation: bool):
        super().__init__()
        channels, height, width = image_shape
        least = 2 if padded else 7
        if min(height, width) < least:
            raise LTHError(f"model conv2: images of {height}×{width} are too small, legal: {least}×{least} and more "
                           "(data.side enlarges them)")
        self.activation = activation
        self.pooling = (2, 2) if padded else (3, 2)  # size, stride
        self.conv1 = nn.Conv2d(channels, CHANNELS, 3, padding=int(padded))
        self.conv2 = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=int(padded))
        places = (height // 2) * (width // 2) if padded else ((height - 5) // 2) * ((width - 5) // 2)
        self.fc1 = nn.Linear(CHANNELS * places, UNITS)
        self.fc2 = nn.Linear(UNITS, UNITS)
        self.fc3 = nn.Linear(UNITS, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits [N, classes] of images [N, C, H, W]."""
        x = self._features(x.contiguous(memory_format=torch.channels_last))
        if self.activation:
            x = linear(x, _channels_last(weight_of(self.fc1)), self.fc1.bias).relu_()
            return self.fc3(self.fc2(x).relu_())
        weight, bias = _one_linear(self.fc1, self.fc2, self.fc3)
        return linear(x, _channels_last(weight), bias)

    def _features(self, x: Tensor) -> Tensor:
        """What the convolutions and the pooling give, [N, places · channels]."""
        convolve = self._convolve
        if not self.activation and not self.conv2.padding[0]:
            convolve = partial(conv2d, **_one_convolution(self.conv1, self.conv2))
        parts = x.split(AT_ONCE if x.device.type == "cpu" else len(x))
        pooled = torch.cat([max_pool2d(convolve(part), *self.pooling).permute(0, 2, 3, 1).flatten(1)
                            for part in parts])
        return pooled.relu_() if self.activation else pooled  # ReLU after max-pooling is ReLU before it

    def _convolve(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        return self.conv2(x.relu_() if self.activation else x)


def _channels_last(weight: Tensor) -> Tensor:
    """Weights [O, channels · places] for inputs [N, places · channels]."""
    return weight.unflatten(1, (CHANNELS, -1)).transpose(1, 2).flatten(1)


def _one_convolution(first: nn.Conv2d, second: nn.Conv2d) -> dict[str, Tensor]:
    """Weight [O, C, 2K-1, 2K-1] and bias [O] of two K×K convolutions in a row, of stride 1 and without padding."""
    one, other = weight_of(first), weight_of(second)
    weight = conv2d(one.transpose(0, 1), other.flip(2, 3), padding=second.kernel_size[0] - 1).transpose(0, 1)
    return {"weight": weight, "bias": other.sum((2, 3)) @ first.bias + second.bias}


def _one_linear(*layers: nn.Linear) -> tuple[Tensor, Tensor]:
    """Weight [outputs, inputs] and bias [outputs] of linear layers in a row, multiplied from the last, the smallest."""
    *before, last = layers
    weight, bias = weight_of(last), last.bias
    for layer in reversed(before):
        weight, bias = weight @ weight_of(layer), weight @ layer.bias + bias
    return weight, bias
