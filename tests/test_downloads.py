"""Downloads from local servers in the forms of the real ones: whole and verified, or one clear message and nothing."""

import hashlib
import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from address_fixtures import Answer, kept, local_server, move, packed, put
from text_fixtures import put_imdb

from lth_common.datasets import locate
from lth_common.datasets.checks import verify
from lth_common.datasets.sets import SETS, TEXTS
from lth_common.datasets.text_files import READERS
from lth_common.errors import LTHError

server = pytest.fixture(local_server)
FETCHED = [name for name, entry in SETS.items() if entry.place and name not in locate.BUILT]
ADDRESSES = [(name, number) for name in FETCHED for number in range(len(SETS[name].addresses))]
REAL = [name for name in FETCHED if name != "imdb" and not name.startswith("glove.")]
real_data = os.environ.get("LTH_DATA")  # the fixture unsets it
PAGE = b"<!DOCTYPE html><html>please log in</html>"
ROWS = b'Text,Sentiment\n"up, 0",1\n"down,\n0 of 2",-1\n'


def as_sent(name, files):
    """Files as the addresses have them: stock tweets with 0 for -1, and other ends of lines."""
    if name != "stock_tweets":
        return files
    return {file: blob.replace(b",-1\n", b",0\n").replace(b"\n", b"\r\n") for file, blob in files.items()}


def made_up(tmp_path, name):
    """Small files of a set, and their proofs."""
    if name == "imdb":
        folder = put_imdb(tmp_path / "made", "aclImdb")
        files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.txt"))}
        return files, {TEXTS: f"sha256:{READERS[name](folder).checksum}"}
    if name.startswith("glove."):
        values = int(SETS[name].proofs[name].partition(":")[2])
        return {name: f". {'1 ' * (values - 1)}1\nthe {'2 ' * (values - 1)}2\n".encode(), "other.txt": b"no"}, None
    files = {file: ROWS if name == "stock_tweets" else f"{file} of {name}".encode() for file in SETS[name].proofs}
    return files, {file: f"sha256:{hashlib.sha256(blob).hexdigest()}" for file, blob in files.items()}


def moved(monkeypatch, server, tmp_path, name):
    files, proofs = made_up(tmp_path, name)
    entry = move(monkeypatch, server, name, **{"proofs": proofs} if proofs else {})
    return entry, as_sent(name, files)


@pytest.mark.parametrize(("name", "number"), ADDRESSES)
def test_each_address_of_every_set_does_when_the_others_are_dead(server, monkeypatch, tmp_path, name, number):
    entry, files = moved(monkeypatch, server, tmp_path, name)
    put(server, entry, entry.addresses[number], files)
    place = locate.fetch(name)
    assert place == locate.DATA_FOLDER / entry.place == locate.present(name)
    assert len(kept()) == (1 if place.is_file() else len(files))
    asked = len(server.asked)
    assert locate.fetch(name) == place and len(server.asked) == asked  # the second time from the folder


@pytest.mark.parametrize("name", REAL)
def test_real_sets_come_whole_from_their_last_address(server, monkeypatch, name):
    source = Path(real_data or "/nowhere") / SETS[name].place
    if not source.exists():
        pytest.skip(f"LTH_DATA names no folder with {SETS[name].place}")
    files = {file: (source if source.is_file() else source / file).read_bytes() for file in SETS[name].proofs}
    entry = move(monkeypatch, server, name)
    put(server, entry, entry.addresses[-1], as_sent(name, files))
    verify(name, locate.fetch(name))
    assert {path.name: path.read_bytes() for path in kept()} == files


def half(blob):
    return blob[: len(blob) // 2]


BAD = {
    "a login page": lambda blob: Answer(PAGE),
    "a page that says what it is": lambda blob: Answer(b"", kind="text/html"),
    "nothing": lambda blob: Answer(b""),
    "half of it": lambda blob: Answer(half(blob)),
    "a cut connection": lambda blob: Answer(half(blob), cut=len(blob) - len(half(blob))),
    "a changed file": lambda blob: Answer(blob.replace(b"o", b"0")),
    "another gz": lambda blob: Answer(packed(".gz", {"": ROWS})),
    "another tar": lambda blob: Answer(packed(".tgz", {"x": ROWS})),
    "another zip": lambda blob: Answer(packed(".zip", {"x": ROWS})),
    "a length that is no number": lambda blob: Answer(blob, headers={"Content-Length": "many"}),
    "a redirect to no address": lambda blob: Answer(b"", 302, headers={"Location": "http://[x"}),
    "404": lambda blob: Answer(PAGE, 404),
    "500": lambda blob: Answer(b"", 500)}
SAID = {"a login page": "web page", "a page that says what it is": "web page", "404": "HTTP Error 404",
        "500": "HTTP Error 500", "a cut connection": "the connection was cut after "}


@pytest.mark.parametrize("name", ["multi30k", "wikitext2", "cifar10", "imdb", "stock_tweets", "glove.6B.50d.txt"])
@pytest.mark.parametrize("what", BAD)
def test_an_answer_that_is_not_the_set_is_named_and_nothing_is_kept(server, monkeypatch, tmp_path, name, what):
    entry, files = moved(monkeypatch, server, tmp_path, name)
    for address in entry.addresses:
        put(server, entry, address, files)
    whole = dict(server.answers)
    server.answers |= {path: BAD[what](answer.body) for path, answer in whole.items()}
    with pytest.raises(LTHError) as error:
        locate.fetch(name)
    message = str(error.value)
    shown = [address.format(name="NAME", stem="NAME") for address in entry.addresses]
    assert message.startswith(f"data set {name}: no {entry.place} in {locate.DATA_FOLDER}; the download failed: ")
    assert all(f"{address}: " in message for address in shown) and "LTH_DATA name a folder with" in message
    assert "\n" not in message and f"{locate.DATA_FOLDER}/." not in message
    assert message.count(SAID.get(what, "; ")) >= len(entry.addresses) - 1
    assert not kept() and locate.present(name) is None
    first = {urlsplit(url).path for url in entry.urls(entry.addresses[0])}
    server.answers |= {path: answer for path, answer in whole.items() if path not in first}
    verify(name, locate.fetch(name))  # the second address is asked, and is enough


def test_a_server_that_is_not_there_is_named(server, monkeypatch, tmp_path):
    entry, _ = moved(monkeypatch, server, tmp_path, "multi30k")
    server.shutdown()
    server.server_close()
    with pytest.raises(LTHError, match=f"{server.url}.*: .*Connection refused; {server.url}.*: .*Connection refused"):
        locate.fetch("multi30k")
    assert not kept()


def test_an_archive_cannot_write_outside_its_folder(server, monkeypatch, tmp_path):
    entry, files = moved(monkeypatch, server, tmp_path, "imdb")
    for address in entry.addresses:
        put(server, entry, address, files | {"../../../outside.txt": b"x"})
    with pytest.raises(LTHError, match="would write outside its folder"):
        locate.fetch("imdb")
    assert not kept() and not list(tmp_path.rglob("outside.txt"))


def test_what_a_killed_download_left_is_removed(server, monkeypatch, tmp_path):
    entry, files = moved(monkeypatch, server, tmp_path, "wikitext2")
    left = locate.DATA_FOLDER / ".wikitext2-a1b2c3d4"
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"x")
    put(server, entry, entry.addresses[0], files)
    locate.fetch("wikitext2")
    assert sorted(path.name for path in kept()) == sorted(files)
