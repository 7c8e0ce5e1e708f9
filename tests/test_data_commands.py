"""The table of data sets, what papers need of it, and the command line: list, fetch, check, addresses."""

import logging
import re
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
import yaml
from address_fixtures import Answer, kept, local_server, move, put

from lth_common.datasets import __main__ as command
from lth_common.datasets import addresses, locate
from lth_common.datasets.checks import how_to_get
from lth_common.datasets.commands import check, fetch_all, show
from lth_common.datasets.image_files import DECODERS
from lth_common.datasets.needs import needs_of
from lth_common.datasets.sets import SETS
from lth_common.datasets.text_files import READERS
from lth_common.errors import LTHError
from lth_common.protocol.resolve import ROOT, paper_names
from lth_common.protocol.schema.text_settings import TextData
from lth_common.runs.data import MISSING
from lth_common.runs.fetch import try_for

server = pytest.fixture(local_server)


@pytest.mark.parametrize("name", SETS)
def test_every_entry_says_all_that_people_ask(name):
    entry = SETS[name]
    assert entry.name == name and entry.proofs and entry.licence and entry.by_hand
    assert all(re.fullmatch("md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}|(lines|values):[0-9]+", proof)
               for proof in entry.proofs.values())
    if entry.place:
        assert len(set(entry.addresses)) == len(entry.addresses) > 1 and entry.bytes
        for part in (f"fetch {name}", "B; licence: ", entry.licence, f"LTH_DATA name a folder with {entry.place}"):
            assert part in how_to_get(name)
    for address in entry.addresses:
        if "github" in address or "jsdelivr" in address:
            assert re.search("[/@][0-9a-f]{40}/", address), "a branch may change"


def test_what_reads_or_decodes_sets_knows_them_by_the_tables_names():
    assert SETS.keys() > DECODERS.keys() | READERS.keys() | locate.BUILT.keys() | locate.BUNDLED.keys()


def test_a_run_needs_its_set_and_its_vectors_and_only_if_they_are_files():
    data = SimpleNamespace(name="imdb", vectors=SimpleNamespace(source="glove", file="glove.6B.100d.txt"))
    assert locate.names_read("texts", data) == ["imdb", "glove.6B.100d.txt"]
    data.vectors.file = "mine.txt"
    assert locate.names_read("texts", data) == ["imdb"]
    data.vectors.source = "glove_or_skipgram"
    assert locate.names_read("texts", data) == ["imdb"]
    for task, name in [("images", "digits"), ("texts", "generated"), ("control", "cartpole"), ("atari", "breakout")]:
        assert locate.names_read(task, SimpleNamespace(name=name)) == []


def test_the_schemas_sets_are_the_tables():
    assert set(TextData.model_fields["name"].annotation.__args__) == READERS.keys()


@pytest.mark.parametrize("paper", paper_names())
def test_smoke_needs_no_file_and_other_scales_say_theirs(paper):
    needs = needs_of(paper)
    assert all("smoke" not in scales for name, scales in needs.items() if SETS[name].place)
    assert any("laptop" in scales for scales in needs.values())


def test_the_list_says_where_sets_are_and_what_needs_them(server, capsys):
    (locate.DATA_FOLDER / "MNIST/raw").mkdir(parents=True)
    assert show([]) == 0
    text = capsys.readouterr().out
    assert all(f"{paper}\n" in text for paper in paper_names())
    assert re.search(f"mnist +11.6 MB +CC BY-SA 3.0 +{locate.DATA_FOLDER}/MNIST/raw +laptop, paper: ", text)
    assert re.search("cifar10 +170.5 MB .* not here +laptop, paper: ", text)
    assert re.search("digits +- .* installed +smoke: ", text) and re.search("generated +- .* made up +smoke: ", text)
    assert not server.asked


def test_fetching_says_sizes_first_and_goes_on_after_a_failure(server, monkeypatch, capsys):
    good = move(monkeypatch, server, "multi30k", proofs={"train.en": "lines:1"})
    move(monkeypatch, server, "wikitext2")
    put(server, good, good.addresses[1], {"train.en": b"A dog .\n"})
    assert fetch_all(["wikitext2", "multi30k"], "laptop") == 1
    first, failed, done = capsys.readouterr().out.splitlines()
    assert first == "2 of 2 sets are to be fetched, 14.5 MB: wikitext2 (13.2 MB), multi30k (1.3 MB)"
    assert failed.startswith("NO  data set wikitext2: no wikitext-2 in ") and how_to_get("wikitext2") in failed
    assert done == f"ok  multi30k: {locate.DATA_FOLDER}/multi30k" and [path.name for path in kept()] == ["train.en"]
    assert fetch_all(["multi30k"], "laptop") == 0
    with pytest.raises(LTHError, match="'multi30' is neither a paper nor a set; did you mean 'multi30k'"):
        fetch_all(["multi30"], "laptop")


def test_the_command_line_says_what_it_fetches_and_from_where(server, monkeypatch, capsys):
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.WARNING)
    entry = move(monkeypatch, server, "wikitext2", proofs={"train.txt": "lines:1"})
    put(server, entry, entry.addresses[1], {"train.txt": b"words\n"})
    assert command.main(["fetch", "wikitext2"]) == 0
    said = capsys.readouterr().err
    assert "wikitext2: fetching 13.2 MB\n" in said and "wiki.NAME.tokens.zip after " in said and "{" not in said


def test_a_papers_fetch_takes_what_the_scale_needs(server, monkeypatch):
    asked = []
    monkeypatch.setattr("lth_common.datasets.commands.fetch", lambda name: asked.append(name))
    fetch_all([], "smoke")
    assert asked == ["digits", "generated"]
    asked.clear()
    fetch_all([], "laptop")
    assert "imdb" in asked and "wmt14" not in asked and not any(name.startswith("glove") for name in asked)


def test_a_check_names_what_is_damaged(server, capsys):
    (locate.DATA_FOLDER / "wikitext-2").mkdir(parents=True)
    (locate.DATA_FOLDER / "wikitext-2/train.txt").write_text("cut off")
    assert check() == 1
    text = capsys.readouterr().out
    assert "NO  wikitext2: " in text and "train.txt is damaged or another edition: sha256 " in text
    assert "ok  digits: " in text and "ok  generated: " in text and "not here: mnist, " in text


@pytest.mark.parametrize(("name", "folder", "said"), [
    ("wikitext2", "wikitext-2/train.txt", "wikitext-2/train.txt cannot be read: Is a directory. Delete "),
    ("stock_tweets", "financial_tweets/stock_data.csv", "stock_data.csv cannot be read: Is a directory. Delete "),
    ("imdb", "imdb", "imdb: neither aclImdb/ nor train.jsonl and test.jsonl are in it. Delete ")])
def test_a_folder_in_place_of_a_file_is_named_and_the_rest_is_checked(server, capsys, name, folder, said):
    (locate.DATA_FOLDER / folder).mkdir(parents=True)
    (locate.DATA_FOLDER / "multi30k").mkdir()
    assert check() == 1
    text = capsys.readouterr().out
    assert f"NO  {name}: {locate.DATA_FOLDER}" in text and said in text and "NO  multi30k: " in text
    assert try_for(name)["status"] == MISSING


ANSWERS = {
    "a file": (Answer(b"x"), ""), "no HEAD": (Answer(b"x", head=False), ""), "gone": (Answer(status=404), "Error 404"),
    "a page": (Answer(b"x", kind="text/html"), "web page"),
    "a page by no name, without HEAD": (Answer(b"\n<!DOCTYPE HTML>", head=False), "web page"),
    "a server in trouble": (Answer(status=503), "Error 503")}


@pytest.mark.parametrize("what", ANSWERS)
def test_an_address_is_asked_for_its_head_or_its_first_bytes(server, what):
    server.answers["/file"], said = ANSWERS[what]
    found = addresses.ask(f"{server.url}/file")
    assert said in found and bool(said) == bool(found)


def test_every_address_is_asked_and_one_that_is_dead_counts(server, monkeypatch, capsys):
    for name in list(SETS):
        if name not in ("wikitext2", "imdb", "digits"):
            monkeypatch.delitem(SETS, name)
    for name in ("wikitext2", "imdb"):
        entry = move(monkeypatch, server, name)
        for address in entry.addresses:
            put(server, entry, address, dict.fromkeys(entry.proofs, b"x"))
    monkeypatch.setattr(sys, "argv", ["datasets", "addresses"])
    assert command.main() == 0
    assert capsys.readouterr().out.endswith("8 of 8 addresses answer\n")
    monkeypatch.setitem(SETS, "imdb", replace(SETS["imdb"], addresses=(f"{server.url}/away",)))
    assert command.main() == 1
    assert f"NO  {server.url}/away: HTTP Error 404: Not Found\n" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["list", "no_paper"], ["fetch", "no_set"], ["fetch", "--scale", "big", "digits"]])
def test_a_word_that_is_wrong_is_one_line(monkeypatch, capsys, words):
    monkeypatch.setattr(sys, "argv", ["datasets", *words])
    try:
        code = command.main()
    except SystemExit as ended:  # argparse's own
        code = ended.code
    assert code and capsys.readouterr().err.splitlines()[-1].count(words[1] if words[1] != "--scale" else "big")


def test_the_weekly_check_of_addresses_needs_python_alone():
    code = "import sys, lth_common.datasets.__main__; print(sorted({'torch', 'numpy', 'pydantic'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout == "[]\n", run.stderr
    flow = yaml.safe_load((ROOT / ".github/workflows/addresses.yml").read_text())
    steps = flow["jobs"]["addresses"]["steps"]
    assert steps[-1]["run"] == "python3 -m lth_common.datasets addresses" and "schedule" in flow[True]
    assert all(re.fullmatch("[^@]+@[0-9a-f]{40}", step["uses"]) for step in steps if "uses" in step)
