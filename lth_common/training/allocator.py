"""Where the memory of tensors on a CPU comes from."""

import ctypes
import platform

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # glibc's malloc.h


def keep_freed_memory() -> None:
    """From now on freed memory is kept for the next tensor, however large (glibc only; elsewhere nothing happens).

    glibc would return large blocks to the system, which hands them out again page by page, each zeroed first:
    a quarter of LeNet-5's step, half of a ShuffleNet's evaluation.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TRIM_THRESHOLD, -1)
