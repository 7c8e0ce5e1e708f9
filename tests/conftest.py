"""Fixtures of the core's tests: a small network, small separable data, and the real image task on tiny data."""

import io

import pytest
import torch
from hypothesis import settings

from lth_common.expressions.paper import load_paper
from lth_common.models.mlp import MLP
from lth_common.protocol.resolve import ROOT
from lth_common.protocol.schema.image_settings import Settings
from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.protocol.schema.train import Train
from lth_common.pruning.mask import Mask
from lth_common.tasks.image_task import ImageTask
from lth_common.tickets.chain import run_chain
from lth_common.tickets.ticket import Ticket
from lth_common.training.examples import Examples
from lth_common.training.flat import FlatNet

settings.register_profile("no deadline", deadline=None)  # a busy machine is no failure
settings.load_profile("no deadline")


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """As the runs do: sums on one thread are the same every time."""
    torch.set_num_threads(1)


def frozen(state):
    """A state as it comes back from a file: nothing in it is shared with the training that goes on."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return torch.load(io.BytesIO(buffer.getvalue()), weights_only=True)


def same(left, right):
    """Equal names and equal tensors, bit for bit."""
    return left.keys() == right.keys() and all(torch.equal(left[n], right[n]) for n in left)


def same_function(ours, plain, x):
    """The same values and gradients of equal weights, in double precision, where rounding is small."""
    plain.load_state_dict(ours.state_dict())
    results = []
    for net in (ours.double(), plain.double()):
        logits = net(x.double())
        logits.logsumexp(1).sum().backward()
        results.append([logits, *(p.grad for p in net.parameters())])
    for left, right in zip(*results, strict=True):
        assert torch.allclose(left, right, rtol=1e-9, atol=1e-9)


def make_net(hidden=(8, 5), seed=0):
    torch.manual_seed(seed)
    return FlatNet(MLP(6, hidden, 3))


def half(net, seed=17):
    """A mask that keeps about half of every weight matrix."""
    generator = torch.Generator().manual_seed(seed)
    return Mask({n: torch.rand(s, generator=generator) < 0.5 for n, s in net.shapes.items() if n.endswith("weight")})


def dense(net):
    return Mask.dense(net.get(), [n for n in net.shapes if n.endswith("weight")])


def make_split(n, seed):
    """Noisy labels of a fixed linear rule: it can be learnt, though not perfectly."""
    generator = torch.Generator().manual_seed(seed)
    rule = torch.randn(6, 3, generator=torch.Generator().manual_seed(99))
    x = torch.randn(n, 6, generator=generator)
    return Examples(x, (x @ rule + torch.randn(n, 3, generator=generator)).argmax(1))


def make_train(**changes):
    base = {"batch_size": 16, "budget": "3ep", "optimizer": {"name": "adam", "lr": 0.01}, "select": {"rule": "last"}}
    return Train.model_validate(base | changes)


def make_rules(**changes):
    return Prune.model_validate({"scope": "layerwise", "rates": {"linear": 0.2, "output": 0.1}, "levels": 2} | changes)


def every_level(rules):
    return list(range(rules.last_level + 1))


def whole_chain(task, rules):
    return run_chain(task, rules, every_level(rules), 0, None, lambda state: None, lambda level, rows: None)[1]


class RecordedTask(ImageTask):
    """The real image task; it also keeps each training's arguments and the weights of its first forward pass."""

    def __init__(self, *args):
        super().__init__(*args)
        self.tickets: list[Ticket] = []
        self.starts: list[dict] = []
        self.outcomes: list = []

    def train(self, ticket, *args, **kwargs):
        seen = []

        def look(module, inputs):
            if module.training and not seen:
                seen.append(self.net.get())

        handle = self.net.module.register_forward_pre_hook(look)
        outcome = super().train(ticket, *args, **kwargs)
        handle.remove()
        self.tickets.append(ticket)
        self.starts += seen
        self.outcomes.append(outcome)
        return outcome


EDITED = "data_subsets"  # the paper that `edited` copies
SUBSETS = {"full": {"train": [0, 300], "validation": [1000, 1200]},
           "other": {"train": [300, 600], "validation": [1200, 1400]}}


def make_task(rules=None, data="full", **train):
    """The image task on 300 of scikit-learn's digits: 6 batches of 50, two epochs."""
    settings = Settings.model_validate({
        "data": {"name": "digits", "mean": 0.3, "std": 0.38, "subsets": SUBSETS},
        "model": {"name": "mlp", "hidden": [12, 8], "init": {"scheme": "xavier_normal"}},
        "train": {"batch_size": 50, "budget": "2ep", "optimizer": {"name": "adam", "lr": 0.01},
                  "select": {"rule": "last"}} | train,
    })
    return RecordedTask(settings, Arm(about="", data=data), rules or make_rules(), "cpu")


@pytest.fixture
def net():
    return make_net()


@pytest.fixture
def data():
    return make_split(100, seed=1)  # 7 batches of 16, the last one short


@pytest.fixture
def validation():
    return make_split(60, seed=2)


@pytest.fixture
def edited(tmp_path):
    """The real paper with one passage of a file of its folder replaced, read below a root of its own."""
    files = ("protocol.yaml", "claims.py", "figures.py")
    source = {file: (ROOT / "replications" / EDITED / file).read_text(encoding="utf-8") for file in files}

    def load(old="", new="", file="protocol.yaml"):
        assert old in source[file], f"the paper no longer has: {old}"
        folder = tmp_path / "replications" / EDITED
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in source.items():
            (folder / name).write_text(text.replace(old, new, 1) if name == file else text, encoding="utf-8")
        return load_paper(EDITED, tmp_path)

    return load
