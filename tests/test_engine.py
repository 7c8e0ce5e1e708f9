"""The sparse engine trains as torch does: step by step, for every optimiser, whatever is left of a network."""

import math

import pytest
import torch
from conftest import dense, frozen, half, make_net, make_train, same
from test_training import OPTIMIZERS, clipped_or_not, distance

from lth_common.errors import LTHError
from lth_common.pruning.context import Context
from lth_common.pruning.criteria import magnitude
from lth_common.pruning.mask import Mask
from lth_common.pruning.prune import prune
from lth_common.training.engine import engine_of
from lth_common.training.examples import Examples
from lth_common.training.loop import evaluate, train

# Adam divides a gradient by its size: its rounding in the last place moves a weight by a share of the learning rate.
every_optimizer = pytest.mark.parametrize("optimizer", [{**own, "lr": own["lr"] / 10} for own in OPTIMIZERS.values()],
                                          ids=OPTIMIZERS)
WIDE = {"hidden": (150, 9)}  # wide enough to be summed in parts


def trained(engine, net, mask, data, settings, **more):
    """Progress of a training by an engine; the net holds the weights."""
    own = engine_of(engine, net, mask, settings)
    return train(net, mask, data, None, settings, seed=0, level=1, engine=own, **more)


def both(mask_of, data, settings, hidden=(8, 5)):
    """Weights and progress after equal starts, by torch and by the sparse engine."""
    found = []
    for engine in ("torch", "sparse"):
        net = make_net(hidden)
        found.append((net, trained(engine, net, mask_of(net), data, settings)))
    return found


def left(share):
    def mask_of(net):
        generator = torch.Generator().manual_seed(5)
        return Mask({n: torch.rand(s, generator=generator) < share for n, s in net.shapes.items() if len(s) == 2})
    return mask_of


@every_optimizer
@clipped_or_not
@pytest.mark.parametrize("share", [1.0, 0.5, 0.1, 0.02])
@pytest.mark.parametrize("batch", [7, 16, 100])
def test_a_step_is_torchs_step(data, optimizer, clip_norm, share, batch):
    settings = make_train(optimizer=optimizer, clip_norm=clip_norm, budget="1it", batch_size=batch)
    (plain, before), (sparse, after) = both(left(share), data, settings, **WIDE)
    assert distance(plain.get(), sparse.get()) < 1e-6
    assert math.isclose(before.rows[0]["value"], after.rows[0]["value"], rel_tol=1e-6)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.05])
def test_a_gradient_is_torchs_gradient(data, share):
    """A step of SGD at learning rate 1 moves each weight by its gradient."""
    settings = make_train(optimizer={"name": "sgd", "lr": 1.0}, budget="1it", batch_size=100)
    (plain, _), (sparse, _) = both(left(share), data, settings, **WIDE)
    assert distance(plain.get(), sparse.get()) < 1e-6 < distance(plain.get(), make_net(**WIDE).get())


@every_optimizer
@clipped_or_not
def test_epochs_stay_together_and_pruned_weights_stay_0(data, optimizer, clip_norm):
    settings = make_train(optimizer=optimizer, clip_norm=clip_norm, lr_decay={"factor": 0.8})
    (plain, _), (sparse, _) = both(half, data, settings)
    assert distance(plain.get(), sparse.get()) < 1e-4
    assert all((sparse.get()[name][~entry] == 0).all() for name, entry in half(sparse).items())


@every_optimizer
def test_the_same_weights_are_pruned_after_a_step(data, optimizer):
    settings = make_train(optimizer=optimizer, budget="1it")
    nets = [net for net, _ in both(dense, data, settings, **WIDE)]
    masks = [prune(magnitude(Context(net.get(), dense(net))), dense(net), [(tuple(dense(net)), 400)]) for net in nets]
    assert masks[0] == masks[1] and masks[0].kept() == masks[0].size() - 400


def test_a_batch_is_split_over_the_lanes_whatever_its_size(data):
    """100 examples in batches of 97 and 3; blocks of many sizes."""
    for batch in (1, 3, 97, 100):
        (plain, _), (sparse, _) = both(half, data, make_train(batch_size=batch, budget="2it"))
        assert distance(plain.get(), sparse.get()) < 1e-6, batch


def larger(data):
    """More examples than a block has lanes."""
    return Examples(data.x.repeat(4, 1), data.y.repeat(4))


@every_optimizer
def test_a_batch_of_several_blocks_is_one_batch(data, optimizer):
    settings = make_train(optimizer=optimizer, batch_size=390, budget="2it", clip_norm=0.1)
    (plain, _), (sparse, _) = both(half, larger(data), settings, **WIDE)
    assert distance(plain.get(), sparse.get()) < 1e-6


def without(*cuts):
    """A mask of ones but for the rows or columns (layer, axis, numbers) that are cut."""
    def mask_of(net):
        entries = {n: torch.ones(s, dtype=torch.bool) for n, s in net.shapes.items() if len(s) == 2}
        for layer, axis, numbers in cuts:
            entries[f"layers.{layer}.weight"].index_fill_(axis, torch.tensor(numbers), False)
        return Mask(entries)
    return mask_of


@every_optimizer
@pytest.mark.parametrize("cuts", [
    [(0, 0, range(8))], [(1, 0, range(5))], [(2, 0, range(3))], [(0, 0, range(8)), (1, 0, range(5)), (2, 0, range(3))],
    [(0, 0, [2, 7])], [(1, 1, [0, 3])], [(0, 1, [0, 5])], [(2, 0, [1])], [(1, 0, [0]), (2, 1, [0])],
], ids=["first layer", "second", "last", "all", "no inputs", "no outputs", "dead pixels", "dead class", "cut out"])
def test_what_is_cut_off_trains_on_by_its_bias_and_decay(data, optimizer, cuts):
    (plain, _), (sparse, _) = both(without(*cuts), data, make_train(optimizer=optimizer, budget="3it"))
    assert distance(plain.get(), sparse.get()) < 1e-6


def test_one_layer_alone_is_a_network(data):
    (plain, _), (sparse, _) = both(half, data, make_train(), hidden=())
    assert distance(plain.get(), sparse.get()) < 1e-5


@pytest.mark.parametrize("share", [1.0, 0.3, 0.02])
def test_scores_are_torchs_of_any_number_of_examples(data, share):
    net = make_net(**WIDE)
    mask, settings = left(share)(net), make_train()
    net.set(mask.apply(net.get()))
    engine = engine_of("sparse", net, mask, settings)
    for examples in (data, larger(data), Examples(data.x[:1], data.y[:1])):
        ours, theirs = (evaluate(module, examples, settings, by_class=True) for module in (engine.module, net.module))
        assert ours.pop("loss") == pytest.approx(theirs.pop("loss"), rel=1e-6) and ours == theirs
    assert torch.allclose(engine.module(data.x), net.module(data.x), atol=1e-6)


def test_it_is_equal_to_itself_and_goes_on_from_every_state(data, validation):
    settings, mask = make_train(select={"rule": "best_validation"}, clip_norm=0.1), half(make_net())

    def run(**more):
        net = make_net()
        own = engine_of("sparse", net, mask, settings)
        progress = train(net, mask, data, validation, settings, seed=0, level=1, engine=own, **more)
        return net.get(), progress

    states = []
    whole, progress = run(save=lambda state: states.append(frozen(state)))
    assert len(states) == 3
    for state in [None, *states]:
        weights, again = run(resume=state)
        assert same(weights, whole) and again.rows == progress.rows
        assert same(again.best_weights, progress.best_weights)


@every_optimizer
@pytest.mark.parametrize(("first", "then"), [("torch", "sparse"), ("sparse", "torch")])
def test_a_state_is_understood_by_the_other_engine(data, optimizer, first, then):
    settings, states = make_train(optimizer=optimizer), []
    whole, other = make_net(), make_net()
    trained(first, whole, half(whole), data, settings, save=lambda state: states.append(frozen(state)))
    trained(then, other, half(other), data, settings, resume=states[1])
    assert distance(whole.get(), other.get()) < 1e-5


@pytest.mark.parametrize("step", [0, 3, 7, 8, 21])
def test_weights_are_captured_before_the_step_that_was_asked_for(data, step):
    net, other = make_net(), make_net()
    captured = trained("sparse", net, half(net), data, make_train(), capture_step=step).captured
    if step:
        trained("sparse", other, half(other), data, make_train(budget=f"{step}it"))
    else:
        other.set(half(other).apply(other.get()))
    assert same(captured, other.get())


@every_optimizer
def test_a_number_that_is_none_spreads_and_fails(data, optimizer):
    for bad in (math.nan, math.inf):
        net, x = make_net(), data.x.clone()
        x[30, 2] = bad
        progress = trained("sparse", net, half(net), Examples(x, data.y), make_train(optimizer=optimizer))
        assert progress.failure.startswith("diverged") and progress.step == 7


def test_a_training_that_diverges_is_seen(data):
    net = make_net()
    settings = make_train(optimizer={"name": "sgd", "lr": 1e30})
    assert "diverged" in trained("sparse", net, half(net), data, settings).failure


def test_what_native_code_could_not_read_is_refused(data):
    net = make_net()
    for wrong, message in [(Examples(data.x, data.y + 1), "labels 1 to 3 for a network of 3 outputs"),
                           (Examples(data.x[:, :5], data.y), "inputs of 5 features for a network of 6")]:
        with pytest.raises(LTHError, match=message):
            trained("sparse", net, half(net), wrong, make_train())
