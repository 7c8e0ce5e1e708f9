"""Large downloads go on where they were cut off; only the published file is kept."""

import pytest

from lth_common.datasets import build, locate, parallel_text
from lth_common.datasets.corpora import corpus_folder
from lth_common.errors import LTHError
from tests.archive_fixtures import archive, served  # noqa: F401 (a fixture)

NEWS, TEST = "/wmt14/training-parallel-nc-v9.tgz", "/wmt13/test.tgz"  # of the second nobody says the size


def files_of(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")


def fetch(served, step="fetch_news"):  # noqa: F811
    return served.recipe.make(served.recipe.step(step))


@pytest.mark.parametrize(("path", "step"), [(NEWS, "fetch_news"), (TEST, "fetch_newstest2013")])
@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_connection_keeps_what_has_come_and_goes_on(served, path, step, ranges):  # noqa: F811
    served.cut[path], served.ranges = 700, ranges
    name = path.rpartition("/")[2]
    with pytest.raises(LTHError, match=rf"{name} could not be fetched: http.*{name}: the connection was cut after 700 "
                                       r"of [\d,]+ bytes. Run again with a network connection \(what has come is kept"):
        fetch(served, step)
    assert files_of(locate.DATA_FOLDER) == [f"{name}.part"]
    assert (fetch(served, step) / name).read_bytes() == served.files[path]
    assert served.asked == [(path, None), (path, "bytes=700-")]
    assert files_of(locate.DATA_FOLDER) == [name, "stamp.json"] or files_of(locate.DATA_FOLDER) == ["stamp.json", name]


def test_what_came_whole_before_a_kill_is_not_fetched_again(served):  # noqa: F811
    for path, step, asked in ((NEWS, "fetch_news", []), (TEST, "fetch_newstest2013", [(TEST, "bytes=")])):
        part = locate.DATA_FOLDER / "cache" / "wmt14-steps" / f"{path.rpartition('/')[2]}.part"
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(served.files[path])
        fetch(served, step)
        assert [(name, wanted[:6]) for name, wanted in served.asked] == asked and not part.exists()


def test_parts_that_do_not_fit_together_are_fetched_from_the_start(served):  # noqa: F811
    part = locate.DATA_FOLDER / "cache" / "wmt14-steps" / "training-parallel-nc-v9.tgz.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"of another edition")
    assert (fetch(served) / "training-parallel-nc-v9.tgz").read_bytes() == served.files[NEWS]
    assert served.asked == [(NEWS, "bytes=18-"), (NEWS, None)]


@pytest.mark.parametrize("body", [b"<html>please log in</html>", b"", None, "changed"])
def test_another_file_is_refused_in_one_sentence_and_nothing_is_kept(served, body):  # noqa: F811
    good = served.files[NEWS]
    served.files[NEWS] = good[:-1] + bytes([good[-1] ^ 1]) if body == "changed" else body
    with pytest.raises(LTHError) as caught:
        corpus_folder("wmt14")
    message = str(caught.value)
    assert message.startswith("data set wmt14: no wmt14 in ") and "\n" not in message
    assert "training-parallel-nc-v9.tgz could not be fetched: http" in message and "wmt14-archives/" in message
    assert not [name for name in files_of(locate.DATA_FOLDER) if "nc-v9" in name]
    served.files[NEWS] = good
    assert corpus_folder("wmt14").is_dir()


def test_a_file_that_a_person_put_there_is_used_if_it_is_the_published_one(served, tmp_path, monkeypatch):  # noqa: F811
    own = tmp_path / "own" / "wmt14-archives" / "training-parallel-nc-v9.tgz"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"half")
    monkeypatch.setenv("LTH_DATA", str(tmp_path / "own"))
    with pytest.raises(LTHError, match=r"nc-v9.tgz is not the published file: sha256 \w+, expected \w+, 4 bytes. Rem"):
        fetch(served)
    own.write_bytes(served.files[NEWS])
    fetch(served)
    assert served.asked == [] and own.read_bytes() == served.files[NEWS]


def test_an_archive_that_lacks_a_language_is_named(served):  # noqa: F811
    path = locate.DATA_FOLDER / "x.tgz"
    path.parent.mkdir()
    for content, message in ((archive("news", []), r"x.tgz: not the same number of sentences.*'en': 0, 'de': 0"),
                             (archive("europarl", [("a", "b")]), "x.tgz lacks training/news-commentary-v9.de-en.en, t"),
                             (archive("news", [("a", "b")])[:-30], "x.tgz cannot be unpacked: "),
                             (archive("news", [("a", "b\nc")]), "x.tgz: not the same number .*'en': 1, 'de': 2")):
        path.write_bytes(content)
        with pytest.raises(LTHError, match=message):
            parallel_text.take({"en": "training/news-commentary-v9.de-en.en",
                                "de": "training/news-commentary-v9.de-en.de"}, path, path.parent)


def test_the_workflows_steps_say_what_hinders_and_try_again(served, tmp_path, monkeypatch):  # noqa: F811
    """Each as a job of its own, in the plan's order: the second time all is made, from what is there."""
    whole = served.files.pop(NEWS)
    names = [step.name for step in build.to_build("wmt14")]
    notes = {name: tmp_path / build.note_path("wmt14", name) for name in names}

    def run():
        for name in [step.name for step in build.to_build("wmt14")]:
            monkeypatch.setattr("sys.argv", ["build", "wmt14", name, "--note", str(notes[name])])
            build.main()

    run()
    reasons = {name: build.hindered(note) for name, note in notes.items()}
    stopped = ("fetch_news", "take_news", "tokens_news", "clean", "subwords", "corpus")
    assert tuple(name for name in names if reasons[name]) == stopped
    assert len({reasons[name] for name in stopped}) == 1 and "404" in reasons["corpus"]
    assert served.asked.count((NEWS, None)) == 1  # those that wait for it do not ask again
    left = build.to_build("wmt14")
    assert [step.name for step in left] == list(stopped)
    build.forget("wmt14", left, tmp_path)
    assert [name for name in names if not notes[name].exists()] == list(stopped)
    served.files[NEWS] = whole
    run()
    assert not any(build.hindered(note) for note in notes.values()) and corpus_folder("wmt14").is_dir()
    assert build.to_build("wmt14") == [] == build.to_build("multi30k")
