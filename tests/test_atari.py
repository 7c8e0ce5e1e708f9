"""The Atari task on the Arcade Learning Environment: blocks, targets, cost, and whole runs that repeat bit for bit."""

import numpy as np
import pytest
import torch
from conftest import every_level, frozen, same
from torch.distributions import Categorical

from lth_common.chain import run_branch, run_chain
from lth_common.errors import LTHError
from lth_common.masks import Mask
from lth_common.schema.base import parse
from lth_common.schema.paper import Arm, Prune
from lth_common.tickets import TicketBook
from replications.rl_nlp_tickets.atari import task as task_module
from replications.rl_nlp_tickets.atari.games import Group, planes
from replications.rl_nlp_tickets.atari.learn import Block, cost, play, targets
from replications.rl_nlp_tickets.atari.network import AtariNet, acting_copy, outputs_of
from replications.rl_nlp_tickets.atari.schema import Data, Settings, Train
from replications.rl_nlp_tickets.atari.task import AtariTask

DATA = {"name": "breakout", "threads": 4, "group": 2, "height": 32, "width": 16, "colour": True, "frames": 2,
        "frame_skip": 4, "longest": 40}
TRAIN = {"budget": "2ep", "batches_per_epoch": 6, "steps": 4, "discount": 0.9, "entropy": 0.02, "clip": 1.0,
         "ratio_clamp": 1.5, "refresh": 3, "last_games": 3, "start_games": 2,
         "optimizer": {"name": "adam", "lr": 0.001, "betas": [0.9, 0.999], "eps": 0.001}}
RULES = Prune.model_validate({"scope": "global", "rates": {"conv": 0.4, "linear": 0.4, "bias": 0.4}, "levels": 2,
                              "rewind": {"to": "1ep"}})


def make_settings(data=None, train=None):
    model = {"channels": 3, "hidden": [8, 6], "init": {"scheme": "torch_default"}}
    raw = {"data": DATA | (data or {}), "model": model, "train": TRAIN | (train or {})}
    return parse(Settings, raw, "paper.yaml")


def make_task(**changes):
    return AtariTask(make_settings(**changes), Arm(about=""), RULES, "cpu")


def chain(task, saved=None, save=lambda state: None):
    return run_chain(task, RULES, every_level(RULES), 0, saved, save, lambda level, rows: None)


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


def test_blocks_join_without_a_gap_and_games_that_are_cut_off_are_marked():
    group, net = Group(Data.model_validate(DATA), 1), AtariNet((6, 32, 16), 3, (8, 6), 4)
    group.begin(np.array([1, 2]))
    weights, draw = acting_copy(net), np.random.default_rng(0)
    blocks = [play(group, net, weights, 4, draw, "cpu") for _ in range(6)]
    for (before, _), (after, _) in zip(blocks, blocks[1:], strict=False):
        assert torch.equal(before.screens[-1], after.screens[0])
    over = [block.cut.any() for block, _ in blocks]
    assert sum(over) and not any(block.ended.any() for block, _ in blocks), "40 frames are too few to lose at Breakout"
    for block, finished in blocks:
        assert len(block.last) == len(finished) == int(block.cut.sum())
        assert (block.log_policy <= 0).all()


def test_actions_are_those_of_the_acting_weights_on_what_is_seen():
    group, net = Group(Data.model_validate(DATA), 1), AtariNet((6, 32, 16), 3, (8, 6), 4)
    group.begin(np.array([1, 2]))
    acting = {name: weight * 3 for name, weight in acting_copy(net).items()}
    block, _ = play(group, net, acting, 5, np.random.default_rng(0), "cpu")
    for step in range(4):
        policy = Categorical(logits=outputs_of(net, acting, block.screens[step])[:, :-1])
        assert torch.allclose(policy.log_prob(block.actions[step]), block.log_policy[step], atol=1e-6)


class Counting:
    """A group that earns its number in every step; its games are over after two steps."""

    def __init__(self, number):
        self.number, self.moves, self.screens = number, 0, np.zeros((2, 6, 32, 16), dtype=np.uint8)

    def begin(self, seeds):
        self.moves = 0

    def step(self, actions):
        self.moves += 1
        over = self.moves % 2 == 0
        finished = [(place, 2.0 * self.number + self.moves) for place in range(2)] if over else []
        flags = np.full(2, over)
        return np.full(2, float(self.number)), flags, ~flags & False, self.screens, finished


def test_groups_take_turns_and_the_last_games_count():
    task = make_task(train={"start_games": 0, "last_games": 4})
    task.groups = [Counting(0), Counting(100)]
    rows = task.train(whole_chain_book(task).ticket(0), 0, 0).rows
    assert [group.moves for group in task.groups] == [18, 18]
    assert values(rows, "games") == [36.0] and values(rows, "ticket_reward") == [(216 + 218) / 2]
    assert values(rows, "reward") == pytest.approx([mean_reward(0), mean_reward(1)])


def mean_reward(epoch):
    """Of the games that `Counting` groups finish in an epoch of 6 batches of 3 steps, 3 of each group."""
    moves = [m for m in range(9 * epoch + 1, 9 * epoch + 10) if m % 2 == 0]
    return np.mean([2.0 * number + m for number in (0, 100) for m in moves])


def values(rows, metric):
    return [row["value"] for row in rows if row["metric"] == metric]


def whole_chain_book(task):
    weights = task.initial(torch.Generator().manual_seed(0))
    return TicketBook(weights, 0, [Mask.dense(weights, list(weights))])


def test_a_finished_game_gives_its_whole_reward_and_the_next_starts_from_nothing():
    group = Group(Data.model_validate(DATA | {"name": "qbert", "longest": 800}), 1)
    group.begin(np.array([1, 2]))
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


def test_the_acting_weights_are_renewed(monkeypatch):
    task, used = make_task(train={"start_games": 0, "refresh": 5}), []
    real = task_module.play

    def spy(group, network, acting, *rest):
        used.append(next(iter(acting.values())).sum().item())
        return real(group, network, acting, *rest)

    monkeypatch.setattr(task_module, "play", spy)
    task.train(whole_chain_book(task).ticket(0), 0, 0)
    assert [used.index(value) for value in used] == [0] * 5 + [5] * 5 + [10] * 2


def test_the_rewind_point_is_what_a_shorter_training_ends_with():
    (_, book), (_, short) = (chain(make_task(data={"longest": 20}, train={"budget": budget}))
                             for budget in ("2ep", "1ep"))
    assert same(book.rewind, short.trained[0]) and not same(book.rewind, book.trained[0])


def test_colours_become_planes_frame_by_frame():
    screens = np.arange(2 * 2 * 4 * 3 * 3, dtype=np.uint8).reshape(2, 2, 4, 3, 3)
    found = planes(screens)
    assert found.shape == (2, 6, 4, 3) and np.array_equal(found[1, 4], screens[1, 1, :, :, 1])
    assert planes(screens[..., 0]).shape == (2, 2, 4, 3)


def test_whole_runs_repeat_bit_for_bit_and_what_was_played_before_does_not_count():
    task = make_task()
    first, again, fresh = chain(task), chain(task), chain(make_task())
    for rows, book in (again, fresh):
        assert rows == first[0] and all(same(a, b) for a, b in zip(book.masks, first[1].masks, strict=True))
        assert same(book.trained[0], first[1].trained[0])


def test_a_run_that_was_stopped_between_levels_ends_as_if_it_had_not_been():
    task, states = make_task(), []
    rows, _ = chain(task, save=lambda state: states.append(frozen(state)))
    assert all(chain(task, saved=state)[0] == rows for state in states)


def test_pruned_weights_and_biases_stay_zero_and_what_is_recorded():
    task = make_task()
    rows, book = chain(task)
    ticket = book.ticket(2)
    weights = task.train(ticket, 0, 2).weights
    assert all((weights[name][~entry] == 0).all() for name, entry in ticket.mask.items())
    assert ticket.mask.size() == sum(weight.numel() for weight in weights.values()) and book.step == 6
    metrics = {row["metric"] for row in rows}
    assert metrics >= {"reward", "ticket_reward", "start_reward", "games", "loss", "environment_steps", "kept"}
    assert {row["value"] for row in rows if row["metric"] == "environment_steps"} == {12 * 3 * 2.0}


def test_random_tickets_are_trained_too():
    task = make_task()
    _, book = chain(task)
    arm = Arm.model_validate({"about": "", "from": "winning", "mask": "permuted", "weights": "reinit"})
    rows = run_branch(task, arm, RULES, book, [1, 2], 0, None, lambda state: None, lambda level, rows: None)
    assert {row["level"] for row in rows} == {1, 2}


@pytest.mark.parametrize(("changes", "message"), [
    ({"data": {"name": "pong"}}, "data.name: 'pong' is not legal here"),
    ({"data": {"threads": 5}}, "'threads' .5. is no multiple of 'group' .2."),
    ({"train": {"ratio_clamp": 0.5}}, "train.ratio_clamp: 0.5 is not legal here"),
    ({"train": {"step": 4}}, "train.step: unknown key; did you mean 'steps'"),
])
def test_bad_settings_are_named(changes, message):
    with pytest.raises(LTHError, match=message):
        make_settings(**changes)


def test_a_budget_too_short_for_the_last_games_is_an_error():
    with pytest.raises(LTHError, match="level 0: 0 games were finished in 12 batches, train.last_games is 3"):
        chain(make_task(data={"longest": 4000}, train={"start_games": 0}))
