"""The text LSTM: parameter counts, that less work gives the same numbers, and that padding is never read."""

import pytest
import torch
from conftest import same
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from lth_common.errors import LTHError
from lth_common.models import initialise
from lth_common.models.lstm import TextLSTM
from lth_common.protocol.schema.initial import Init
from lth_common.pruning.prunable import parameters_of
from lth_common.seeds import stream
from lth_common.training.flat import FlatNet

# Fact sheet, section 3.1: trainable parameters, and LSTM weights, by layers
COUNTS = {2: (59_587, 58_368), 3: (84_675, 82_944), 4: (109_763, 107_520), 6: (159_939, 156_672), 8: (210_115, 205_824),
          10: (260_291, 254_976), 14: (360_643, 353_280)}


def make(layers=2, dropout=0.0, seed=0):
    torch.manual_seed(seed)
    return TextLSTM(10, 4, layers, dropout, 3).double()


@pytest.mark.parametrize("layers", COUNTS)
def test_counts_are_those_of_the_released_model(layers):
    rows = parameters_of(TextLSTM(100, 32, layers, 0.1, 3), {"lstm": 0.2, "output": 0.2})
    size = {row.name: torch.Size(row.shape).numel() for row in rows}
    trainable, lstm = COUNTS[layers]
    assert sum(size.values()) == trainable
    assert sum(size[row.name] for row in rows if row.kind == "lstm") == lstm
    assert [(row.name, size[row.name]) for row in rows if row.kind == "output"] == [("output.weight", 192)]
    assert {row.kind for row in rows if not row.prunable} == {"bias"}


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_last_position_is_what_the_whole_lstm_gives_there(layers):
    net, x = make(layers), torch.randn(5, 7, 10, dtype=torch.double)
    whole = net.output(net.lstm(x)[0][:, -1])
    gradients = [torch.autograd.grad(logits.logsumexp(1).sum(), list(net.parameters()), allow_unused=True)
                 for logits in (net(x), whole)]
    assert torch.allclose(net(x), whole, rtol=1e-10)
    for (name, parameter), ours, theirs in zip(net.named_parameters(), *gradients, strict=True):
        ours = torch.zeros_like(parameter) if ours is None else ours
        assert torch.allclose(ours, theirs, rtol=1e-8, atol=1e-12), name


def test_each_text_is_read_to_its_end_and_no_further():
    net, lengths = make(), torch.tensor([3, 7, 1, 7])
    x = torch.randn(4, 7, 10, dtype=torch.double)
    together = net(x, lengths)
    alone = torch.cat([net(x[i : i + 1, :n], lengths[i : i + 1]) for i, n in enumerate(lengths.tolist())])
    other = x.clone()
    for i, n in enumerate(lengths.tolist()):
        other[i, n:] = 99.0
    assert torch.allclose(together, alone, rtol=1e-10) and torch.equal(together, net(other, lengths))
    output, (states, _) = net.lstm(x[1:2])
    assert torch.allclose(together[1:2], net.output(torch.cat([output[:, -1, :4], output[:, 0, 4:]], 1)), rtol=1e-10)
    assert torch.equal(output[:, -1, :4], states[-2])


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_texts_of_different_lengths_are_read_as_packed_ones(layers):
    """In values and gradients, with the fused kernels, to which no packed text can go."""
    net, lengths = make(layers), torch.tensor([3, 7, 1, 5])
    x = torch.randn(4, 7, 10, dtype=torch.double)
    _, (states, _) = net.lstm(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
    packed = net.output(torch.cat([states[-2], states[-1]], 1))
    assert torch.allclose(net(x, lengths), packed, rtol=1e-10)
    gradients = [torch.autograd.grad(logits.logsumexp(1).sum(), list(net.parameters()))
                 for logits in (net(x, lengths), packed)]
    for (name, _), ours, theirs in zip(net.named_parameters(), *gradients, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-8, atol=1e-12), name


def test_dropout_is_between_lstm_and_output_and_only_in_training():
    net, x = make(dropout=0.5), torch.randn(3, 4, 10, dtype=torch.double)
    assert not torch.equal(net(x), net(x))
    net.eval()
    assert torch.equal(net(x), net(x)) and net.lstm.dropout == 0.0


def test_weights_are_drawn_as_torch_draws_them_from_one_stream():
    init = Init(scheme="torch_default")
    first, again, other = (initialise(TextLSTM(100, 32, 2, 0.1, 3), init, stream(seed, "init")) for seed in (0, 0, 1))
    assert same(dict(first.named_parameters()), dict(again.named_parameters()))
    for name, parameter in first.named_parameters():
        bound = 32 ** -0.5 if name.startswith("lstm") else 64 ** -0.5
        assert parameter.abs().max() <= bound and not torch.equal(parameter, other.get_parameter(name))
        if parameter.numel() > 100:
            assert parameter.detach().std() == pytest.approx(bound / 3 ** 0.5, rel=0.2)


def test_another_scheme_is_refused():
    with pytest.raises(LTHError, match="'xavier_normal' does not say how an LSTM is drawn; legal: torch_default"):
        initialise(TextLSTM(10, 4, 1, 0.1, 2), Init(scheme="xavier_normal"), stream(0, "init"))


def test_as_one_vector_the_lstm_stays_fused():
    """Weights are views of one vector, and nn.LSTM still runs on exactly these."""
    plain = TextLSTM(10, 4, 2, 0.0, 3)
    x, lengths = torch.randn(3, 5, 10), torch.tensor([5, 2, 4])
    before = plain(x, lengths)
    net = FlatNet(plain)
    assert torch.equal(net.module(x, lengths), before)
    net.vector.data.zero_()
    assert not net.module(x, lengths).any() and isinstance(net.module.lstm, nn.LSTM)
    assert all(w.data_ptr() == p.data_ptr()
               for w, p in zip(net.module.lstm._flat_weights, net.module.lstm.parameters(), strict=True))
