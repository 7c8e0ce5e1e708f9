"""Translation through the real fairseq: tickets keep their zeros, and everything else is as fairseq alone does it."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lth_common.errors import LTHError
from lth_common.protocol.resolve import ROOT
from lth_common.pruning.prunable import parameters_of
from lth_common.tickets.ticket import load_ticket
from replications.rl_nlp_tickets.translation.compat import fairseq_at_work
from replications.rl_nlp_tickets.translation.fairseq_runs import (
    _device,
    _learning,
    _sizes,
    average_checkpoint,
    build_model,
    train,
    translate,
)
from replications.rl_nlp_tickets.translation.schema import Model
from replications.rl_nlp_tickets.translation.task import scores
from tests.conftest import same
from tests.translation_fixtures import data, fresh, settings, ticket_file  # noqa: F401 (a fixture)

BASE = {"arch": "transformer_wmt_en_de"}
BIG = {"arch": "transformer_vaswani_wmt_en_de_big"}


def some(name, tensor):
    return torch.rand(tensor.shape, generator=torch.Generator().manual_seed(len(name))) < 0.6


def test_pruned_weights_stay_exactly_zero_and_their_moments_too(tmp_path, data):  # noqa: F811
    path, ticket = ticket_file(tmp_path / "run", fresh(data), some)
    rows = train(settings(), data, path, tmp_path / "run", [5, 10, 20], 1, "cpu")
    for update in (5, 10, 20):
        kept = load_ticket(tmp_path / "run" / f"update{update}.safetensors")
        assert all((kept.weights[name][~entry] == 0).all() for name, entry in ticket.mask.items())
        assert sum(int((w != 0).sum()) for w in kept.weights.values()) <= ticket.mask.kept()
    moved = {name: (kept.weights[name] != ticket.weights[name])[entry] for name, entry in ticket.mask.items()}
    assert all(change.any() for name, change in moved.items() if "k_proj.bias" not in name)  # keys' biases cancel
    assert [row["step"] for row in rows] == sorted({row["step"] for row in rows}) and rows[-1]["step"] == 20
    state = _checkpoint(tmp_path / "run" / "checkpoint_last.pt")
    moments = state["last_optimizer_state"]["state"]
    for number, name in enumerate(fresh(data)):
        for moment in ("exp_avg", "exp_avg_sq"):
            assert (moments[number][moment][~ticket.mask[name]] == 0).all(), name


def test_a_dense_ticket_is_trained_bit_for_bit_as_by_fairseq_alone(tmp_path, data):  # noqa: F811
    path, _ = ticket_file(tmp_path / "ours", fresh(data, seed=7))
    train(settings(), data, path, tmp_path / "ours", [20], 7, "cpu")
    with fairseq_at_work():
        from fairseq import options
        from fairseq_cli.train import main

        main(options.parse_args_and_arch(options.get_training_parser(), [
            str(data.binary), *_sizes(settings().model), *_learning(settings()), *_device("cpu"),
            "--seed", "7", "--save-dir", str(tmp_path / "plain"), "--num-workers", "0"]))
    plain = _checkpoint(tmp_path / "plain" / "checkpoint_last.pt")["model"]
    ours = load_ticket(tmp_path / "ours" / "update20.safetensors").weights
    assert all(torch.equal(tensor, plain[name]) for name, tensor in ours.items())


def test_a_training_that_was_cut_off_goes_on_and_ends_the_same(tmp_path, data, monkeypatch):  # noqa: F811
    """Killed after update 15: the checkpoint is of update 10, and weights kept since then are kept again."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    path, _ = ticket_file(whole, fresh(data), some)
    rows = train(settings(), data, path, whole, [12, 20], 1, "cpu")
    path, _ = ticket_file(cut, fresh(data), some)
    with fairseq_at_work():
        from fairseq.tasks.fairseq_task import FairseqTask
    with monkeypatch.context() as killing, pytest.raises(LTHError, match="killed"):
        killing.setattr(FairseqTask, "update_step", _kill_at(15))
        train(settings(), data, path, cut, [12, 20], 1, "cpu")
    assert train(settings(), data, path, cut, [12, 20], 1, "cpu") == rows
    for update in (12, 20):
        assert same(*(load_ticket(folder / f"update{update}.safetensors").weights for folder in (whole, cut)))


def _kill_at(update):
    def update_step(task, num_updates):
        if num_updates == update:
            raise RuntimeError("killed")

    return update_step


def test_a_checkpoint_is_whole_or_that_before(tmp_path, data, monkeypatch):  # noqa: F811
    """The disk is full when the second checkpoint is written: an error, and the first is still there."""
    path, _ = ticket_file(tmp_path / "run", fresh(data), some)
    saved, save = [], torch.save

    def full_disk(state, target, *rest):
        saved.append(target)
        if len(saved) > 1:
            Path(target).write_bytes(b"half")
            raise OSError("no space left on device")
        save(state, target, *rest)

    with monkeypatch.context() as disk, pytest.raises(OSError, match="no space left"):
        disk.setattr(torch, "save", full_disk)
        train(settings(), data, path, tmp_path / "run", [20], 1, "cpu")
    assert _checkpoint(tmp_path / "run" / "checkpoint_last.pt")["optimizer_history"][-1]["num_updates"] == 10
    train(settings(), data, path, tmp_path / "run", [20], 1, "cpu")
    assert (tmp_path / "run" / "update20.safetensors").exists()


def test_the_average_is_the_mean(tmp_path, data):  # noqa: F811
    path, _ = ticket_file(tmp_path / "run", fresh(data))
    train(settings(), data, path, tmp_path / "run", [10, 20], 1, "cpu")
    found = _checkpoint(average_checkpoint(tmp_path / "run", [10, 20]))["model"]
    parts = [load_ticket(tmp_path / "run" / f"update{u}.safetensors").weights for u in (10, 20)]
    for name in parts[0]:
        assert torch.allclose(found[name], (parts[0][name] + parts[1][name]) / 2, atol=1e-7), name
    assert torch.equal(found["decoder.embed_tokens.weight"], found["encoder.embed_tokens.weight"])


def test_translations_come_in_the_order_of_the_corpus(tmp_path, data):  # noqa: F811
    """fairseq prints them by length. A model that has learned a little translates its own sentences best."""
    learning = settings(budget="200it", checkpoint_every=100)
    path, _ = ticket_file(tmp_path / "run", fresh(data))
    train(learning, data, path, tmp_path / "run", [100, 200], 1, "cpu")
    translations = translate(learning, data, average_checkpoint(tmp_path / "run", [100, 200]), "cpu")
    assert len(translations) == len(data.reference) == 60 and not any("▁" in line for line in translations)
    right = scores(translations, data.reference_tokens, data.reference)["bleu"]
    by_length = sorted(translations, key=len)
    assert right > 5 and right > 2 * scores(by_length, data.reference_tokens, data.reference)["bleu"]


def test_a_ticket_of_another_model_is_refused(tmp_path, data):  # noqa: F811
    weights = fresh(data)
    weights["encoder.layers.0.fc1.weight"] = torch.zeros(3, 3)
    path, _ = ticket_file(tmp_path / "run", weights)
    with pytest.raises(LTHError, match=r"belongs to another model: encoder\.layers\.0\.fc1\.weight"):
        train(settings(), data, path, tmp_path / "run", [20], 1, "cpu")


def test_tickets_pass_between_fairseq_and_plain_pytorch(tmp_path, data):  # noqa: F811
    """Found with fairseq, read without it; then changed without it, and trained by fairseq again."""
    path, _ = ticket_file(tmp_path / "run", fresh(data), some)
    train(settings(), data, path, tmp_path / "run", [20], 1, "cpu")
    code = """
import sys, torch
from pathlib import Path
from lth_common.pruning import criteria
from lth_common.pruning.context import Context
from lth_common.pruning.prune import prune
from lth_common.tickets.ticket import Ticket, load_ticket, save_ticket
found = load_ticket(Path(sys.argv[1]))
layer = torch.nn.Linear(16, 32)
part = "encoder.layers.0.fc1."
layer.load_state_dict({"weight": found.weights[part + "weight"], "bias": found.weights[part + "bias"]})
assert (layer.weight[~found.mask[part + "weight"]] == 0).all()
names = tuple(found.mask)
smaller = prune(criteria.magnitude(Context(found.weights, found.mask)), found.mask, [(names, 1000)])
save_ticket(Ticket(smaller, found.weights, found.step, 2), Path(sys.argv[2]))
assert "fairseq" not in sys.modules
"""
    result = tmp_path / "smaller.safetensors"
    subprocess.run([sys.executable, "-c", code, tmp_path / "run" / "update20.safetensors", result], cwd=ROOT,
                   check=True)
    (tmp_path / "again").mkdir()
    train(settings(), data, result, tmp_path / "again", [20], 1, "cpu")
    before, after = load_ticket(result), load_ticket(tmp_path / "again" / "update20.safetensors")
    assert same(before.mask, after.mask)
    assert all((after.weights[name][~entry] == 0).all() for name, entry in before.mask.items())


@pytest.mark.parametrize(("model", "count"), [(BASE, 60_915_712), (BIG, 209_911_808)])
def test_the_papers_models_count_their_shared_embedding_once(data, tmp_path, model, count):  # noqa: F811
    """32,768 entries and 4 of fairseq's own, which its dictionary rounds up to a multiple of 8."""
    for language in ("en", "de"):
        words = "".join(f"w{number} 1\n" for number in range(32_764))
        (tmp_path / f"dict.{language}.txt").write_text(words)
    (tmp_path / "train.en-de.en.idx").touch()
    with torch.device("meta"):
        net = build_model(Model.model_validate(model), tmp_path)
    parameters = parameters_of(net, {"embedding": 0.2, "linear": 0.2, "bias": 0.2, "norm": 0.2})
    assert sum(torch.Size(p.shape).numel() for p in parameters) == count
    assert sum(p.kind == "embedding" for p in parameters) == 1 and all(p.prunable for p in parameters)


def _checkpoint(path):
    with fairseq_at_work():
        from fairseq import checkpoint_utils

        return checkpoint_utils.load_checkpoint_to_cpu(str(path))
