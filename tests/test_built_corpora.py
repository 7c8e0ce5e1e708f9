"""WMT'14 from the organisers' files: every step is whole, proven and made once, and what comes out trains fairseq."""

import json
import multiprocessing
import os
import shutil
import signal
from dataclasses import replace
from itertools import chain

import pytest

from lth_common.datasets import editions, locate, wmt14
from lth_common.datasets.corpora import CORPORA, checksum, corpus_folder, read_lines
from lth_common.datasets.stamps import STAMP, check, recorded
from lth_common.errors import DamagedFile, LTHError
from replications.rl_nlp_tickets.translation.corpus import prepare
from replications.rl_nlp_tickets.translation.fairseq_runs import train
from replications.rl_nlp_tickets.translation.schema import Data
from tests.archive_fixtures import FILES, ODD, sentences, served  # noqa: F401 (a fixture)
from tests.translation_fixtures import fresh, settings, ticket_file

WMT = Data(name="wmt14", subwords=400)


def test_what_is_built_trains_fairseq(served, tmp_path):  # noqa: F811
    made = prepare(WMT)
    folder = corpus_folder("wmt14")
    assert {path.name for path in folder.iterdir()} == {*FILES, STAMP}
    assert made.reference == [pair[1] for pair in sentences()["newstest2014"]] and made.subword_mark == "@@ "
    lines = {name: read_lines(folder / name) for name in FILES}
    assert [line.replace("@@ ", "") for line in lines["newstest2014.tok.bpe.32000.de"]] == made.reference_tokens
    assert any("@@ " in line for line in lines["train.tok.clean.bpe.32000.en"])
    assert "unk" not in (made.binary / "dict.de.txt").read_text()
    path, _ = ticket_file(tmp_path / "run", fresh(made))
    rows = train(settings(), made, path, tmp_path / "run", [20], 1, "cpu")
    assert rows[-1]["step"] == 20 and rows[-1]["value"] < rows[0]["value"]


def test_pairs_are_left_out_as_moses_does_and_nothing_else_is_lost(served):  # noqa: F811
    recipe = served.recipe
    folder = recipe.make(recipe.step("clean"))
    en, de = (read_lines(folder / language) for language in wmt14.LANGUAGES)
    trained_on = list(chain.from_iterable(sentences()[part] for part in wmt14.TRAINED_ON))
    assert len(en) == len(de) == len(trained_on) - 3
    number = next(n for n, pair in enumerate(trained_on) if pair == ODD[-1]) - 3
    assert en[number] == "Kept &amp; &quot; quoted &quot; &#124; with odd ends"
    assert de[number] == "Behalten , denn 3 km sind &apos; s"
    found = json.loads((folder / STAMP).read_text())["found"]
    assert found == {"pairs read": len(trained_on), "pairs kept": len(en)}


def test_a_finished_step_is_not_made_again_and_a_damaged_one_is(served, caplog):  # noqa: F811
    recipe = served.recipe
    first = checksum("wmt14", corpus_folder("wmt14"))
    asked = len(served.asked)
    assert checksum("wmt14", corpus_folder("wmt14")) == first and recipe.unfinished() == []
    shutil.rmtree(corpus_folder("wmt14"))
    damaged = recipe.folder(recipe.step("subwords")) / "subwords.model"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    (recipe.folder(recipe.last) / STAMP).write_text("{}")
    assert checksum("wmt14", corpus_folder("wmt14")) == first and len(served.asked) == asked
    assert "subwords.model: damaged file" in caplog.text and f"{STAMP}: damaged file" in caplog.text
    (corpus_folder("wmt14") / "newstest2014.de").unlink()
    with pytest.raises(LTHError, match="newstest2014.de: damaged file .*Delete .*wmt14 and run again"):
        corpus_folder("wmt14")


def make_and_be_killed(recipe, step):
    recipe.make(replace(step, make=lambda *where: (step.make(*where), os.kill(os.getpid(), signal.SIGKILL))))


@pytest.mark.parametrize("name", [step.name for step in wmt14.recipe().steps])
def test_a_step_that_is_killed_is_made_again_and_no_other(served, name):  # noqa: F811
    """Killed at the end of its work, before it is whole; what the process leaves is cleared away."""
    recipe = served.recipe
    step = recipe.step(name)
    whole = {other.name: recorded(recipe.make(other))["files"] for other in recipe.steps}
    shutil.rmtree(recipe.folder(step))
    job = multiprocessing.get_context("fork").Process(target=make_and_be_killed, args=(recipe, step))
    job.start()
    job.join()
    left, = recipe.folder(step).parent.glob(f".{name}-*")
    assert job.exitcode == -signal.SIGKILL and any(left.iterdir()) and not recipe.is_made(step)
    asked = len(served.asked)
    assert {other.name: recorded(recipe.make(other))["files"] for other in recipe.steps} == whole
    assert len(served.asked) - asked == name.startswith("fetch_") and not left.exists()


def test_only_what_is_missing_is_to_be_made(served):  # noqa: F811
    recipe = served.recipe
    assert recipe.unfinished() == list(recipe.steps)
    recipe.make(recipe.step("clean"))
    shutil.rmtree(recipe.folder(recipe.step("fetch_news")))  # what was made of it is there
    assert [step.name for step in recipe.unfinished()] == [
        *(f"{kind}_newstest{year}" for year in (2013, 2014) for kind in ("fetch", "take", "tokens")),
        "subwords", "corpus"]
    with pytest.raises(LTHError, match="data set wmt14 has no step 'bake'; legal: fetch_europarl, take_europarl, "):
        recipe.step("bake")


def test_the_archive_is_used_where_a_user_has_it_and_is_another_edition(served, tmp_path, monkeypatch):  # noqa: F811
    built, proofs = editions.of_corpus(WMT), CORPORA["wmt14"].proofs
    (tmp_path / "own" / "wmt14").mkdir(parents=True)
    for name in FILES:
        (tmp_path / "own" / "wmt14" / name).write_text("ein Haus\nein Hund\n")
    with monkeypatch.context() as at_hand:
        at_hand.setenv("LTH_DATA", str(tmp_path / "own"))
        assert corpus_folder("wmt14") == tmp_path / "own" / "wmt14" and not served.asked
        assert editions.of_corpus(WMT) != built and CORPORA["wmt14"].proofs != proofs
    assert corpus_folder("wmt14") == locate.DATA_FOLDER / "wmt14"
    assert editions.of_corpus(WMT) == built and CORPORA["wmt14"].proofs == proofs  # known before it was built
    monkeypatch.setenv("LTH_DATA", str(tmp_path / "own"))
    (tmp_path / "own" / "wmt14" / "newstest2014.de").write_text("ein Haus\n")
    with pytest.raises(LTHError, match="newstest2014.de is damaged or another edition: lines 1, expected 2"):
        corpus_folder("wmt14")


def test_what_another_recipe_built_is_not_taken(served, monkeypatch):  # noqa: F811
    recipe, other, built = served.recipe, wmt14.recipe(served.archives, 151), editions.of_corpus(WMT)
    corpus_folder("wmt14")
    assert [step.name for step in other.steps if other.folder(step) != recipe.folder(recipe.step(step.name))] == [
        "subwords", "corpus"]  # what does not hang on it is shared
    monkeypatch.setattr(wmt14, "RECIPE", other)
    assert editions.of_corpus(WMT) != built
    with pytest.raises(LTHError, match=f"wmt14 was built by another recipe, {recipe.digest}; that of today is "):
        corpus_folder("wmt14")


def test_a_stamp_of_other_content_is_no_stamp(served):  # noqa: F811
    recipe = served.recipe
    folder = recipe.make(recipe.step("fetch_news"))
    stamp = folder / STAMP
    stamp.write_text(stamp.read_text().replace('"seconds": ', '"seconds": 1'))
    with pytest.raises(DamagedFile, match="its checksum is of another content"):
        check(folder)
