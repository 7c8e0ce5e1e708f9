"""What is prunable follows from the kind of layer, never from a guess about names."""

import pytest
import torch
from torch import nn

from lth_common.errors import LTHError
from lth_common.models.mlp import MLP
from lth_common.pruning.prunable import parameters_of, rate_of


class Everything(nn.Module):
    """One layer of each kind, with names that would fool a rule about names."""

    def __init__(self):
        super().__init__()
        self.bias_of_words = nn.Embedding(7, 4)
        self.conv = nn.Conv2d(1, 2, 3)
        self.up = nn.ConvTranspose1d(2, 2, 3)
        self.weight = nn.BatchNorm2d(2)
        self.layer_norm = nn.LayerNorm(4)
        self.group_norm = nn.GroupNorm(1, 2)
        self.rnn = nn.LSTM(4, 3, bidirectional=True)
        self.hidden = nn.Linear(6, 5)
        self.scale = nn.Module()
        self.scale.weight = nn.Parameter(torch.ones(1))
        self.out = nn.Linear(5, 2)


EXPECTED = {
    "bias_of_words.weight": "embedding", "conv.weight": "conv", "conv.bias": "bias", "up.weight": "conv",
    "up.bias": "bias", "weight.weight": "norm", "weight.bias": "bias", "layer_norm.weight": "norm",
    "layer_norm.bias": "bias", "group_norm.weight": "norm", "group_norm.bias": "bias",
    **{f"rnn.weight_{part}_l0{way}": "lstm" for part in ("ih", "hh") for way in ("", "_reverse")},
    **{f"rnn.bias_{part}_l0{way}": "bias" for part in ("ih", "hh") for way in ("", "_reverse")},
    "hidden.weight": "linear", "hidden.bias": "bias", "scale.weight": "other", "out.weight": "output",
    "out.bias": "bias",
}
ALL = dict.fromkeys(("linear", "conv", "lstm", "embedding"), 0.2)


def prunable(model, rates, exempt=()):
    return {row.name for row in parameters_of(model, rates, exempt) if row.prunable}


def test_every_kind_of_layer_is_recognised():
    model = Everything()
    rows = parameters_of(model, ALL)
    assert {row.name: row.kind for row in rows} == EXPECTED
    assert [(row.name, row.shape) for row in rows] == [(n, tuple(p.shape)) for n, p in model.named_parameters()]


@pytest.mark.parametrize("kind", ["linear", "output", "conv", "lstm", "embedding", "norm", "bias"])
def test_a_kind_is_prunable_exactly_when_a_rate_names_it(kind):
    falls_back = {"output"} if kind == "linear" else set()
    expected = {name for name, k in EXPECTED.items() if k == kind or k in falls_back}
    assert expected and prunable(Everything(), {kind: 0.5}) == expected


def test_norm_scales_and_biases_stay_unless_named():
    names = prunable(Everything(), ALL)
    assert names == {n for n, kind in EXPECTED.items() if kind in (*ALL, "output")}
    assert {"weight.weight", "conv.bias"} <= prunable(Everything(), ALL | {"norm": 0.1, "bias": 0.1})


def test_the_output_layer_has_its_own_rate_or_the_linear_one():
    assert rate_of("output", {"linear": 0.2, "output": 0.1}) == 0.1
    assert rate_of("output", {"linear": 0.2}) == 0.2
    assert rate_of("linear", {"output": 0.1}) is None
    kinds = {row.name: row.kind for row in parameters_of(MLP(4, (3, 3), 2), {"linear": 0.2})}
    assert [kinds[f"layers.{i}.weight"] for i in range(3)] == ["linear", "linear", "output"]


@pytest.mark.parametrize(("exempt", "gone"), [
    (["^conv"], {"conv.weight"}), (["hh"], {"rnn.weight_hh_l0", "rnn.weight_hh_l0_reverse"}),
    (["^hidden", r"out\.weight$"], {"hidden.weight", "out.weight"}),
])
def test_exempt_expressions_take_names_out(exempt, gone):
    assert prunable(Everything(), ALL) - prunable(Everything(), ALL, exempt) == gone


def test_an_exemption_that_matches_nothing_is_refused():
    with pytest.raises(LTHError, match=r"prune\.exempt: '\^cnov' occurs in no parameter; there are: .*conv\.weight"):
        parameters_of(Everything(), ALL, ["^cnov"])


def test_rates_that_make_nothing_prunable_are_refused():
    with pytest.raises(LTHError, match=r"prune\.rates\.conv: the model has no .* this kind; it has bias, linear, out"):
        parameters_of(MLP(4, (3,), 2), {"linear": 0.2, "conv": 0.2})
    assert prunable(MLP(4, (), 2), {"linear": 0.2}) == {"layers.0.weight"}, "an output layer is linear too"
    with pytest.raises(LTHError, match="makes no parameter prunable"):
        parameters_of(MLP(4, (3,), 2), {"linear": 0.2}, ["layers"])


def test_tied_parameters_are_counted_once():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.out = nn.Embedding(9, 4), nn.Linear(4, 9)
            self.out.weight = self.words.weight

    rows = parameters_of(Tied(), {"linear": 0.2, "embedding": 0.2})
    assert [(row.name, row.kind) for row in rows] == [("words.weight", "embedding"), ("out.bias", "bias")]


def test_lenet_300_100_has_the_published_number_of_weights():
    rows = parameters_of(MLP(784, (300, 100), 10), {"linear": 0.2, "output": 0.1})
    sizes = {row.name: torch.Size(row.shape).numel() for row in rows}
    assert sum(sizes[row.name] for row in rows if row.prunable) == 266_200
    assert sum(sizes.values()) == 266_610
