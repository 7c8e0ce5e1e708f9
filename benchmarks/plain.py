"""The convolutional networks layer by layer, as one would write them: the same functions as ours."""

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, max_pool2d, relu

from lth_common.models.conv2 import Conv2
from lth_common.models.lenet5 import LeNet5
from lth_common.models.shufflenet import ShuffleNet, Unit


class PlainLeNet5(LeNet5):
    """torch's own pooling, before the ReLU as in ours."""

    def forward(self, x: Tensor) -> Tensor:
        for conv in (self.conv1, self.conv2):
            x = relu(max_pool2d(conv2d(x, conv.weight, conv.bias), 2))
        x = relu(self.fc1(x.flatten(1)))
        return self.fc3(relu(self.fc2(x)))


class PlainConv2(Conv2):
    """The same layers, one after the other."""

    def forward(self, x: Tensor) -> Tensor:
        between = relu if self.activation else nn.Identity()
        x = max_pool2d(between(self.conv2(between(self.conv1(x)))), *self.pooling)
        return self.fc3(between(self.fc2(between(self.fc1(x.flatten(1))))))


class PlainShuffleNet(ShuffleNet):
    """The same layers with grouped convolutions and channels that are really shuffled."""

    def forward(self, x: Tensor) -> Tensor:
        x = relu(self.stem_norm(self.stem(x)))
        for unit in self.units:
            x = _plain_unit(unit, x)
        return self.fc(x.mean((2, 3)))


def _plain_unit(unit: Unit, x: Tensor) -> Tensor:
    y = unit.conv1(x).unflatten(1, (unit.shuffle, -1)).transpose(1, 2).flatten(1, 2)
    y = unit.norm3(unit.conv2(unit.norm2(unit.depthwise(relu(unit.norm1(y))))))
    return relu(torch.cat([avg_pool2d(x, 2, ceil_mode=True), y], dim=1) if unit.halves else x + y)


PLAIN = {LeNet5: PlainLeNet5, Conv2: PlainConv2, ShuffleNet: PlainShuffleNet}


def plainly(module: nn.Module) -> nn.Module:
    """The module with the layers of the plain class; others as they are."""
    module.__class__ = PLAIN.get(type(module), type(module))
    return module
