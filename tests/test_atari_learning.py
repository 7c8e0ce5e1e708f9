"""Atari games and learning: blocks of play, targets and cost, on the Arcade Learning Environment."""

import numpy as np
import pytest
import torch
from atari_fixtures import DATA, TRAIN
from torch.distributions import Categorical

from replications.rl_nlp_tickets.atari.games import Group, planes
from replications.rl_nlp_tickets.atari.learn import Block, cost, play, targets
from replications.rl_nlp_tickets.atari.network import AtariNet, acting_copy, connected, outputs_of
from replications.rl_nlp_tickets.atari.schema import Data, Train


def random_block(ended=(), cut=(), steps=4, group=3):
    """A block of noise; `ended` and `cut` are (transition, place)."""
    draw = torch.Generator().manual_seed(0)
    block = Block(torch.randint(256, (steps, group, 2, 16, 16), generator=draw, dtype=torch.uint8),
                  torch.randint(5, (steps - 1, group), generator=draw),
                  -torch.rand(steps - 1, group, generator=draw) * 3,
                  torch.randn(steps - 1, group, generator=draw) * 2, torch.zeros(steps - 1, group, dtype=torch.bool),
                  torch.zeros(steps - 1, group, dtype=torch.bool), [])
    for step, place in ended:
        block.ended[step, place] = True
    for step, place in cut:
        block.cut[step, place] = True
        block.last.append((step, place, np.full((2, 16, 16), 7 * step + place, dtype=np.uint8)))
    return block


def network():
    torch.manual_seed(0)
    return AtariNet((2, 16, 16), 3, (8, 6), 5)


def test_the_network_is_that_of_table_a1():
    net = AtariNet((12, 105, 80), 64, (512, 512), 18)
    assert [tuple(c.weight.shape) for c in net.convolutions] == [(64, 12, 5, 5), (64, 64, 5, 5), (64, 64, 3, 3),
                                                                 (64, 64, 3, 3)]
    assert [layer.in_features for layer in net.layers] == [1920, 512] and net.heads.out_features == 19
    with torch.no_grad():
        assert net(torch.zeros(2, 12, 105, 80, dtype=torch.uint8)).shape == (2, 19)


def test_pooling_before_relu_is_relu_before_pooling():
    net, screens = network(), random_block().screens[0]
    x = screens.float() / 255
    for convolution in net.convolutions:
        x = torch.nn.functional.max_pool2d(convolution(x).relu(), 2)
    for layer in net.layers:
        x = layer(x.flatten(1)).relu()
    assert torch.equal(net(screens), net.heads(x))


def test_targets_go_backward_stop_at_ends_and_bootstrap_where_a_game_was_cut_off():
    settings, net = Train.model_validate(TRAIN), network()
    block = random_block(ended=[(1, 0)], cut=[(2, 1), (0, 2)])
    values = torch.randn(4, 3)
    found = targets(block, values, net, settings)
    rewards = block.rewards.clamp(-1, 1)
    for place in range(3):
        following = values[3, place]
        for step in (2, 1, 0):
            if (step, place) == (1, 0):
                following = torch.tensor(0.0)
            if (step, place) in ((2, 1), (0, 2)):
                last = next(torch.from_numpy(seen) for s, p, seen in block.last if (s, p) == (step, place))
                following = net(last[None])[0, -1]
            following = rewards[step, place] + 0.9 * following
            assert found[step, place].item() == pytest.approx(following.item(), abs=1e-5)


def test_the_cost_is_the_stated_one():
    settings, net, block = Train.model_validate(TRAIN), network(), random_block(ended=[(0, 1)])
    outputs = torch.stack([net(screens) for screens in block.screens])
    aims = targets(block, outputs[..., -1].detach(), net, settings)
    total = 0.0
    for step in range(3):
        policy, value = Categorical(logits=outputs[step, :, :-1]), outputs[step, :, -1]
        chosen = policy.log_prob(block.actions[step])
        ratio = torch.exp(chosen - block.log_policy[step]).clamp(max=1.5).detach()
        advantage = (aims[step] - value).clamp(-1, 1).detach()
        error = (value - aims[step]).abs()
        huber = torch.where(error < 1, 0.5 * error**2, error - 0.5)
        total += (huber - ratio * advantage * chosen - 0.02 * policy.entropy()).mean()
    assert cost(block, net, settings).item() == pytest.approx(total.item(), abs=1e-5)


def cut_networks():
    """Names and masks of a small network: whole, and with one thing cut."""
    whole = {name: torch.ones(weight.shape, dtype=torch.bool)
             for name, weight in AtariNet((2, 32, 32), 3, (8, 6), 4).named_parameters()}

    def without(**parts):
        cut = {name: entry.clone() for name, entry in whole.items()}
        for name, index in parts.items():
            cut[name.replace("_", ".")][index] = False
        return cut

    yield "whole", whole, True
    yield "a convolution", without(convolutions_2_weight=...), False
    yield "the policy's heads", without(heads_weight=slice(4)), False
    # all of channel 1 but its last place, and the other channels: a path is left by that place alone
    one = without(layers_0_weight=...)
    one["layers.0.weight"][5, 7] = True
    yield "one place of channel 1", one, True
    cut = {**one, "convolutions.3.weight": without(convolutions_3_weight=1)["convolutions.3.weight"]}
    yield "and that channel", cut, False


def test_paths_are_found_through_many_hidden_layers_in_their_order():
    net = AtariNet((2, 32, 32), 3, tuple(range(15, 3, -1)), 4)
    mask = {name: torch.ones(weight.shape, dtype=torch.bool) for name, weight in net.named_parameters()}
    assert connected(mask, 4)
    mask["layers.11.weight"][:] = False
    assert not connected(mask, 4)


@pytest.mark.parametrize(("what", "mask", "expected"), list(cut_networks()))
def test_a_policy_without_a_path_from_the_screen_is_constant(what, mask, expected):
    net = AtariNet((2, 32, 32), 3, (8, 6), 4)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.copy_(parameter.abs() * mask[name])  # positive weights: no unit is dead, no path cancels
    screens = torch.randint(256, (20, 2, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    logits = net(screens)[:, :4]
    assert connected(mask, 4) is expected is bool((logits - logits[0]).abs().max() > 1e-5), what


def test_blocks_join_without_a_gap_and_games_that_are_cut_off_are_marked():
    group, net = Group(Data.model_validate(DATA)), AtariNet((6, 32, 16), 3, (8, 6), 4)
    group.begin(np.random.default_rng(1))
    weights, draw = acting_copy(net), np.random.default_rng(0)
    blocks = [play(group, net, weights, 4, draw, "cpu") for _ in range(6)]
    for (before, _), (after, _) in zip(blocks, blocks[1:], strict=False):
        assert torch.equal(before.screens[-1], after.screens[0])
    over = [block.cut.any() for block, _ in blocks]
    assert sum(over) and not any(block.ended.any() for block, _ in blocks), "40 frames are too few to lose at Breakout"
    for block, finished in blocks:
        assert len(block.last) == len(finished) == int(block.cut.sum())


def test_a_game_that_is_cut_off_shows_its_own_last_screen_and_not_the_next_games_first():
    group, draw = Group(Data.model_validate(DATA | {"colour": False, "longest": 80})), np.random.default_rng(0)
    group.begin(np.random.default_rng(1))
    seen = 0
    for _ in range(60):
        before = group.screens.copy()
        _, _, cut, last, finished = group.step(draw.integers(4, size=2))
        for place in np.flatnonzero(cut):
            assert np.array_equal(last[place][:-1], before[place][1:]), "the older frames are those that were seen"
            assert not np.array_equal(last[place], group.screens[place])
            seen += 1
        assert (last is None) == (not finished)
    assert seen >= 4


def test_actions_are_those_of_the_acting_weights_on_what_is_seen():
    group, net = Group(Data.model_validate(DATA)), AtariNet((6, 32, 16), 3, (8, 6), 4)
    group.begin(np.random.default_rng(1))
    acting = {name: weight * 3 for name, weight in acting_copy(net).items()}
    block, _ = play(group, net, acting, 5, np.random.default_rng(0), "cpu")
    for step in range(4):
        policy = Categorical(logits=outputs_of(net, acting, block.screens[step])[:, :-1])
        assert torch.allclose(policy.log_prob(block.actions[step]), block.log_policy[step], atol=1e-6)


def test_a_finished_game_gives_its_whole_reward_and_the_next_starts_from_nothing():
    group = Group(Data.model_validate(DATA | {"name": "qbert", "longest": 800}))
    group.begin(np.random.default_rng(1))
    earned, seen, draw = np.zeros(2), [], np.random.default_rng(0)
    for _ in range(620):
        rewards, ended, cut, _, finished = group.step(draw.integers(6, size=2))
        earned += rewards
        assert [place for place, _ in finished] == np.flatnonzero(ended | cut).tolist()
        for place, reward in finished:
            assert reward == earned[place]
            earned[place] = 0.0
            seen.append(reward)
    assert len(seen) >= 6 and max(seen) > 0


def test_colours_become_planes_frame_by_frame():
    screens = np.arange(2 * 2 * 4 * 3 * 3, dtype=np.uint8).reshape(2, 2, 4, 3, 3)
    found = planes(screens)
    assert found.shape == (2, 6, 4, 3) and np.array_equal(found[1, 4], screens[1, 1, :, :, 1])
    assert planes(screens[..., 0]).shape == (2, 2, 4, 3)
