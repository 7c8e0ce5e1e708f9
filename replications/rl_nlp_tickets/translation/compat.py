"""Every workaround that fairseq 0.9.0 (December 2019) needs, for today's Python, NumPy and PyTorch and to stand a kill.

Nothing else in the project knows of them. Once `fairseq_at_work` is left nothing stays patched, and the random states
of NumPy and PyTorch, which it seeds, are as they were; what it has imported (itself, its plugin) stays imported.
"""

import argparse
import importlib
import io
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lth_common.errors import LTHError


@contextmanager
def fairseq_at_work(log: io.TextIOBase | None = None, note: Callable[[Path], None] | None = None) -> Iterator[None]:
    """Within it fairseq can be imported and used; what it prints goes to `log`, or nowhere.

    `note` is called with each checkpoint that is written, before it gets its name.

    Raises:
        LTHError: where fairseq gives up: with SystemExit on arguments that it does not know, with an assertion or a
            plain exception on data and checkpoints.
        FloatingPointError: where a training has diverged, which is a result.
    """
    _import_fairseq()
    from fairseq import checkpoint_utils, meters, search

    # Its parser reads --user-dir from the command line of whatever program runs, so that line is hidden.
    argv, sys.argv = sys.argv, sys.argv[:1]
    # Its beam search divides whole numbers into a tensor of whole numbers, which torch.div refuses since 1.5.
    search.torch = _WholeDivision()
    # It remembers the best loss on a function, from one training to the next.
    _forget_best(checkpoint_utils)
    # It writes checkpoints in place, so that a kill leaves half a file, and goes on without one on a full disk.
    save, checkpoint_utils.torch_persistent_save = checkpoint_utils.torch_persistent_save, partial(_save, note)
    checkpoint_utils.shutil = _HardLinks()
    # Its checkpoints hold arguments and meters, which torch.load (weights_only since 2.6) does not trust by itself.
    trusted = [argparse.Namespace, meters.AverageMeter, meters.TimeMeter, meters.StopwatchMeter]
    numbers = np.random.get_state()
    try:
        with (torch.serialization.safe_globals(trusted), warnings.catch_warnings(), torch.random.fork_rng(),
              redirect_stdout(log or io.StringIO())):
            warnings.simplefilter("ignore")  # its calls of torch that have been deprecated since
            yield
    except (LTHError, OSError, FloatingPointError, KeyboardInterrupt):
        raise
    except (SystemExit, Exception) as error:
        raise LTHError(f"fairseq stopped with {type(error).__name__}: {error}") from error
    finally:
        np.random.set_state(numbers)
        sys.argv, search.torch, checkpoint_utils.shutil = argv, torch, shutil
        checkpoint_utils.torch_persistent_save = save
        _forget_best(checkpoint_utils)


def _import_fairseq() -> None:
    """The first import; two of its tables name np.float, which NumPy 1.24 removed and which was Python's float."""
    if "fairseq" in sys.modules:
        return
    np.float = float
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module("fairseq")
            for module in ("train", "generate", "preprocess"):
                importlib.import_module(f"fairseq_cli.{module}")
    finally:
        del np.float


def _forget_best(checkpoint_utils: Any) -> None:
    vars(checkpoint_utils.save_checkpoint).pop("best", None)


def _save(note: Callable[[Path], None] | None, state: dict, path: str) -> None:
    """A checkpoint is whole or not there, and a full disk is an error."""
    torch.save(state, f"{path}.part")
    if note is not None:
        note(Path(f"{path}.part"))
    os.replace(f"{path}.part", path)


class _HardLinks:
    """shutil as fairseq's checkpoints see it: the copy of a whole file is whole, and takes no room."""

    @staticmethod
    def copyfile(source: str, target: str) -> None:
        Path(f"{target}.part").unlink(missing_ok=True)
        os.link(source, f"{target}.part")
        os.replace(f"{target}.part", target)


class _WholeDivision:
    """torch as one module of fairseq sees it: `div` rounds down, as it did for whole numbers."""

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    @staticmethod
    def div(left: torch.Tensor, right: Any, out: torch.Tensor) -> torch.Tensor:
        return torch.div(left, right, rounding_mode="floor", out=out)
