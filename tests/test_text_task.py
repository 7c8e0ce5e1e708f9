"""What the text task reads, records and reuses."""

import pytest
import torch
from conftest import make_rules
from text_fixtures import settings as texts

from lth_common.errors import LTHError
from lth_common.protocol.schema.paper import Arm
from lth_common.protocol.schema.text_settings import Settings
from lth_common.pruning.mask import Mask
from lth_common.seeds import stream
from lth_common.tasks.text_task import TextTask
from lth_common.tickets.ticket import Ticket
from lth_common.training.loop import evaluate

OUTPUT = "output.weight"


def task(data=None, read_out="last_position", outputs=3, hidden=6, **train):
    chosen = Settings.model_validate({
        "data": texts(**data or {}).model_dump(by_alias=True),
        "model": {"name": "lstm", "hidden": hidden, "layers": 2, "dropout": 0.1, "outputs": outputs,
                  "read_out": read_out, "init": {"scheme": "torch_default"}},
        "train": {"batch_size": 50, "budget": "1ep", "optimizer": {"name": "adam", "lr": 0.01},
                  "select": {"rule": "last"}} | train})
    return TextTask(chosen, Arm(about=""), make_rules(rates={"output": 0.5}), "cpu")


def outcome(of, mask=None, level=0):
    weights = of.initial(stream(0, "initial"))
    return of.train(Ticket(mask or Mask.dense(weights, [OUTPUT]), weights), 0, level)


@pytest.mark.parametrize("read_out", ["last_position", "ends"])
def test_a_criterion_may_take_gradients_of_its_network_and_dropout_repeats(read_out):
    of = task(read_out=read_out)
    weights = of.initial(stream(0, "initial"))

    def gradients():
        lent = of.lend(weights, 0, 1)
        lent.network.train()
        for batch in lent.batches(2):
            assert len(batch) == 50 == len(batch.inputs[0])
            lent.loss(batch).backward()
        return {name: parameter.grad for name, parameter in lent.network.named_parameters()}

    found, again = gradients(), gradients()
    assert all(torch.equal(found[name], again[name]) for name in found) and found[OUTPUT].abs().sum() > 0


def measured(result, split="test"):
    return {row["metric"]: row["value"] for row in result.rows if row["split"] == split}


@pytest.mark.parametrize("read_out", ["last_position", "ends"])
def test_predictions_are_counted_by_class_and_the_surviving_weights_by_output(read_out):
    of = task(read_out=read_out)
    scores = measured(outcome(of))
    counts = [scores[f"predicted:{k}"] for k in range(3)]
    assert sum(counts) == len(of.test.y) and scores["most_predicted"] == max(counts) / sum(counts)
    mask = torch.ones(3, 12, dtype=torch.bool)
    mask[1, 4:] = False
    kept = measured(outcome(task(), Mask({OUTPUT: mask})), "model")
    assert [kept[f"kept:{OUTPUT}[{k}]"] for k in range(3)] == [12, 4, 12]


def test_an_output_without_weights_is_predicted_for_all_or_none():
    of = task(budget="0it")
    scores = measured(outcome(of, Mask({OUTPUT: torch.zeros(3, 12, dtype=torch.bool)})))
    assert scores["most_predicted"] == 1.0
    constant = max(range(3), key=lambda k: scores[f"predicted:{k}"])
    assert scores["selected_accuracy"] == (of.test.y == constant).double().mean().item()


@pytest.mark.parametrize("read_out", ["last_position", "ends"])
def test_reading_once_for_several_levels_changes_no_score(read_out):
    of = task(read_out=read_out, budget="0it")
    weights = of.initial(stream(0, "initial"))
    for level, kept in enumerate((12, 5)):
        mask = Mask({OUTPUT: (torch.arange(12) < kept).expand(3, 12)})
        ours = measured(of.train(Ticket(mask, weights), 0, level))
        anew = evaluate(of.net.module, of.test, of.settings.train, by_class=True)
        assert ours["selected_accuracy"] == anew["accuracy"]
        assert ours["selected_loss"] == pytest.approx(anew["loss"], rel=1e-5)
    first = of._read
    moved = weights | {"lstm.weight_hh_l1": weights["lstm.weight_hh_l1"] + 1e-3}
    of.train(Ticket(mask, moved), 0, 2)
    assert of._read is not first and not torch.equal(of._read[1].x, first[1].x)


def test_so_many_test_texts_are_drawn_the_same_for_all():
    whole, some = task(), task({"test_examples": 40})
    assert len(whole.test.y) > 40 == len(some.test.y)
    assert torch.equal(some.test.x, task({"test_examples": 40}).test.x)
    with pytest.raises(LTHError, match="data.test_examples: 100000 of 400 test examples"):
        task({"test_examples": 100000})


def test_a_label_without_an_output_is_refused():
    with pytest.raises(LTHError, match="model.outputs: 2 outputs for labels 0 to 2 of data.labels"):
        task(outputs=2)
