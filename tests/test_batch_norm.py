"""Batch norm in tickets and in scores: its weights prune as others do, its statistics start afresh."""

import pytest
import torch
from conftest import SUBSETS, RecordedTask, every_level, make_rules, same
from torch.nn.functional import cross_entropy

from lth_common.errors import LTHError
from lth_common.protocol.schema.image_settings import Settings
from lth_common.protocol.schema.paper import Arm
from lth_common.pruning.mask import Mask
from lth_common.seeds import stream
from lth_common.tickets.chain import run_branch, run_chain
from lth_common.tickets.ticket import Ticket
from lth_common.training.examples import Examples
from lth_common.training.loop import evaluate

SHUFFLENET = {"name": "shufflenet", "groups": 1, "shuffle": 1, "init": {"scheme": "kaiming_normal"}}
RATES = {"conv": 0.2, "linear": 0.1}
STATISTICS = {"running_mean": 0, "running_var": 1, "num_batches_tracked": 0}  # suffix of the name -> fresh value


def settings(model=None, **train):
    return Settings.model_validate({
        "data": {"name": "digits", "mean": 0.3, "std": 0.38, "subsets": SUBSETS}, "model": model or SHUFFLENET,
        "train": {"batch_size": 50, "budget": "1ep", "optimizer": {"name": "adam", "lr": 0.01},
                  "select": {"rule": "last"}} | train})


def task(rules=None, chosen=None):
    return RecordedTask(chosen or settings(), Arm(about=""), rules or make_rules(rates=RATES), "cpu")


def chain(rates):
    rules = make_rules(rates=rates, levels=1)
    of = task(rules)
    _, book, _ = run_chain(of, rules, every_level(rules), 0, None, lambda state: None, lambda level, rows: None)
    return of, rules, book


def statistics(weights):
    return {name: tensor for name, tensor in weights.items() if name.endswith(tuple(STATISTICS))}


def is_fresh(weights):
    return all((tensor == STATISTICS[name.rpartition(".")[2]]).all() for name, tensor in statistics(weights).items())


def test_batch_norms_weights_prune_if_a_rate_names_them_and_stay_0():
    of, _, book = chain(RATES | {"norm": 0.2})
    norms = {name for name in book.masks[1] if "norm" in name}
    assert norms == {name for name in of.net.shapes if "norm" in name and name.endswith("weight")}
    for name in norms:
        entry = book.masks[1][name]
        assert int((~entry).sum()) == round(0.2 * entry.numel())
        for weights in (of.starts[1], of.outcomes[1].weights):
            assert (weights[name][~entry] == 0).all() and (weights[name][entry] != 0).all()
        bias = of.outcomes[1].weights[name.replace("weight", "bias")]
        assert (bias != 0).any()


def test_without_such_a_rate_no_weight_of_batch_norm_goes():
    of, _, book = chain(RATES)
    assert not any("norm" in name for name in book.masks[1])
    assert all((weights != 0).all() for name, weights in of.outcomes[1].weights.items()
               if "norm" in name and name.endswith("weight"))


def test_every_ticket_starts_with_fresh_statistics_and_training_moves_them():
    of, rules, book = chain(RATES)
    arm = Arm.model_validate({"about": "", "from": "search", "weights": "reinit"})
    branch = RecordedTask(settings(), arm, rules, "cpu")
    run_branch(branch, arm, rules, book, [1], 0, None,
               lambda state: None, lambda level, rows: None)
    for start, outcome in zip(of.starts + branch.starts, of.outcomes + branch.outcomes, strict=True):
        assert is_fresh(start) and statistics(start)
        assert not is_fresh(outcome.weights)


def test_batch_statistics_are_those_of_each_batch_and_leave_the_running_ones_alone():
    of = task()
    before = of.net.get()
    data = Examples(of.test.x[:60], of.test.y[:60])
    chosen = settings(scored_with="batch_statistics", batch_size=40).train
    scores = evaluate(of.net.module, data, chosen)
    assert same(of.net.get(), before) and not of.net.module.training
    running = evaluate(of.net.module, data, settings().train)
    assert same(of.net.get(), before)
    of.net.module.train()
    with torch.no_grad():
        logits = torch.cat([of.net.module(batch) for batch in data.x.split(40)])
    assert scores["loss"] == pytest.approx(cross_entropy(logits, data.y).item(), rel=1e-5)
    assert scores["loss"] != pytest.approx(running["loss"], rel=1e-2)
    assert not same(statistics(of.net.get()), statistics(before)), "training would have moved them"


def test_how_a_network_is_scored_does_not_change_its_training():
    def trained(scored_with):
        of = task(chosen=settings(scored_with=scored_with, budget="2ep"))
        weights = of.initial(stream(0, "init"))
        mask = Mask.dense(weights, [p.name for p in of.parameters if p.prunable])
        return of.train(Ticket(mask, weights), 0, 0)

    running, batch = trained("running_statistics"), trained("batch_statistics")
    assert same(running.weights, batch.weights)
    assert running.rows != batch.rows


def test_batch_statistics_of_a_network_without_batch_norm_are_refused():
    mlp = {"name": "mlp", "hidden": [5], "init": {"scheme": "xavier_uniform"}}
    with pytest.raises(LTHError, match="train.scored_with: 'batch_statistics' .* network has not; legal: running_st"):
        task(chosen=settings(mlp, scored_with="batch_statistics"))
