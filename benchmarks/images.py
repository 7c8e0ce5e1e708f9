"""Training and scoring of the image networks, by weights remaining.

`usual` is the loop that is found most often: PIL images from a DataLoader, masks in the forward pass, default Adam.
`good` is the best plain loop: images in memory, fused Adam, no masks. `csr` is that loop over weights in torch's
compressed rows. All three have plain layers. `torch` and `sparse` are our engines. Images are noise in the shape of
MNIST or CIFAR-10, and masks are random, which costs about the same.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from lth_common.models import build
from lth_common.protocol.schema.image_settings import Model
from lth_common.protocol.schema.train import Optimizer, Select, Train
from lth_common.pruning.mask import Mask
from lth_common.pruning.prunable import parameters_of
from lth_common.training.engine import engine_of
from lth_common.training.engine.choice import obstacle
from lth_common.training.examples import Examples
from lth_common.training.flat import FlatNet
from lth_common.training.loop import evaluate

from .measuring import Row, Run, measure, rows_of
from .plain import plainly

ADAM = {"lr": 1e-3, "weight_decay": 1e-4}
MNIST, CIFAR = (1, 28, 28), (3, 32, 32)
INIT = {"scheme": "torch_default"}
CONTENDERS = ("usual", "good", "csr", "torch", "sparse")


class Workload(NamedTuple):
    """A network at its papers' batch size, with examples for training and scoring, and steps of a round."""

    model: dict
    shape: tuple[int, int, int]
    batch: int
    examples: tuple[int, int]
    steps: int


WORKLOADS = {
    "LeNet, batch 100": Workload({"name": "mlp", "hidden": [300, 100]}, MNIST, 100, (60_000, 10_000), 100),
    "FC-1, batch 1,024": Workload({"name": "mlp", "hidden": [300, 100]}, MNIST, 1024, (60_000, 10_000), 10),
    "LeNet-5, batch 1,024": Workload({"name": "lenet5"}, CIFAR, 1024, (4096, 2000), 2),
    "Conv2, batch 200": Workload({"name": "conv2", "padded": False, "activation": False}, CIFAR, 200, (2000, 1000), 2),
    "ShuffleNet, batch 100": Workload({"name": "shufflenet", "groups": 1, "shuffle": 2}, CIFAR, 100, (1000, 300), 1),
}


class Contender(NamedTuple):
    train: Run
    score: Callable[[], object]


class CSRLinear(nn.Module):
    """A linear layer whose weights are values of torch's compressed rows."""

    def __init__(self, mask: Tensor):
        super().__init__()
        rows = mask.float().to_sparse_csr()
        self.crow, self.col, self.shape = rows.crow_indices(), rows.col_indices(), mask.shape
        self.values = nn.Parameter(torch.randn(len(self.col)) * 0.05)
        self.bias = nn.Parameter(torch.zeros(len(mask)))

    def forward(self, x: Tensor) -> Tensor:
        weight = torch.sparse_csr_tensor(self.crow, self.col, self.values, self.shape, check_invariants=False)
        return (weight @ x.T).T + self.bias


def network(load: Workload) -> nn.Module:
    torch.manual_seed(0)
    return build(Model.model_validate(load.model | {"init": INIT}), load.shape, 10)


def random_mask(module: nn.Module, left: float) -> Mask:
    """A random mask; the output layer loses weights at half the rate, as in the papers."""
    generator = torch.Generator().manual_seed(0)
    rates = {"linear": left, "output": left**0.5}
    if any(isinstance(layer, nn.Conv2d) for layer in module.modules()):
        rates["conv"] = left
    return Mask({row.name: torch.rand(row.shape, generator=generator) < rates[row.kind]
                 for row in parameters_of(module, rates) if row.prunable})


def usual(load: Workload, mask: Mask, test: Examples) -> Contender:
    from .pil_images import loader_of  # torchvision, which the others do not need

    module = plainly(network(load))
    masks = {name: entry.float() for name, entry in mask.items()}

    def pruned(*_) -> None:
        for name, parameter in module.named_parameters():
            if name in masks:
                parameter.data = parameter.data * masks[name]

    module.register_forward_pre_hook(pruned)
    optimizer = torch.optim.Adam(module.parameters(), **ADAM)
    loader = loader_of(load.examples[0], load.shape, load.batch)

    def batches() -> Iterator[list[Tensor]]:
        while True:
            yield from loader

    stream = batches()

    def steps(many: int) -> None:
        for _ in range(many):
            x, y = next(stream)
            optimizer.zero_grad()
            loss = cross_entropy(module(x), y)
            loss.backward()
            optimizer.step()

    return Contender(steps, lambda: evaluate(module, test, settings_of(load)))


def good(module: nn.Module, load: Workload, data: Examples, test: Examples) -> Contender:
    optimizer = torch.optim.Adam(module.parameters(), fused=True, **ADAM)

    def steps(many: int) -> None:
        for chosen in orders(data, load.batch, many):
            optimizer.zero_grad()
            loss = cross_entropy(module(data.x[chosen]), data.y[chosen])
            loss.backward()
            optimizer.step()

    return Contender(steps, lambda: evaluate(module, test, settings_of(load)))


def ours(name: str, load: Workload, mask: Mask, data: Examples, test: Examples) -> Contender | None:
    """One of our engines; None if it cannot train this network."""
    net, settings = FlatNet(network(load)), settings_of(load)
    net.set(net.get() | mask.apply({key: value for key, value in net.get().items() if key in mask}))
    if name != "torch" and obstacle(net, mask, settings):
        return None
    engine, losses = engine_of(name, net, mask, settings), torch.zeros(())
    return Contender(lambda many: engine.steps(data, orders(data, load.batch, many), ADAM["lr"], losses),
                     lambda: evaluate(engine.module, test, settings))


def csr(load: Workload, mask: Mask) -> nn.Module | None:
    if load.model["name"] != "mlp":
        return None
    first, *others = (CSRLinear(entry) for entry in mask.values())
    return nn.Sequential(nn.Flatten(), first, *(layer for each in others for layer in (nn.ReLU(), each)))


def settings_of(load: Workload) -> Train:
    return Train(batch_size=load.batch, budget="1it", optimizer=Optimizer(name="adam", **ADAM),
                 select=Select(rule="last"))


def orders(data: Examples, batch: int, steps: int) -> list[Tensor]:
    return list(torch.randint(0, len(data.y), (steps * batch,)).split(batch))


def contender(who: str, load: Workload, mask: Mask, data: Examples, test: Examples) -> Contender | None:
    """The contender of that name; None if it cannot train this network."""
    if who == "usual":
        return usual(load, mask, test)
    if who == "good":
        return good(plainly(network(load)), load, data, test)
    if who == "csr":
        return good(rows, load, data, test) if (rows := csr(load, mask)) else None
    return ours(who, load, mask, data, test)


def noise(load: Workload) -> tuple[Examples, Examples]:
    """Examples to train on and to score."""
    torch.manual_seed(0)
    training, test = (Examples(torch.randn(count, *load.shape), torch.randint(0, 10, (count,)))
                      for count in load.examples)
    return training, test


def flops(load: Workload) -> float:
    """Floating-point operations of a dense step, forward and backward."""
    module, x, y = network(load), torch.randn(load.batch, *load.shape), torch.zeros(load.batch, dtype=torch.long)
    with FlopCounterMode(display=False) as counter:
        cross_entropy(module(x), y).backward()
    return counter.get_total_flops()


def race(name: str, lefts: tuple[float, ...], rounds: int, peak: float) -> Iterator[Row]:
    """Training and scoring of one network by all contenders, at each share of the weights."""
    load = WORKLOADS[name]
    data, test = noise(load)
    for left in lefts:
        mask = random_mask(network(load), left)
        made = {who: contender(who, load, mask, data, test) for who in CONTENDERS}
        found = {who: each for who, each in made.items() if each}
        times = measure({who: each.train for who, each in found.items()}, rounds, load.steps)
        yield from rows_of(name, "step", left, times, flops(load), peak)
        scored = {who: (lambda _, score=each.score: score()) for who, each in found.items() if who != "usual"}
        yield from rows_of(name, "scoring", left, measure(scored, rounds, 1))
