"""Images of a paper's own: one .npz file in its folder, as `numpy.savez_compressed` writes it.

Arrays: train_images and test_images, uint8 [N, C, H, W] with values 0..255; train_labels and test_labels, whole numbers
[N] from 0 up to the number of classes less one, each of which occurs in training.
"""

import hashlib
import io
from pathlib import Path

import numpy as np

from lth_common.errors import LTHError

from .image_files import Part

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


def read_images(path: Path, file: str) -> tuple[Part, Part, str]:
    """Training part, test part and the SHA-256 of the file, which errors call `file`.

    Raises:
        LTHError: if it cannot be read, is no such file, holds Python objects (never unpickled), or has an array that
            is not as above.
    """
    try:
        data = path.read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
    except OSError as error:
        raise LTHError(f"{file}: not readable: {error.strerror or error}") from None
    except Exception as error:  # zipfile, zlib and numpy have many; one array alone is no .npz either
        raise LTHError(f"{file}: no .npz file of plain arrays ({error}); legal: what numpy.savez_compressed writes of "
                       f"{', '.join(ARRAYS)}") from None
    if odd := sorted(arrays.keys() ^ set(ARRAYS)):
        raise LTHError(f"{file}: array '{odd[0]}' is {'unknown' if odd[0] in arrays else 'missing'}; legal: "
                       f"{', '.join(ARRAYS)}")
    train, test = (_part(file, part, arrays) for part in ("train", "test"))
    if train[0].shape[1:] != test[0].shape[1:]:
        raise LTHError(f"{file}: test_images are of shape {test[0].shape[1:]}, train_images of {train[0].shape[1:]}; "
                       "legal: one shape")
    classes = set(range(int(train[1].max()) + 1))
    if set(train[1].tolist()) != classes or not set(test[1].tolist()) <= classes:
        raise LTHError(f"{file}: labels: {sorted(set(train[1].tolist()))} in training, {sorted(set(test[1].tolist()))} "
                       "in test; legal: 0, 1, 2, … in training, and no others in test")
    return train, test, hashlib.sha256(data).hexdigest()


def _part(file: str, part: str, arrays: dict[str, np.ndarray]) -> Part:
    """Images and labels of one part."""
    images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
    if images.dtype != np.uint8 or images.ndim != 4 or not images.size:
        raise LTHError(f"{file}: {part}_images: {images.dtype} {list(images.shape)}; legal: uint8 [N, C, H, W] with at "
                       "least one image")
    if not np.issubdtype(labels.dtype, np.integer) or labels.shape != images.shape[:1] or labels.min() < 0:
        raise LTHError(f"{file}: {part}_labels: {labels.dtype} {list(labels.shape)}; legal: whole numbers from 0 on, "
                       f"one for each of the {len(images)} images")
    return np.ascontiguousarray(images), labels.astype(np.int64)
