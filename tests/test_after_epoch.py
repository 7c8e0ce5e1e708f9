"""One hook after each epoch may stop a training and record numbers; what it remembers survives a kill."""

import pytest
import torch
from conftest import dense, frozen, half, make_net, make_train, same

from lth_common.errors import LTHError
from lth_common.protocol.schema.base import parse
from lth_common.protocol.schema.train import Train
from lth_common.training.loop import train

HERE = "test_after_epoch:"
BATCHES = 7
seen = []


def watch(epoch):
    seen.append(epoch)
    return False


def still(epoch, distance):
    """Stops when the weights have moved less than `distance` since the epoch before; it remembers them."""
    weights = torch.cat([w.flatten() for w in epoch.weights().values()])
    before = epoch.memory.get("weights", torch.zeros_like(weights))
    moved = float((weights - before).norm())
    epoch.memory["weights"] = weights
    epoch.memory["epochs"] = epoch.memory.get("epochs", 0) + 1
    epoch.record(moved=moved, epochs_seen=epoch.memory["epochs"])
    return moved < distance


def twice(epoch):
    epoch.record(a=1)
    epoch.record(b=1, a=2)


def never_says(epoch):
    return None


def run(data, validation, stop=None, resume=None, save=lambda state: None, test=None, mask=dense, **changes):
    net = make_net()
    settings = make_train(**changes | ({"stop": stop} if stop else {}))
    progress = train(net, mask(net), data, validation, settings, seed=0, level=0, resume=resume, save=save, test=test)
    return net, progress


def test_a_rule_sees_each_epoch_and_no_test_score(data, validation):
    seen.clear()
    net, progress = run(data, validation, {"name": f"{HERE}watch"}, test=validation, mask=half)
    assert [epoch.step for epoch in seen] == [BATCHES, 2 * BATCHES, 3 * BATCHES]
    assert {epoch.per_epoch for epoch in seen} == {BATCHES}
    for epoch in seen:
        assert epoch.scores.keys() == {("train", "loss"), ("validation", "accuracy"), ("validation", "loss")}
        wanted = {(r["split"], r["metric"]): r["value"] for r in progress.rows if r["step"] == epoch.step}
        assert epoch.scores.items() <= wanted.items()
    assert same(seen[-1].weights(), net.get()) and seen[0].mask == half(make_net())
    assert not progress.stopped


def test_a_rule_that_never_stops_changes_nothing(data, validation):
    plain, watched = run(data, validation), run(data, validation, {"name": f"{HERE}watch"})
    assert plain[1].rows == watched[1].rows and same(plain[0].get(), watched[0].get())


def test_a_rule_may_stop_and_record(data, validation):
    _, progress = run(data, validation, {"name": f"{HERE}still", "settings": {"distance": 0.5}}, budget="60ep")
    moved = [(row["step"], row["value"]) for row in progress.rows if row["metric"] == "moved"]
    assert progress.stopped and progress.step < 60 * BATCHES and moved[-1][0] == progress.step
    assert [step for step, _ in moved] == [BATCHES * n for n in range(1, len(moved) + 1)]
    assert moved[-1][1] < 0.5 <= min(value for _, value in moved[:-1])
    assert {row["split"] for row in progress.rows if row["metric"] == "moved"} == {"model"}


def test_a_training_resumed_at_any_epoch_is_the_same_training(data, validation):
    states, how = [], {"stop": {"name": f"{HERE}still", "settings": {"distance": 0.1}}, "budget": "60ep",
                       "select": {"rule": "best_validation", "patience": 50}}
    net, whole = run(data, validation, save=lambda state: states.append(frozen(state)), **how)
    assert len(states) > 3 and whole.stopped
    for state in states:
        again, resumed = run(data, validation, resume=state, **how)
        assert resumed.rows == whole.rows and same(again.get(), net.get())


def test_a_state_that_was_saved_before_there_were_rules_goes_on(data, validation):
    states = []
    _, whole = run(data, validation, save=lambda state: states.append(frozen(state)))
    del states[0]["progress"]["memory"]
    assert run(data, validation, resume=states[0])[1].rows == whole.rows


@pytest.mark.parametrize(("patience", "distance", "first"), [(1, 1e-9, "patience"), (90, 1e9, "rule")])
def test_patience_and_a_rule_stop_whoever_is_first(data, validation, patience, distance, first):
    _, progress = run(data, validation, {"name": f"{HERE}still", "settings": {"distance": distance}}, budget="40ep",
                      select={"rule": "best_validation", "patience": patience})
    assert progress.stopped
    waited = progress.step - progress.best_step >= patience * BATCHES
    assert waited == (first == "patience") and progress.memory["epochs"] == progress.step / BATCHES


def test_a_training_that_diverged_asks_no_rule(data, validation):
    seen.clear()
    _, progress = run(data, validation, {"name": f"{HERE}watch"}, optimizer={"name": "sgd", "lr": 1e30})
    assert progress.failure and not seen


def test_a_mistake_is_named(data, validation):
    with pytest.raises(LTHError, match="train.stop: test_after_epoch:never_says returned None; legal: True, to stop"):
        run(data, validation, {"name": f"{HERE}never_says"})
    with pytest.raises(LTHError, match="train.stop: the rule records 'a' twice at step 7; legal: once an epoch"):
        run(data, validation, {"name": f"{HERE}twice"})
    with pytest.raises(LTHError, match="test_after_epoch:gone: cannot be imported"):
        run(data, validation, {"name": f"{HERE}gone"})
    with pytest.raises(LTHError, match="stop.name: 'still' is not legal here: legal: a name that the paper's folder"):
        parse(Train, make_train().model_dump() | {"stop": {"name": "still"}}, "run.json")
