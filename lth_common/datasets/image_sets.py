"""Image data sets as uint8 tensors."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from lth_common.errors import LTHError

from .image_files import CLASSES, DECODERS, read_checked
from .locate import BUNDLED, find
from .sets import SETS

IMAGE_SETS = tuple(DECODERS)


@dataclass(frozen=True, eq=False)
class ImageData:
    """One data set, whole, in its official order.

    Images are uint8 [N, C, H, W] with values 0..255, labels int64 [N] with values 0..classes-1. `checksums`
    maps the name of each file read to its MD5. `source` is the folder of the files, relative, so that it is
    the same on every machine.
    """

    name: str
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    classes: int
    checksums: dict[str, str]
    source: str


def load_images(name: str, root: Path | None = None) -> ImageData:
    """The data set `name`, one of `IMAGE_SETS`.

    Files are looked for in `root` alone if it is given; else in the folder that the environment variable
    LTH_DATA names, then in `data/` of the project, and then they are downloaded into `data/`. `digits` is
    bundled with scikit-learn and always at hand.

    Raises:
        LTHError: if the name is not known, if a file is missing or has a wrong checksum, or if the set is
            nowhere and cannot be downloaded.
    """
    if name not in IMAGE_SETS:
        raise LTHError(f"data set {name!r} is not known; legal: {', '.join(IMAGE_SETS)}")
    train, test = DECODERS[name](read_checked(name, find(name, root)))
    sums = {file: proof.partition(":")[2] for file, proof in SETS[name].proofs.items()}
    return ImageData(name, *map(torch.from_numpy, (*train, *test)), classes=CLASSES, checksums=sums,
                     source=SETS[name].place or BUNDLED[name][1])
