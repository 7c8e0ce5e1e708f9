"""Memory that was freed is used again."""

import platform
import subprocess
import sys

import pytest

# Pages that a process is handed while it takes and frees 64 MiB (16,384 pages) ten times, after a first time.
COUNT = """
import resource
from lth_common.training.allocator import keep_freed_memory
def pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def take():
    bytearray(b"x") * 2**26
keep_freed_memory()
take()
before = pages()
for _ in range(10):
    take()
print(pages() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="malloc is told to keep memory on glibc only")
def test_freed_memory_is_not_taken_from_the_system_again():
    done = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1000
