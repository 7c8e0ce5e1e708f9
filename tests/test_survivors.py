"""The shape of a ticket's surviving weights: peaks, gap and skewness are what the constructed weights say."""

import math

import numpy as np
import pytest
import torch
from analysis_fixtures import ours, rows
from scipy.stats import norm
from ticket_fixtures import book, chain

from lth_common.analysis.histograms import BINS, bin_edges, density
from lth_common.analysis.selection import select
from lth_common.analysis.ticket_weights import (
    measure,
    starting_weights,
    surviving,
    survivor_records,
    threshold,
)
from lth_common.errors import LTHError
from lth_common.pruning.mask import Mask
from lth_common.runs.records import collect, frame


def box(low: float, high: float, count: int = 30_001) -> np.ndarray:
    return np.linspace(low, high, count)


def shape(*samples: np.ndarray, cut: float = 0.1) -> dict[str, float]:
    """`measure` of the samples as one tensor of float64, all kept."""
    weights = {"w": torch.tensor(np.concatenate(samples))}
    return measure(weights, Mask.dense(weights, ["w"]), cut)


def both(low: float, high: float, count: int = 30_001) -> np.ndarray:
    return np.concatenate([box(-high, -low, count), box(low, high, count)])


def test_one_box_with_a_hole_has_two_peaks_and_a_gap_of_nothing():
    result = shape(both(0.1, 0.5))
    assert result["survivors_peaks"] == 2 and result["survivors_gap"] == 0
    assert math.isnan(result["survivors_inner_over_outer"])
    assert result["survivors_threshold"] == 0.1


def test_two_boxes_with_a_hole_have_four_peaks_and_the_ratio_of_their_heights():
    result = shape(both(0.1, 0.3, 30_001), both(0.6, 0.8, 10_001))
    assert result["survivors_peaks"] == 4
    assert result["survivors_inner_over_outer"] == pytest.approx(3, rel=0.02)
    assert shape(both(0.1, 0.3), box(0.6, 0.8))["survivors_peaks"] == 3


def test_half_the_smoothing_tells_peaks_apart_that_are_close():
    width = 2 / BINS
    spikes = [both((places - 0.1) * width, (places + 0.1) * width) for places in (20, 24)]
    ends = np.array([-1.0, 1.0])
    result = shape(ends, *spikes)
    assert (result["survivors_peaks"], result["survivors_peaks_fine"]) == (2, 4)
    apart = shape(both(0.1, 0.3), both(0.6, 0.8))
    assert apart["survivors_peaks"] == apart["survivors_peaks_fine"] == 4


def test_a_normal_has_one_peak_and_no_gap():
    result = shape(norm.ppf((np.arange(200_000) + 0.5) / 200_000), cut=0.05)
    assert result["survivors_peaks"] == 1 and result["survivors_gap"] == pytest.approx(1, abs=0.01)
    assert result["survivors_skewness"] == pytest.approx(0, abs=1e-9)


def test_the_gap_is_the_density_that_is_left_in_it():
    full, half = shape(both(0.1, 0.5), box(-0.1, 0.1, 15_001)), shape(both(0.1, 0.5), box(-0.1, 0.1, 3_001))
    assert full["survivors_peaks"] == 1
    assert half["survivors_peaks"] == 2 and half["survivors_gap"] == pytest.approx(0.2, rel=0.02)


def test_asymmetry_is_skewness():
    assert shape(box(-0.2, -0.1), box(0.1, 0.9))["survivors_skewness"] > 0.1
    assert shape(box(-0.9, -0.1), box(0.1, 0.2))["survivors_skewness"] < -0.1
    one_sided = shape(box(0.1, 0.5))
    assert one_sided["survivors_peaks"] == 1 and math.isnan(one_sided["survivors_gap"])


@pytest.mark.parametrize("sample", [[0.0, 0.0], [0.3], [math.nan, 1.0], [math.inf, 1.0]])
def test_degenerate_weights_are_measured_without_an_error(sample):
    result = shape(np.array(sample))
    assert math.isnan(result["survivors_skewness"]) and result["survivors_peaks"] in (1.0, pytest.approx(math.nan,
                                                                                                    nan_ok=True))


def test_the_mask_and_not_the_value_says_what_survives():
    weights = {"a": torch.tensor([0.0, 0.5, 0.0, -1.0]), "b": torch.tensor([9.0])}
    sample = surviving(weights, Mask({"a": torch.tensor([True, True, False, False])}))
    assert sample.tolist() == [0.0, 0.5]


def test_densities_integrate_to_one_over_bins_that_are_symmetric():
    sample = np.random.default_rng(0).normal(size=999)
    edges = bin_edges([sample, 3 * sample[:10]])
    assert len(edges) == BINS + 1 and np.allclose(edges, -edges[::-1])
    assert edges[-1] >= np.abs(sample).max()
    assert (density(sample, edges) * np.diff(edges)).sum() == pytest.approx(1)
    assert edges[BINS // 2] < 0 < edges[BINS // 2 + 1]


def test_the_threshold_is_the_smallest_trained_weight_that_survived():
    made = book()
    assert threshold(made, 1) == float(made.trained[0]["w"].abs()[made.masks[1]["w"]].min()) > 0.5
    assert math.isnan(threshold(made, 0))


def test_without_the_trained_weights_the_error_names_the_setting(tmp_path):
    run = chain(tmp_path, book(trained=False))
    with pytest.raises(LTHError, match="lenet/as_stated/search/seed0: .*set prune.keep_trained to 'all'"):
        survivor_records([(run, [1])], tmp_path)
    assert len(survivor_records([(run, [0])], tmp_path)) == len(shape(both(0.1, 0.5)))


def test_records_of_survivors_can_be_selected_like_any_other(tmp_path):
    runs = [(chain(tmp_path, book(seed), seed), [0, 1]) for seed in (0, 1)]
    records = collect([frame(rows("winning", {0: [0.9]})), survivor_records(runs, tmp_path)])
    chosen = select(records, ours("search", metric="survivors_threshold", split="model", level=1))
    assert (chosen["value"] > 0.5).all() and len(chosen) == 2
    assert chosen["weights_remaining"].tolist() == [book(seed).masks[1].weights_remaining() for seed in (0, 1)]
    pooled = starting_weights(runs, tmp_path)["lenet", "as_stated", "search", 1]
    assert [len(sample) for sample in pooled] == [book(seed).masks[1].kept() for seed in (0, 1)]


@pytest.mark.parametrize("rules", [{"scope": "layerwise"}, {"rates": {"linear": 0.2, "output": 0.1}}])
def test_several_pools_have_no_one_threshold(tmp_path, rules):
    records = survivor_records([(chain(tmp_path, book(), **rules), [1])], tmp_path)
    values = records.set_index("metric")["value"]
    assert np.isnan(values[["survivors_threshold", "survivors_gap"]]).all() and values["survivors_peaks"] >= 1
