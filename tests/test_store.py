"""Finished runs on disk: no damage is believed, and what is there is what was written."""

import json
import random

import pytest

from lth_common.errors import DamagedFile, LTHError
from lth_common.runs.identity import Run
from lth_common.runs.store import (
    ABOUT,
    OK,
    RECORDS,
    SHAPES,
    TICKETS,
    branches_of,
    folder,
    is_stamped,
    is_whole,
    read_about,
    read_whole,
    stamped_alone,
    write_run,
)

RUN = Run("paper", "lenet", "as_stated", "search", 3, {"seed": 3, "settings": {"lr": 0.1, "hidden": [3, 2]}})
FILES = {RECORDS: b"level,value\n" + b"0,0.5\n1,0.25\n" * 20, SHAPES: b"level\n1\n", TICKETS: b"tickets" * 20}


@pytest.fixture
def root(tmp_path):
    write_run(RUN, {"commit": "abc", "wall_seconds": 1.5, "data": {"mnist": "1"}}, FILES, tmp_path)
    return tmp_path


def home(root):
    return folder(RUN.digest, root)


def test_what_was_written_is_read_and_equal_runs_are_equal_files(root, tmp_path_factory):
    about = read_whole(RUN, root)
    assert about["spec"] == RUN.spec and about["commit"] == "abc" and set(about["files"]) == set(FILES)
    other = tmp_path_factory.mktemp("other")
    write_run(RUN, {"data": {"mnist": "1"}, "wall_seconds": 1.5, "commit": "abc"}, FILES, other)
    assert all((home(root) / name).read_bytes() == (home(other) / name).read_bytes() for name in [*FILES, ABOUT, OK])


@pytest.mark.parametrize("name", [RECORDS, SHAPES, TICKETS, ABOUT])
def test_no_flipped_bit_and_no_cut_is_believed(root, name):
    draw, path = random.Random(name), home(root) / name
    whole = path.read_bytes()
    damaged = [whole[:draw.randrange(len(whole))] for _ in range(20)]
    for _ in range(80):
        flipped, place = bytearray(whole), draw.randrange(len(whole))
        flipped[place] ^= 1 << draw.randrange(8)
        damaged.append(bytes(flipped))
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(DamagedFile):
            read_about(RUN.digest, root)
    path.write_bytes(whole)
    assert read_about(RUN.digest, root)


@pytest.mark.parametrize("name", [RECORDS, SHAPES, ABOUT])
def test_a_lost_file_is_damage_and_is_set_aside_with_the_rest(root, name):
    (home(root) / name).unlink()
    with pytest.raises(LTHError, match=f"{name}.*set aside in results/set_aside/{RUN.digest}-1; the workflow"):
        read_whole(RUN, root)
    assert not home(root).exists() and len(list((root / "results/set_aside").iterdir())) == 1
    with pytest.raises(LTHError, match="is not run yet"):
        read_whole(RUN, root)


def test_a_run_is_finished_without_its_stamp_and_tickets_may_be_taken_away(root):
    assert not stamped_alone(RUN.digest, root)
    (home(root) / TICKETS).unlink()
    assert stamped_alone(RUN.digest, root) and is_whole(RUN, root)
    (home(root) / OK).unlink()
    assert is_whole(RUN, root) and not is_stamped(RUN.digest, root)


def test_a_run_of_other_settings_is_named_with_both(root):
    other = Run("paper", "lenet", "as_stated", "search", 3, RUN.spec | {"seed": 4})
    home(root).rename(folder(other.digest, root))
    with pytest.raises(LTHError, match="set aside"):  # its name is not its content's
        read_whole(other, root)
    write_run(RUN, {}, FILES, root)
    about = json.loads((home(root) / ABOUT).read_text())
    twisted = Run("paper", "lenet", "as_stated", "search", 3, RUN.spec | {"seed": 5})
    object.__setattr__(twisted, "__dict__", twisted.__dict__ | {"digest": RUN.digest})
    with pytest.raises(LTHError, match='"seed":3.*the plan.*"seed":5'):
        read_whole(twisted, root)
    assert about["digest"] == RUN.digest


def test_branches_of_a_chain_are_found(root):
    branch = Run("paper", "lenet", "as_stated", "reinit", 3, {"seed": 3, "chain": RUN.digest}, RUN)
    write_run(branch, {}, FILES, root)
    assert branches_of(RUN, root) == [branch.digest] and branches_of(branch, root) == []
