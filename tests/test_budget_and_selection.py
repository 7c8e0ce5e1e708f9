"""Budgets, schedules, resuming, and the choice of weights by validation data alone."""

import copy
from math import isnan

import pytest
import torch
from conftest import dense, frozen, half, make_net, make_split, make_task, make_train, same
from torch import nn

from lth_common.errors import LTHError
from lth_common.pruning.mask import Mask
from lth_common.seeds import stream
from lth_common.tickets.ticket import Ticket
from lth_common.training.examples import Examples
from lth_common.training.flat import FlatNet
from lth_common.training.loop import steps_in, train

BATCHES = 7  # of the fixture `data`
PLAIN_SGD = {"name": "sgd", "lr": 0.1}  # has no state, so that a training can be cut anywhere
BEST = {"rule": "best_validation"}


def run(data, validation, budget, level=1, net=None, **changes):
    """Weights after training a fresh network (or `net`) on the budget, and its progress."""
    net = net or make_net()
    kwargs = {name: changes.pop(name) for name in ("start_step", "capture_step", "resume", "save") if name in changes}
    progress = train(net, dense(net), data, validation, make_train(budget=budget, **changes), seed=0, level=level,
                     **kwargs)
    return net.get(), progress


def accuracies(progress):
    """Step -> validation accuracy."""
    return {r["step"]: r["value"] for r in progress.rows if (r["split"], r["metric"]) == ("validation", "accuracy")}


def dense_ticket(task):
    weights = task.initial(stream(0, "init"))
    return Ticket(Mask.dense(weights, [p.name for p in task.parameters if p.prunable]), weights)


class Noisy(nn.Sequential):
    """Dropout and batch norm: random numbers and buffers that a resumed run must take up again."""

    def __init__(self):
        super().__init__(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3))


@pytest.mark.parametrize("optimizer", [
    {"name": "sgd", "lr": 0.1, "momentum": 0.9}, {"name": "adam", "lr": 0.01}, {"name": "adamw", "lr": 0.01},
], ids=lambda o: o["name"])
def test_training_in_parts_equals_training_at_once_bit_for_bit(data, validation, optimizer):
    torch.manual_seed(0)
    original = Noisy()
    settings = make_train(optimizer=optimizer, budget="25it", lr_decay={"factor": 0.9},
                          select=BEST | {"patience": 9})

    def once(**kwargs):
        net = FlatNet(copy.deepcopy(original))
        progress = train(net, half(net), data, validation, settings, seed=3, level=2, capture_step=9, **kwargs)
        return net.get(), frozen(vars(progress))

    states = []
    weights, progress = once(save=lambda state: states.append(frozen(state)))
    assert [state["progress"]["step"] for state in states] == [7, 14, 21, 25]
    for state in states:
        torch.manual_seed(1234)  # a new process has other global random numbers
        resumed_weights, resumed = once(resume=state)
        assert same(resumed_weights, weights)
        assert all(same(resumed[name], progress[name]) for name in ("best_weights", "captured"))
        plain = [{n: v for n, v in p.items() if n not in ("best_weights", "captured")} for p in (resumed, progress)]
        assert plain[0] == plain[1]


@pytest.mark.parametrize(("budget", "steps"), [("10ep", 70), ("10it", 10), ("0it", 0), ("0ep", 0), ("1ep", 7)])
def test_budgets_count_epochs_or_steps(budget, steps):
    assert steps_in(budget, BATCHES) == steps


@pytest.mark.parametrize(("budget", "last", "epochs"),
                         [("3ep", 21, 3), ("21it", 21, 3), ("10it", 10, 2), ("0it", 0, 0)])
def test_training_takes_exactly_its_budget_and_is_judged_once_an_epoch(data, validation, budget, last, epochs):
    steps = []
    _, progress = run(data, validation, budget, save=lambda state: steps.append(state["progress"]["step"]))
    assert progress.step == last and len(steps) == epochs
    assert list(accuracies(progress)) == steps == [min(BATCHES * (i + 1), last) for i in range(epochs)]


def test_equal_budgets_in_either_unit_train_the_same(data, validation):
    assert same(run(data, validation, "3ep")[0], run(data, validation, "21it")[0])


@pytest.mark.parametrize("step", [0, 1, 7, 10, 21])
def test_captured_weights_are_those_before_the_step(data, validation, step):
    _, progress = run(data, validation, "3ep", capture_step=step)
    assert same(progress.captured, run(data, validation, f"{step}it")[0])


def test_a_step_that_is_never_reached_captures_nothing(data, validation):
    assert run(data, validation, "3ep", capture_step=22)[1].captured is None


@pytest.mark.parametrize("step", [0, 7, 10])
def test_a_late_start_continues_the_schedule(data, validation, step):
    settings = {"optimizer": PLAIN_SGD, "lr_decay": {"factor": 0.5}}
    whole, progress = run(data, validation, "3ep", capture_step=step, **settings)
    net = make_net(seed=8)
    net.set(progress.captured)
    rest, late = run(data, validation, "3ep", net=net, start_step=step, **settings)
    assert same(rest, whole) and late.step == 21
    assert late.rows[-3:] == progress.rows[-3:]


def test_best_validation_is_the_first_maximum(data):
    validation = make_split(12, seed=2)  # few enough for epochs to tie
    _, progress = run(data, validation, "12ep", select=BEST)
    scores = accuracies(progress)
    assert list(scores.values()).count(max(scores.values())) > 1, "this test needs a tie"
    assert progress.best == max(scores.values())
    assert progress.best_step == next(step for step, score in scores.items() if score == progress.best) < 12 * BATCHES
    assert same(progress.best_weights, run(data, validation, f"{progress.best_step}it")[0])


def test_the_rule_last_remembers_the_early_stop_but_no_weights(data, validation):
    best, last = (run(data, validation, "12ep", select=select)[1] for select in (BEST, {"rule": "last"}))
    assert last.best_weights is None and last.best_step == best.best_step


def test_patience_stops_after_so_many_epochs_without_a_new_best(data, validation):
    still = {"optimizer": PLAIN_SGD | {"lr": 1e-12}}  # the first epoch is the best for ever
    _, progress = run(data, validation, "12ep", select=BEST | {"patience": 3}, **still)
    assert (progress.best_step, progress.step, progress.stopped) == (BATCHES, 4 * BATCHES, True)
    _, moving = run(data, validation, "40ep", select=BEST | {"patience": 3})
    assert moving.step == moving.best_step + 3 * BATCHES < 40 * BATCHES
    unstopped = accuracies(run(data, validation, "40ep")[1])
    assert accuracies(moving) == {step: v for step, v in unstopped.items() if step <= moving.step}


def test_a_ceiling_freezes_the_best_once_it_is_reached(data, validation):
    scores = accuracies(run(data, validation, "12ep", select=BEST)[1])
    ceiling = sorted(set(scores.values()))[-2]
    _, progress = run(data, validation, "12ep", select=BEST | {"ceiling": ceiling})
    reached = next(step for step, score in scores.items() if score >= ceiling)
    assert progress.best_step == reached and progress.best == scores[reached] < max(scores.values())
    assert accuracies(progress) == scores
    assert same(progress.best_weights, run(data, validation, f"{reached}it")[0])


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_loss_that_is_not_finite_ends_the_training_and_names_the_step(validation, value):
    data = make_split(100, seed=1)
    data.x[5] = value
    _, progress = run(data, validation, "3ep", level=4)
    assert progress.failure == ("diverged: the training loss is nan at step 7; lower train.optimizer.lr or set "
                                "train.clip_norm")
    assert [row["step"] for row in progress.rows] == [7] * 3 and all(isnan(row["value"]) for row in progress.rows)


@pytest.mark.parametrize("rule", ["last", "best_validation"])
def test_test_data_choose_nothing(rule):
    outcomes = []
    for garbled in (False, True):
        task = make_task(budget="5ep", select={"rule": rule, "patience": 2})
        if garbled:
            task.test = Examples(torch.randn(50, *task.test.x.shape[1:]), torch.zeros(50, dtype=torch.long))
        outcomes.append(task.train(dense_ticket(task), 0, 0, "3it"))
    real, other = outcomes
    assert same(real.weights, other.weights) and same(real.captured, other.captured)
    blind = [[row for row in o.rows if row["split"] != "test"] for o in outcomes]
    assert blind[0] == blind[1]
    keys = [[(row["metric"], row["step"]) for row in o.rows if row["split"] == "test"] for o in outcomes]
    assert keys[0] == keys[1] and real.rows != other.rows


@pytest.mark.parametrize("rule", ["last", "best_validation"])
def test_reported_scores_are_those_of_the_selected_weights(rule):
    fast = {"optimizer": {"name": "adam", "lr": 0.02}}
    task = make_task(budget="12ep", select={"rule": rule}, **fast)
    rows = {(r["split"], r["metric"]): r for r in task.train(dense_ticket(task), 0, 0).rows}
    chosen = rows["test", "selected_accuracy"]
    early = rows["validation", "early_stop_step"]["value"]
    assert early < 72, "this test needs a best epoch that is not the last"
    assert chosen["step"] == (72 if rule == "last" else early)
    assert rows["validation", "early_stop_epoch"]["value"] == early / 6
    assert rows["validation", "early_stop_samples"]["value"] == early / 6 * 300
    again = make_task(budget=f"{chosen['step']:.0f}it", **fast).train(dense_ticket(task), 0, 0)
    assert chosen["value"] == next(r["value"] for r in again.rows if r["metric"] == "selected_accuracy")


def test_a_rewind_point_beyond_the_training_is_refused():
    task = make_task()
    with pytest.raises(LTHError, match="prune.rewind.to: 3ep lies beyond the 12 steps"):
        task.train(dense_ticket(task), 0, 0, "3ep")


def test_weights_of_another_model_are_refused(net):
    good = net.get()
    for wrong in ({n: w for n, w in good.items() if n != "layers.0.bias"}, good | {"extra": torch.zeros(1)},
                  good | {"layers.0.bias": torch.zeros(9)}):
        with pytest.raises(LTHError, match="these weights belong to another model: .*(bias|extra)"):
            net.set(wrong)
    assert same(net.get(), good)
