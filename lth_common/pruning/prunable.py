"""Which parameters of a network may be pruned, explicitly: by kind of layer, never by guessing from names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from lth_common.errors import LTHError

KINDS: list[tuple[type, str]] = [
    (nn.Linear, "linear"),
    (nn.modules.conv._ConvNd, "conv"),
    (nn.RNNBase, "lstm"),
    (nn.Embedding, "embedding"),
    (nn.modules.batchnorm._NormBase, "norm"),
    (nn.LayerNorm, "norm"),
    (nn.GroupNorm, "norm"),
]


@dataclass(frozen=True)
class Parameter:
    """One parameter: `kind` is its layer's kind (`bias` for biases, `output` for the last linear layer)."""

    name: str
    shape: tuple[int, ...]
    kind: str
    prunable: bool


def parameters_of(model: nn.Module, rates: Mapping[str, Any], exempt: list[str] = ()) -> list[Parameter]:
    """Each parameter of `model`, tied ones once, in the order of `named_parameters`.

    A parameter is prunable if `rates` has its kind (`output` falls back to `linear`), it is trained, and no
    expression of `exempt` occurs in its name.

    Raises:
        LTHError: for an expression in `exempt` that occurs in no name, a kind in `rates` that the model has not (but
            `linear` if it has an output layer), or if nothing is prunable.
    """
    output = _output_layer(model)
    rows = []
    for name, tensor in model.named_parameters():
        module_name, _, leaf = name.rpartition(".")
        kind = _kind(model.get_submodule(module_name), leaf)
        kind = "output" if kind == "linear" and module_name == output else kind
        free = not any(re.search(pattern, name) for pattern in exempt)
        rows.append(Parameter(name, tuple(tensor.shape), kind, rate_of(kind, rates) is not None and free
                              and tensor.requires_grad))
    for pattern in exempt:
        if not any(re.search(pattern, row.name) for row in rows):
            raise LTHError(f"prune.exempt: '{pattern}' occurs in no parameter; there are: "
                           + ", ".join(row.name for row in rows))
    kinds = {row.kind for row in rows} | ({"linear"} if output is not None else set())
    if rates.keys() - kinds:
        raise LTHError(f"prune.rates.{min(rates.keys() - kinds)}: the model has no parameter of this kind; it has "
                       + ", ".join(sorted(kinds)))
    if not any(row.prunable for row in rows):
        raise LTHError(f"prune.rates: {sorted(rates)} makes no parameter prunable; the model has the kinds "
                       + ", ".join(sorted({row.kind for row in rows})))
    return rows


def rate_of(kind: str, rates: Mapping[str, Any]) -> Any:
    """The pruning rate of a kind, None if it is not pruned."""
    return rates.get(kind, rates.get("linear") if kind == "output" else None)


def _kind(module: nn.Module, leaf: str) -> str:
    if leaf.startswith("bias"):
        return "bias"
    return next((kind for type_, kind in KINDS if isinstance(module, type_)), "other")


def _output_layer(model: nn.Module) -> str | None:
    """Name of the last linear layer: at most one kind of layer has a role of its own in the papers."""
    linear = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    return linear[-1] if linear else None
