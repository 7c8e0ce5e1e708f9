"""Speed of training steps of the larger convolutional networks (three channels): layer by layer against ours.

    python -m benchmarks.conv_nets_speed [NETWORK …] [--rounds 7]

One process, one thread, in turns (see lenet_speed). Both compute the same function of the same weights; the largest
relative difference of their gradients in double precision is printed first (in single precision rounding decides
which of two nearly equal values a maximum or a ReLU lets through). Adam, mask and evaluation are left out: they are
the same.
"""

import argparse
import copy

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d, relu

from benchmarks.conv_pool_speed import difference, stepper
from benchmarks.lenet_speed import measure, report
from lth_common.models.conv2 import Conv2
from lth_common.models.shufflenet import ShuffleNet, Unit

CHECKED = 30  # images whose gradients are compared


class PlainConv2(Conv2):
    """The same layers, one after the other."""

    def forward(self, x: Tensor) -> Tensor:
        between = relu if self.activation else nn.Identity()
        x = max_pool2d(between(self.conv2(between(self.conv1(x)))), *self.pooling)
        return self.fc3(between(self.fc2(between(self.fc1(x.flatten(1))))))


class PlainShuffleNet(ShuffleNet):
    """The same layers with grouped convolutions and channels that are really shuffled."""

    def forward(self, x: Tensor) -> Tensor:
        x = relu(self.stem_norm(self.stem(x)))
        for unit in self.units:
            x = _plain_unit(unit, x)
        return self.fc(x.mean((2, 3)))


def _plain_unit(unit: Unit, x: Tensor) -> Tensor:
    y = unit.conv1(x).unflatten(1, (unit.shuffle, -1)).transpose(1, 2).flatten(1, 2)
    y = unit.norm3(unit.conv2(unit.norm2(unit.depthwise(relu(unit.norm1(y))))))
    return relu(torch.cat([avg_pool2d(x, 2, ceil_mode=True), y], dim=1) if unit.halves else x + y)


# name: (plain class, our class), settings, images a batch, side of the images
NETWORKS = {
    "conv2": ((PlainConv2, Conv2), {"padded": False, "activation": False}, 200, 32),
    "conv2_padded_relu": ((PlainConv2, Conv2), {"padded": True, "activation": True}, 200, 32),
    "shufflenet": ((PlainShuffleNet, ShuffleNet), {"groups": 1, "shuffle": 2}, 100, 32),
    "shufflenet_groups": ((PlainShuffleNet, ShuffleNet), {"groups": 2, "shuffle": 2}, 100, 32),
    "shufflenet_small": ((PlainShuffleNet, ShuffleNet), {"groups": 1, "shuffle": 2}, 100, 16),
}


def race(name: str, rounds: int) -> None:
    """Print one network's difference of gradients, times and ratio."""
    (plain, ours), settings, batch, side = NETWORKS[name]
    torch.manual_seed(0)
    x, y = torch.randn(batch, 3, side, side), torch.randint(0, 10, (batch,))
    nets = {"plain": plain((3, side, side), 10, **settings), "ours": ours((3, side, side), 10, **settings)}
    nets["ours"].load_state_dict(nets["plain"].state_dict())
    exact = [copy.deepcopy(net).double() for net in nets.values()]
    for net in exact:
        stepper(net, y[:CHECKED], x[:CHECKED].double())(1)
    print(f"{name}, batch {batch}, {side}×{side}\nlargest difference of gradients: {difference(*exact):.1e}")
    runs = {kind: stepper(net, y, x) for kind, net in nets.items()}
    print(report(measure(runs, rounds, 1)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=f"of {', '.join(NETWORKS)}; all if none")
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for name in args.networks or NETWORKS:
        race(name, args.rounds)


if __name__ == "__main__":
    main()
