"""Batch norm outside training: with running statistics, as is usual, or with each batch's own."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


def batch_norms(module: nn.Module) -> list[nn.Module]:
    """The batch-norm layers of `module`."""
    return [layer for layer in module.modules() if isinstance(layer, nn.modules.batchnorm._BatchNorm)]


@contextmanager
def batch_statistics(module: nn.Module) -> Iterator[None]:
    """For a module in evaluation mode: the statistics of each batch, while the running ones neither count nor move."""
    for layer in batch_norms(module):
        layer.training, layer.track_running_stats = True, False
    try:
        yield
    finally:
        for layer in batch_norms(module):
            layer.training, layer.track_running_stats = False, True
