"""A paper's own images: one .npz file of plain arrays, each checked."""

import os
from types import SimpleNamespace

import numpy as np
import pytest

from lth_common.datasets import editions, image_sets
from lth_common.datasets.own_images import ARRAYS, read_images
from lth_common.errors import LTHError
from lth_common.files import sha256_of

FILE = "replications/toy/shapes.npz"


def arrays(**changes):
    base = {"train_images": np.arange(96, dtype=np.uint8).reshape(4, 2, 4, 3), "train_labels": np.array([0, 1, 2, 1]),
            "test_images": np.zeros((2, 2, 4, 3), np.uint8), "test_labels": np.array([2, 0], np.int32)}
    return {name: value for name, value in (base | changes).items() if value is not None}


def written(root, **changes):
    path = root / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays(**changes))
    return path


def test_images_come_back_as_they_were_written(tmp_path, monkeypatch):
    path = written(tmp_path)
    monkeypatch.setattr(image_sets, "ROOT", tmp_path)
    monkeypatch.setattr(editions, "ROOT", tmp_path)
    data = image_sets.load_images(FILE)
    for name, value in arrays().items():
        assert np.array_equal(getattr(data, name).numpy(), value)
    assert data.classes == 3 and data.test_labels.numpy().dtype == np.int64
    assert data.checksums == {FILE: sha256_of(path)}
    edition = editions.of_images(SimpleNamespace(name=FILE))
    assert edition == {FILE: sha256_of(path)[:20]}
    written(tmp_path, test_labels=np.array([0, 0]))
    assert editions.of_images(SimpleNamespace(name=FILE)) != edition


class Evil:
    def __reduce__(self):
        return os.mkdir, ("unpickled",)


MISTAKES = {
    "missing": ({"test_labels": None}, "array 'test_labels' is missing; legal: " + ", ".join(ARRAYS)),
    "unknown": ({"extra": np.zeros(1)}, "array 'extra' is unknown"),
    "floats": ({"train_images": np.zeros((4, 2, 4, 3))}, "train_images: float64 .*; legal: uint8 .N, C, H, W."),
    "no channels": ({"test_images": np.zeros((2, 4, 3), np.uint8)}, r"test_images: uint8 \[2, 4, 3\]; legal"),
    "none": ({"test_images": np.zeros((0, 2, 4, 3), np.uint8)}, "with at least one image"),
    "too few labels": ({"train_labels": np.array([0, 1])}, r"train_labels: int64 \[2\]; .* each of the 4 images"),
    "labels that are no numbers": ({"test_labels": np.array([0.0, 1.0])}, "test_labels: float64"),
    "negative labels": ({"test_labels": np.array([0, -1])}, "test_labels: .*whole numbers from 0 on"),
    "other sides in test": ({"test_images": np.zeros((2, 2, 5, 3), np.uint8)}, "test_images are of shape"),
    "a class without examples": ({"train_labels": np.array([0, 1, 3, 1])}, "labels: .0, 1, 3. in training"),
    "a class of test alone": ({"test_labels": np.array([0, 3])}, "0, 3. in test; legal: 0, 1, 2"),
    "objects": ({"train_labels": np.array([Evil()] * 4)}, "no .npz file of plain arrays"),
}


@pytest.mark.parametrize(("changes", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_and_nothing_is_unpickled(tmp_path, monkeypatch, changes, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LTHError, match=f"{FILE}: .*{message}"):
        read_images(written(tmp_path, **changes), FILE)
    assert not (tmp_path / "unpickled").exists()


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: b"text", lambda data: data[: len(data) // 2],
                                    lambda data: data[:200] + b"\0\0\0\0" + data[204:]])
def test_a_damaged_file_is_named(tmp_path, damage):
    path = written(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(LTHError, match=f"{FILE}: no .npz file of plain arrays"):
        read_images(path, FILE)


def test_one_array_in_place_of_several_is_named(tmp_path):
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(LTHError, match="x.npz: no .npz file of plain arrays"):
        read_images(tmp_path / "one.npy", "x.npz")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(LTHError, match="x.npz: not readable: No such file"):
        read_images(tmp_path / "x.npz", "x.npz")
