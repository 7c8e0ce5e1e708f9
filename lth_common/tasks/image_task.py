"""Image classification on data sets that fit in memory."""

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from lth_common.datasets.image_files import CLASSES, SHAPES
from lth_common.datasets.image_sets import load_images
from lth_common.errors import LTHError
from lth_common.models import build
from lth_common.protocol.schema.image_settings import Settings
from lth_common.training.examples import Examples

from .classification import Classification, draw


class ImageTask(Classification):
    """Standardised images, resized where asked."""

    def load(self) -> tuple[int, dict[str, str]]:
        self.images = load_images(self.settings.data.name)
        return len(self.images.train_labels), self.images.checksums

    def network(self) -> nn.Module:
        return _network(self.settings)

    @staticmethod
    def initial_of(settings: Settings, generator: torch.Generator) -> dict[str, Tensor]:
        """As `initial`, without the data."""
        return draw(_network(settings), settings.model.init, generator)

    def training_data(self, chosen: slice | Tensor) -> Examples:
        return self._split(self.images.train_images[chosen], self.images.train_labels[chosen])

    def test_data(self) -> Examples:
        return self._split(self.images.test_images, self.images.test_labels)

    def _split(self, images: Tensor, labels: Tensor) -> Examples:
        """Standardised float images [N, C, H, W] and their labels."""
        x, side = images.float().div_(255), self.settings.data.side
        if side is not None:
            x = interpolate(x, (side, side), mode="bilinear", antialias=True).clamp_(0, 1)
        x.sub_(self._by_channel("mean", x.shape[1])).div_(self._by_channel("std", x.shape[1]))
        return Examples(x.to(self.device), labels.to(self.device))

    def _by_channel(self, key: str, channels: int) -> Tensor:
        """`data.mean` or `data.std` as [C, 1, 1]."""
        values = torch.tensor(getattr(self.settings.data, key)).view(-1, 1, 1)
        if len(values) not in (1, channels):
            raise LTHError(f"data.{key}: {len(values)} values; legal: one, or one for each of the {channels} channels "
                           f"of {self.settings.data.name}")
        return values


def _network(settings: Settings) -> nn.Module:
    channels, *sides = SHAPES[settings.data.name]
    side = settings.data.side
    return build(settings.model, (channels, *([side] * 2 if side else sides)), CLASSES)
