"""LeNet-5 with ReLU and max-pooling."""

import torch
from torch import Tensor, nn

from lth_common.errors import LTHError

from .pooling import conv_relu_pool


class LeNet5(nn.Module):
    """Two 5×5 convolutions (6 and 16 channels), each max-pooled 2×2, then 120, 84 and `classes` units.

    For images [N, C, H, W] with 3×32×32 and 10 classes: 62,006 parameters, 61,770 of them weights (LeCun et al. 1998
    in its usual form for CIFAR-10).

    Raises:
        LTHError: for images of less than 16 pixels a side.
    """

    def __init__(self, image_shape: tuple[int, ...], classes: int):
        super().__init__()
        channels, height, width = image_shape
        if min(height, width) < 16:
            raise LTHError(f"model lenet5: images of {height}×{width} are too small, legal: 16×16 and more "
                           "(data.side enlarges them)")
        self.conv1 = nn.Conv2d(channels, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        sides = [((side - 4) // 2 - 4) // 2 for side in (height, width)]
        self.fc1 = nn.Linear(16 * sides[0] * sides[1], 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits [N, classes] of images [N, C, H, W]."""
        x = conv_relu_pool(conv_relu_pool(x, self.conv1), self.conv2)
        x = torch.relu(self.fc1(x.flatten(1)))
        return self.fc3(torch.relu(self.fc2(x)))
