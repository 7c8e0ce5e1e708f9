import hashlib
import multiprocessing
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_digits
from text_fixtures import seal

from lth_common.datasets import locate
from lth_common.datasets.image_sets import load_images
from lth_common.datasets.sets import SETS
from lth_common.errors import LTHError

FETCHED = ["mnist", "fashion_mnist", "cifar10"]


def needs(name):
    folder = SETS[name].place
    found = (Path(os.environ.get("LTH_DATA", "/nowhere")) / folder).is_dir()
    return pytest.mark.skipif(not found, reason=f"LTH_DATA names no folder with {folder}")


TINY = {
    "train-images-idx3-ubyte": bytes(16) + bytes(i % 251 for i in range(3 * 784)),
    "train-labels-idx1-ubyte": bytes(8) + bytes([3, 1, 4]),
    "t10k-images-idx3-ubyte": bytes(16) + bytes([9]) * 784,
    "t10k-labels-idx1-ubyte": bytes(8) + bytes([5]),
}


def write_tiny(root):
    folder = root / "MNIST/raw"
    folder.mkdir(parents=True)
    for name, blob in TINY.items():
        (folder / name).write_bytes(blob)
    return folder


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """MNIST is four images; no file is at hand, and the network is down."""
    seal(monkeypatch, tmp_path)
    proofs = {name: f"md5:{hashlib.md5(blob).hexdigest()}" for name, blob in TINY.items()}
    monkeypatch.setitem(SETS, "mnist", replace(SETS["mnist"], proofs=proofs))
    return tmp_path


def test_unknown_name_lists_the_legal_ones():
    with pytest.raises(LTHError, match="'mnits'.*legal: mnist, fashion_mnist, cifar10, digits"):
        load_images("mnits")


def test_digits_need_no_files_and_no_network(tiny, monkeypatch):
    monkeypatch.setenv("LTH_DATA", str(tiny))
    data = load_images("digits")
    assert data.train_images.shape == (1437, 1, 8, 8) and data.test_images.shape == (360, 1, 8, 8)
    assert data.train_images.dtype == torch.uint8 and data.train_labels.dtype == torch.int64
    assert data.train_images.min() == 0 and data.train_images.max() == 255
    assert list(data.checksums) == ["digits.csv.gz"]
    counts = torch.bincount(torch.cat([data.train_labels, data.test_labels])).tolist()
    assert counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert torch.bincount(data.test_labels).min() >= 28  # a shuffled split: no class is missing
    # The split is fixed for good:
    assert data.train_labels[:10].tolist() == [2, 8, 2, 6, 6, 7, 1, 9, 8, 5]
    assert hashlib.md5(data.train_images.numpy()).hexdigest() == "873fe40464f485a822d41711e4f7df7d"


def test_digits_are_a_permutation_of_the_bundle():
    data, bundle = load_images("digits"), load_digits()
    images = torch.cat([data.train_images, data.test_images])
    labels = torch.cat([data.train_labels, data.test_labels])
    pixels = (images.flatten(1) / (255 / 16)).round().int()
    ours = sorted(zip(labels.tolist(), pixels.tolist(), strict=True))
    assert ours == sorted(zip(bundle.target.tolist(), bundle.data.astype(int).tolist(), strict=True))


def test_another_bundle_of_digits_is_refused(monkeypatch):
    monkeypatch.setitem(SETS, "digits", replace(SETS["digits"], proofs={"digits.csv.gz": "md5:0"}))
    with pytest.raises(LTHError, match="digits.csv.gz is damaged.*requirements.lock"):
        load_images("digits")


def test_idx_files_decode_to_images_and_labels(tiny):
    folder = write_tiny(tiny / "elsewhere")
    data = load_images("mnist", root=tiny / "elsewhere")
    assert data.train_images.shape == (3, 1, 28, 28) and data.train_images.dtype == torch.uint8
    assert data.train_images.flatten().tolist() == list(TINY["train-images-idx3-ubyte"][16:])
    assert data.train_labels.tolist() == [3, 1, 4] and data.test_labels.tolist() == [5]
    assert data.train_labels.dtype == torch.int64
    assert data.checksums == {p.name: hashlib.md5(p.read_bytes()).hexdigest() for p in folder.iterdir()}
    assert data.source == "MNIST/raw"


def test_lth_data_comes_before_the_data_folder(tiny, monkeypatch):
    write_tiny(tiny / "data")
    assert locate.find("mnist") == tiny / "data/MNIST/raw"
    (tiny / "shared").mkdir()
    monkeypatch.setenv("LTH_DATA", str(tiny / "shared"))
    assert locate.find("mnist") == tiny / "data/MNIST/raw"  # LTH_DATA has other sets only
    write_tiny(tiny / "shared")
    assert locate.find("mnist") == tiny / "shared/MNIST/raw"


def test_lth_data_that_is_no_folder_is_refused(tiny, monkeypatch):
    monkeypatch.setenv("LTH_DATA", str(tiny / "typo"))
    with pytest.raises(LTHError, match="LTH_DATA=.*typo is no folder"):
        load_images("mnist")


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:-1] + b"\xff", lambda b: b""])
@pytest.mark.parametrize("name", TINY)
def test_a_truncated_or_changed_file_is_refused(tiny, name, damage):
    path = write_tiny(tiny / "data") / name
    path.write_bytes(damage(TINY[name]))
    got, want = (hashlib.md5(blob).hexdigest() for blob in (path.read_bytes(), TINY[name]))
    with pytest.raises(LTHError) as error:
        load_images("mnist")
    for part in (str(path), got, want, f"Delete {path.parent} and run again"):
        assert part in str(error.value)


def test_a_missing_file_is_named(tiny, monkeypatch):
    monkeypatch.setenv("LTH_DATA", str(tiny / "shared"))
    path = write_tiny(tiny / "shared") / "t10k-labels-idx1-ubyte"
    path.unlink()
    with pytest.raises(LTHError, match=f"{path} is missing. Delete "):
        load_images("mnist")


@pytest.mark.parametrize("name", FETCHED)
def test_without_data_and_network_every_place_is_named(tiny, monkeypatch, name):
    (tiny / "shared").mkdir()
    monkeypatch.setenv("LTH_DATA", str(tiny / "shared"))
    with pytest.raises(LTHError) as error:
        load_images(name)
    places = f"{tiny / 'shared'} or in {tiny / 'data'}"
    for part in (name, SETS[name].place, places, "Name or service not known", "let LTH_DATA name"):
        assert part in str(error.value)


def test_a_given_root_is_the_only_place(tiny):
    write_tiny(tiny / "data")
    with pytest.raises(LTHError, match="only this place"):
        load_images("mnist", root=tiny)


def test_a_bad_download_leaves_nothing_behind(tiny, monkeypatch):
    last = "t10k-labels-idx1-ubyte"
    monkeypatch.setattr(locate, "make", lambda entry, address, into: (write_tiny(into) / last).unlink())
    with pytest.raises(LTHError, match=f"the download failed: .*: MNIST/raw/{last} is missing; .*{last} is missing"):
        load_images("mnist")
    assert [path.name for path in (tiny / "data").iterdir()] == [".mnist.lock"]


def load_at_once(barrier, results):
    barrier.wait()
    results.put(load_images("mnist").train_labels.tolist())


def test_loads_at_once_download_once(tiny, monkeypatch):
    fork = multiprocessing.get_context("fork")
    fetched, results, barrier = fork.SimpleQueue(), fork.SimpleQueue(), fork.Barrier(3)

    def make(entry, address, into):
        fetched.put(entry.name)
        write_tiny(into)

    monkeypatch.setattr(locate, "make", make)
    jobs = [fork.Process(target=load_at_once, args=(barrier, results)) for _ in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert [results.get() for _ in jobs] == [[3, 1, 4]] * 3
    assert fetched.get() == "mnist" and fetched.empty()


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs(name)) for name in FETCHED])
def test_real_data_has_the_published_shape(name):
    data = load_images(name)
    channels, side, train = (3, 32, 50_000) if name == "cifar10" else (1, 28, 60_000)
    assert data.train_images.shape == (train, channels, side, side)
    assert data.test_images.shape == (10_000, channels, side, side)
    for images, labels in [(data.train_images, data.train_labels), (data.test_images, data.test_labels)]:
        assert images.dtype == torch.uint8 and images.min() == 0 and images.max() == 255
        assert labels.dtype == torch.int64 and set(labels.tolist()) == set(range(data.classes))
    per_class = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009] if name == "mnist" else [1000] * 10
    assert torch.bincount(data.test_labels).tolist() == per_class


@needs("mnist")
def test_mnist_pixels_have_the_known_mean():
    images = load_images("mnist").train_images.float() / 255
    assert abs(images.mean() - 0.1307) < 1e-4 and abs(images.std() - 0.3081) < 1e-4
