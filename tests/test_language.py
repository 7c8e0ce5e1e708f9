"""The language model: its text, its windows and its training, which must be that of one long sequence."""

import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from lth_common.errors import LTHError
from lth_common.expressions.paper import load_paper
from lth_common.models import initialise
from lth_common.protocol.resolve import arm_prune, arm_settings, resolve
from lth_common.protocol.schema.initial import Init
from lth_common.protocol.schema.train import Train
from lth_common.protocol.task_names import task_class
from lth_common.pruning.mask import Mask
from lth_common.pruning.prunable import parameters_of
from lth_common.seeds import stream
from lth_common.tickets.ticket import Ticket
from lth_common.training.loop import evaluate, train
from replications.rl_nlp_tickets.language.network import LanguageModel
from replications.rl_nlp_tickets.language.schema import Model
from replications.rl_nlp_tickets.language.text import END, UNKNOWN, numbered, windows
from tests.conftest import frozen, same

INIT = {"scheme": "torch_default", "embedding": {"scheme": "uniform", "bound": 0.1}}
RATES = {"embedding": 0.2, "lstm": 0.2, "linear": 0.2, "bias": 0.2}


def model(words=11, tied=False, dropout=0.0, hidden=5):
    return LanguageModel(words, Model(embedding=hidden, hidden=hidden, layers=2, dropout=dropout, tied=tied,
                                      init=INIT)).double()


def settings(**changes):
    base = {"batch_size": 3, "budget": "2ep", "optimizer": {"name": "adam", "lr": 0.01, "eps": 0.001},
            "select": {"rule": "last"}}
    return Train.model_validate(base | changes)


def task(variant="as_stated", arm="winning"):
    resolved = resolve("rl_nlp_tickets", load_paper("rl_nlp_tickets"), "wikitext2", variant, "smoke")
    return task_class(resolved.task)(arm_settings(resolved, arm), resolved.arms[arm], arm_prune(resolved, arm), "cpu")


def test_the_papers_network_has_the_parameters_that_its_sizes_give():
    paper = load_paper("rl_nlp_tickets")
    for variant, count in (("as_stated", 50_065_078), ("tied", 28_434_378)):
        own = resolve("rl_nlp_tickets", paper, "wikitext2", variant, "paper").model
        with torch.device("meta"):
            net = LanguageModel(33_278, Model.model_validate(own))
        assert sum(p.numel() for p in net.parameters()) == count
        assert sum(math.prod(p.shape) for p in parameters_of(net, RATES)) == count


@pytest.mark.parametrize(("count", "pieces", "window"), [(50, 3, 7), (50, 1, 50), (8, 7, 1), (13, 4, 100)])
def test_every_word_but_the_first_is_asked_for_once_after_its_predecessor(count, pieces, window):
    text = windows(torch.arange(count), pieces, window, "cpu")
    asked = []
    for chosen in text.in_turn(pieces):
        x, y = text.x[chosen].flatten(), text.y[chosen].flatten()
        assert torch.equal(x[y >= 0] + 1, y[y >= 0])
        asked += y[y >= 0].tolist()
    assert sorted(asked) == list(range(1, count))
    assert len(text.in_turn(pieces)) == text.steps(pieces) == math.ceil(len(text.y) / window)


def test_the_state_is_carried_so_that_windows_change_no_score():
    net, words = model(), torch.randint(0, 11, (101,), generator=torch.Generator().manual_seed(0))
    net.eval()
    whole, _ = net(words[:-1, None])
    for window in (1, 7, 100):
        scores = evaluate(net, windows(words, 1, window, "cpu"), settings())
        assert scores["loss"] == pytest.approx(cross_entropy(whole, words[1:]).item(), rel=1e-9)


def test_gradients_end_at_the_window_and_the_state_at_the_epoch():
    net, words = model(), torch.arange(9) % 4
    text = windows(words, 1, 4, "cpu")
    first, second = text.in_turn(1)
    net.embedding.weight.requires_grad_()
    before = text.answers(net, first)[0]
    logits, y = text.answers(net, second)
    cross_entropy(logits, y).backward()
    net.zero_grad()
    assert not any(part.requires_grad for part in text.carried)
    assert torch.equal(before, text.answers(net, first)[0])  # a new epoch starts from nothing


def test_a_training_is_that_of_a_plain_loop():
    """Adam with the paper's epsilon on windows with a carried state, written out."""
    net = task().net
    text, chosen = task().data, settings(batch_size=4, optimizer={"name": "adam", "lr": 0.01, "eps": 0.001})
    weights = task().initial(stream(0, "init"))
    net.set(weights)
    mask = _everything(net)
    train(net, mask, text, None, chosen, seed=0, level=0)
    ours = net.get()
    plain = task().net.module
    plain.load_state_dict(weights)
    loose = [p.requires_grad_() for p in plain.parameters()]
    optimizer = torch.optim.Adam(loose, lr=0.01, eps=0.001)
    plain.train()
    for epoch in range(2):
        torch.manual_seed(stream(0, "dropout", 0, epoch).initial_seed())
        state = None
        for start in range(0, len(text.x), 10):
            x, y = text.x[start : start + 10], text.y[start : start + 10].flatten()
            logits, state = plain(x, state)
            state = tuple(part.detach() for part in state)
            optimizer.zero_grad()
            cross_entropy(logits, y, ignore_index=-1).backward()
            optimizer.step()
    for name, tensor in plain.state_dict().items():
        if name in ours:
            assert torch.allclose(tensor, ours[name], atol=1e-5), name


def _everything(net):
    return Mask.dense(net.get(), list(net.shapes))


def test_tied_weights_are_one_parameter_and_pruned_ones_stay_zero():
    own = task("tied")
    names = [p.name for p in own.parameters]
    assert "embedding.weight" in names and "output.weight" not in names
    weights = own.initial(stream(0, "init"))
    mask = _everything(own.net)
    mask["embedding.weight"][::2] = False
    outcome = own.train(Ticket(mask, weights, step=50), 0, 1)
    assert (outcome.weights["embedding.weight"][::2] == 0).all()
    module = own.net.module
    assert module.output.weight is module.embedding.weight and (module.output.weight[::2] == 0).all()


def test_every_ticket_is_trained_for_all_epochs_wherever_it_was_rewound_to():
    own = task()
    weights = own.initial(stream(0, "init"))
    late, early = (own.train(Ticket(_everything(own.net), weights, step=step), 0, 1) for step in (50, 0))
    assert late.rows == early.rows and same(late.weights, early.weights)


def test_validation_words_are_those_of_the_texts_own_validation_part():
    own = task()

    def words(bounds):
        subsets = own.settings.data.subsets
        subsets["full"] = subsets["full"].model_copy(update={"validation": bounds})
        return own._subset("full", "validation")

    for bounds in ((0, 500), (7, 107)):
        text = words(bounds)
        assert text.x[0, 0] == own.words["valid"][bounds[0]] and (text.y >= 0).sum() == bounds[1] - bounds[0] - 1
    assert words(None) is None
    with pytest.raises(LTHError, match=r"data\.subsets\.full: validation \[0, 3565\) .* the 3564 words"):
        words((0, len(own.words["valid"]) + 1))


def test_an_interrupted_training_ends_like_an_uninterrupted_one():
    own, saved = task(), []
    ticket = Ticket(_everything(own.net), own.initial(stream(0, "init")))
    whole = own.train(ticket, 0, 0, "1ep", None, lambda state: saved.append(frozen(state)))
    again = task().train(ticket, 0, 0, "1ep", saved[0])
    assert same(whole.weights, again.weights) and same(whole.captured, again.captured) and whole.rows == again.rows


def test_words_are_numbered_by_frequency_and_the_rest_is_unknown():
    words = {"train": f"a b b {UNKNOWN} c c c d {END}".split(), "valid": ["c", "new"], "test": []}
    numbers, size = numbered(words, None)
    assert size == 6 and numbers["train"].tolist() == [3, 2, 2, 0, 1, 1, 1, 4, 5]
    assert numbers["valid"].tolist() == [1, 0]
    numbers, size = numbered(words, 3)
    assert size == 3 and numbers["train"].tolist() == [0, 2, 2, 0, 1, 1, 1, 0, 0]


def test_embeddings_are_drawn_by_their_own_rule_and_the_seed_alone():
    draws = [initialise(model(words=400), Init.model_validate(INIT), torch.Generator().manual_seed(3)).state_dict()
             for _ in range(2)]
    assert same(*draws)
    assert 0.095 < draws[0]["embedding.weight"].abs().max() <= 0.1
    plain = initialise(model(words=400), Init(scheme="torch_default"), torch.Generator().manual_seed(3))
    assert plain.embedding.weight.std().item() == pytest.approx(1, abs=0.1)
