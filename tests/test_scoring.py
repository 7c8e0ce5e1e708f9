"""What a criterion is given, and that the run knows nothing of what it does with it."""

import pytest
import torch
from conftest import frozen, make_rules, make_task, same, whole_chain
from torch import nn
from torch.nn.functional import cross_entropy

from lth_common.errors import LTHError
from lth_common.protocol.schema.image_settings import Settings
from lth_common.protocol.schema.own_name import CRITERION
from lth_common.protocol.schema.paper import Arm
from lth_common.pruning.context import Batch, Context, Lent
from lth_common.pruning.criteria import CRITERIA
from lth_common.pruning.mask import Mask
from lth_common.seeds import stream
from lth_common.tasks.image_task import ImageTask
from lth_common.tickets.chain import run_chain
from lth_common.tickets.masks import scores_of

HERE = "test_scoring:"


def gradient_magnitude(context):
    """As the template has it."""
    for batch in context.batches():
        (context.loss(batch) * len(batch)).backward()
    return {name: context.network.get_parameter(name).grad.abs() for name in context.mask}


def careless(context):
    """Does to the network whatever could be done."""
    context.network.train()
    for parameter in context.network.parameters():
        parameter.requires_grad_(False).fill_(7)
        parameter.grad = None
    for batch in context.batches(1):
        context.network(*batch.inputs)
    for buffer in context.network.buffers():
        buffer.fill_(3)
    torch.manual_seed(99)
    return CRITERIA["magnitude"](context)


def wrong_shape(context):
    return {name: torch.zeros(3) for name in context.mask}


def a_name_less(context):
    return dict(list(CRITERIA["magnitude"](context).items())[1:])


def nothing(context):
    return None


def test_every_criterion_of_the_core_has_a_name_in_settings():
    assert tuple(CRITERIA) == CRITERION.core


def linear_context(size=7):
    """20 examples of 3 inputs and 2 classes, in batches of `size`, and a linear network."""
    generator = torch.Generator().manual_seed(1)
    x, y = torch.randn(20, 3, generator=generator), torch.randint(2, (20,), generator=generator)
    network = nn.Linear(3, 2)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    weights = {name: p.detach().clone() for name, p in network.named_parameters()}
    lent = Lent(network, lambda count: (Batch((a,), b) for a, b in zip(x.split(size), y.split(size), strict=True)),
                lambda batch: cross_entropy(network(*batch.inputs), batch.labels))
    return x, y, Context(weights, Mask.dense(weights, ["weight"]), lend=lambda: lent)


def test_gradient_magnitude_of_a_linear_network_is_the_formula():
    x, y, context = linear_context()
    # of cross-entropy summed over examples: (softmax(Wx + b) - onehot(y)) xᵀ
    wrong = (x @ context.weights["weight"].T + context.weights["bias"]).softmax(1) - torch.eye(2)[y]
    assert torch.allclose(gradient_magnitude(context)["weight"], (wrong.T @ x).abs(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("size", [1, 6, 20])
def test_scores_do_not_hang_on_the_size_of_batches(size):
    whole, parts = (gradient_magnitude(linear_context(size)[2])["weight"] for size in (20, size))
    assert torch.allclose(whole, parts, rtol=1e-5, atol=1e-5)


def test_so_it_is_for_a_real_task():
    def scores(batch_size):
        task = make_task(batch_size=batch_size)
        weights = task.initial(stream(0, "init"))
        mask = Mask.dense(weights, [p.name for p in task.parameters if p.prunable])
        return scores_of(task, make_rules(criterion=f"{HERE}gradient_magnitude"), weights, mask, 0, 0)

    large, small = scores(300), scores(7)
    assert large.keys() == small.keys()
    assert all(torch.allclose(large[name], small[name], rtol=1e-3, atol=1e-3) for name in large)


def normed_task(rules):
    """A network with batch norm: ShuffleNet on digits."""
    settings = Settings.model_validate({
        "data": {"name": "digits", "mean": 0.3, "std": 0.38, "side": 32, "subsets": {"full": {"train": [0, 40]}}},
        "model": {"name": "shufflenet", "groups": 1, "shuffle": 1, "init": {"scheme": "xavier_normal"}},
        "train": {"batch_size": 20, "budget": "1ep", "optimizer": {"name": "adam", "lr": 0.01},
                  "select": {"rule": "last"}}})
    return ImageTask(settings, Arm(about=""), rules, "cpu")


def test_the_model_is_as_it_was_whatever_a_criterion_does():
    rules = make_rules(criterion=f"{HERE}careless", rates={"conv": 0.5}, levels=1)
    task = normed_task(rules)
    weights = task.initial(stream(0, "init"))
    task.net.set(weights)
    task.net.vector.grad.fill_(5)
    module, before = task.net.module, frozen(weights)
    kept = [(p.data_ptr(), p.grad.data_ptr(), p.requires_grad, m.training) for m in module.modules()
            for p in m.parameters(recurse=False)]
    mask = Mask.dense(weights, [p.name for p in task.parameters if p.prunable])
    scores_of(task, rules, weights, mask, 0, 0)
    assert same(weights, before) and same(task.net.get(), before) and (task.net.vector.grad == 5).all()
    assert kept == [(p.data_ptr(), p.grad.data_ptr(), p.requires_grad, m.training) for m in module.modules()
                    for p in m.parameters(recurse=False)]


def test_a_chain_is_the_same_whatever_its_criterion_does_beside_scoring():
    plain, other = (whole_chain(make_task(rules), rules) for rules in (
        make_rules(keep_trained="all"), make_rules(keep_trained="all", criterion=f"{HERE}careless")))
    assert all(same(a, b) for a, b in zip(plain.masks, other.masks, strict=True))
    assert all(same(plain.trained[level], other.trained[level]) for level in plain.trained)


def test_batches_are_training_examples_in_an_order_of_seed_and_level_as_many_as_asked():
    task = make_task(batch_size=64)  # 5 batches an epoch, the last one of 44

    def labels(seed, level, count=None):
        return [batch.labels.tolist() for batch in task.lend(task.net.get(), seed, level).batches(count)]

    assert [len(batch) for batch in labels(0, 0)] == [64, 64, 64, 64, 44]
    assert labels(0, 0) == labels(0, 0) and labels(0, 0) != labels(1, 0) and labels(0, 0) != labels(0, 1)
    assert labels(0, 0, 2) == labels(0, 0)[:2] and len(labels(0, 0, 7)) == 7 and labels(0, 0, 7)[5] != labels(0, 0)[0]
    assert sorted(sum(labels(0, 0), [])) == sorted(task.data.y.tolist())
    batch = next(task.lend(task.net.get(), 0, 0).batches(1))
    assert len(batch) == 64 and batch.inputs[0].shape == (64, 1, 8, 8)


def test_the_network_that_is_lent_has_the_surviving_weights():
    task = make_task()
    weights = task.initial(stream(0, "init"))
    mask = Mask.dense(weights, [p.name for p in task.parameters if p.prunable]).permuted(stream(0, "x"))
    mask = Mask({name: entry & (torch.rand(entry.shape) < 0.5) for name, entry in mask.items()})
    seen = {}

    def look(context):
        seen.update({name: p.detach() for name, p in context.network.named_parameters()})
        assert not context.network.training and same(context.weights, mask.apply(weights))
        return CRITERIA["magnitude"](context)

    globals()["look"] = look
    scores_of(task, make_rules(criterion=f"{HERE}look"), weights, mask, 0, 0)
    assert same(seen, mask.apply(weights))


@pytest.mark.parametrize(("criterion", "message"), [
    ("wrong_shape", r"layers.0.weight: \(3,\); legal: a dictionary .* of shape \(12, 64\)"),
    ("a_name_less", "scores of layers.0.weight: NoneType; legal"), ("nothing", "NoneType; legal"),
    ("gone", "test_scoring:gone: cannot be imported"),
])
def test_a_mistake_of_a_criterion_shows_before_anything_is_trained(criterion, message):
    rules = make_rules(criterion=f"{HERE}{criterion}")
    task = make_task(rules)
    with pytest.raises(LTHError, match=message):
        run_chain(task, rules, [0, 1, 2], 0, None, lambda state: None, lambda level, rows: None)
    assert not task.outcomes


def test_so_does_a_task_that_lends_no_network():
    class Alone:
        """A task of weights alone, such as games."""

        def __init__(self, task):
            self.initial, self.parameters = task.initial, task.parameters

    rules = make_rules(criterion=f"{HERE}gradient_magnitude")
    with pytest.raises(LTHError, match="prune.criterion: it asks for the network or for batches, and this task lends"):
        run_chain(Alone(make_task()), rules, [0, 1, 2], 0, None, lambda state: None, lambda level, rows: None)


def test_papers_own_tasks_lend_none():
    from lth_common.protocol.task_names import task_class, tasks

    assert {name for name in tasks() if hasattr(task_class(name), "lend")} == {"images", "texts"}
