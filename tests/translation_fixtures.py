"""A tiny Transformer on the made-up corpus, trained by the real fairseq."""

import pytest

from lth_common.pruning.mask import Mask
from lth_common.tickets.ticket import Ticket, save_ticket
from replications.rl_nlp_tickets.translation.corpus import prepare
from replications.rl_nlp_tickets.translation.fairseq_runs import build_model
from replications.rl_nlp_tickets.translation.schema import Settings


def settings(**train):
    learning = {"budget": "20it", "max_tokens": 1000, "dropout": 0.1, "label_smoothing": 0.1, "checkpoint_every": 10,
                "average": 2, "beam": 2, "length_penalty": 0.6,
                "optimizer": {"name": "adam", "lr": 0.01, "betas": (0.9, 0.98), "eps": 1e-9, "warmup": 10}}
    return Settings.model_validate({
        "data": {"name": "generated", "subwords": 200}, "train": learning | train,
        "model": {"arch": "transformer_wmt_en_de", "layers": 1, "embedding": 16, "feed_forward": 32, "heads": 2}})


@pytest.fixture(scope="session")
def data():
    return prepare(settings().data)


def fresh(data, seed=1):
    """Weights as fairseq draws them."""
    return {n: p.detach().clone() for n, p in build_model(settings().model, data.binary, seed).named_parameters()}


def ticket_file(folder, weights, kept=lambda name, tensor: tensor.new_ones(tensor.shape).bool()):
    """A ticket that keeps what `kept` says of each parameter; returns the file and the ticket."""
    ticket = Ticket(Mask({name: kept(name, tensor) for name, tensor in weights.items()}), weights, 5, 1)
    folder.mkdir(exist_ok=True)
    save_ticket(ticket, folder / "ticket.safetensors")
    return folder / "ticket.safetensors", ticket
