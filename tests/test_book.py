"""A chain's tickets in one file: small, readable without us, and bit for bit what they were."""

import gzip
import hashlib
import json
from dataclasses import replace

import pytest
import torch
from conftest import dense, half, same
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

from lth_common.errors import DamagedFile, LTHError
from lth_common.pruning.mask import Mask
from lth_common.pruning.prune import prune
from lth_common.seeds import stream
from lth_common.tickets.book import TicketBook, load_book, save_book


def nested(weights, levels, rate=0.2):
    """Masks of a chain that loses the smallest weights of `weights`."""
    masks = [Mask.dense(weights, [n for n in weights if n.endswith("weight")])]
    for _ in range(levels):
        count = round(rate * masks[-1].kept())
        masks.append(prune({n: weights[n].abs() for n in masks[0]}, masks[-1], [(tuple(masks[0]), count)]))
    return masks


@pytest.fixture
def book(net):
    weights = net.get()
    biases = {n: w + 1 for n, w in weights.items() if n.endswith("bias")}
    return TicketBook(weights, 5, nested(weights, 3), {1: biases, 2: biases}, {0: weights}, {"run": "p/e/v/a"},
                      {4: "no weight is left", 10: "diverged"})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tickets.safetensors"


def equal(left, right):
    return (all(getattr(left, name) == getattr(right, name) for name in ("step", "masks", "provenance", "failures"))
            and same(left.rewind, right.rewind)
            and all(getattr(left, group).keys() == getattr(right, group).keys()
                    and all(same(w, getattr(right, group)[level]) for level, w in getattr(left, group).items())
                    for group in ("carried", "trained")))


def test_a_book_comes_back_bit_for_bit(book, path):
    save_book(book, path)
    assert equal(load_book(path), book)


@given(st.lists(st.lists(st.integers(0, 9), max_size=3).map(tuple), min_size=1, max_size=5), st.integers(0, 2**32),
       st.integers(0, 12))
def test_masks_of_any_shape_survive_as_a_byte_a_weight(tmp_path_factory, shapes, seed, levels):
    random = torch.Generator().manual_seed(seed)
    weights = {f"l{i}": torch.zeros(shape) for i, shape in enumerate(shapes)}
    masks = [Mask.dense(weights, list(weights))]
    for _ in range(levels):
        masks.append(Mask({n: entry & (torch.rand(entry.shape, generator=random) < 0.8)
                           for n, entry in masks[-1].items()}))
    path = tmp_path_factory.getbasetemp() / "shapes.safetensors"
    save_book(TicketBook(weights, 0, masks), path)
    assert load_book(path).masks == masks


def test_levels_carry_their_biases_and_share_the_rest(book):
    assert same(book.ticket(0).weights, book.rewind)
    assert same(book.ticket(2).weights, book.rewind | book.carried[2])
    assert (book.ticket(2).step, book.ticket(2).level) == (5, 2) and same(book.ticket(2).mask, book.masks[2])
    with pytest.raises(LTHError, match="level 4: this chain has the levels 0 to 3"):
        book.ticket(4)


def test_what_the_docstring_says_is_enough_to_read_it(book, path):
    """With safetensors alone."""
    initial = {n: w if n.endswith("bias") else w + 1 for n, w in book.rewind.items()}
    save_book(replace(book, step=0), path, initial)
    with safe_open(path, framework="pt") as file:
        [(entry, about)] = file.metadata().items()
        about = json.loads(about)
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    header = about["header"]
    assert entry == "lth" and about["format"] == "lth-2-book"
    assert (header["step"], header["levels"], header["provenance"]) == (0, 4, book.provenance)
    assert header["failures"] == {"4": "no weight is left", "10": "diverged"}
    for name in book.masks[0]:
        lives = tensors[f"lives/{name}"]
        assert lives.dtype == torch.uint8
        assert all(torch.equal(lives >= level, book.masks[level][name]) for level in range(header["levels"]))
        assert torch.equal(tensors[f"rewind/{name}"], book.rewind[name])
    for level in (1, 2):
        assert all(torch.equal(tensors[f"carried/{level}/{n}"], w) for n, w in book.carried[level].items())
    assert all(torch.equal(tensors[f"trained/0/{n}"], w) for n, w in book.trained[0].items())
    biases = sorted(n for n in book.rewind if n.endswith("bias"))
    assert header["initial"]["names"] == biases and not any(f"rewind/{n}" in tensors for n in biases)
    total = hashlib.sha256(b"[]")
    for name in biases:
        total.update(json.dumps([name, "torch.float32", list(book.rewind[name].shape)]).encode())
        total.update(book.rewind[name].numpy().tobytes())
    assert header["initial"]["sha256"] == total.hexdigest()


def test_initial_weights_are_left_out_and_filled_in(book, path):
    start = replace(book, step=0)
    save_book(start, path, book.rewind)
    small = path.stat().st_size
    back = load_book(path, lambda: book.rewind)
    assert equal(back, start) and list(back.rewind) == sorted(book.rewind)
    save_book(start, path)
    assert small < path.stat().st_size - sum(4 * w.numel() for w in book.rewind.values()) + 2000
    assert equal(load_book(path, lambda: pytest.fail("nothing was left out")), start)


def test_only_equal_bits_at_step_0_are_left_out(book, path):
    save_book(book, path, book.rewind)  # at step 5: weights that training gave, whatever they are equal to
    assert equal(load_book(path), book)
    minus = {n: torch.zeros_like(w) for n, w in book.rewind.items()}
    save_book(TicketBook({n: -w for n, w in minus.items()}, 0, book.masks), path, minus)
    assert all((torch.signbit(w)).all() for w in load_book(path).rewind.values())


@pytest.mark.parametrize("other", [
    lambda weights: {n: w + 1e-6 for n, w in weights.items()}, lambda weights: {},
    lambda weights: {n: w.double() for n, w in weights.items()},
])
def test_other_initial_weights_are_refused(book, path, other):
    save_book(replace(book, step=0), path, book.rewind)
    with pytest.raises(LTHError, match=f"{path}: .*other initial weights: another version of the network or of torch"):
        load_book(path, lambda: other(book.rewind))
    with pytest.raises(LTHError, match="which the file leaves out: load_book needs `initial`"):
        load_book(path)


def test_masks_that_are_no_chains_are_refused(net, path):
    weights, whole = net.get(), dense(net)
    for masks, message in (([half(net)], "level 0 prunes"), ([], "level 0"),
                           ([whole, half(net, 1), half(net, 2)], "level 2 keeps .* that level 1 has pruned"),
                           ([whole, Mask({})], "mask has"), ([whole] * 257, "256 levels: .* holds 255")):
        with pytest.raises(LTHError, match=message):
            save_book(TicketBook(weights, 0, masks), path)
        assert not path.exists()
    save_book(TicketBook(weights, 0, [whole] * 256), path)
    assert load_book(path).masks == [whole] * 256


def write_first_format(book, path, lose="-", header=None):
    """The layout of `lth-1-book`: eight entries of a mask in a byte, the first in the lowest bit."""
    tensors = {f"rewind/{n}": w for n, w in book.rewind.items()}
    for level, mask in enumerate(book.masks):
        for name, entry in mask.items():
            bits = [int(bit) for bit in entry.flatten()]
            packed = [sum(bit << place for place, bit in enumerate(bits[at:at + 8])) for at in range(0, len(bits), 8)]
            tensors[f"mask/{level}/{name}"] = torch.tensor(packed, dtype=torch.uint8)
    for group in ("carried", "trained"):
        tensors |= {f"{group}/{level}/{n}": w.clone() for level, weights in getattr(book, group).items()
                    for n, w in weights.items()}
    whole = json.dumps({"levels": len(book.masks), "provenance": book.provenance, "step": book.step}, sort_keys=True)
    save_file({n: t for n, t in tensors.items() if not n.startswith(lose)}, path,
              {"format": "lth-1-book", "header": whole if header is None else header})


def test_a_book_of_the_first_format_is_read_as_one_of_today_in_the_same_order(book, path):
    write_first_format(book, path)
    old = load_book(path)
    assert equal(old, replace(book, failures={}))
    save_book(book, path)
    new = load_book(path)
    assert list(old.rewind) == list(new.rewind)  # random streams run through masks in their order
    assert [list(mask) for mask in old.masks] == [list(mask) for mask in new.masks]


@pytest.mark.parametrize(("lose", "header"), [("rewind/", None), ("mask/1/", None), ("mask/", None),
                                              ("mask/2/layers.0", None), ("-", "not json"), ("-", "{}"), ("-", "[]")])
def test_a_book_of_the_first_format_that_lost_a_part_is_refused(book, path, lose, header):
    write_first_format(book, path, lose, header)
    with pytest.raises(DamagedFile, match=f"{path}: damaged file"):
        load_book(path)


def test_the_tickets_of_a_lenet_chain_are_small(path):
    weights = {"a.weight": torch.randn(300, 784, generator=stream(0, "a")), "a.bias": torch.zeros(300),
               "b.weight": torch.randn(100, 300, generator=stream(0, "b")), "b.bias": torch.zeros(100),
               "c.weight": torch.randn(10, 100, generator=stream(0, "c")), "c.bias": torch.zeros(10)}
    save_book(TicketBook(weights, 0, nested(weights, 27)), path, weights)
    assert path.stat().st_size < 350_000 and len(gzip.compress(path.read_bytes())) < 175_000
