"""Seeds come by a plan that is committed before they are trained."""

import subprocess

import pytest
from conftest import EDITED as NAME

from lth_common.errors import LTHError
from lth_common.protocol.looks import (
    LOOKS,
    Look,
    append_looks,
    check_committed,
    looks_path,
    next_look,
    read_looks,
    seeds_of,
)
from lth_common.protocol.resolve import ROOT, load_protocol, resolve
from lth_common.runs.jobs import SEEDS

HEADER = "scale,experiment,variant,look,hours,planned"
FIRST = Look("laptop", "lenet_split", "as_released", 5, 1.25, "2026-11-30")


@pytest.fixture
def root(edited, tmp_path):
    edited()
    return tmp_path


def write(root, *lines, header=HEADER):
    looks_path(NAME, root).write_text("\n".join([header, *lines, ""]), encoding="utf-8")


def seeds_at(root, scale):
    return resolve(NAME, load_protocol(NAME, root), "lenet_split", "as_released", scale, root).seeds


def test_an_experiment_has_the_seeds_of_its_largest_look_and_pilots_before(root):
    assert seeds_at(root, "laptop") == [0, 1, 2] and read_looks(NAME, root) == []
    append_looks(NAME, [FIRST], root)
    assert seeds_at(root, "laptop") == [10, 11, 12, 13, 14] and seeds_at(root, "paper") == [0, 1, 2]
    append_looks(NAME, [FIRST._replace(look=10, variant="as_stated"), FIRST._replace(look=20)], root)
    assert seeds_at(root, "laptop") == list(range(10, 30)) and len(read_looks(NAME, root)) == 3
    assert read_looks(NAME, root)[0] == FIRST


def test_looks_are_prefixes_of_each_other_and_whole_chunks_of_training():
    known = [FIRST._replace(look=look) for look in LOOKS]
    each = [seeds_of(known[:n], *FIRST[:3]) for n in range(1, len(LOOKS) + 1)]
    assert all(long[:len(short)] == short for short, long in zip(each, each[1:], strict=False))
    assert all(look % SEEDS == 0 and not set(range(10)) & set(seeds) for look, seeds in zip(LOOKS, each, strict=True))
    assert [next_look(size) for size in (0, 5, 10, 20, 30)] == [*LOOKS, None]


@pytest.mark.parametrize(("line", "named"), [
    ("laptop,lenet_split,as_released,7,1,2026-11-30", "look '7'; legal: 5, 10, 20, 30"),
    ("desktop,lenet_split,as_released,5,1,2026-11-30", "scale 'desktop'"),
    ("laptop,lenet_split,as_released,5,much,2026-11-30", "hours 'much'"),
    ("laptop,lenet_split,as_released,5,-1,2026-11-30", "hours '-1'"),
    ("laptop,lenet_split,as_released,5,nan,2026-11-30", "hours 'nan'"),
    ("laptop,lenet_split,as_released,5,1,yesterday", "planned 'yesterday'"),
    ("laptop,lenet_split,as_released,5,1", "5 fields"),
    ("laptop,lenet_spilt,as_released,5,1,2026-11-30", "did you mean 'lenet_split/as_released'"),
    ("laptop,lenet_split,as_released,10,1,2026-11-30\nlaptop,lenet_split,as_released,5,1,2026-11-30", "looks grow")])
def test_a_mistake_is_named_with_file_and_what_is_legal(root, line, named):
    write(root, line)
    with pytest.raises(LTHError, match="looks.csv") as caught:
        load_protocol(NAME, root)
    assert named in str(caught.value)


def test_other_files_are_refused(root):
    write(root, header="scale,experiment")
    with pytest.raises(LTHError, match="header must be"):
        read_looks(NAME, root)
    looks_path(NAME, root).write_bytes(b"\xff\xfe")
    with pytest.raises(LTHError, match="UTF-8"):
        read_looks(NAME, root)


def test_nothing_is_written_that_could_not_be_read(root):
    append_looks(NAME, [FIRST], root)
    before = looks_path(NAME, root).read_bytes()
    with pytest.raises(LTHError, match="looks grow"):
        append_looks(NAME, [FIRST], root)
    assert looks_path(NAME, root).read_bytes() == before


def test_what_is_not_committed_is_not_trained(root):
    append_looks(NAME, [FIRST], root)
    check_committed([NAME], root)                       # no repository: nothing to compare with

    def git(*words):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=root, check=True,
                       capture_output=True)

    git("init", "-q")
    with pytest.raises(LTHError, match=f"{NAME}/looks.csv.*commit first"):
        check_committed([NAME], root)
    git("add", ".")
    git("commit", "-qm", "a plan")
    check_committed([NAME], root)
    append_looks(NAME, [FIRST._replace(look=10)], root)
    with pytest.raises(LTHError, match="commit first"):
        check_committed([NAME], root)
    check_committed([], root)


def test_the_projects_own_looks_are_legal():
    for path in ROOT.glob("replications/*/looks.csv"):
        assert read_looks(path.parent.name, ROOT)
