"""Settings, tiny files and a sealed-off place for the tests of text data."""

import json
import urllib.error
from dataclasses import replace

from lth_common.datasets import locate, unpack
from lth_common.datasets.sets import SETS
from lth_common.datasets.text_files import READERS
from lth_common.protocol.schema.text_settings import TextData

CSV = "financial_tweets/financial_sentiment.csv"


def settings(**changes):
    """Generated texts with random vectors, which need neither files nor slow libraries."""
    return TextData.model_validate({
        "name": "generated", "tokenizer": "basic_english", "positions": 12, "markers": True,
        "vectors": {"source": "random", "dimensions": 8}, "labels": {"neg": 0, "neu": 1, "pos": 2},
        "subsets": {"full": {"train": [0, 800]}}} | changes)


def tweets(**changes):
    """The three-class set of financial sentences."""
    labels = {"negative": 0, "neutral": 1, "*": 2}
    return settings(**{"name": "financial_sentiment", "labels": labels, "test_share": 0.2, "test_seed": 19} | changes)


def seal(monkeypatch, tmp_path):
    """`data/` is new and empty, LTH_DATA is unset, and the network is down."""
    def no_network(*_):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(locate, "DATA_FOLDER", tmp_path / "data")
    monkeypatch.delenv("LTH_DATA", raising=False)
    monkeypatch.setattr(unpack, "save", no_network)


def pin(monkeypatch, name, path):
    """Takes what lies at `path` for the true edition of a set."""
    [what] = SETS[name].proofs
    proofs = {what: f"sha256:{READERS[name](path).checksum}"}
    monkeypatch.setitem(SETS, name, replace(SETS[name], proofs=proofs))


def put_csv(monkeypatch, root, blob):
    """Makes `blob` the true edition of the financial sentences."""
    path = root / CSV
    path.parent.mkdir(parents=True)
    path.write_bytes(blob)
    pin(monkeypatch, "financial_sentiment", path)
    return path


REVIEWS = {  # split, label, id -> text; ids 2 and 10 are out of order as strings
    ("train", "pos", 2): "A fine film.<br /><br />Really fine!", ("train", "pos", 10): "Fine, fine film\u2028indeed",
    ("train", "neg", 0): "A poor film. Poor indeed", ("train", "neg", 1): "Poor Am\u00e9lie, poor film",
    ("test", "pos", 0): "A fine surprise", ("test", "neg", 0): "A poor one"}


def put_imdb(root, layout):
    """Six reviews in one of the two layouts, written in an order of their own."""
    folder = root / "imdb"
    folder.mkdir(parents=True)
    for (split, label, number), text in reversed(REVIEWS.items()):
        if layout == "aclImdb":
            path = folder / "aclImdb" / split / label / f"{number}_{7 if label == 'pos' else 3}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        else:
            with open(folder / f"{split}.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps({"text": text, "label": label, "id": number}, ensure_ascii=False) + "\n")
    return folder


