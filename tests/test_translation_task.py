"""The translation task: which weights it prunes by, rewinds to and translates with, and what it does after a kill."""

import shutil

import pytest
import torch

from lth_common.errors import LTHError
from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.pruning.mask import Mask
from lth_common.pruning.prunable import parameters_of
from lth_common.seeds import stream
from lth_common.tickets.masks import next_mask
from lth_common.tickets.ticket import Ticket, load_ticket
from replications.rl_nlp_tickets.translation import task as module
from replications.rl_nlp_tickets.translation.compat import fairseq_at_work
from replications.rl_nlp_tickets.translation.fairseq_runs import build_model, train
from replications.rl_nlp_tickets.translation.task import TranslationTask
from tests.conftest import same
from tests.translation_fixtures import data, fresh, settings, ticket_file  # noqa: F401 (a fixture)

PADDING = 1  # of fairseq's dictionaries
RATES = {"embedding": 0.2, "linear": 0.2, "norm": 0.2, "bias": 0.2}


@pytest.fixture
def task(tmp_path):
    made = TranslationTask(settings(budget="30it"), Arm(about="a"), Prune(scope="global", rates=RATES, levels=1), "cpu")
    made.scratch = tmp_path / "scratch"
    return made


def dense(task, seed=0):
    weights = task.initial(stream(seed, "init"))
    return Ticket(Mask.dense(weights, list(weights)), weights)


def test_a_training_gives_back_the_last_weights_and_those_of_the_rewind_point(task, monkeypatch):
    averaged = []
    average = module.average_checkpoint
    monkeypatch.setattr(module, "average_checkpoint", lambda *a: averaged.append(a[1]) or average(*a))
    ticket = dense(task)
    outcome = task.train(ticket, 0, 0, "10it")
    kept = {u: load_ticket(task.scratch / "level0" / f"update{u}.safetensors").weights for u in (10, 20, 30)}
    assert averaged == [[20, 30]] and outcome.captured_step == 10
    assert same(outcome.weights, kept[30]) and same(outcome.captured, kept[10])
    assert not same(kept[10], kept[30]) and outcome.weights.keys() == ticket.weights.keys()
    values = {(row["split"], row["metric"], row["step"]): row["value"] for row in outcome.rows}
    assert {("test", "bleu", 30), ("test", "sacrebleu", 30), ("validation", "loss", 30)} <= values.keys()
    assert 0 < values["validation", "loss", 30] < values["validation", "loss", 10] < 5  # nats: ln(90 subwords) is 4.5


def test_no_rewinding_gives_the_tickets_own_weights(task):
    ticket = dense(task)
    outcome = task.train(ticket, 0, 0, "0it")
    assert same(outcome.captured, ticket.weights) and outcome.captured_step == 0


def test_a_level_that_was_trained_is_not_trained_again_and_the_one_before_is_gone(task, monkeypatch):
    ticket = dense(task)
    first = task.train(ticket, 0, 0)
    trained = (task.scratch / "level0" / "update30.safetensors").stat().st_mtime_ns
    again = task.train(ticket, 0, 0)
    assert first.rows == again.rows and same(first.weights, again.weights)
    assert (task.scratch / "level0" / "update30.safetensors").stat().st_mtime_ns == trained
    task.train(ticket, 0, 1)
    assert [folder.name for folder in task.scratch.iterdir()] == ["level1"]


def test_a_level_that_was_killed_goes_on_from_its_last_checkpoint(task, monkeypatch, caplog):
    """Killed in update 25; what the log said since the checkpoint of update 20 is said again."""
    ticket = dense(task)
    whole = task.train(ticket, 0, 0)
    shutil.rmtree(task.scratch)
    with fairseq_at_work():
        from fairseq.tasks.fairseq_task import FairseqTask
    updates = []

    def update_step(self, number):
        updates.append(number)
        if number == 25 and updates.count(25) == 1:
            raise RuntimeError("killed")

    monkeypatch.setattr(FairseqTask, "update_step", update_step)
    with pytest.raises(LTHError, match="killed"):
        task.train(ticket, 0, 0)
    again = task.train(ticket, 0, 0)
    assert updates == [*range(1, 26), *range(21, 31)] and not caplog.records
    assert again.rows == whole.rows and same(again.weights, whole.weights)


def test_seeds_and_levels_have_streams_of_their_own(task, tmp_path):
    ticket, results = dense(task), []
    for seed, level in ((0, 0), (1, 0), (0, 1)):
        task.scratch = tmp_path / f"run{seed}"
        results.append(task.train(ticket, seed, level).weights)
    assert not same(results[0], results[1]) and not same(results[0], results[2])


def test_initial_weights_are_the_seeds_and_leave_no_trace(task):
    before = torch.get_rng_state()
    left, right, other = (task.initial(stream(seed, "init")) for seed in (3, 3, 4))
    assert same(left, right) and not same(left, other) and torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("capture", ["31it", "1ep"])
def test_a_rewind_point_that_is_not_reached_is_an_error(task, capture):
    with pytest.raises(LTHError, match=f"prune.rewind.to: {capture} is not legal here; legal: 0it to 30it"):
        task.train(dense(task), 0, 0, capture)


def test_a_level_pruned_from_trained_weights_keeps_exactly_its_own_weights(tmp_path, data):  # noqa: F811
    """Of what a level leaves every weight is alive after training, of what it prunes none.

    But one: the row of the padding, which fairseq holds at 0. Keys' biases cancel and get no gradient but noise.
    """
    path, dense = ticket_file(tmp_path / "dense", fresh(data))
    train(settings(), data, path, tmp_path / "dense", [20], 1, "cpu")
    rules = Prune.model_validate({"scope": "global", "levels": 1, "rates": dict.fromkeys(
        ("embedding", "linear", "bias", "norm"), 0.43)})
    parameters = parameters_of(build_model(settings().model, data.binary), rules.rates)
    trained = load_ticket(tmp_path / "dense" / "update20.safetensors").weights
    scores = {name: trained[name].abs() for name in dense.mask}
    mask = next_mask(scores, trained, dense.mask, parameters, rules, 1)
    assert mask.kept() == mask.size() - round(0.43 * mask.size())
    path, _ = ticket_file(tmp_path / "thin", fresh(data), lambda name, tensor: mask[name])
    train(settings(), data, path, tmp_path / "thin", [20], 1, "cpu")
    weights = load_ticket(tmp_path / "thin" / "update20.safetensors").weights
    for name, entry in mask.items():
        expected = entry.clone()
        if "embed_tokens" in name:
            expected[PADDING] = False
        if "k_proj.bias" in name:
            assert not weights[name][~entry].any()
        else:
            assert torch.equal(weights[name] != 0, expected), name
