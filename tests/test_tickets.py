"""Tickets come back bit for bit, and a file that is not whole is never read as one."""

import pytest
import torch
from conftest import half, make_net, same
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

from lth_common.errors import LTHError
from lth_common.pruning.mask import Mask
from lth_common.tickets.ticket import Ticket, TicketBook, load_book, load_ticket, save_book, save_ticket


@pytest.fixture
def ticket(net):
    return Ticket(half(net), net.get(), step=7, level=3, provenance={"run": "p/e/v/a", "key": "0123"})


@pytest.fixture
def book(net):
    weights = net.get()
    masks = [half(net, seed) for seed in range(3)]
    biases = {n: w + 1 for n, w in weights.items() if n.endswith("bias")}
    return TicketBook(weights, 5, masks, {1: biases, 2: biases}, {0: weights}, {"run": "p/e/v/a"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tickets")


def test_a_ticket_comes_back_bit_for_bit_with_pruned_weights_0(ticket, tmp_path):
    save_ticket(ticket, tmp_path / "new folder" / "t.safetensors")
    back = load_ticket(tmp_path / "new folder" / "t.safetensors")
    assert same(back.mask, ticket.mask) and same(back.weights, ticket.mask.apply(ticket.weights))
    assert (back.step, back.level, back.provenance) == (ticket.step, ticket.level, ticket.provenance)


def test_a_book_comes_back_bit_for_bit(book, tmp_path):
    save_book(book, tmp_path / "b.safetensors")
    back = load_book(tmp_path / "b.safetensors")
    assert (back.step, back.provenance) == (book.step, book.provenance) and same(back.rewind, book.rewind)
    assert len(back.masks) == 3 and all(same(a, b) for a, b in zip(back.masks, book.masks, strict=True))
    for group in ("carried", "trained"):
        ours, theirs = getattr(back, group), getattr(book, group)
        assert ours.keys() == theirs.keys() and all(same(ours[level], theirs[level]) for level in theirs)


@given(st.lists(st.lists(st.integers(0, 9), max_size=3).map(tuple), min_size=1, max_size=5), st.integers(0, 2**32))
def test_masks_of_any_shape_survive_one_bit_a_weight(folder, shapes, seed):
    generator = torch.Generator().manual_seed(seed)
    mask = Mask({f"l{i}": torch.rand(shape, generator=generator) < 0.5 for i, shape in enumerate(shapes)})
    path = folder / "b.safetensors"
    save_book(TicketBook({n: torch.zeros(entry.shape) for n, entry in mask.items()}, 0, [mask]), path)
    back = load_book(path).masks[0]
    assert same(back, mask) and all(back[n].shape == mask[n].shape for n in mask)


def test_odd_values_survive(tmp_path):
    weights = {"w": torch.tensor([torch.nan, -torch.inf, -0.0, 1e-45]), "count": torch.tensor(3),
               "h": torch.ones(2).half()}
    save_ticket(Ticket(Mask({"w": torch.ones(4, dtype=torch.bool)}), weights), tmp_path / "t")
    back = load_ticket(tmp_path / "t").weights
    assert torch.equal(back["w"].view(torch.int32), weights["w"].view(torch.int32))
    assert all(back[n].dtype == weights[n].dtype and back[n].shape == weights[n].shape for n in weights)


def test_views_of_one_memory_are_stored_whole(net, tmp_path):
    tied = torch.randn(3, 4)
    save_ticket(Ticket(Mask({"a": torch.ones(3, 4, dtype=torch.bool)}), {"a": tied, "b": tied.t()}), tmp_path / "t")
    assert torch.equal(load_ticket(tmp_path / "t").weights["b"], tied.t())


def test_book_levels_carry_their_biases_and_share_the_rest(book):
    assert same(book.ticket(0).weights, book.rewind)
    assert same(book.ticket(2).weights, book.rewind | book.carried[2])
    assert (book.ticket(2).step, book.ticket(2).level) == (5, 2) and same(book.ticket(2).mask, book.masks[2])


@pytest.mark.parametrize("weights", [{}, {"w": torch.zeros(3)}])
def test_a_mask_without_its_weights_is_no_ticket(weights):
    with pytest.raises(LTHError, match="mask .*the ticket has"):
        Ticket(Mask({"w": torch.ones(2, dtype=torch.bool)}), weights)


def both(ticket, book, folder):
    save_ticket(ticket, folder / "ticket")
    save_book(book, folder / "book")
    return [(folder / "ticket", load_ticket), (folder / "book", load_book)]


def test_a_truncated_file_is_refused_at_every_length(ticket, book, tmp_path):
    for path, load in both(ticket, book, tmp_path):
        whole = path.read_bytes()
        for length in [*range(0, 64), *range(64, len(whole), 97), len(whole) - 1]:
            path.write_bytes(whole[:length])
            with pytest.raises(LTHError, match=f"{path}: damaged ticket file"):
                load(path)


@given(st.binary(max_size=200))
def test_garbage_is_refused(folder, garbage):
    (folder / "garbage").write_bytes(garbage)
    for load in (load_ticket, load_book):
        with pytest.raises(LTHError, match="garbage: "):
            load(folder / "garbage")


def test_a_missing_file_is_named(tmp_path):
    for load in (load_ticket, load_book):
        with pytest.raises(LTHError, match=f"{tmp_path / 'no'}: there is no such ticket file"):
            load(tmp_path / "no")


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"format": "lth-ticket-0", "header": "{}"}])
def test_a_foreign_safetensors_file_is_refused(tmp_path, metadata):
    save_file({"weight/w": torch.zeros(2)}, tmp_path / "foreign", metadata)
    for load in (load_ticket, load_book):
        with pytest.raises(LTHError, match="format is .*, expected lth-1-"):
            load(tmp_path / "foreign")


def test_tickets_and_books_are_not_taken_for_each_other(ticket, book, tmp_path):
    both(ticket, book, tmp_path)
    with pytest.raises(LTHError, match="format is 'lth-1-ticket', expected lth-1-book"):
        load_book(tmp_path / "ticket")
    with pytest.raises(LTHError, match="format is 'lth-1-book', expected lth-1-ticket"):
        load_ticket(tmp_path / "book")


@pytest.mark.parametrize("tensors", [
    {"weight/w": torch.zeros(2)}, {"mask/w": torch.ones(2, dtype=torch.bool)},
    {"mask/w": torch.ones(2, dtype=torch.bool), "weight/v": torch.zeros(2)},
])
def test_an_incomplete_ticket_is_refused(tmp_path, tensors):
    header = '{"step": 0, "level": 0, "provenance": {}}'
    save_file(tensors, tmp_path / "t", {"format": "lth-1-ticket", "header": header})
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


@pytest.mark.parametrize("lose", ["rewind/", "mask/1/", "mask/"])
@pytest.mark.parametrize("header", ["whole", "not json", "{}"])
def test_a_book_that_lost_a_part_is_refused(book, tmp_path, lose, header):
    save_book(book, tmp_path / "book")
    with safe_open(tmp_path / "book", framework="pt") as file:
        metadata, names = file.metadata(), list(file.keys())
        tensors = {name: file.get_tensor(name) for name in names if not name.startswith(lose)}
    save_file(tensors, tmp_path / "less", metadata | ({} if header == "whole" else {"header": header}))
    with pytest.raises(LTHError, match="less: damaged ticket file"):
        load_book(tmp_path / "less")
