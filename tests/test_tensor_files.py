"""Equal content is equal bytes in every process; what is not ours is never called damaged."""

import json
import os
import subprocess
import sys

import pytest
import torch
from conftest import same
from safetensors import safe_open
from safetensors.torch import save_file

from lth_common.errors import DamagedFile, LTHError
from lth_common.protocol.resolve import ROOT
from lth_common.tensor_files import ENTRY, checksum, read_tensors, same_bits, write_tensors

TENSORS = {"w": torch.arange(6.0).view(2, 3), "count": torch.tensor(3), "none": torch.zeros(0, 4),
           "h": torch.ones(2).bfloat16(), "flags": torch.tensor([True, False])}
HEADER = {"step": 7, "share": 0.1, "where": {"b": "ü", "a": [1, None]}}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new folder" / "t.safetensors"


def test_tensors_and_header_come_back(path):
    write_tensors(path, TENSORS, HEADER, "things")
    tensors, header = read_tensors(path, "things")
    assert header == HEADER and list(tensors) == sorted(TENSORS)
    assert all(same_bits(tensors[name], TENSORS[name]) for name in TENSORS)


def test_a_header_comes_back_as_json_has_it(path):
    write_tensors(path, TENSORS, {"levels": {10: (1, 2), 9: ()}}, "things")
    assert read_tensors(path, "things")[1] == {"levels": {"10": [1, 2], "9": []}}


def test_equal_content_is_equal_bytes_in_every_process(tmp_path):
    code = """
import sys, torch
from lth_common.tensor_files import write_tensors
names = [f"layer{i}.weight" for i in range(40)]
tensors = {name: torch.full((3,), len(name)) for name in (set(names) if sys.argv[2] == "set" else names)}
header = {name: name for name in set(names)}
write_tensors(sys.argv[1], tensors, header, "things")
"""
    written = []
    for seed, order in (("1", "list"), ("2", "set")):
        subprocess.run([sys.executable, "-c", code, tmp_path / seed, order], cwd=ROOT, check=True,
                       env=os.environ | {"PYTHONHASHSEED": seed})
        written.append((tmp_path / seed).read_bytes())
    assert len(set(written)) == 1


def test_every_part_of_the_content_moves_the_checksum(path):
    sums = [checksum({"w": torch.zeros(4)}), checksum({"v": torch.zeros(4)}), checksum({"w": torch.zeros(2, 2)}),
            checksum({"w": torch.zeros(4, dtype=torch.int32)}), checksum({"w": -torch.zeros(4)}),
            checksum({"w": torch.zeros(4)}, "word"), checksum({})]
    assert len(set(sums)) == len(sums)
    assert checksum({"b": torch.ones(2), "a": torch.ones(3)}) == checksum({"a": torch.ones(3), "b": torch.ones(2)})


def test_equal_bits_are_not_equal_numbers():
    nan = torch.tensor([torch.nan])
    assert same_bits(nan, nan.clone()) and not torch.equal(nan, nan)
    assert not same_bits(torch.tensor([0.0]), torch.tensor([-0.0]))
    assert not same_bits(torch.zeros(2), torch.zeros(2, dtype=torch.int32))
    assert same_bits(torch.arange(6).view(2, 3).t(), torch.tensor([[0, 3], [1, 4], [2, 5]]))


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"format": "lth-1-book", "header": "{}"}])
def test_a_sound_file_of_somebody_else_is_not_called_damaged(tmp_path, metadata):
    save_file({"w": torch.zeros(2)}, tmp_path / "foreign", metadata)
    with pytest.raises(LTHError, match="foreign: its format is .*, expected things") as error:
        read_tensors(tmp_path / "foreign", "things")
    assert not isinstance(error.value, DamagedFile)


def test_another_kind_a_missing_file_and_a_folder_are_not_damaged_either(path):
    write_tensors(path, TENSORS, HEADER, "things")
    for where, message in ((path, "its format is 'things', expected others"), (path.parent / "no", "no such file"),
                           (path.parent, "cannot be read")):
        with pytest.raises(LTHError, match=message) as error:
            read_tensors(where, "others")
        assert not isinstance(error.value, DamagedFile)


@pytest.mark.parametrize("change", [
    lambda about: about | {"sha256": "0" * 64}, lambda about: about | {"header": {}},
    lambda about: about | {"format": "others"}, lambda about: about | {"more": 1}, lambda about: {}, lambda about: [1],
    lambda about: {"sha256": about["sha256"], "format": about["format"], "header": about["header"]},
])
def test_metadata_that_was_changed_is_damage(path, change):
    """By hand, say: the tensors are as they were, and the file is a sound safetensors file."""
    write_tensors(path, TENSORS, HEADER, "things")
    with safe_open(path, framework="pt") as file:
        about = json.loads(file.metadata()[ENTRY])
    save_file(TENSORS, path, {ENTRY: json.dumps(change(about))})
    with pytest.raises(DamagedFile, match="damaged file") as error:
        read_tensors(path, "things")
    assert error.value.path == path


def test_tensors_are_written_as_they_are_seen_and_shared_memory_twice(path):
    tied = torch.randn(3, 4)
    write_tensors(path, {"a": tied, "b": tied.t()}, {}, "things")
    assert same(read_tensors(path, "things")[0], {"a": tied, "b": tied.t()})
