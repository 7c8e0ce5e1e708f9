"""An arm that is validated on what it is trained on, and two arms that are one, are refused at planning."""

import pytest
from conftest import EDITED as NAME

from lth_common.errors import LTHError
from lth_common.expressions.paper import load_paper
from lth_common.protocol.resolve import experiments_of, resolve
from lth_common.protocol.schema.paper import SCALES

S1 = "s1: {train: [0, 27500], validation: [27500, 30000]}"
S2 = 's2: {about: "S1\'s tickets trained on S2", from: s1, data: s2'


def arms(paper, experiment="lenet_split"):
    return resolve(NAME, paper, experiment, "as_stated", "paper").arms


@pytest.mark.parametrize(("old", "new", "message"), [
    (S1, S1.replace("[27500,", "[27499,"),
     r"lenet_split.arms.s1: trained on data.subsets.s1.train \[0, 27500\] and validated on data.subsets.s1.validation "
     r"\[27499, 30000\], which share examples 27499 to 27499; legal: ranges of one order"),
    (S2, S2 + ", validation: full", r"arms.s2: .*s2.train \[30000, 57500\] and .*which share examples 55000 to 57499"),
    (S1, S1.replace("]}", "], shuffled: 1}"), None),  # both ranges are of the other order
    (S2, S2 + ", validation: s1", None),
])
def test_training_and_validation_share_no_example(edited, old, new, message):
    if message is None:
        assert arms(edited(old, new))
        return
    with pytest.raises(LTHError, match=f"^replications/{NAME}/protocol.yaml .*{message}"):
        arms(edited(old, new))


def test_ranges_of_different_orders_share_examples():
    paper = load_paper(NAME)
    branch = paper.experiments["conv2_subsets"]["arms"]["ticket_s80"]
    branch["validation"] = "s80"  # [39000, 40000] of an order of its own, beside [0, 49000] of the official one
    with pytest.raises(LTHError, match="ticket_s80: .* of different orders of one set .* legal: ranges of one order"):
        arms(paper, "conv2_subsets")


@pytest.mark.parametrize("bounds", ["[5, 5]", "[9, 3]", "[-5, 10]"])
def test_a_range_holds_an_example(edited, bounds):
    with pytest.raises(LTHError, match="data.subsets.s1.*holds no example; legal"):
        arms(edited(S1, S1.replace("[0, 27500]", bounds)))


@pytest.mark.parametrize(("twin", "other"), [
    ("{about: again, from: s1, data: s2}", "s2"),
    ("{about: again, from: s1, data: s2, validation: s2}", "s2"),
    ("{about: again, from: s1, data: s2, train: {batch_size: 100}}", "s2"),
    ("{about: again, data: s1}", "s1"),
    ("{about: its chain once more, from: s1, data: s1}", "s1"),
])
def test_two_arms_that_are_equal_in_everything_but_words_are_refused(edited, twin, other):
    with pytest.raises(LTHError, match=f"arms: '{other}' and 'twin' are equal in everything but 'about'; legal"):
        arms(edited(S2, f"twin: {twin}\n      {S2}") if other == "s1" else
             edited("      s2_reinit: {about", f"      twin: {twin}\n      s2_reinit: {{about"))


@pytest.mark.parametrize("changed", [
    "from: s1, data: full", "from: s1, data: s2, validation: s1", "from: s1, data: s2, levels: [1, 2]",
    "from: s1, data: s2, weights: reinit_same_sign", "from: s1, data: s2, mask: permuted, weights: reinit",
    "from: s1, data: s2, train: {batch_size: 99}", "data: s2", "data: s1, prune: {levels: 26}",
    "data: s1, model: {hidden: [300]}",
])
def test_an_arm_that_differs_in_one_thing_is_another(edited, changed):
    paper = edited("      s2_reinit: {about", f"      other: {{about: other, {changed}}}\n      s2_reinit: {{about")
    assert "other" in arms(paper)


def test_a_text_with_a_validation_part_of_its_own_may_repeat_the_range():
    paper = load_paper("rl_nlp_tickets")
    pairs = experiments_of("rl_nlp_tickets", paper)
    resolved = {pair: [resolve("rl_nlp_tickets", paper, *pair, scale) for scale in SCALES] for pair in pairs}
    texts = [own for at_scales in resolved.values() for own in at_scales if own.task == "language"]
    for own in texts:
        full = own.data["subsets"]["full"]
        assert full["train"][0] == full["validation"][0] == 0
    assert texts
