"""Each task's own failures: what its trainings record when they diverge or have nothing to give; how chains go on."""

from math import isfinite, isnan

import numpy as np
import pytest
from atari_fixtures import RULES as ATARI
from atari_fixtures import TRAIN, make_task
from conftest import make_rules, same
from control_fixtures import make_control
from failure_fixtures import RATES, chain, check_nan_from_there_on, nothing, values
from text_fixtures import settings as texts

from lth_common.expressions.paper import load_paper
from lth_common.protocol.resolve import arm_settings, resolve
from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.protocol.schema.text_settings import Settings
from lth_common.seeds import stream
from lth_common.tasks.text_task import TextTask
from lth_common.tickets.chain import run_branch
from replications.rl_nlp_tickets.control.learner import learner_of
from replications.rl_nlp_tickets.language.schema import Settings as LanguageSettings
from replications.rl_nlp_tickets.language.task import LanguageTask


def test_texts():
    rules = make_rules(rates={"output": 0.5}, levels=2)
    settings = Settings.model_validate({
        "data": texts().model_dump(by_alias=True),
        "model": {"name": "lstm", "hidden": 6, "layers": 1, "dropout": 0, "outputs": 3, "read_out": "last_position",
                  "init": {"scheme": "torch_default"}},
        "train": {"batch_size": 50, "budget": "2ep", "optimizer": {"name": "adam", "lr": 1e38},
                  "select": {"rule": "last"}}})
    rows, _, _ = check_nan_from_there_on(TextTask(settings, Arm(about=""), rules, "cpu"), rules)
    assert np.isnan([value for k in range(3) for value in values(rows, f"predicted:{k}")]).all()


@pytest.mark.parametrize("game", ["cartpole", "lunar_lander"])
def test_control(game):
    optimizer = {"name": "rmsprop", "lr": 1e38, "alpha": 0.0, "eps": 1e-30}
    task, rules = make_control(game=game, budget="50ep", rewind="0it", optimizer=optimizer)
    rows, _, _ = check_nan_from_there_on(task, rules, "diverged: the network is not finite after ")
    rewards = values(rows, "reward", 0)
    assert isnan(rewards[-1]) and all(map(isfinite, rewards[:-1])) and len(rewards) < 50


def spoil(learner, value):
    """Overwrite a weight of a learner's, in native code or torch's."""
    (learner.own if learner.is_native else learner.net.vector.data)[0] = value


def frail(engine):
    """The engine's learner, but its weights are lost at its third update if its ticket is of level 2."""
    class Frail(learner_of(engine)):
        updates = 0

        def __init__(self, ticket, settings, threads):
            super().__init__(ticket, settings, threads)
            self.frail = ticket.level == 2

        def learn(self, block):
            super().learn(block)
            self.updates += 1
            if self.frail and self.updates == 3:
                spoil(self, np.inf)

    return Frail


@pytest.mark.parametrize("engine", ["torch", "sparse"])
def test_a_ticket_that_diverges_leaves_those_beside_it_as_they_are(monkeypatch, engine):
    task, rules = make_control(levels=3)
    task.engine = engine
    book, arm = chain(task, rules)[1], Arm.model_validate({"about": "", "from": "winning", "mask": "permuted"})

    def levels(*chosen):
        return run_branch(task, arm, rules, book, list(chosen), 0, None, nothing, nothing)

    calm = levels(1, 2, 3)[0]
    monkeypatch.setattr("replications.rl_nlp_tickets.control.task.learner_of", frail)
    rows, failures = levels(1, 2, 3)
    assert failures == {2: "diverged: the network is not finite after 3 updates; lower train.optimizer.lr"}
    assert [row for row in rows if row["level"] != 2] == [row for row in calm if row["level"] != 2]
    assert [row for row in rows if row["level"] == 3] == levels(3)[0] and isnan(values(rows, "ticket_reward", 2)[0])
    alone = levels(2)
    assert repr(alone[0]) == repr([row for row in rows if row["level"] == 2]) and alone[1] == failures


@pytest.mark.parametrize("engine", ["torch", "sparse"])
def test_weights_that_the_last_update_breaks_are_seen(monkeypatch, engine):
    """As many games at once as the budget has are over after one block; nothing is played after its update."""
    monkeypatch.setattr(learner_of(engine), "learn", lambda learner, block: spoil(learner, np.nan))
    task, rules = make_control(levels=0, budget="1ep", rewind="0it", steps=500, games_per_epoch=3, last_games=3)
    task.engine = engine
    rows, _, failures = chain(task, rules)
    assert failures == {0: "diverged: the network is not finite after 1 updates; lower train.optimizer.lr"}
    assert isfinite(values(rows, "reward")[0]) and isnan(values(rows, "ticket_reward")[0])


@pytest.mark.parametrize("budget", ["5it", "1ep"])
def test_atari(budget):
    optimizer = TRAIN["optimizer"] | {"lr": 1e38}
    task = make_task(train={"start_games": 0, "last_games": 1, "budget": budget, "optimizer": optimizer})
    rules = ATARI.model_copy(update={"rewind": ATARI.rewind.model_copy(update={"to": "0it"})})
    rows, _, failures = check_nan_from_there_on(task, rules)
    assert not any(map(isfinite, values(rows, "loss") + values(rows, "reward")))
    assert ("at batch 6;" if budget == "1ep" else "some weights are not finite after batch 5;") in failures[0]


def test_without_a_finished_game_there_is_no_reward_but_a_next_ticket():
    task = make_task(data={"longest": 4000}, train={"start_games": 0})
    rows, book, failures = chain(task, ATARI)
    why = "no game was finished in 12 batches; raise train.budget or lower data.longest"
    assert failures == dict.fromkeys((0, 1, 2), why) and len(book.masks) == 3 and book.step == 6
    assert np.isnan(values(rows, "ticket_reward")).all() and values(rows, "games") == [0.0] * 3
    assert values(rows, "environment_steps") == [12 * 3 * 2.0] * 3 and all(map(isfinite, values(rows, "loss")))


def language(validation=(0, 100), lr=0.01, **rewind):
    settings = arm_settings(resolve("rl_nlp_tickets", load_paper("rl_nlp_tickets"), "wikitext2", "as_stated", "smoke"),
                            "winning").model_dump(by_alias=True)
    settings["data"]["subsets"]["full"]["validation"] = validation
    settings["train"] |= {"budget": "2ep", "optimizer": settings["train"]["optimizer"] | {"lr": lr}}
    rules = Prune.model_validate({"scope": "global", "rates": RATES | {"lstm": 0.2}, "levels": 2, "rewind": rewind})
    return LanguageTask(LanguageSettings.model_validate(settings), Arm(about=""), rules, "cpu"), rules


def test_language():
    check_nan_from_there_on(*language(lr=1e38))


@pytest.mark.parametrize("to", ["0it", "1ep"])
def test_a_text_without_words_to_predict_gives_nothing_but_stops_no_chain(to):
    task, rules = language((7, 8), to=to)
    rows, book, failures = chain(task, rules)
    why = "nothing to predict: data.subsets.full: validation has one word; legal are two words or more"
    assert failures.keys() == {0, 1, 2} and all(text.startswith(why) for text in failures.values())
    assert np.isnan(values(rows, "log_perplexity")).all() and len(book.masks) == 3
    assert same(book.rewind, task.initial(stream(0, "init"))) and values(rows, "kept")[2] == book.masks[2].kept()
