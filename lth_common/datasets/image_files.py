"""The files of each image data set: where they lie below a data root, their checksums, and their format.

torchvision's loaders read the same layout. It is not used to read: importing it costs more than reading.
"""

import gzip
import hashlib
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lth_common.errors import LTHError

Part = tuple[np.ndarray, np.ndarray]  # images uint8 [N, C, H, W], labels int64 [N]
Blobs = Mapping[str, np.ndarray]  # file name -> its bytes


@dataclass(frozen=True)
class FileSet:
    """`folder` is relative to a data root; `loader` names the class of torchvision.datasets that fetches the
    set, or is empty for a set that is always at hand; `md5` lists every file that is read; `decode` makes the
    train and the test split of the files' bytes.
    """

    folder: str
    loader: str
    md5: Mapping[str, str]
    decode: Callable[[Blobs], tuple[Part, Part]]


def read_checked(folder: Path, files: FileSet) -> dict[str, np.ndarray]:
    """The bytes (uint8 [size]) of each file of the set, which are in `folder`.

    Raises:
        LTHError: if a file is missing or has another MD5.
    """
    remedy = f"delete the folder {folder} and run again to fetch it anew, or let LTH_DATA name a good copy"
    if not files.loader:
        remedy = "install scikit-learn anew, in the version that requirements.lock pins"
    blobs = {}
    for name, want in files.md5.items():
        path = folder / name
        if not path.is_file():
            raise LTHError(f"{path} is missing: {remedy}")
        blobs[name] = np.fromfile(path, np.uint8)
        got = hashlib.md5(blobs[name], usedforsecurity=False).hexdigest()
        if got != want:
            raise LTHError(f"{path} is damaged: its MD5 is {got}, expected {want}: {remedy}")
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


# The official sums of the two idx sets are those of the .gz files; these are of what they unpack to.
FILE_SETS = {
    "mnist": FileSet("MNIST/raw", "MNIST", {
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    }, decode_idx),
    "fashion_mnist": FileSet("FashionMNIST/raw", "FashionMNIST", {
        "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
        "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
        "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
    }, decode_idx),
    "cifar10": FileSet("cifar-10-batches-py", "CIFAR10", {
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        "test_batch": "40351d587109b95175f43aff81a1287e",
    }, decode_cifar10),
    "digits": FileSet("sklearn/datasets/data", "", {
        "digits.csv.gz": "9b335364a7bfd63947c7480a5bd51f2d",
    }, decode_digits),
}
