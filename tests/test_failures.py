"""A training that diverges is a result: NaN from there on, in its rows and in those of all levels that hang on it."""

import re
from math import isfinite, isnan

import pytest
import torch
from conftest import RecordedTask, every_level, frozen, make_rules, make_task, same

from lth_common.protocol.schema.paper import Arm
from lth_common.runs.records import frame
from lth_common.tickets.chain import run_branch, run_chain

ADAM = {"name": "adam", "lr": 0.01}
WILD = ADAM | {"lr": 1e30}
DIVERGED = r"diverged: the training loss is (nan|inf) at step 6; lower train.optimizer.lr or set train.clip_norm"
IDENTITY = dict.fromkeys(("paper", "experiment", "variant", "arm"), "x") | {"seed": 0}


def nothing(*_):
    pass


class Wild(RecordedTask):
    """The real task, with a learning rate out of all measure at the levels `wild`."""

    wild = (0,)

    def train(self, ticket, seed, level, *args, **kwargs):
        learning = self.settings.train
        optimizer = learning.optimizer.model_copy(update=WILD if level in self.wild else ADAM)
        self.settings = self.settings.model_copy(update={"train": learning.model_copy(update={"optimizer": optimizer})})
        return super().train(ticket, seed, level, *args, **kwargs)


def wild_task(levels, rules, **train):
    task = make_task(rules, **train)
    task.__class__, task.wild = Wild, levels
    return task


def chain(levels, rules, saved=None, save=nothing, trained=None, **train):
    return run_chain(wild_task(levels, rules, **train), rules, trained or every_level(rules), 0, saved, save, nothing)


def branch(book, levels, rules, wild=(), saved=None, save=nothing, **arm):
    arm = Arm.model_validate({"about": "", "from": "chain", **arm})
    return run_branch(wild_task(wild, rules), arm, rules, book, levels, 0, saved, save, nothing)


def at(rows, level, metric="selected_accuracy"):
    return [row["value"] for row in rows if (row["level"], row["metric"]) == (level, metric)]


def remaining(rows):
    return {row["level"]: row["weights_remaining"] for row in rows}


@pytest.mark.parametrize("changes", [{}, {"scope": "global"}, {"criterion": "random"}, {"keep_trained": "all"}],
                         ids=["layerwise", "global", "random", "all kept"])
@pytest.mark.parametrize("first", [0, 1, 3])
def test_from_the_level_that_diverges_on_there_are_nan_and_the_planned_counts(first, changes):
    rules = make_rules(levels=3, **changes)
    calm, calm_book, none = chain((), rules)
    rows, book, failures = chain((first,), rules)
    assert none == {} and failures.keys() == {*range(first, 4)} and failures == book.failures
    assert frame([IDENTITY | row for row in rows])["value"].isna().any()
    assert remaining(rows) == remaining(calm) and remaining(rows).keys() == {0, 1, 2, 3}
    assert [row for row in rows if row["level"] < first] == [row for row in calm if row["level"] < first]
    for level in range(first, 4):
        assert len(at(rows, level)) == 1 and isnan(at(rows, level)[0])
        names = [{(row["split"], row["metric"]) for row in own if row["level"] == level and row["split"] != "model"}
                 for own in (rows, calm)]
        assert names[0] == names[1]
        assert all(isnan(row["value"]) for row in rows if row["level"] == level > first and row["split"] != "model")
        assert level == first or failures[level] == f"level {first} diverged, so there is no ticket"
    assert [mask == other for mask, other in zip(book.masks, calm_book.masks, strict=False)] == [True] * (first + 1)
    assert first not in book.trained and same(book.rewind, calm_book.rewind)


def test_what_happened_is_said_and_that_epoch_is_the_last():
    rules = make_rules(levels=0)
    rows, _, failures = chain((0,), rules, test_every_epoch=True)
    assert failures.keys() == {0}
    assert re.fullmatch(DIVERGED, failures[0])
    assert not isfinite(at(rows, 0, "loss")[0]) and {row["step"] for row in rows} == {0, 6}
    assert at(rows, 0, "steps_per_epoch") == [6.0] and at(rows, 0, "kept") == at(chain((), rules)[0], 0, "kept")
    scores = [row["value"] for row in rows if row["split"] in ("validation", "test")]
    assert len(scores) == 10 and all(map(isnan, scores))


def test_no_epoch_before_is_selected():
    """The rate rises without bound after the first epoch, which is sound."""
    task = make_task(budget="4ep", lr_decay={"factor": 1e30}, select={"rule": "best_validation"})
    rows, _, failures = run_chain(task, make_rules(levels=0), [0], 0, None, nothing, nothing)
    losses = {row["step"]: row["value"] for row in rows if (row["split"], row["metric"]) == ("train", "loss")}
    assert list(losses) == [6, 12] and isfinite(losses[6]) and not isfinite(losses[12]) and "step 12" in failures[0]
    assert isfinite(at(rows, 0, "accuracy")[0])
    assert all(isnan(at(rows, 0, name)[0]) for name in ("selected_accuracy", "selected_loss", "early_stop_accuracy",
                                                        "early_stop_step", "early_stop_epoch", "early_stop_samples"))


def test_weights_that_the_last_step_breaks_are_seen():
    wild = {"name": "sgd", "lr": 1e38, "weight_decay": 1e38}
    outcome = make_task(budget="1it", optimizer=wild).train(chain((), make_rules())[1].ticket(0), 0, 0)
    assert "some weights are not finite at step 1" in outcome.failure
    assert isfinite(next(row["value"] for row in outcome.rows if row["split"] == "train"))


def test_where_the_weights_decide_how_many_go_later_levels_have_no_rows():
    rules = make_rules(criterion="threshold", threshold=0.5)
    rows, book, failures = chain((0,), rules)
    assert remaining(rows) == {0: 1.0} and failures.keys() == {0, 1, 2}
    again, why = branch(book, [0, 2], rules)
    assert remaining(again) == {0: 1.0} and why == {2: failures[2]}


@pytest.mark.parametrize(("budget", "reached"), [("0it", True), ("1it", True), ("5it", False)])
def test_a_rewind_point_is_kept_if_it_was_finite(budget, reached):
    """At this rate the second batch has no loss: the weights before it are the last that are numbers."""
    rules = make_rules(rewind={"to": budget})
    _, book, _ = chain((0,), rules)
    assert len(book.masks) == 1 and book.step == (int(budget[:-2]) if reached else 0)
    assert all(w.isfinite().all() for w in book.rewind.values())
    for arm, trained in (({}, reached), ({"mask": "permuted"}, reached), ({"weights": "reinit"}, True),
                         ({"weights": "reinit_same_sign"}, reached), ({"mask": "one_shot"}, False),
                         ({"weights": "trained"}, False)):
        rows, failures = branch(book, [0, 1], rules, **arm)
        missing = "level 0 diverged, so there is no ticket"
        assert (failures.get(0) == missing) != trained and failures[1] == missing and isnan(at(rows, 1)[0])
        assert ("kept" in {row["metric"] for row in rows if row["level"] == 0}) == trained


def test_branches_of_a_failed_chain_train_what_it_has_and_have_the_planned_counts():
    rules = make_rules(levels=3, keep_trained="all")
    calm, calm_book, _ = chain((), rules)
    _, book, failures = chain((1,), rules)
    for arm in ({}, {"mask": "permuted"}, {"mask": "one_shot"}, {"weights": "sampled"}, {"weights": "trained"}):
        rows, why = branch(book, [0, 1, 3], rules, **arm)
        usual, _ = branch(calm_book, [0, 1, 3], rules, **arm)
        assert [row for row in rows if row["level"] < 3] == [row for row in usual if row["level"] < 3]
        assert remaining(rows) == remaining(usual) and isnan(at(rows, 3)[0]) and why == {3: failures[3]}


def test_a_level_of_a_branch_that_diverges_leaves_the_others_as_they_are():
    rules = make_rules()
    _, book, _ = chain((), rules)
    calm, none = branch(book, [0, 1, 2], rules, weights="reinit")
    rows, failures = branch(book, [0, 1, 2], rules, wild=(1,), weights="reinit")
    assert none == {} and failures.keys() == {1} and isnan(at(rows, 1)[0])
    assert [row for row in rows if row["level"] != 1] == [row for row in calm if row["level"] != 1]


def test_a_one_shot_chain_hangs_on_its_dense_network_alone():
    rules = make_rules(rates={"linear": [0.3, 0.5], "output": [0.1, 0.2]}, levels=None)
    calm, _, _ = chain((), rules)
    rows, book, failures = chain((0,), rules)
    assert remaining(rows) == remaining(calm) and failures.keys() == {0, 1, 2} and len(book.masks) == 1
    assert isnan(at(rows, 2)[0]) and branch(book, [2], rules)[1] == {2: failures[2]}
    few = chain((0,), rules, trained=[0])[1]
    assert remaining(branch(few, [2], rules, weights="trained")[0]) == {2: remaining(calm)[2]}
    later, book, failures = chain((1,), rules)
    assert failures.keys() == {1} and len(book.masks) == 3
    assert [row for row in later if row["level"] != 1] == [row for row in calm if row["level"] != 1]


@pytest.mark.parametrize("budget", ["0it", "5it"])
def test_a_run_resumed_at_any_state_fails_alike(budget):
    rules, states = make_rules(rewind={"to": budget}), []
    rows, book, failures = chain((0,), rules, save=lambda state: states.append(frozen(state)))
    assert sum(state["training"] is not None for state in states) == 1
    for state in states:
        again = chain((0,), rules, saved=state)
        assert repr(again[0]) == repr(rows) and again[2] == failures and same(again[1].rewind, book.rewind)
    book, states = chain((2,), rules)[1], []
    rows, failures = branch(book, [0, 1, 2], rules, wild=(1,), save=lambda state: states.append(frozen(state)))
    assert failures.keys() == {1} and len(states) > 3
    for state in states:
        again = branch(book, [0, 1, 2], rules, wild=(1,), saved=state)
        assert repr(again[0]) == repr(rows) and again[1] == failures


def test_weights_that_are_finite_make_the_next_ticket():
    """The loss of outputs this large is infinite, though all weights are numbers: there is something to prune by."""
    rules, task = make_rules(), make_task(optimizer={"name": "sgd", "lr": 1e-12})
    weights = task.initial
    task.initial = lambda generator: {n: w * 1e12 for n, w in weights(generator).items()}
    rows, book, failures = run_chain(task, rules, every_level(rules), 0, None, nothing, nothing)
    assert failures.keys() == {0} and "loss is inf" in failures[0]
    assert len(book.masks) == 3 and all(torch.isfinite(w).all() for w in book.trained[0].values())
    assert [isnan(at(rows, level)[0]) for level in (0, 1, 2)] == [True, False, False]
