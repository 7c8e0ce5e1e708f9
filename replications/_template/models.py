"""The study's own network."""

import torch
from torch import Tensor, nn


class BarNet(nn.Module):
    """One layer of 3×3 convolutions, the maximum of each channel over the image, and a linear layer."""

    def __init__(self, image_shape: tuple[int, ...], classes: int, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(image_shape[0], channels, 3)
        self.output = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(torch.relu(self.conv(x)).amax((2, 3)))
