"""Around fairseq: the workarounds are undone, scores are those of the usual programs."""

import argparse
import math
import random
import shutil
import sys

import numpy as np
import pytest
import torch

from lth_common.errors import LTHError
from lth_common.protocol.schema.base import parse
from replications.rl_nlp_tickets.translation.compat import fairseq_at_work
from replications.rl_nlp_tickets.translation.fairseq_runs import LOG, validations
from replications.rl_nlp_tickets.translation.schema import Settings
from replications.rl_nlp_tickets.translation.task import scores, signature
from tests.translation_fixtures import settings


@pytest.mark.parametrize("broken", [False, True])
def test_nothing_is_patched_once_fairseq_is_left(broken):
    before, of_torch = _state(), dict(vars(torch))
    try:
        with fairseq_at_work():
            from fairseq import checkpoint_utils, search

            assert search.torch is not torch and checkpoint_utils.shutil is not shutil
            checkpoint_utils.save_checkpoint.best = 1.0
            torch.rand(1)
            np.random.rand()
            if broken:
                raise KeyError("in the middle of it")
    except LTHError as error:
        assert broken and str(error) == "fairseq stopped with KeyError: 'in the middle of it'"
    assert _state() == before
    assert checkpoint_utils.shutil is shutil and "fairseq" in checkpoint_utils.torch_persistent_save.__module__
    assert all(vars(torch)[name] is value for name, value in of_torch.items())
    assert search.torch is torch and not hasattr(checkpoint_utils.save_checkpoint, "best")
    assert not hasattr(np, "float") and argparse.Namespace not in torch.serialization.get_safe_globals()


def _state():
    return sys.argv, sys.stdout, torch.get_rng_state().tolist(), str(np.random.get_state())


def test_fairseqs_way_out_is_an_error_of_ours(capsys):
    with pytest.raises(LTHError, match="fairseq stopped with SystemExit: 2"), fairseq_at_work():
        from fairseq import options

        options.get_preprocessing_parser().parse_args(["--no-such-option"])


def test_beam_search_divides_whole_numbers():
    with fairseq_at_work():
        from fairseq import search

        out = torch.zeros(3, dtype=torch.long)
        search.torch.div(torch.tensor([7, 8, 0]), 4, out=out)
        assert out.tolist() == [1, 2, 0] and search.torch.zeros is torch.zeros


def test_a_line_that_a_kill_cut_off_is_left_to_the_training_that_goes_on(tmp_path):
    line = '{"valid_nll_loss": "2.0", "valid_num_updates": "10"}\n'
    (tmp_path / LOG).write_text(line[:30] + "Namespace(…)\n" + line + line.replace("10", "20") + line)
    found = [(row["step"], row["value"]) for row in validations(tmp_path)]
    assert found == [(10, 2 * math.log(2)), (20, 2 * math.log(2))]


def test_the_score_of_tokens_is_the_one_that_fairseq_counts():
    """Its compiled scorer counts as multi-bleu.perl does; ours comes from sacreBLEU."""
    words, pick = [f"w{n}" for n in range(12)], random.Random(0)
    reference = [" ".join(pick.choices(words, k=pick.randint(5, 12))) for _ in range(40)]
    guess = [" ".join(w if pick.random() < 0.8 else pick.choice(words) for w in line.split()) for line in reference]
    with fairseq_at_work():
        from fairseq.bleu import Scorer
        from fairseq.data import Dictionary

        known = Dictionary()
        scorer = Scorer(known.pad(), known.eos(), known.unk())
        for said, wanted in zip(guess, reference, strict=True):
            scorer.add(*(known.encode_line(line).int() for line in (wanted, said)))
        counted = scorer.score(4)
    assert scores(guess, reference, reference)["bleu"] == pytest.approx(counted, abs=1e-4)


def test_scores_see_capital_letters_and_plain_text():
    reference = ["Ein Mann liest heute ein Buch .", "Der alte Hund sucht die Katze ."]
    plain = [line.replace(" .", ".") for line in reference]
    assert scores(reference, reference, plain) == {"bleu": pytest.approx(100), "sacrebleu": pytest.approx(100)}
    lower = [line.lower() for line in reference]
    assert all(value < 80 for value in scores(lower, reference, plain).values())
    assert "case:mixed" in signature() and "tok:13a" in signature()


@pytest.mark.parametrize(("changes", "message"), [
    ({"train": {"budget": "3ep"}}, "the budget of this task is a number of updates above 0, such as '50000it'"),
    ({"train": {"budget": "25it"}}, "must be a multiple of 'checkpoint_every' (10)"),
    ({"train": {"average": 3}}, "at least 'average' (3) times it"),
    ({"model": {"heads": 3}}, "'embedding' (16) is no multiple of 'heads' (3)"),
    ({"data": {"name": "iwslt"}}, "'wmt14', 'multi30k' or 'generated'"),
])
def test_settings_that_cannot_be_are_refused(changes, message):
    plain = settings().model_dump(mode="json")
    for part, own in changes.items():
        plain[part] |= own
    with pytest.raises(LTHError) as error:
        parse(Settings, plain, "protocol.yaml")
    assert message in str(error.value)
