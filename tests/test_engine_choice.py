"""Which engine trains: from the table, or the one that was asked for where it can; and a run says which it was."""

import os
import subprocess
import sys

import pytest
import torch
from conftest import dense, half, make_net, make_rules, make_task, make_train, whole_chain
from torch import nn

from lth_common.models.lenet5 import LeNet5
from lth_common.protocol.resolve import ROOT
from lth_common.protocol.schema.paper import Arm
from lth_common.pruning.mask import Mask
from lth_common.seeds import stream
from lth_common.tasks.image_task import ImageTask
from lth_common.tickets.ticket import Ticket
from lth_common.training.engine.choice import choose, pays
from lth_common.training.flat import FlatNet

LONG = 10**6  # steps


def chosen(wanted, net=None, mask=None, steps=LONG, **train):
    net = net or make_net()
    return choose(wanted, net, mask or half(net), make_train(**train), steps)


def lenet(left):
    """A mask over LeNet 300-100 that keeps a share of each layer."""
    shapes = {"layers.0.weight": (300, 784), "layers.1.weight": (100, 300), "layers.2.weight": (10, 100)}
    return Mask({name: torch.arange(a * b).view(a, b) % 100 < 100 * left for name, (a, b) in shapes.items()})


def test_an_engine_can_be_forced():
    assert chosen("torch") == ("torch", "") and chosen("sparse", steps=1) == ("sparse", "")


def test_the_table_knows_batch_weights_left_and_length():
    assert pays(lenet(1.0), 100, 30_000) and pays(lenet(0.1), 1024, 30_000)
    assert not pays(lenet(1.0), 1024, 30_000), "dense kernels are as good at large batches"
    assert not pays(lenet(0.1), 100, 50), "native code takes longer to load"
    assert chosen("auto") == ("sparse", "") and chosen("auto", steps=10) == ("torch", "")


def conv():
    net = FlatNet(LeNet5((1, 28, 28), 10))
    return net, dense(net)


def frozen_bias():
    module = make_net().module
    module.layers[0].bias.requires_grad_(False)
    net = FlatNet(module)
    return net, half(net)


def looked_into():
    net = make_net()
    net.module.layers[1].register_forward_hook(lambda module, args, out: None)
    return net, half(net)


def wrapped():
    net = FlatNet(nn.Sequential(make_net().module))
    return net, half(net)


def pruned_biases():
    net = make_net()
    return net, Mask(dict(half(net)) | {"layers.0.bias": torch.tensor([True] * 4 + [False] * 4)})


def elsewhere():
    net = FlatNet(make_net().module, "meta")
    return net, half(make_net())


@pytest.mark.parametrize(("make", "why"), [
    (conv, "no stack of linear layers"), (wrapped, "no stack of linear layers"), (frozen_bias, "not trained"),
    (looked_into, "looks into the network"), (pruned_biases, "biases are pruned"), (elsewhere, "the device is meta")])
@pytest.mark.parametrize("wanted", ["auto", "sparse"])
def test_what_the_sparse_engine_cannot_do_is_torchs(make, why, wanted):
    name, reason = chosen(wanted, *make())
    assert name == "torch" and why in reason


def test_a_mask_applied_once_is_torchs():
    name, why = choose("sparse", make_net(), half(make_net()), make_train(mask="applied_once"), LONG)
    assert name == "torch" and "trained again" in why


@pytest.mark.parametrize("wanted", ["auto", "sparse"])
def test_without_numba_torch_trains(monkeypatch, wanted):
    monkeypatch.setitem(sys.modules, "numba", None)  # an import of it fails
    name, why = chosen(wanted)
    assert name == "torch" and why.startswith("numba cannot be imported")


def unwatched(engine, **train):
    """The image task on digits, as it is outside tests: nothing looks into its network."""
    watched = make_task(**train)
    task = ImageTask(watched.settings, Arm(about=""), make_rules(), "cpu")
    task.engine = engine
    return task


def test_a_chain_finds_the_same_tickets_by_either_engine():
    """While rounding has not yet decided on which side of a ReLU a sum is."""
    tasks = {engine: unwatched(engine, budget="1it") for engine in ("torch", "sparse")}
    books = {engine: whole_chain(task, make_rules()) for engine, task in tasks.items()}
    assert books["torch"].masks == books["sparse"].masks
    assert tasks["torch"].engines == dict.fromkeys(range(3), "torch")
    assert tasks["sparse"].engines == dict.fromkeys(range(3), "sparse")


def test_a_task_scores_the_selected_weights_by_the_engine_that_trained():
    outcomes = []
    for engine in ("torch", "sparse"):
        task = unwatched(engine, select={"rule": "best_validation"}, optimizer={"name": "adam", "lr": 0.001})
        weights = task.initial(stream(0, "init"))
        mask = Mask.dense(weights, [p.name for p in task.parameters if p.prunable])
        outcomes.append(task.train(Ticket(mask, weights), 0, 0))
    torchs, sparse = outcomes
    names = [[(row["step"], row["split"], row["metric"]) for row in outcome.rows] for outcome in outcomes]
    assert names[0] == names[1]
    assert [row["value"] for row in torchs.rows] == pytest.approx([row["value"] for row in sparse.rows], abs=1e-3)


SCRIPT = """
import sys
from test_engine_choice import unwatched
from conftest import make_rules, whole_chain
whole_chain(unwatched("torch"), make_rules())
print(sorted({"torch._dynamo", "numba"} & sys.modules.keys()))
"""


def test_training_by_torch_imports_neither_its_compiler_nor_numba():
    where = os.environ | {"PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"}
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT / "tests", env=where, text=True, check=True,
                          stdout=subprocess.PIPE)
    assert done.stdout.strip() == "[]"
