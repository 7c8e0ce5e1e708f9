"""ShuffleNet for small images."""

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, linear

from lth_common.errors import LTHError

from .hooks import weight_of

STEM = 24
STAGES = ((144, 4), (288, 8), (576, 4))  # channels, units


class ShuffleNet(nn.Module):
    """A 3×3 convolution (24 channels), 16 units in three stages, the mean over places, then `classes` units.

    The channels are those of Zhang et al. 2018 without groups (table 1); the stem keeps its sides, as fits images of
    32×32, and each stage halves them. `groups`: of the 1×1 convolutions, but never of the very first. `shuffle`:
    channels are dealt out over so many groups between a unit's convolutions; 1 leaves them in order.
    For 3×32×32 and 10 classes without groups: 960,706 parameters, 946,008 of them weights of layers and 7,344 of
    batch norm.

    Raises:
        LTHError: for images of less than 8 pixels a side.
    """

    def __init__(self, image_shape: tuple[int, ...], classes: int, groups: int, shuffle: int):
        super().__init__()
        inputs, height, width = image_shape
        if min(height, width) < 8:
            raise LTHError(f"model shufflenet: images of {height}×{width} are too small, legal: 8×8 and more "
                           "(data.side enlarges them)")
        self.stem = nn.Conv2d(inputs, STEM, 3, padding=1, bias=False)
        self.stem_norm = nn.BatchNorm2d(STEM)
        self.units = nn.Sequential()
        inputs = STEM
        for channels, count in STAGES:
            for _ in range(count):
                self.units.append(Unit(inputs, channels, groups, shuffle))
                inputs = channels
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits [N, classes] of images [N, C, H, W]."""
        x = self.stem_norm(self.stem(x.contiguous(memory_format=torch.channels_last))).relu_()
        return self.fc(self.units(x).mean((2, 3)))


class Unit(nn.Module):
    """A 1×1 convolution to a quarter of the channels, a shuffle, a 3×3 depth-wise and a 1×1 convolution.

    The result is added to the input. Where channels change, sides are halved, and the average-pooled input gives the
    first channels of the result (an odd side is rounded up). Batch norm follows every convolution, ReLU the first of
    them and the sum.
    """

    def __init__(self, inputs: int, channels: int, groups: int, shuffle: int):
        super().__init__()
        narrow, self.halves, self.shuffle = channels // 4, inputs != channels, shuffle
        self.conv1 = nn.Conv2d(inputs, narrow, 1, groups=1 if inputs == STEM else groups, bias=False)
        self.norm1 = nn.BatchNorm2d(narrow)
        self.depthwise = nn.Conv2d(narrow, narrow, 3, 2 if self.halves else 1, padding=1, groups=narrow, bias=False)
        self.norm2 = nn.BatchNorm2d(narrow)
        self.conv2 = nn.Conv2d(narrow, channels - inputs if self.halves else channels, 1, groups=groups, bias=False)
        self.norm3 = nn.BatchNorm2d(self.conv2.out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] ≥ 0 → [N, channels, H', W'] ≥ 0.

        The shuffle comes before batch norm, to which the order of channels is nothing, and not after its ReLU: so it
        is a shuffle of the convolution's kernels, which costs nothing.
        """
        y = pointwise(x, shuffled(dense(self.conv1), self.shuffle))
        y = self.norm2(self.depthwise(self.norm1(y).relu_()))
        y = self.norm3(pointwise(y, dense(self.conv2)))
        if self.halves:
            return torch.cat([avg_pool2d(x, 2, ceil_mode=True), y.relu_()], dim=1)
        return y.add_(x).relu_()


def pointwise(x: Tensor, weight: Tensor) -> Tensor:
    """The 1×1 convolution of [N, C, H, W] by [O, C], as a product of matrices: [N, O, H, W]."""
    return linear(x.permute(0, 2, 3, 1), weight).permute(0, 3, 1, 2)


def dense(conv: nn.Conv2d) -> Tensor:
    """The weights [O, C] of a 1×1 convolution, 0 between channels of different groups."""
    return torch.block_diag(*weight_of(conv).flatten(1).chunk(conv.groups))


def shuffled(rows: Tensor, groups: int) -> Tensor:
    """The first row of each of `groups` equal parts, then the second of each, and so on."""
    return rows.unflatten(0, (groups, -1)).transpose(0, 1).flatten(0, 1)
