"""Settings that a language model cannot follow are named before, or as, a run begins."""

import pytest

from lth_common.errors import LTHError
from lth_common.expressions.paper import load_paper
from lth_common.protocol.resolve import arm_prune, resolve
from lth_common.protocol.schema.base import parse
from lth_common.protocol.task_names import settings_of, task_class


def changed(data=None, train=None):
    """The smoke scale's settings of the language model with parts changed."""
    resolved = resolve("rl_nlp_tickets", load_paper("rl_nlp_tickets"), "wikitext2", "as_stated", "smoke")
    raw = resolved.model_dump(mode="json", by_alias=True)
    return parse(settings_of("language"), {"data": raw["data"] | (data or {}), "model": raw["model"],
                                           "train": raw["train"] | (train or {})}, "protocol.yaml"), resolved


@pytest.mark.parametrize("select", [{"rule": "best_validation"}, {"rule": "last", "patience": 1}])
def test_nothing_is_chosen_by_validation_words_that_are_not_there(select):
    with_words, without = ({"subsets": {"full": {"train": [0, 400], "validation": words}}}
                           for words in ([0, 100], None))
    changed(with_words, {"select": select})
    with pytest.raises(LTHError, match="train.select chooses by validation data, which data.subsets.full has not"):
        changed(without, {"select": select})


@pytest.mark.parametrize(("part", "bounds"), [("train", [5, 5]), ("validation", [5, 4])])
def test_a_range_without_a_word_is_refused(part, bounds):
    subsets = {"full": {"train": [0, 400], "validation": [0, 100]} | {part: bounds}}
    with pytest.raises(LTHError, match=rf"full: .*{part} \[{bounds[0]}, {bounds[1]}\] (has no word|holds no ex)"):
        changed({"subsets": subsets})


def test_batch_statistics_are_refused_as_there_is_no_batch_norm():
    settings, resolved = changed(train={"scored_with": "batch_statistics"})
    with pytest.raises(LTHError, match="train.scored_with: 'batch_statistics' .* this network has not; legal: running"):
        task_class("language")(settings, resolved.arms["winning"], arm_prune(resolved, "winning"), "cpu")
