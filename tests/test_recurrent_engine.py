"""The recurrent engine trains LSTMs as torch does: whatever the lengths, layers, sizes and masks."""

import json
import sys

import pytest
import torch
from conftest import make_train
from test_text_task import OUTPUT, outcome, task
from torch.nn.functional import cross_entropy

from lth_common.models.lstm import TextLSTM
from lth_common.pruning.mask import Mask
from lth_common.training.engine import engine_of
from lth_common.training.engine.choice import choose
from lth_common.training.engine.recurrent_engine import Reader
from lth_common.training.examples import Examples
from lth_common.training.flat import FlatNet
from lth_common.training.loop import train

LENGTHS = {"last position": None, "all but one are short": [1, 1, 2, 1, 12, 1, 2], "of one length": [12] * 7,
           "fewer texts than slots": [5, 12], "mixed": [12, 3, 7, 1, 9, 12, 4, 2, 11]}


def net_of(hidden=32, layers=2, dropout=0.0):
    torch.manual_seed(1)
    return FlatNet(TextLSTM(10, hidden, layers, dropout, 3))


def texts(lengths):
    """Word vectors and what torch is told of lengths; padding holds numbers that must not matter."""
    torch.manual_seed(2)
    x = torch.randn(7 if lengths is None else len(lengths), 12, 10)
    return (x,) if lengths is None else (x, torch.tensor(lengths))


def slopes(call, net, inputs):
    net.vector.grad.zero_()
    logits = call(*inputs)
    cross_entropy(logits, torch.arange(len(logits)) % 3).backward()
    return logits.detach(), net.vector.grad.clone()


@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS)
@pytest.mark.parametrize(("hidden", "layers"), [(32, 1), (32, 3), (8, 2), (24, 2)])
@pytest.mark.parametrize("share", [1.0, 0.1])
def test_logits_and_gradients_are_torchs(lengths, hidden, layers, share):
    net, inputs = net_of(hidden, layers), texts(lengths)
    net.vector.data *= torch.rand(len(net.vector)) < share
    (logits, before), (ours, after) = (slopes(call, net, inputs) for call in (net.module, Reader(net.module)))
    assert (logits - ours).abs().max() < 1e-6 * logits.abs().max()
    assert (before - after).norm() < 1e-6 * before.norm()


def test_what_stands_in_padding_does_not_matter():
    net, (x, lengths) = net_of(), texts(LENGTHS["mixed"])
    found = slopes(Reader(net.module), net, (x, lengths))
    x[torch.arange(12) >= lengths[:, None]] = 1e3
    assert all(torch.equal(a, b) for a, b in zip(found, slopes(Reader(net.module), net, (x, lengths)), strict=True))


@pytest.mark.parametrize("optimizer", [{"name": "sgd", "lr": 0.1}, {"name": "sgd", "lr": 0.1, "momentum": 0.9},
                                       {"name": "adam", "lr": 1e-6}])
def test_a_step_is_torchs(optimizer):
    settings, found = make_train(optimizer=optimizer, clip_norm=0.5), []
    for name in ("torch", "recurrent"):
        net = net_of(dropout=0.5)
        masks = {n: torch.rand(s, generator=torch.Generator().manual_seed(3)) < 0.5 for n, s in net.shapes.items()}
        mask = Mask({n: entry for n, entry in masks.items() if "weight" in n})
        net.vector.data *= net.flatten(mask)
        engine = engine_of(name, net, mask, settings)
        torch.manual_seed(4)  # of dropout
        engine.steps(Examples(texts(None)[0], torch.arange(7) % 3), [torch.arange(7)], optimizer["lr"], torch.zeros(()))
        found.append(net.vector.detach().clone())
        assert not net.vector[net.flatten(mask) == 0].any()
    assert (found[0] - found[1]).abs().max() < 1e-6 and not torch.equal(found[0], net_of().vector)


def test_a_text_that_is_no_number_ends_as_one():
    net, (x,) = net_of(), texts(None)
    x[3, 5, 0] = float("nan")
    logits = Reader(net.module)(x)
    assert logits[3].isnan().all() and logits[[0, 1, 2, 4, 5, 6]].isfinite().all()


@pytest.mark.parametrize("read_out", ["last_position", "ends"])
def test_a_resumed_training_is_the_same_bit_for_bit(read_out):
    of, states = task(read_out=read_out, budget="3ep"), []
    settings, data = of.settings.train, of.data
    weights = net_of().get()

    def trained(**more):
        net = FlatNet(TextLSTM(of.vectors.shape[1], 8, 2, 0.1, 3))
        net.set(weights)
        mask = Mask.dense(weights, [OUTPUT])
        train(net, mask, data, None, settings, seed=0, level=0, engine=engine_of("recurrent", net, mask, settings),
              **more)
        return net.vector.detach().clone()

    torch.manual_seed(0)
    weights = FlatNet(TextLSTM(of.vectors.shape[1], 8, 2, 0.1, 3)).get()
    whole = trained(save=lambda state: states.append(json.dumps(state, default=lambda t: t.tolist())))
    state = json.loads(states[0])
    state["weights"] = {name: torch.tensor(value) for name, value in state["weights"].items()}
    state["optimizer"] = {name: torch.tensor(v) if isinstance(v, list) else v for name, v in state["optimizer"].items()}
    assert torch.equal(whole, trained()) and torch.equal(whole, trained(resume=state))


def chosen(wanted, net=None):
    net = net or net_of()
    return choose(wanted, net, Mask.dense(net.get(), [OUTPUT]), make_train(mask="applied_once"), 10**6)


def test_it_trains_lstms_when_it_is_asked_for(monkeypatch):
    assert chosen("recurrent") == ("recurrent", "") and chosen("torch") == ("torch", "")
    assert chosen("auto")[0] == "torch"
    assert chosen("sparse") == ("torch", "the network is no stack of linear layers with ReLU")
    assert chosen("recurrent", net_of(hidden=6)) == ("torch", "the hidden size is no multiple of 8")
    monkeypatch.setitem(sys.modules, "numba", None)
    assert chosen("recurrent")[1].startswith("numba cannot be imported")


def test_a_task_is_scored_by_what_trained_it():
    scores = []
    for engine in ("torch", "recurrent"):
        of = task(hidden=8, budget="2it")
        of.engine = engine
        scores.append(outcome(of).rows)
        assert of.engines == {0: engine}
    assert [row["value"] for row in scores[0]] == pytest.approx([row["value"] for row in scores[1]], rel=1e-4)
