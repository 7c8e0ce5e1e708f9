"""A translation that diverges is a result: fairseq stops there, nothing is translated, and the chain says so."""

from math import isfinite, isnan

import numpy as np
import pytest
import torch
from conftest import frozen
from failure_fixtures import RATES, chain, check_nan_from_there_on, dense, values
from translation_fixtures import data, fresh, settings, ticket_file  # noqa: F401 (a fixture)

from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.tickets.ticket import save_ticket
from replications.rl_nlp_tickets.translation.compat import fairseq_at_work
from replications.rl_nlp_tickets.translation.fairseq_runs import average_checkpoint, train
from replications.rl_nlp_tickets.translation.task import TranslationTask

with fairseq_at_work():  # its import is one of the things that it mends
    from fairseq.tasks.fairseq_task import FairseqTask


def translation(tmp_path, **train):
    rules = Prune.model_validate({"scope": "global", "rates": RATES | {"norm": 0.2}, "levels": 1})
    task = TranslationTask(settings(**train), Arm(about=""), rules, "cpu")
    task.scratch = tmp_path / "scratch"
    return task, rules


def adam(lr, warmup=10):
    return {"name": "adam", "lr": lr, "betas": (0.9, 0.98), "eps": 1e-9, "warmup": warmup}


def test_translation(tmp_path):
    task, rules = translation(tmp_path, budget="30it", optimizer=adam(1e30))
    rows, _, failures = check_nan_from_there_on(task, rules, "diverged: the training loss is nan at update ")
    assert 1 < int(failures[0].split("update ")[1].split(";")[0]) < 10, "it stopped there"
    states = []
    again = chain(*translation(tmp_path, budget="30it", optimizer=adam(1e30)), save=lambda s: states.append(frozen(s)))
    assert repr(again[0]) == repr(rows) and again[2] == failures
    resumed = chain(task, rules, saved=states[0])
    assert repr(resumed[0]) == repr(rows) and resumed[2] == failures


@pytest.mark.parametrize("weight", [torch.nan, 1e30], ids=["not finite", "too large"])
def test_what_the_last_update_breaks_is_not_translated(tmp_path, monkeypatch, weight):
    """No loss of a training batch has shown it. Weights that are numbers make a next ticket."""
    def spoil(task, num_updates):
        if num_updates == 20:
            for tensor in task.live.values():
                tensor.data.fill_(weight)

    monkeypatch.setattr(FairseqTask, "update_step", spoil)
    task, rules = translation(tmp_path)
    rows, book, failures = chain(task, rules)
    assert failures[0].startswith("diverged: the validation loss is nan at update 20; lower train.optimizer.lr")
    assert len(book.masks) == (2 if isfinite(weight) else 1) and np.isnan(values(rows, "bleu")).all()


def test_what_was_reached_before_a_translation_diverged_is_kept(tmp_path, monkeypatch):
    def stop(task, num_updates):
        if num_updates == 15:
            raise FloatingPointError("Minimum loss scale reached")

    monkeypatch.setattr(FairseqTask, "update_step", stop)
    task, _ = translation(tmp_path)
    outcome = task.train(dense(task), 0, 0, "10it")
    assert outcome.failure.startswith("diverged: Minimum loss scale reached") and outcome.captured_step == 10
    assert all(w.isfinite().all() for w in outcome.captured.values()) and isfinite(outcome.rows[0]["value"])
    assert outcome.rows[0]["step"] == 10 and all(isnan(row["value"]) for row in outcome.rows[1:])


def test_an_average_that_is_not_finite_names_the_weights_and_the_last_update(tmp_path, data):  # noqa: F811
    path, ticket = ticket_file(tmp_path / "run", fresh(data))
    train(settings(), data, path, tmp_path / "run", [10, 20], 1, "cpu")
    ticket.weights["encoder.layers.0.fc1.bias"][3] = float("nan")
    save_ticket(ticket, tmp_path / "run" / "update10.safetensors")
    with pytest.raises(FloatingPointError) as stop:
        average_checkpoint(tmp_path / "run", [10, 20])
    assert stop.value.args == ("encoder.layers.0.fc1.bias is not finite", 20)


def test_a_training_stops_where_it_diverges(tmp_path, data):  # noqa: F811
    weights = fresh(data)
    weights["encoder.embed_tokens.weight"][5] = float("nan")
    path, _ = ticket_file(tmp_path / "run", weights)
    with pytest.raises(FloatingPointError) as stop:
        train(settings(), data, path, tmp_path / "run", [10, 20], 1, "cpu")
    assert stop.value.args == ("the training loss is nan", 1)
    assert not list((tmp_path / "run").glob("update*"))
