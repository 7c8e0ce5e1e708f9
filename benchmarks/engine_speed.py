"""Speed of training and scoring fully connected networks by weights remaining: dense kernels, torch's CSR, and ours.

    python -m benchmarks.engine_speed [lenet | fc1] [--rounds 7] [--steps 100] [--chain 200]

`lenet` is 784-300-100-10 at batch 100, `fc1` the same at batch 1,024; Adam with weight decay. `good` is the best plain
loop: images in memory, fused Adam, no masks. `csr` has its weights in torch's compressed rows. `torch` and `sparse` are
our engines. All train in one process on one thread, in turns, so that a busy machine slows all; times are CPU time of
the process, and ratios are medians of the rounds' ratios. The images are noise in the shape of MNIST. `--chain` trains
28 levels of so many steps by either engine, a validation set of 5,000 scored at the end of each.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lth_common.models.mlp import MLP
from lth_common.protocol.schema.train import Optimizer, Select, Train
from lth_common.pruning.mask import Mask
from lth_common.training.engine import engine_of
from lth_common.training.examples import Examples
from lth_common.training.flat import FlatNet
from lth_common.training.loop import evaluate, train

SIZES = (784, 300, 100, 10)
BATCH = {"lenet": 100, "fc1": 1024}
LEFT = (1.0, 0.5, 0.33, 0.2, 0.108, 0.05, 0.036, 0.02, 0.01)
LEVELS, RATE = 28, 0.8
ADAM = {"lr": 1e-3, "weight_decay": 1e-4}
TRAINING, TEST, VALIDATION = 60_000, 10_000, 5_000

Contender = tuple[Callable[[int], None], Callable[[], object]]  # trains for so many steps, scores the test images


def settings_of(batch: int, budget: str = "1it") -> Train:
    return Train(batch_size=batch, budget=budget, optimizer=Optimizer(name="adam", **ADAM), select=Select(rule="last"))


def masks_of(left: float) -> list[Tensor]:
    """Random masks; the output layer loses weights at half the rate, as in the papers."""
    generator = torch.Generator().manual_seed(0)
    shares = [left, left, left**0.5]
    return [torch.rand(b, a, generator=generator) < share
            for a, b, share in zip(SIZES, SIZES[1:], shares, strict=False)]


def orders(data: Examples, batch: int, steps: int) -> list[Tensor]:
    return list(torch.randint(0, len(data.y), (steps * batch,)).split(batch))


def plain(module: nn.Module, data: Examples, test: Examples, batch: int) -> Contender:
    """A loop over images in memory with fused Adam, and no more."""
    optimizer = torch.optim.Adam(module.parameters(), fused=True, **ADAM)

    def steps(count: int) -> None:
        for chosen in orders(data, batch, count):
            optimizer.zero_grad()
            loss = cross_entropy(module(data.x[chosen]), data.y[chosen])
            loss.backward()
            optimizer.step()

    return steps, lambda: evaluate(module, test, settings_of(batch))


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


def csr(masks: list[Tensor]) -> nn.Module:
    layers = [CSRLinear(mask) for mask in masks]
    return nn.Sequential(nn.Flatten(), layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])


def ours(name: str, masks: list[Tensor], data: Examples, test: Examples, batch: int) -> Contender:
    net = FlatNet(MLP(SIZES[0], SIZES[1:-1], SIZES[-1]))
    mask = Mask({f"layers.{k}.weight": entry for k, entry in enumerate(masks)})
    net.set(mask.apply(net.get()))
    engine, losses = engine_of(name, net, mask, settings_of(batch)), torch.zeros(())
    return (lambda count: engine.steps(data, orders(data, batch, count), ADAM["lr"], losses),
            lambda: evaluate(engine.module, test, settings_of(batch)))


def cpu_ms(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return (time.process_time() - start) * 1e3


def measure(contenders: dict[str, Contender], rounds: int, steps: int) -> tuple[dict[str, list[float]], ...]:
    """Milliseconds a step, and of scoring, of each contender in each round; an unmeasured round comes first."""
    a_step, scoring = ({name: [] for name in contenders} for _ in range(2))
    for turn in range(rounds + 1):
        for name, (run, score) in contenders.items():
            spent = cpu_ms(lambda run=run: run(steps)) / steps, cpu_ms(score)
            if turn:
                a_step[name].append(spent[0])
                scoring[name].append(spent[1])
    return a_step, scoring


def report(title: str, times: dict[str, list[float]]) -> None:
    """A line of medians, and how many times faster the sparse engine is than each."""
    medians = "  ".join(f"{name} {statistics.median(own):8.3f}" for name, own in times.items())
    ratios = "  ".join(
        f"/{name} {statistics.median(a / b for a, b in zip(own, times['sparse'], strict=True)):6.2f}"
        for name, own in times.items() if name != "sparse")
    print(f"{title:>16}  {medians}   {ratios}", flush=True)


def chain(data: Examples, validation: Examples, batch: int, steps: int) -> None:
    """CPU seconds of 28 levels by either engine, level by level in turns."""
    spent = dict.fromkeys(("torch", "sparse"), 0.0)
    settings = settings_of(batch, f"{steps}it")
    for level in range(LEVELS):
        mask = Mask({f"layers.{k}.weight": entry for k, entry in enumerate(masks_of(RATE**level))})
        for name in spent:
            net = FlatNet(MLP(SIZES[0], SIZES[1:-1], SIZES[-1]))

            def run(name=name, net=net, mask=mask, level=level) -> None:
                train(net, mask, data, validation, settings, seed=0, level=level,
                      engine=engine_of(name, net, mask, settings))

            spent[name] += cpu_ms(run) / 1e3
    print(f"{LEVELS} levels of {steps} steps: torch {spent['torch']:.2f} s, sparse {spent['sparse']:.2f} s, "
          f"{spent['torch'] / spent['sparse']:.2f} times")


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("networks", nargs="*", help="lenet, fc1, or both")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=100, help="at batch 100, in a round; as many examples at others")
    parser.add_argument("--chain", type=int, default=0, help="steps of each level of a chain")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    x, y = torch.randn(TRAINING, 1, 28, 28), torch.randint(0, 10, (TRAINING,))
    data, test = Examples(x, y), Examples(torch.randn(TEST, 1, 28, 28), torch.randint(0, 10, (TEST,)))
    for name in args.networks or BATCH:
        batch = BATCH[name]
        print(f"{name}, batch {batch}: CPU ms a step and of scoring {TEST} images, and times the sparse engine")
        for left in LEFT:
            masks = masks_of(left)
            module = nn.Sequential(nn.Flatten(), MLP(SIZES[0], SIZES[1:-1], SIZES[-1]))
            contenders = {"good": plain(module, data, test, batch), "csr": plain(csr(masks), data, test, batch),
                          "torch": ours("torch", masks, data, test, batch),
                          "sparse": ours("sparse", masks, data, test, batch)}
            a_step, scoring = measure(contenders, args.rounds, max(args.steps * 100 // batch, 5))
            report(f"{left:.1%} step", a_step)
            report(f"{left:.1%} scoring", scoring)
        if args.chain:
            chain(data, Examples(test.x[:VALIDATION], test.y[:VALIDATION]), batch, args.chain)


if __name__ == "__main__":
    main()
