"""The Atari task inside the core: whole runs that repeat bit for bit, rewind points, last games, clear errors."""

import numpy as np
import pytest
import torch
from atari_fixtures import RULES, make_settings, make_task
from conftest import every_level, frozen, same

from lth_common.errors import LTHError
from lth_common.protocol.schema.paper import Arm
from lth_common.pruning.mask import Mask
from lth_common.tickets.book import TicketBook
from lth_common.tickets.chain import run_branch, run_chain
from replications.rl_nlp_tickets.atari import task as task_module


def chain(task, saved=None, save=lambda state: None):
    return run_chain(task, RULES, every_level(RULES), 0, saved, save, lambda level, rows: None)[:2]


class Counting:
    """A group that earns its number in every step; its games are over after two steps."""

    def __init__(self, number):
        self.number, self.moves, self.screens = number, 0, np.zeros((2, 6, 32, 16), dtype=np.uint8)

    def begin(self, starts):
        self.moves = 0

    def saved(self):
        return {}

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


class Uneven(Counting):
    """Games that are over again and again, after two steps in one place, after five in the other."""

    def step(self, actions):
        self.moves += 1
        over = np.array([self.moves % 2 == 0, self.moves % 5 == 0])
        finished = [(place, 10.0 * place + self.moves) for place in np.flatnonzero(over).tolist()]
        return np.zeros(2), over, ~over & False, self.screens, finished


def test_start_games_have_a_group_of_their_own_and_groups_start_from_different_seeds():
    task, drawn = make_task(train={"start_games": 3}), []
    for group in (task.start, *task.groups):
        group.environment.reset = spied(group.environment.reset, drawn)
    chain(task)
    assert [len(seeds) for seeds in drawn] == [3, 2, 2] * 3
    assert len(set(np.concatenate(drawn).tolist())) == sum(map(len, drawn))


def spied(reset, drawn):
    def call(seed):
        drawn.append(seed)
        return reset(seed=seed)

    return call


def test_the_start_reward_counts_one_game_in_each_place():
    task = make_task()
    task.start = Uneven(0)
    rows = task.train(whole_chain_book(task).ticket(0), 0, 0).rows
    assert values(rows, "start_reward") == [(2 + 15) / 2] and task.start.moves == 5


def mean_reward(epoch):
    """Of the games that `Counting` groups finish in an epoch of 6 batches of 3 steps, 3 of each group."""
    moves = [m for m in range(9 * epoch + 1, 9 * epoch + 10) if m % 2 == 0]
    return np.mean([2.0 * number + m for number in (0, 100) for m in moves])


def values(rows, metric):
    return [row["value"] for row in rows if row["metric"] == metric]


def whole_chain_book(task):
    weights = task.initial(torch.Generator().manual_seed(0))
    return TicketBook(weights, 0, [Mask.dense(weights, list(weights))])


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


def test_whole_runs_repeat_bit_for_bit_and_what_was_played_before_does_not_count():
    task = make_task()
    first, again, fresh = chain(task), chain(task), chain(make_task())
    for rows, book in (again, fresh):
        assert rows == first[0] and all(same(a, b) for a, b in zip(book.masks, first[1].masks, strict=True))
        assert same(book.trained[0], first[1].trained[0])


def test_a_run_that_was_stopped_between_levels_ends_as_if_it_had_not_been():
    task, states = make_task(), []
    rows, _ = chain(task, save=lambda state: states.append(frozen(state)))
    between = [state for state in states if state["training"] is None]
    assert len(between) == 3 and all(chain(task, saved=state)[0] == rows for state in between)


def test_pruned_weights_and_biases_stay_zero_and_what_is_recorded():
    task = make_task()
    rows, book = chain(task)
    ticket = book.ticket(2)
    weights = task.train(ticket, 0, 2).weights
    assert all((weights[name][~entry] == 0).all() for name, entry in ticket.mask.items())
    assert ticket.mask.size() == sum(weight.numel() for weight in weights.values()) and book.step == 6
    metrics = {row["metric"] for row in rows}
    assert metrics >= {"reward", "ticket_reward", "start_reward", "games", "loss", "environment_steps", "kept",
                       "connected"}
    assert {row["value"] for row in rows if row["metric"] == "environment_steps"} == {12 * 3 * 2.0}


def test_random_tickets_are_trained_too():
    task = make_task()
    _, book = chain(task)
    arm = Arm.model_validate({"about": "", "from": "winning", "mask": "permuted", "weights": "reinit"})
    rows, _ = run_branch(task, arm, RULES, book, [1, 2], 0, None, lambda state: None, lambda level, rows: None)
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


def test_a_policy_that_keeps_games_going_is_judged_by_those_that_end():
    task = make_task(train={"start_games": 0, "last_games": 1000})
    task.groups = [Counting(0), Counting(100)]
    rows = task.train(whole_chain_book(task).ticket(0), 0, 0).rows
    ended = [2.0 * number + move for number in (0, 100) for move in range(2, 19, 2)]
    assert values(rows, "games") == [36.0] and values(rows, "ticket_reward") == [np.mean(ended)]

