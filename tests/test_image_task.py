"""What the image task reads, standardises and reports."""

import pytest
import torch
from conftest import SUBSETS, RecordedTask, make_rules, same

from lth_common.datasets.image_files import CLASSES, SHAPES
from lth_common.datasets.image_sets import load_images
from lth_common.datasets.locate import present
from lth_common.errors import LTHError
from lth_common.protocol.schema.image_settings import Settings
from lth_common.protocol.schema.paper import Arm
from lth_common.pruning.mask import Mask
from lth_common.seeds import stream
from lth_common.tickets.ticket import Ticket

NO_VALIDATION = {"full": {"train": [0, 300]}}


def settings(data=None, **train):
    return Settings.model_validate({
        "data": {"name": "digits", "mean": 0.3, "std": 0.38, "subsets": NO_VALIDATION} | (data or {}),
        "model": {"name": "mlp", "hidden": [12, 8], "init": {"scheme": "xavier_normal"}},
        "train": {"batch_size": 50, "budget": "3ep", "optimizer": {"name": "adam", "lr": 0.01},
                  "select": {"rule": "last"}} | train})


def task(chosen, **arm):
    return RecordedTask(chosen, Arm(about="", **arm), make_rules(), "cpu")


def outcome(of):
    weights = of.initial(stream(0, "init"))
    return of.train(Ticket(Mask.dense(weights, ["layers.0.weight"]), weights), 0, 0)


def rows(result, split, metric):
    return [(row["step"], row["value"]) for row in result.rows if (row["split"], row["metric"]) == (split, metric)]


def test_without_validation_data_nothing_is_validated():
    result = outcome(task(settings()))
    assert {row["split"] for row in result.rows} == {"train", "test", "model"}
    assert rows(result, "model", "steps_per_epoch") == [(0, 6.0)]


def test_choosing_by_validation_data_that_is_not_there_is_refused():
    for select in ({"rule": "best_validation"}, {"rule": "last", "patience": 2}):
        with pytest.raises(ValueError, match="data.subsets.full has not"):
            settings(select=select)
    mixed = settings({"subsets": NO_VALIDATION | {"other": SUBSETS["other"]}})
    with pytest.raises(LTHError, match="data.subsets.full has no validation range"):
        task(mixed, data="other", validation="full")
    assert task(mixed, data="other").validation is not None


def test_the_test_score_of_every_epoch_is_recorded_and_changes_nothing():
    plain, curve = outcome(task(settings())), outcome(task(settings(test_every_epoch=True)))
    assert rows(plain, "test", "accuracy") == []
    scores = rows(curve, "test", "accuracy")
    assert [step for step, _ in scores] == [6, 12, 18]
    assert [scores[-1]] == rows(curve, "test", "selected_accuracy")
    assert all(torch.equal(plain.weights[n], curve.weights[n]) for n in plain.weights)


def test_every_channel_has_its_own_mean_and_spread_or_all_share_one():
    one = task(settings())
    same = task(settings({"mean": [0.3], "std": [0.38]}))
    assert torch.equal(one.data.x, same.data.x)
    pixels = load_images("digits").train_images[:300].float() / 255
    assert torch.allclose(one.data.x, (pixels - 0.3) / 0.38, atol=1e-6)
    with pytest.raises(LTHError, match="data.mean: 3 values; legal: one, or one for each of the 1 channels of digits"):
        task(settings({"mean": [0.1, 0.2, 0.3]}))


def test_images_are_enlarged_on_demand():
    large = task(settings({"side": 16}))
    assert large.data.x.shape == (300, 1, 16, 16)
    assert large.parameters[0].shape == (12, 256)
    small = task(settings())
    assert large.data.x.mean().item() == pytest.approx(small.data.x.mean().item(), abs=0.02)
    assert large.data.x.min() >= small.data.x.min() - 1e-5


def test_ranges_of_one_shuffled_order_are_disjoint_and_those_of_the_seed():
    """The pixels tell which image of the training set each one is."""
    images = load_images("digits").train_images
    numbers = {image.numpy().tobytes(): i for i, image in enumerate(images)}
    assert len(numbers) == len(images)

    def order(seed, cut):
        """Numbers of all images, read as a training range and a validation range that share the order."""
        subset = {"train": [0, cut], "validation": [cut, len(images)], "shuffled": seed}
        halves = task(settings({"subsets": {"full": subset}, "mean": 0, "std": 1}))
        pixels = torch.cat([halves.data.x, halves.validation.x]).mul(255).round().to(torch.uint8)
        labels = torch.cat([halves.data.y, halves.validation.y])
        found = [numbers[image.numpy().tobytes()] for image in pixels]
        assert torch.equal(labels, load_images("digits").train_labels[found])
        return found

    assert order(None, 300) == list(range(len(images)))
    assert sorted(order(1, 300)) == list(range(len(images)))
    assert order(1, 300) == order(1, 700) != order(2, 300)
    assert order(1, 300)[:300] != sorted(order(1, 300)[:300])


@pytest.mark.parametrize("side", [None, 12])
def test_initial_weights_need_no_data(side, monkeypatch):
    chosen = settings({"side": side})
    want = task(chosen).initial(stream(3, "init"))
    monkeypatch.setattr("lth_common.tasks.image_task.load_images", None)
    assert same(RecordedTask.initial_of(chosen, stream(3, "init")), want)
    assert want["layers.0.weight"].shape == (12, (side or 8) ** 2)


@pytest.mark.parametrize("name", SHAPES)
def test_the_shapes_that_are_known_without_the_data_are_those_of_the_data(name):
    if present(name) is None:
        pytest.skip(f"{name} is not here")
    images = load_images(name)
    assert images.train_images.shape[1:] == SHAPES[name] and int(images.train_labels.max()) + 1 == CLASSES
