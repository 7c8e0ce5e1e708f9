"""Masked training is the training of the thin network, step by step and for every optimiser."""

import pytest
import torch
from conftest import dense, frozen, half, make_net, make_train, same
from torch import nn

from lth_common.models.mlp import MLP
from lth_common.pruning.mask import Mask
from lth_common.seeds import stream
from lth_common.training.examples import Examples
from lth_common.training.loop import train

OPTIMIZERS = {
    "sgd": {"name": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 0.01},
    "adam": {"name": "adam", "lr": 0.01, "weight_decay": 0.01},
    "adamw": {"name": "adamw", "lr": 0.01, "weight_decay": 0.1},
}
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
clipped_or_not = pytest.mark.parametrize("clip_norm", [None, 0.05], ids=["unclipped", "clipped"])


def inputs_of(net, run):
    """What `run` feeds to the network in training, and the weights at each of these moments."""
    seen = []
    handle = net.module.register_forward_pre_hook(
        lambda module, args: seen.append((args[0].clone(), net.get())) if module.training else None)
    run()
    handle.remove()
    return seen


@every_optimizer
@clipped_or_not
def test_pruned_weights_are_0_at_every_step(net, data, validation, optimizer, clip_norm):
    mask = half(net)
    settings = make_train(optimizer=optimizer, clip_norm=clip_norm)
    seen = inputs_of(net, lambda: train(net, mask, data, validation, settings, seed=0, level=1))
    assert len(seen) == 21
    for weights in [*(weights for _, weights in seen), net.get()]:
        assert all((weights[name][~entry] == 0).all() for name, entry in mask.items())


@every_optimizer
def test_unpruned_weights_of_either_sign_move(data, validation, optimizer):
    net = make_net(hidden=())  # without hidden layers every weight has a gradient
    mask = half(net)
    before = mask.apply(net.get())["layers.0.weight"]
    train(net, mask, data, validation, make_train(optimizer=optimizer, budget="1it"), seed=0, level=0)
    after, kept = net.get()["layers.0.weight"], mask["layers.0.weight"]
    for sign in (-1, 1):
        chosen = kept & (before.sign() == sign)
        assert chosen.any() and (after != before)[chosen].all()


def explicit(mask, initial, data, settings, mask_before_clipping=True):
    """A plain loop in torch's own words: the forward pass multiplies each weight by its mask."""
    module = MLP(6, (8, 5), 3)
    module.load_state_dict(mask.apply(initial))
    weights = dict(module.named_parameters())
    o = settings.optimizer
    optimizer = {
        "sgd": lambda p: torch.optim.SGD(p, o.lr, o.momentum, weight_decay=o.weight_decay),
        "adam": lambda p: torch.optim.Adam(p, o.lr, weight_decay=o.weight_decay),
        "adamw": lambda p: torch.optim.AdamW(p, o.lr, weight_decay=o.weight_decay),
    }[o.name](module.parameters())
    for epoch in range(int(settings.budget.removesuffix("ep"))):
        optimizer.param_groups[0]["lr"] = o.lr * settings.lr_decay.factor**epoch if settings.lr_decay else o.lr
        order = torch.randperm(len(data.y), generator=stream(0, "data_order", 1, epoch))
        for chosen in order.split(settings.batch_size):
            optimizer.zero_grad()
            used = {n: w * mask[n] if n in mask and mask_before_clipping else w for n, w in weights.items()}
            nn.functional.cross_entropy(torch.func.functional_call(module, used, data.x[chosen]),
                                        data.y[chosen]).backward()
            if settings.clip_norm is not None:
                nn.utils.clip_grad_norm_(module.parameters(), settings.clip_norm)
            optimizer.step()
            with torch.no_grad():
                for name, entry in mask.items():
                    weights[name].mul_(entry)
    return {n: w.detach() for n, w in weights.items()}


def distance(left, right):
    return max(float((left[n] - right[n]).abs().max()) for n in left)


@every_optimizer
@clipped_or_not
def test_masked_training_equals_a_mask_multiplied_in_the_forward_pass(net, data, validation, optimizer, clip_norm):
    mask, initial = half(net), net.get()
    settings = make_train(optimizer=optimizer, clip_norm=clip_norm, lr_decay={"factor": 0.8})
    train(net, mask, data, validation, settings, seed=0, level=1)
    assert distance(net.get(), explicit(mask, initial, data, settings)) < 1e-5


def test_the_clipped_norm_does_not_see_pruned_weights(net, data, validation):
    mask, initial = half(net), net.get()
    settings = make_train(optimizer=OPTIMIZERS["sgd"], clip_norm=0.05)
    train(net, mask, data, validation, settings, seed=0, level=1)
    masked_after_clipping = explicit(mask, initial, data, settings, mask_before_clipping=False)
    assert distance(net.get(), masked_after_clipping) > 1e-3


@every_optimizer
def test_a_network_with_pruned_units_trains_as_the_thinner_network(net, data, validation, optimizer):
    settings = make_train(optimizer=optimizer, clip_norm=0.05)
    initial, kept = net.get(), [0, 2, 3, 7]
    mask = {n: torch.ones(net.shapes[n], dtype=torch.bool) for n in net.shapes if n.endswith("weight")}
    gone = [i for i in range(8) if i not in kept]
    mask["layers.0.weight"][gone], mask["layers.1.weight"][:, gone] = False, False
    thin = make_net(hidden=(4, 5))
    thin.set(initial | {"layers.0.weight": initial["layers.0.weight"][kept],
                        "layers.0.bias": initial["layers.0.bias"][kept],
                        "layers.1.weight": initial["layers.1.weight"][:, kept]})
    train(net, Mask(mask), data, validation, settings, seed=0, level=1)
    train(thin, dense(thin), data, validation, settings, seed=0, level=1)
    wide, narrow = net.get(), thin.get()
    assert torch.allclose(wide["layers.0.weight"][kept], narrow["layers.0.weight"], atol=1e-5)
    assert torch.allclose(wide["layers.1.weight"][:, kept], narrow["layers.1.weight"], atol=1e-5)
    assert torch.allclose(wide["layers.2.weight"], narrow["layers.2.weight"], atol=1e-5)


def orders(seed, level):
    """The order in which samples are fed, epoch by epoch, read off the batches themselves."""
    net, n = make_net(), 100
    data = Examples(torch.randn(n, 6), torch.zeros(n, dtype=torch.long))
    data.x[:, 0] = torch.arange(n)
    seen = inputs_of(net, lambda: train(net, dense(net), data, data, make_train(), seed=seed, level=level))
    fed = torch.cat([batch[:, 0] for batch, _ in seen]).int().tolist()
    return [tuple(fed[i : i + n]) for i in range(0, 3 * n, n)]


def test_every_epoch_is_a_new_order_that_depends_on_seed_level_and_epoch_only():
    all_orders = [order for seed in (0, 1) for level in (0, 1) for order in orders(seed, level)]
    assert all(sorted(order) == list(range(100)) for order in all_orders)
    assert len(set(all_orders)) == 12
    torch.manual_seed(7)
    assert orders(1, 1) == all_orders[-3:]


def test_two_runs_of_one_seed_are_equal_and_two_seeds_differ(data, validation):
    def run(seed):
        net = make_net()
        progress = train(net, half(net), data, validation, make_train(), seed=seed, level=0)
        return net.get(), progress.rows

    assert same(run(0)[0], run(0)[0]) and run(0)[1] == run(0)[1]
    assert not same(run(0)[0], run(1)[0])


def test_training_leaves_the_weights_it_started_from_alone(net, data, validation):
    initial = net.get()
    kept = {n: w.clone() for n, w in initial.items()}
    net.set(initial)
    train(net, half(net), data, validation, make_train(), seed=0, level=0)
    assert same(initial, kept) and distance(net.get(), initial) > 0


def test_a_mask_applied_once_is_a_start_and_nothing_more(net, data, validation):
    adam = {"clip_norm": 0.05, "optimizer": OPTIMIZERS["adam"]}
    mask, settings = half(net), make_train(mask="applied_once", **adam)
    seen = inputs_of(net, lambda: train(net, mask, data, validation, settings, seed=0, level=1))
    assert all((seen[0][1][name][~entry] == 0).all() for name, entry in mask.items())
    regrown = net.get()
    assert any((regrown[name][~entry] != 0).any() for name, entry in mask.items())
    other = make_net()
    other.set(mask.apply(other.get()))
    train(other, dense(other), data, validation, make_train(**adam), seed=0, level=1)
    assert same(other.get(), regrown), "what follows is dense training"


def test_a_mask_applied_once_is_not_applied_again_on_resuming(data, validation):
    settings, states = make_train(mask="applied_once"), []
    whole, again = make_net(), make_net()
    mask = half(whole)
    train(whole, mask, data, validation, settings, seed=0, level=1, save=lambda state: states.append(frozen(state)))
    train(again, mask, data, validation, settings, seed=0, level=1, resume=states[0])
    assert same(whole.get(), again.get())
