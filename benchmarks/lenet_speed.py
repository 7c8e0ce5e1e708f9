"""Speed of training LeNet 300-100 (batch 100, Adam, masked): a loop over PIL images and a DataLoader against ours.

    python -m benchmarks.lenet_speed [--rounds 7] [--steps 200]

Both run in one process on one thread, in turns, so that a busy machine slows both; the minimum over rounds is
the number to quote, the median shows how busy it was. Times are CPU time of the process. The images are noise
in the shape of MNIST (60,000 x 28 x 28), which costs the same as MNIST and needs no files.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from lth_common.models.mlp import MLP
from lth_common.protocol.schema.train import Optimizer, Select, Train
from lth_common.pruning.mask import Mask
from lth_common.training.examples import Examples
from lth_common.training.flat import FlatNet
from lth_common.training.loop import train

SIZES = (784, 300, 100, 10)
BATCH, LR, WEIGHT_DECAY, MEAN, STD = 100, 1e-3, 1e-3, 0.1307, 0.3081
KEPT = 0.2

Run = Callable[[int], None]  # trains for so many steps


class PilImages(Dataset):
    """What torchvision's MNIST hands out: one PIL image at a time, transformed."""

    def __init__(self, images: Tensor, labels: Tensor):
        self.images, self.labels = images, labels
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images[index].numpy())), int(self.labels[index])


class MaskingLeNet(nn.Module):
    """LeNet 300-100 that replaces each weight by weight x mask at the start of every forward pass."""

    def __init__(self, masks: list[Tensor]):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(SIZES, SIZES[1:], strict=False))
        self.masks = masks

    def forward(self, x: Tensor) -> Tensor:
        for layer, mask in zip(self.layers, self.masks, strict=True):
            layer.weight.data = layer.weight.data * mask
        x = x.view(-1, SIZES[0])
        x = nn.functional.relu(self.layers[0](x))
        x = nn.functional.relu(self.layers[1](x))
        return self.layers[2](x)


def usual(images: Tensor, labels: Tensor, masks: list[Tensor]) -> Run:
    """Data loader over PIL images, mask in the forward pass, default Adam."""
    model = MaskingLeNet([mask.float() for mask in masks])
    optimizer = torch.optim.Adam(model.parameters(), lr=LR, weight_decay=WEIGHT_DECAY)
    criterion = nn.CrossEntropyLoss()
    loader = DataLoader(PilImages(images, labels), batch_size=BATCH, shuffle=True, num_workers=0)

    def batches() -> Iterator[list[Tensor]]:
        while True:
            yield from loader

    stream = batches()

    def run(steps: int) -> None:
        for _ in range(steps):
            x, y = next(stream)
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()

    return run


def ours(images: Tensor, labels: Tensor, masks: list[Tensor]) -> Run:
    """`lth_common.training.loop.train`, setting up included, with a validation set of one image."""
    net = FlatNet(MLP(SIZES[0], SIZES[1:-1], SIZES[-1]))
    mask = Mask({f"layers.{k}.weight": entry for k, entry in enumerate(masks)})
    data = Examples(images.float().div_(255).sub_(MEAN).div_(STD), labels)
    validation = Examples(data.x[:1], data.y[:1])
    optimizer = Optimizer(name="adam", lr=LR, weight_decay=WEIGHT_DECAY)

    def run(steps: int) -> None:
        budget = f"{steps}it"
        settings = Train(batch_size=BATCH, budget=budget, optimizer=optimizer, select=Select(rule="last"))
        train(net, mask, data, validation, settings, seed=0, level=1)

    return run


def measure(runs: dict[str, Run], rounds: int, steps: int) -> dict[str, list[float]]:
    """CPU milliseconds a step of each run in each round; an unmeasured round comes first."""
    times = {name: [] for name in runs}
    for _ in range(rounds + 1):
        for name, run in runs.items():
            start = time.process_time()
            run(steps)
            times[name].append((time.process_time() - start) / steps * 1e3)
    return {name: measured[1:] for name, measured in times.items()}


def report(times: dict[str, list[float]]) -> str:
    """The table, and how much faster the last run is than the first."""
    lines = [f"{'loop':8}{'ms/step min':>14}{'median':>10}{'steps/s':>10}"]
    for name, ms in times.items():
        lines.append(f"{name:8}{min(ms):14.3f}{statistics.median(ms):10.3f}{1e3 / min(ms):10.0f}")
    first, *_, last = times.values()
    by_round = [a / b for a, b in zip(first, last, strict=True)]
    lines.append(f"ratio of minima {min(first) / min(last):.2f}, median of the rounds' ratios "
                 f"{statistics.median(by_round):.2f} ({min(by_round):.2f} to {max(by_round):.2f})")
    return "\n".join(lines)


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=200, help="optimiser steps of each loop in a round")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    images = torch.from_numpy(random.integers(0, 256, (60_000, 28, 28), np.uint8))
    labels = torch.from_numpy(random.integers(0, 10, 60_000))
    masks = [torch.rand(b, a) < KEPT for a, b in zip(SIZES, SIZES[1:], strict=False)]
    runs = {"usual": usual(images, labels, masks), "ours": ours(images, labels, masks)}
    print(report(measure(runs, args.rounds, args.steps)))


if __name__ == "__main__":
    main()
