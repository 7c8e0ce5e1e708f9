"""The files of each image data set, compared with their checksums, and their formats.

torchvision's loaders read the same layout. It is not used to read: importing it costs more than reading.
"""

import gzip
import hashlib
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from lth_common.errors import LTHError

from .checks import remedy, unlike
from .sets import SETS

Part = tuple[np.ndarray, np.ndarray]  # images uint8 [N, C, H, W], labels int64 [N]
Blobs = Mapping[str, np.ndarray]  # file name -> its bytes


def read_checked(name: str, folder: Path) -> dict[str, np.ndarray]:
    """The bytes (uint8 [size]) of each file of the set `name`, which are in `folder`.

    Raises:
        LTHError: if a file is missing or has another MD5.
    """
    blobs = {}
    for file, proof in SETS[name].proofs.items():
        path = folder / file
        if not path.is_file():
            raise LTHError(f"{path} is missing. {remedy(name, folder)}")
        blobs[file] = np.fromfile(path, np.uint8)
        kind, _, wanted = proof.partition(":")
        found = hashlib.new(kind, blobs[file], usedforsecurity=False).hexdigest()
        if found != wanted:
            raise LTHError(f"{unlike(path, proof, found)}. {remedy(name, folder)}")
    return blobs


def decode_idx(blobs: Blobs) -> tuple[Part, Part]:
    """MNIST's format (http://yann.lecun.com/exdb/mnist): a header of 16 or 8 bytes, then one byte a value."""

    def split(part: str) -> Part:
        images = blobs[f"{part}-images-idx3-ubyte"][16:].reshape(-1, 1, 28, 28)
        return images, blobs[f"{part}-labels-idx1-ubyte"][8:].astype(np.int64)

    return split("train"), split("t10k")


def decode_cifar10(blobs: Blobs) -> tuple[Part, Part]:
    """CIFAR-10's Python format (https://www.cs.toronto.edu/~kriz/cifar.html): pickles of rows of 3,072."""

    def split(batches: list[str]) -> Part:
        # A pickle can run code; these have just been compared with the official checksums.
        parts = [pickle.loads(blobs[batch], encoding="latin1") for batch in batches]
        images = np.concatenate([part["data"] for part in parts]).reshape(-1, 3, 32, 32)
        return images, np.concatenate([part["labels"] for part in parts])

    return split([f"data_batch_{k}" for k in range(1, 6)]), split(["test_batch"])


def decode_digits(blobs: Blobs) -> tuple[Part, Part]:
    """The 1,797 handwritten digits of 8 x 8 pixels that scikit-learn bundles (the test part of the UCI set
    Optical Recognition of Handwritten Digits): 1,437 to train, 360 to test.

    The bundle is ordered by writer, so it is shuffled with one fixed permutation before the split. Its pixels
    count 0..16 and are stretched to 0..255. A row of the file is 64 pixels and the label.
    """
    rows = np.loadtxt(gzip.decompress(blobs["digits.csv.gz"]).decode().splitlines(), delimiter=",")
    rows = rows[np.random.RandomState(0).permutation(len(rows))]  # a stream that NumPy has frozen
    images = np.rint(rows[:, :64] * (255 / 16)).astype(np.uint8).reshape(-1, 1, 8, 8)
    labels = rows[:, 64].astype(np.int64)
    return (images[:1437], labels[:1437]), (images[1437:], labels[1437:])


CLASSES = 10  # of every set
# Of an image: channels, height, width.
SHAPES = {"mnist": (1, 28, 28), "fashion_mnist": (1, 28, 28), "cifar10": (3, 32, 32), "digits": (1, 8, 8)}
DECODERS: dict[str, Callable[[Blobs], tuple[Part, Part]]] = {
    "mnist": decode_idx, "fashion_mnist": decode_idx, "cifar10": decode_cifar10, "digits": decode_digits}
