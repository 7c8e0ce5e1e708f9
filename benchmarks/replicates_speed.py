"""Does one batched program for five trials of FC-1 (300-100, batch 1,024) beat five trainings one after the other?

    python -m benchmarks.replicates_speed [--rounds 7] [--steps 5]

`separate` is the suite's training step; `batched` keeps all trials in one [R, …] tensor for each layer, with
hand-written gradients (no autograd overhead), one fused Adam and one multiply for all masks. One process, one thread,
in turns ; milliseconds are for one step of one trial. The largest difference between the weights
that both reach from equal starts is printed first (later, Adam turns rounding of near-zero gradients into steps).
"""

import argparse
import statistics

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from benchmarks.measuring import Run, measure
from lth_common.models.mlp import MLP
from lth_common.training.flat import FlatNet

SIZES, BATCH, TRIALS, KEPT, CHECKED = (784, 300, 100, 10), 1024, 5, 0.107, 3
ADAM = {"lr": 1e-3, "weight_decay": 1e-4, "fused": True}


class Separate:
    """One trial."""

    def __init__(self, start: Tensor, mask: Tensor):
        self.net, self.mask = FlatNet(MLP(SIZES[0], SIZES[1:-1], SIZES[-1])), mask
        self.net.vector.data.copy_(start * mask)
        self.optimizer = torch.optim.Adam([self.net.vector], **ADAM)

    def step(self, x: Tensor, y: Tensor) -> None:
        """One step on images [N, 784] and labels [N]."""
        self.net.vector.grad.zero_()
        cross_entropy(self.net.module(x), y).backward()
        self.net.vector.grad.mul_(self.mask)
        self.optimizer.step()
        self.net.vector.data.mul_(self.mask)


class Batched:
    """All trials; `starts` and `masks` are [R, n]."""

    def __init__(self, starts: Tensor, masks: Tensor):
        self.vector, self.masks = torch.nn.Parameter(starts * masks), masks
        self.vector.grad = torch.zeros_like(self.vector)
        self.weights, self.biases = _layers(self.vector.data)
        self.weight_grads, self.bias_grads = _layers(self.vector.grad)
        self.optimizer = torch.optim.Adam([self.vector], **ADAM)

    @torch.no_grad()
    def step(self, x: Tensor, y: Tensor) -> None:
        """One step of every trial on its own images [R, N, 784] and labels [R, N]."""
        inputs = [x]
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = torch.baddbmm(bias, inputs[-1], weight.mT)
            inputs.append(z.relu_() if k < len(self.weights) - 1 else z)
        delta = inputs.pop().softmax(-1)
        delta.scatter_add_(2, y[..., None], torch.full((*y.shape, 1), -1.0)).div_(y.shape[1])
        for k in reversed(range(len(inputs))):
            self.weight_grads[k].copy_(torch.bmm(delta.mT, inputs[k]))
            self.bias_grads[k].copy_(delta.sum(1, keepdim=True))
            if k:
                delta = torch.bmm(delta, self.weights[k]).mul_(inputs[k] > 0)
        self.vector.grad.mul_(self.masks)
        self.optimizer.step()
        self.vector.data.mul_(self.masks)


def _layers(flat: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """Views of [R, n]: weights [R, out, in] and biases [R, 1, out] of each layer."""
    weights, biases, at = [], [], 0
    for a, b in zip(SIZES, SIZES[1:], strict=False):
        weights.append(flat[:, at : at + a * b].unflatten(1, (b, a)))
        biases.append(flat[:, at + a * b : at + a * b + b].unsqueeze(1))
        at += a * b + b
    return weights, biases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=5, help="steps of each in a round")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    images, labels = torch.randn(20_000, SIZES[0]), torch.randint(0, 10, (20_000,))
    starts = torch.stack([FlatNet(MLP(SIZES[0], SIZES[1:-1], SIZES[-1])).vector.data for _ in range(TRIALS)])
    masks = (torch.rand_like(starts) < KEPT).float()
    one_by_one, together = [Separate(*pair) for pair in zip(starts, masks, strict=True)], Batched(starts, masks)

    def separate(steps: int) -> None:
        for _ in range(steps):
            for trial in one_by_one:
                chosen = torch.randint(len(labels), (BATCH,))
                trial.step(images[chosen], labels[chosen])

    def batched(steps: int) -> None:
        for _ in range(steps):
            chosen = torch.randint(len(labels), (TRIALS, BATCH))
            together.step(images[chosen], labels[chosen])

    print(f"largest difference after {CHECKED} steps: {_check(separate, batched, one_by_one, together):.1e}")
    times = measure({"separate": separate, "batched": batched}, args.rounds, args.steps)
    for name, values in times.items():
        print(f"{name:9} {statistics.median(values) / TRIALS:.3f} ms a step of one trial")
    faster = statistics.median(a / b for a, b in zip(*times.values(), strict=True))
    print(f"batched is {faster:.2f} times as fast (median of the rounds' ratios)")


def _check(separate: Run, batched: Run, one_by_one: list[Separate], together: Batched) -> float:
    """Largest difference of any weight, both run on the same batches."""
    for run in (separate, batched):
        torch.manual_seed(1)
        run(CHECKED)
    return max((trial.net.vector - row).abs().max().item()
               for trial, row in zip(one_by_one, together.vector, strict=True))


if __name__ == "__main__":
    main()
