"""The optimisers of supervised training on one vector, as torch's fused kernels.

The kernels are called directly: a `torch.optim` object imports torch's compiler when it is made, which takes 1.3 s, and
wraps every step.
"""

from typing import Any

import torch
from torch import Tensor

from lth_common.protocol.schema.train import Optimizer

BETA1, BETA2 = 0.9, 0.999  # torch's default


def moments_of(settings: Optimizer) -> tuple[str, ...]:
    """Names of the vectors that the optimiser keeps beside the weights."""
    if settings.name == "sgd":
        return ("momentum",) if settings.momentum else ()
    return ("first", "second")


class FusedOptimizer:
    """Adam, AdamW or SGD with momentum on `vector`, whose gradient is in `vector.grad`; `lr` may be set at any time."""

    def __init__(self, vector: Tensor, settings: Optimizer):
        self.vector, self.settings, self.lr, self.steps = vector, settings, settings.lr, 0
        self._count = torch.zeros((), device=vector.device)  # the steps, where the kernel reads them
        self.moments = {name: torch.zeros_like(vector.data) for name in moments_of(settings)}

    @torch.no_grad()
    def step(self) -> None:
        """Move the vector by its present gradient."""
        own, moments = self.settings, [[moment] for moment in self.moments.values()]
        shared = {"lr": self.lr, "weight_decay": own.weight_decay, "maximize": False}
        if own.name == "sgd":
            torch._fused_sgd_([self.vector], [self.vector.grad], *moments or [[]], momentum=own.momentum, dampening=0.0,
                              nesterov=False, is_first_step=self.steps == 0, **shared)
        else:
            kernel = {"adam": torch._fused_adam_, "adamw": torch._fused_adamw_}[own.name]
            self._count += 1
            kernel([self.vector], [self.vector.grad], *moments, [], [self._count], beta1=BETA1, beta2=BETA2,
                   eps=own.eps, amsgrad=False, **shared)
        self.steps += 1

    def state(self) -> dict[str, Any]:
        """What a resumed training needs, live."""
        return {"steps": self.steps, **self.moments}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from such a state."""
        self.steps = state["steps"]
        self._count.fill_(self.steps)
        for name, moment in self.moments.items():
            moment.copy_(state[name])


class RMSprop:
    """torch's RMSprop on `vector`, whose gradient is in `vector.grad`, in the same arithmetic."""

    def __init__(self, vector: Tensor, lr: float, alpha: float, eps: float):
        self.vector, self.lr, self.alpha, self.eps = vector, lr, alpha, eps
        self.square = torch.zeros_like(vector.data)

    @torch.no_grad()
    def step(self) -> None:
        """Move the vector by its present gradient."""
        gradient = self.vector.grad
        self.square.mul_(self.alpha).addcmul_(gradient, gradient, value=1 - self.alpha)
        self.vector.addcdiv_(gradient, self.square.sqrt().add_(self.eps), value=-self.lr)
