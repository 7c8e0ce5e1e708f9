"""Speed of a LeNet-5 training step (CIFAR-10 shapes, batch 1,024): torch's max_pool2d against ours.

    python -m benchmarks.conv_pool_speed [--rounds 7] [--steps 3]

One process, one thread, in turns (see lenet_speed). Both compute the same function of the same weights; the largest
relative difference of their gradients is printed first. Adam, mask and evaluation are left out: they are the same.
"""

import argparse

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, cross_entropy, max_pool2d, relu

from benchmarks.lenet_speed import Run, measure, report
from lth_common.models.lenet5 import LeNet5

BATCH = 1024


class TorchLeNet5(LeNet5):
    """The same layers with torch's own pooling."""

    def forward(self, x: Tensor) -> Tensor:
        for conv in (self.conv1, self.conv2):
            x = relu(max_pool2d(conv2d(x, conv.weight, conv.bias), 2))
        x = relu(self.fc1(x.flatten(1)))
        return self.fc3(relu(self.fc2(x)))


def stepper(net: nn.Module, y: Tensor, *x: Tensor) -> Run:
    """Forward and backward passes of one batch."""
    def run(steps: int) -> None:
        for _ in range(steps):
            net.zero_grad()
            cross_entropy(net(*x), y).backward()
    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=3, help="steps of each in a round")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, y = torch.randn(BATCH, 3, 32, 32), torch.randint(0, 10, (BATCH,))
    nets = {"torch": TorchLeNet5((3, 32, 32), 10), "ours": LeNet5((3, 32, 32), 10)}
    nets["ours"].load_state_dict(nets["torch"].state_dict())
    runs = {name: stepper(net, y, x) for name, net in nets.items()}
    for run in runs.values():
        run(1)
    print(f"largest difference of gradients: {difference(*nets.values()):.1e}")
    print(report(measure(runs, args.rounds, args.steps)))


def difference(one: nn.Module, other: nn.Module) -> float:
    """Largest difference of two networks' gradients, relative to the largest entry."""
    left, right = (torch.cat([p.grad.flatten() for p in net.parameters()]) for net in (one, other))
    return ((left - right).abs().max() / left.abs().max()).item()


if __name__ == "__main__":
    main()
