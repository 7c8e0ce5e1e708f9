"""The actor-critic network, and its exact reduction to the units that a mask leaves alive."""

import torch
from torch import Tensor, nn

from lth_common.pruning.mask import Weights


class ActorCritic(nn.Module):
    """Hidden layers with ReLU that policy and value share; the rows of `heads` are the actions' logits, then the value.

    FLARE's model for vectors (SimpleModelAC): two linear heads on the last hidden layer, here in one.
    """

    def __init__(self, inputs: int, hidden: tuple[int, ...], actions: int):
        super().__init__()
        sizes = (inputs, *hidden)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:], strict=False))
        self.heads = nn.Linear(sizes[-1], actions + 1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits and values [N, actions + 1] of observations [N, inputs]."""
        for layer in self.layers:
            x = layer(x).relu_()
        return self.heads(x)


def names(hidden_layers: int) -> list[str]:
    """The layers' names, from the input to the heads."""
    return [*(f"layers.{i}" for i in range(hidden_layers)), "heads"]


def living_units(mask: Weights, hidden_layers: int) -> list[Tensor]:
    """For each hidden layer, its units [bool] that can be active and are heard.

    A unit is active if it has a bias or a weight from an active unit, and heard if a unit that is heard, or a head,
    has a weight from it. Any other unit is 0 or has no effect; no gradient reaches its weights, so a network without it
    computes and learns the same. A layer keeps one unit at least.
    """
    layers = names(hidden_layers)
    active, heard = [torch.ones(mask[f"{layers[0]}.weight"].shape[1], dtype=torch.bool)], []
    for name in layers[:-1]:
        active.append(mask[f"{name}.weight"][:, active[-1]].any(1) | mask[f"{name}.bias"])
    ahead = torch.ones(mask["heads.weight"].shape[0], dtype=torch.bool)
    for name in reversed(layers[1:]):
        ahead = mask[f"{name}.weight"][ahead].any(0)
        heard.insert(0, ahead)
    living = [a & h for a, h in zip(active[1:], heard, strict=True)]
    for units in living:
        units[0] |= not units.any()
    return living


def connected(mask: Weights, hidden_layers: int, actions: int) -> bool:
    """Whether any path of kept weights leads from an observation to the policy; if none does, it is constant."""
    reached = torch.ones(mask["layers.0.weight"].shape[1], dtype=torch.bool)
    for name in names(hidden_layers)[:-1]:
        reached = mask[f"{name}.weight"][:, reached].any(1)
    return bool(mask["heads.weight"][:actions, reached].any())


def reduced(tensors: Weights, living: list[Tensor]) -> dict[str, Tensor]:
    """Weights (or masks) of the network of living units only."""
    layers, result = names(len(living)), {}
    for i, name in enumerate(layers):
        weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
        if i < len(living):
            weight, bias = weight[living[i]], bias[living[i]]
        result |= {f"{name}.weight": weight[:, living[i - 1]] if i else weight, f"{name}.bias": bias}
    return result


def restored(small: Weights, living: list[Tensor], full: Weights) -> dict[str, Tensor]:
    """The inverse of `reduced`: `full` with the living units' weights replaced by those of `small`."""
    layers, result = names(len(living)), {name: tensor.clone() for name, tensor in full.items()}
    for i, name in enumerate(layers):
        weight = result[f"{name}.weight"]
        rows = living[i] if i < len(living) else torch.ones(weight.shape[0], dtype=torch.bool)
        columns = living[i - 1] if i else torch.ones(weight.shape[1], dtype=torch.bool)
        weight[rows.nonzero(), columns.nonzero().T] = small[f"{name}.weight"]
        result[f"{name}.bias"][rows] = small[f"{name}.bias"]
    return result
