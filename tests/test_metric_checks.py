"""Refused in planning: a unit that does not fit, a number that nothing records, a thing compared with itself."""

from itertools import product

import pandas as pd
import pytest
from test_derived import highest

from lth_common import expressions as x
from lth_common.errors import LTHError
from lth_common.expressions.name_checks import check_references
from lth_common.expressions.paper import load_paper
from lth_common.protocol.resolve import ROOT, paper_names, resolve
from lth_common.protocol.task_metrics import EVERY, KINDS, joined, kind_of
from lth_common.protocol.task_names import metrics_of, tasks
from lth_common.runs.released import RETIRED

IMAGES, GAMES = "data_subsets", "rl_nlp_tickets"
lenet = x.run("lenet_subsets", "as_released")
TICKET, DENSE = lenet["ticket_s10"], lenet["search_s100"].at(0)
STOP = lenet["search_s10"].measuring("early_stop_step", "validation")
BEST_EPOCH = TICKET.measuring("accuracy", "validation", "epoch_of_max")
cartpole, acrobot = (x.run(game, "as_stated", "ticket_reward", "train") for game in ("cartpole", "acrobot"))
REWARD = cartpole["winning"]


def check(measured, paper=IMAGES, **bounds):
    """Planning of one rule in a paper that shows nothing else."""
    rule = x.rule("r", measured, **bounds) if bounds else measured
    name, claim = x.claim("C1", says="s", where="w", rules=[rule])
    check_references(paper, load_paper(paper).model_copy(update={"figures": {}, "tables": {}, "claims": {name: claim}}))


@pytest.mark.parametrize(("measured", "bound", "paper"), [
    (TICKET, x.percent(90), IMAGES), (TICKET, x.fraction(0.9), IMAGES), (TICKET - DENSE, x.points(0), IMAGES),
    (TICKET / DENSE, x.ratio(0.9), IMAGES), (STOP, x.steps(900), IMAGES), (STOP - STOP.at(0), x.steps(9), IMAGES),
    (TICKET.slope(), x.points(0), IMAGES), (BEST_EPOCH, x.epochs(3), IMAGES),
    (STOP.measuring("loss", "train", "change_in_last_tenth"), x.percent(3), IMAGES),
    (REWARD.remaining(0.1).where(at_least=10).lowest_weights(), x.percent(20), GAMES),
    (x.derive(highest, TICKET), x.percent(3), IMAGES), (x.derive(highest, REWARD, gives="share"), x.percent(3), GAMES),
    (x.derive(highest, REWARD, acrobot["winning"], gives="number"), x.fraction(3), GAMES),
    (REWARD.levels(1, 9).r_squared(), x.fraction(0.9), GAMES), (REWARD - REWARD.at(0), x.reward(1), GAMES),
    (REWARD - REWARD.measuring("start_reward", "test"), x.reward(1), GAMES),
    (REWARD.at(3).measuring("kept:pi.weight", "model"), x.count(3), GAMES),
])
def test_a_unit_that_fits_is_legal(measured, bound, paper):
    check(measured, paper, at_least=bound)


@pytest.mark.parametrize(("measured", "bound", "paper", "message"), [
    (TICKET, x.steps(90), IMAGES, "'steps' does not fit selected_accuracy, which is a share; legal: percent, fraction"),
    (TICKET, x.points(90), IMAGES, "'points' does not fit selected_accuracy, .*; legal: percent, fraction"),
    (TICKET - DENSE, x.percent(9), IMAGES, "'percent' does not fit a difference of sel.*; legal: points, fraction"),
    (TICKET / DENSE, x.points(9), IMAGES, "'points' does not fit a ratio of .*; legal: ratio, fraction, percent"),
    (STOP, x.epochs(9), IMAGES, "'epochs' does not fit early_stop_step, which is in steps; legal: steps"),
    (BEST_EPOCH, x.percent(9), IMAGES, r"'percent' does not fit accuracy \(epoch of max\), which is in epochs; legal"),
    (TICKET.slope(), x.steps(0), IMAGES, "'steps' does not fit .*; legal: points, fraction"),
    (REWARD, x.percent(9), GAMES, "'percent' does not fit ticket_reward, which is in reward; legal: reward"),
    (x.derive(highest, REWARD), x.percent(3), GAMES, "'percent' does not fit ticket_reward"),
    (x.derive(highest, REWARD, acrobot["winning"], gives="number"), x.nats(3), GAMES,
     "'nats' does not fit what highest gives, a number without unit; legal: fraction, ratio"),
    (TICKET - STOP, x.points(9), IMAGES, "selected_accuracy is a share and early_stop_step in steps: .*; legal: two"),
])
def test_a_unit_that_does_not_fit_is_refused(measured, bound, paper, message):
    with pytest.raises(LTHError, match=f"^replications/{paper}/claims.py: C1: rule 'r': (unit )?{message}"):
        check(measured, paper, at_least=bound)


@pytest.mark.parametrize(("rule", "message"), [
    (lambda: x.rule("r", TICKET - TICKET, within=x.points(1)), "selected_accuracy of lenet_subsets/as_released/ticket_s"
     "10 is compared with itself; legal: another arm, level, metric or variant"),
    (lambda: x.rule("r", DENSE / DENSE.at(0), at_least=x.ratio(1)), "at level 0 is compared with itself"),
])
def test_what_is_compared_with_itself_is_refused(rule, message):
    with pytest.raises(LTHError, match=f"^replications/{IMAGES}/claims.py: C1: rule 'r': .*{message}"):
        check(rule())


def test_a_network_stands_once_among_several_and_scores_have_two_ends():
    twice = x.rule("r", x.derive(highest, REWARD, REWARD, acrobot["winning"]), at_least=x.fraction(0))
    with pytest.raises(LTHError, match="ticket_reward of cartpole/as_stated/winning is compared with itself"):
        check(twice, GAMES)
    pooled = x.pooled(["acrobot"], zero=REWARD, one=REWARD)
    with pytest.raises(LTHError, match="scores of 0 and of 1 are the same: ticket_reward of cartpole"):
        check(x.rule("r", REWARD, within=x.fraction(1), pooled=pooled), GAMES)


@pytest.mark.parametrize(("measured", "message"), [
    (TICKET.measuring("selected_acuracy"), "metric 'selected_acuracy' of arm 'ticket_s10' of lenet_subsets is not reco"
     "rded in split 'test'; did you mean 'selected_accuracy'"),
    (TICKET.measuring("early_stop_step"), ".* in split 'test'; it is recorded in split validation; "),
    (TICKET.measuring("kep:fc1.weight", "model"), "metric 'kep:fc1.weight' .*is not recorded in split 'model'; "
     r"legal: .*kept:\*,"),
    (TICKET.where(metric="acuracy", split="validation", at_least=0.1), "metric 'acuracy' .*in split 'validation'"),
    (x.run("lenet_subset", "as_released")["ticket_s10"], "experiment 'lenet_subset' .*did you mean 'lenet_subsets'"),
    (x.run("lenet_subsets", "as_relesed")["ticket_s10"], "variant 'as_relesed' is not there"),
    (lenet["ticket_10"], "arm 'ticket_10' is not there; did you mean 'ticket_s10'"),
])
def test_what_a_claim_names_must_be_there(measured, message):
    with pytest.raises(LTHError, match=f"^replications/{IMAGES}/claims.py: C1: {message}"):
        check(measured, at_least=x.percent(1))


def test_a_published_series_must_be_there():
    rule = x.rule("r", TICKET, at_least=x.percent(1), published=x.published("fig2_lenet", "s: 11%"))
    with pytest.raises(LTHError, match="claims.py: C1: .*no such series; legal: .*'s: 10%'"):
        check(rule)


def test_an_arm_without_validation_data_records_nothing_of_it():
    net = x.run("fc1", "as_stated")["full"].measuring("accuracy", "validation", "last")
    with pytest.raises(LTHError, match="split 'validation' is not recorded; .*legal: model, test, train"):
        check(net, "mask_and_distribution", at_least=x.percent(1))


def test_what_was_ever_recorded_is_known():
    for paper in paper_names():
        file = ROOT / "results/released" / paper / "records.csv.gz"
        if not file.exists():
            continue
        found = pd.read_csv(file, usecols=["experiment", "variant", "split", "metric"]).drop_duplicates()
        protocol = load_paper(paper)
        task = {pair: resolve(paper, protocol, *pair, "paper").task for pair in
                set(zip(found["experiment"], found["variant"], strict=True))}
        unknown = {(row.split, row.metric) for row in found.itertuples() if row.metric not in RETIRED
                   and kind_of(metrics_of(task[row.experiment, row.variant]), row.split, row.metric) is None}
        assert not unknown, paper


def test_kinds_are_legal_and_joining_keeps_all():
    assert all(kind in KINDS for task in tasks() for own in metrics_of(task).values() for kind in own.values())
    both = joined({"test": {"a": "share"}}, EVERY, {"test": {"b": "nats"}})
    assert both == {"test": {"a": "share", "b": "nats"}, "model": EVERY["model"]}
    assert [kind_of(both, *at) for at in product(["test", "model"], ["a", "kept:x", "kept"])] == [
        "share", None, None, None, "count", "count"]
