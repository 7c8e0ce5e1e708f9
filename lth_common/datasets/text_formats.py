"""The formats that labelled texts come in."""

import csv
import hashlib
import io
import json
import logging
from pathlib import Path
from typing import NamedTuple

from lth_common.errors import LTHError

log = logging.getLogger("lth")


class Row(NamedTuple):
    """One text with its label word, and the file and line that an error names."""

    text: str
    label: str
    place: str


class Corpus(NamedTuple):
    """A set as it was read; `test` is None where there is no official test split. `checksum`: SHA-256."""

    train: list[Row]
    test: list[Row] | None
    checksum: str


def read_imdb(folder: Path) -> Corpus:
    """The Large Movie Review Dataset v1.0 (Maas et al. 2011): 25,000 reviews to train and 25,000 to test.

    Either aclImdb/ as its authors publish it (one file a review, <id>_<rating>.txt), or train.jsonl and
    test.jsonl (one object a line: text, label, id). Both give the same order, all `pos` by id and then all `neg`
    by id, and the same checksum, which is that of labels and texts in this order.

    Raises:
        LTHError: if neither is there, or a line is no review.
    """
    if (folder / "aclImdb").is_dir():
        train, test = (_imdb_files(folder / "aclImdb" / part) for part in ("train", "test"))
    elif all((folder / f"{part}.jsonl").is_file() for part in ("train", "test")):
        train, test = (_imdb_lines(folder / f"{part}.jsonl") for part in ("train", "test"))
    else:
        raise LTHError(f"{folder}: neither aclImdb/ nor train.jsonl and test.jsonl are in it")
    return Corpus(train, test, checksum_of(train + test))


def _imdb_files(folder: Path) -> list[Row]:
    paths = []
    for label in ("pos", "neg"):
        found = [(path.name.partition("_")[0], path) for path in (folder / label).glob("*_*.txt")]
        paths += [path for _, path in sorted(found, key=lambda entry: (len(entry[0]), entry[0]))]  # ids as numbers
    texts = _decode([path.read_bytes() for path in paths], folder)
    return [Row(text, path.parent.name, str(path)) for text, path in zip(texts, paths, strict=True)]


def _imdb_lines(path: Path) -> list[Row]:
    found = []
    for number, line in enumerate(_decode(path.read_bytes().split(b"\n"), path), 1):
        if line:
            try:
                review = json.loads(line)
                row = Row(str(review["text"]), str(review["label"]), f"{path}, line {number}")
                found.append((row.label != "pos", int(review["id"]), row))
            except (ValueError, KeyError, TypeError) as error:
                raise LTHError(f"{path}, line {number}: no JSON object with text, label and id "
                               f"({type(error).__name__}: {error})") from None
    return [row for _, _, row in sorted(found, key=lambda entry: entry[:2])]


def read_csv(path: Path, column: str) -> Corpus:
    """A file of comma-separated values with a header: texts in `column`, label words in `Sentiment`.

    The checksum is that of the file.

    Raises:
        LTHError: if a column is missing, or a row has too few values.
    """
    blob = path.read_bytes()
    [text] = _decode([blob], path)
    lines, rows = csv.DictReader(io.StringIO(text, newline=""), strict=True), []
    missing = [name for name in (column, "Sentiment") if name not in (lines.fieldnames or [])]
    if missing:
        raise LTHError(f"{path}: no column '{missing[0]}'; its columns: {', '.join(lines.fieldnames or ['none'])}; "
                       f"needed: {column}, Sentiment")
    try:
        for line in lines:
            rows.append(Row(line[column], line["Sentiment"], f"{path}, line {lines.line_num}"))
            if None in rows[-1]:
                raise csv.Error("a value is missing")
    except csv.Error as error:
        raise LTHError(f"{path}, line {lines.reader.line_num}: {error}; the file may be cut off") from None
    return Corpus(rows, None, hashlib.sha256(blob).hexdigest())


def _decode(blobs: list[bytes], place: Path) -> list[str]:
    """UTF-8 texts; what is not UTF-8 becomes U+FFFD, and one line in the log says how often."""
    texts = [blob.decode(errors="replace") for blob in blobs]
    bad = sum(text.count("\ufffd") for text in texts) - sum(blob.count("\ufffd".encode()) for blob in blobs)
    if bad:
        log.warning("%s: %d sequences of bytes are not UTF-8 and were read as U+FFFD", place, bad)
    return texts


def checksum_of(rows: list[Row]) -> str:
    """SHA-256 of the label words and texts, in order."""
    joined = "".join(f"{row.label}\0{row.text}\0" for row in rows)
    return hashlib.sha256(joined.encode(errors="surrogatepass")).hexdigest()
