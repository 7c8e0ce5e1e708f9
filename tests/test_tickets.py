"""Tickets come back bit for bit, and a file that is not whole is never read as one."""

import pytest
import torch
from conftest import half, make_net, same
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from lth_common.errors import DamagedFile, LTHError
from lth_common.pruning.mask import Mask
from lth_common.tensor_files import write_tensors
from lth_common.tickets.book import TicketBook, load_book, save_book
from lth_common.tickets.ticket import FORMAT, Ticket, load_ticket, save_ticket


@pytest.fixture
def ticket(net):
    return Ticket(half(net), net.get(), step=7, level=3, provenance={"run": "p/e/v/a", "key": "0123"})


@pytest.fixture
def book(net):
    weights = net.get()
    dense = Mask.dense(weights, [n for n in weights if n.endswith("weight")])
    return TicketBook(weights, 5, [dense, half(net)], provenance={"run": "p/e/v/a"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tickets")


def test_a_ticket_comes_back_bit_for_bit_with_pruned_weights_0(ticket, tmp_path):
    save_ticket(ticket, tmp_path / "new folder" / "t.safetensors")
    back = load_ticket(tmp_path / "new folder" / "t.safetensors")
    assert same(back.mask, ticket.mask) and same(back.weights, ticket.mask.apply(ticket.weights))
    assert (back.step, back.level, back.provenance) == (ticket.step, ticket.level, ticket.provenance)


def test_a_ticket_of_the_first_format_is_still_read(ticket, tmp_path):
    tensors = {f"mask/{n}": m for n, m in ticket.mask.items()}
    tensors |= {f"weight/{n}": w for n, w in ticket.mask.apply(ticket.weights).items()}
    header = '{"level": 3, "provenance": {"key": "0123", "run": "p/e/v/a"}, "step": 7}'
    save_file(tensors, tmp_path / "old", {"format": "lth-1-ticket", "header": header})
    back = load_ticket(tmp_path / "old")
    assert same(back.mask, ticket.mask) and same(back.weights, ticket.mask.apply(ticket.weights))
    assert (back.step, back.level, back.provenance) == (ticket.step, ticket.level, ticket.provenance)


def test_odd_values_survive(tmp_path):
    weights = {"w": torch.tensor([torch.nan, -torch.inf, -0.0, 1e-45]), "count": torch.tensor(3),
               "h": torch.ones(2).half()}
    save_ticket(Ticket(Mask({"w": torch.ones(4, dtype=torch.bool)}), weights), tmp_path / "t")
    back = load_ticket(tmp_path / "t").weights
    assert torch.equal(back["w"].view(torch.int32), weights["w"].view(torch.int32))
    assert all(back[n].dtype == weights[n].dtype and back[n].shape == weights[n].shape for n in weights)


@pytest.mark.parametrize("weights", [{}, {"w": torch.zeros(3)}])
def test_a_mask_without_its_weights_is_no_ticket(weights):
    with pytest.raises(LTHError, match="mask .*the ticket has"):
        Ticket(Mask({"w": torch.ones(2, dtype=torch.bool)}), weights)


def both(ticket, book, folder):
    save_ticket(ticket, folder / "ticket")
    save_book(book, folder / "book")
    return [(folder / "ticket", load_ticket), (folder / "book", load_book)]


@given(st.binary(max_size=200))
def test_garbage_is_refused(folder, garbage):
    (folder / "garbage").write_bytes(garbage)
    for load in (load_ticket, load_book):
        with pytest.raises(DamagedFile, match="garbage: "):
            load(folder / "garbage")


def test_a_missing_file_is_named_and_not_called_damaged(tmp_path):
    for load in (load_ticket, load_book):
        with pytest.raises(LTHError, match=f"{tmp_path / 'no'}: there is no such file") as error:
            load(tmp_path / "no")
        assert not isinstance(error.value, DamagedFile)


def test_tickets_and_books_are_not_taken_for_each_other(ticket, book, tmp_path):
    both(ticket, book, tmp_path)
    save_file({"w": torch.zeros(2)}, tmp_path / "old", {"format": "lth-1-ticket", "header": "{}"})
    for name, load, message in (("ticket", load_book, "'lth-2-ticket', expected lth-2-book"),
                                ("book", load_ticket, "'lth-2-book', expected lth-2-ticket"),
                                ("old", load_book, "'lth-1-ticket', expected lth-2-book")):
        with pytest.raises(LTHError, match=message) as error:
            load(tmp_path / name)
        assert not isinstance(error.value, DamagedFile)


@pytest.mark.parametrize("tensors", [
    {"weight/w": torch.zeros(2)}, {"mask/w": torch.ones(2, dtype=torch.bool)},
    {"mask/w": torch.ones(2, dtype=torch.bool), "weight/v": torch.zeros(2)},
])
def test_an_incomplete_ticket_is_refused(tmp_path, tensors):
    write_tensors(tmp_path / "t", tensors, {"step": 0, "level": 0, "provenance": {}}, FORMAT)
    with pytest.raises(LTHError, match="incomplete ticket: it needs weights, and a mask"):
        load_ticket(tmp_path / "t")


def test_a_ticket_of_another_model_is_refused_by_the_network(ticket, tmp_path):
    save_ticket(ticket, tmp_path / "t")
    back = load_ticket(tmp_path / "t")
    for hidden in ((8,), (8, 6)):
        other = make_net(hidden=hidden)
        with pytest.raises(LTHError, match="these weights belong to another model"):
            other.set(back.weights)
        with pytest.raises(LTHError, match="mask"):
            other.flatten(back.mask)


@pytest.mark.parametrize("function", ["replace", "fsync"])
def test_a_failed_write_leaves_the_old_file_whole(ticket, book, tmp_path, monkeypatch, function):
    for (path, load), save, thing in zip(both(ticket, book, tmp_path), (save_ticket, save_book), (ticket, book),
                                         strict=True):
        before = path.read_bytes()

        def full(*args):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(f"os.{function}", full)
            thing.provenance["key"] = "new"
            with pytest.raises(OSError, match="No space left"):
                save(thing, path)
        assert path.read_bytes() == before
        load(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["book", "ticket"]
