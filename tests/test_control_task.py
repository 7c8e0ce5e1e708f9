"""The classic-control task inside the core: chains and branches, repeatable bit for bit, resumable."""

import pytest
import torch
from conftest import every_level, frozen, same
from control_fixtures import make_agent, make_control

from lth_common.errors import LTHError
from lth_common.protocol.schema.paper import Arm
from lth_common.seeds import stream
from lth_common.tickets.chain import run_branch, run_chain
from lth_common.tickets.ticket import Ticket

GAMES = ("cartpole", "lunar_lander")


def chain(saved=None, save=lambda state: None, **control):
    task, rules = make_control(**control)
    rows, book, _ = run_chain(task, rules, every_level(rules), 0, saved, save, lambda level, rows: None)
    return task, rules, rows, book


def values(rows, metric):
    return {row["level"]: row["value"] for row in rows if row["metric"] == metric}


@pytest.mark.parametrize("game", GAMES)
def test_whole_runs_repeat_bit_for_bit_with_their_games(game):
    first, second = chain(game=game), chain(game=game)
    assert first[2] == second[2]
    assert all(same(a, b) for a, b in zip(first[3].masks, second[3].masks, strict=True))


def test_another_seed_plays_other_games():
    task, _ = make_control()
    ticket = Ticket(*(getattr(make_agent(hidden=(8, 8)), key) for key in ("mask", "weights")))
    assert task.train(ticket, 0, 0).rows != task.train(ticket, 1, 0).rows != task.train(ticket, 1, 1).rows


def test_a_run_that_was_stopped_between_levels_ends_as_if_it_had_not_been():
    states = []
    _, _, rows, book = chain(save=lambda state: states.append(frozen(state)))
    between = [state for state in states if state["training"] is None]
    assert len(between) == 3
    for state in between:
        _, _, again, resumed = chain(saved=state)
        assert again == rows and all(same(a, b) for a, b in zip(book.masks, resumed.masks, strict=True))


def test_biases_and_weights_are_one_pool_and_the_rewind_point_is_the_end_of_an_epoch():
    task, _, rows, book = chain(levels=3)
    sizes = [mask.kept() for mask in book.masks]
    assert sizes[0] == sum(weight.numel() for weight in book.rewind.values()) == book.masks[0].size()
    assert all(after == before - round(0.4 * before) for before, after in zip(sizes, sizes[1:], strict=False))
    assert book.step == 5 and not same(book.rewind, task.initial(stream(0, "init")))
    trained = book.trained[0]
    pool = torch.cat([trained[n][~book.masks[1][n]].abs() for n in trained])
    assert pool.max() <= torch.cat([trained[n][book.masks[1][n]].abs() for n in trained]).min()


def test_parameters_that_are_never_pruned_are_trained_whole():
    task, rules = make_control()
    rules = rules.model_copy(update={"rates": {"linear": 0.4}})
    task = type(task)(task.settings, Arm(about=""), rules, "cpu")
    _, book, _ = run_chain(task, rules, every_level(rules), 0, None, lambda state: None, lambda level, rows: None)
    assert all(name.endswith("weight") for name in book.masks[2])
    ticket = book.ticket(2)
    weights = task.train(ticket, 0, 2).weights
    assert all((weights[name] != ticket.weights[name]).any() for name in weights if name not in ticket.mask)


def test_the_rewind_point_is_what_a_shorter_training_ends_with():
    _, _, _, book = chain(levels=0)
    _, _, _, short = chain(levels=0, budget="1ep")
    assert same(book.rewind, short.trained[0]) and not same(book.rewind, book.trained[0])


def test_the_start_reward_counts_the_same_number_of_games_in_each_thread():
    task, _ = make_control(start_games=30)
    ticket = Ticket(*(getattr(make_agent(hidden=(8, 8)), key) for key in ("mask", "weights")))
    tables = task._tables([task._learner(ticket, 0)], 0, [0], "start_games")
    while min(map(len, tables.by_thread[0])) < 10:
        tables.play()
    expected = sum(sum(own[:10]) for own in tables.by_thread[0]) / 30
    found = values([row | {"level": 0} for row in task.train(ticket, 0, 0).rows], "start_reward")
    assert found[0] == pytest.approx(expected)


def test_without_rewinding_tickets_start_from_the_first_weights():
    task, _, _, book = chain(rewind="0it")
    assert book.step == 0 and same(book.rewind, task.initial(stream(0, "init")))


def test_levels_side_by_side_are_the_levels_alone():
    task, rules, _, book = chain(levels=3)
    for arm in (Arm.model_validate({"about": "", "from": "winning", **changes}) for changes in
                ({"mask": "permuted", "weights": "reinit"}, {"mask": "one_shot"})):
        together, *alone = (run_branch(task, arm, rules, book, levels, 0, None, lambda state: None,
                                       lambda level, rows: None)[0] for levels in ([1, 2, 3], [1], [2], [3]))
        alone = [row for rows in alone for row in rows]
        assert together == alone


def test_what_is_recorded():
    _, _, rows, _ = chain()
    rewards = [(row["step"], row["value"]) for row in rows if row["metric"] == "reward" and row["level"] == 0]
    assert [step for step, _ in rewards] == [5, 10, 15]
    assert values(rows, "ticket_reward").keys() == values(rows, "start_reward").keys() == {0, 1, 2}
    assert all(8 <= reward <= 200 for reward in values(rows, "start_reward").values())
    assert values(rows, "connected") == {0: 1.0, 1: 1.0, 2: 1.0}
    assert all(values(rows, "environment_steps")[level] == 12 * updates
               for level, updates in values(rows, "updates").items())


def test_the_last_games_make_the_ticket_reward():
    _, _, rows, _ = chain(last_games=5)
    last = {row["level"]: row["value"] for row in rows if row["metric"] == "reward" and row["step"] == 15}
    assert values(rows, "ticket_reward") == pytest.approx(last)


def test_a_budget_shorter_than_what_is_asked_of_it_is_an_error():
    with pytest.raises(LTHError, match="train.last_games: 16 games, but train.budget 3ep has 15"):
        make_control(last_games=16)
    with pytest.raises(LTHError, match="prune.rewind.to: 4ep lies beyond the 15 games"):
        chain(rewind="4ep")

