"""Every workaround that fairseq 0.9.0 (December 2019) needs on today's Python, NumPy and PyTorch.

Nothing else in the project knows of them, and nothing stays patched once `fairseq_at_work` is left.
"""

import argparse
import importlib
import io
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import numpy as np
import torch

from lth_common.errors import LTHError


@contextmanager
def fairseq_at_work(log: io.TextIOBase | None = None) -> Iterator[None]:
    """Within it fairseq can be imported and used; what it prints goes to `log`, or nowhere.

    Raises:
        LTHError: where fairseq gives up with SystemExit, as it does on arguments that it does not know.
    """
    _import_fairseq()
    from fairseq import checkpoint_utils, meters, search

    # Its parser reads --user-dir from the command line of whatever program runs, so that line is hidden.
    argv, sys.argv = sys.argv, sys.argv[:1]
    # Its beam search divides whole numbers into a tensor of whole numbers, which torch.div refuses since 1.5.
    search.torch = _WholeDivision()
    # It remembers the best loss on a function, from one training to the next.
    _forget_best(checkpoint_utils)
    # Its checkpoints hold arguments and meters, which torch.load (weights_only since 2.6) does not trust by itself.
    trusted = [argparse.Namespace, meters.AverageMeter, meters.TimeMeter, meters.StopwatchMeter]
    printed = log or io.StringIO()
    try:
        with torch.serialization.safe_globals(trusted), warnings.catch_warnings(), redirect_stdout(printed):
            warnings.simplefilter("ignore")  # its calls of torch that have been deprecated since
            yield
    except SystemExit as error:
        raise LTHError(f"fairseq stopped with {error.code!r}") from None
    finally:
        sys.argv, search.torch = argv, torch
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


class _WholeDivision:
    """torch as one module of fairseq sees it: `div` rounds down, as it did for whole numbers."""

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    @staticmethod
    def div(left: torch.Tensor, right: Any, out: torch.Tensor) -> torch.Tensor:
        return torch.div(left, right, rounding_mode="floor", out=out)
