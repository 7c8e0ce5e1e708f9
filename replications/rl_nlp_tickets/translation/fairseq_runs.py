"""fairseq's own programs, called with the settings of an experiment."""

import io
import json
import math
from argparse import Namespace
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from lth_common.errors import LTHError
from lth_common.tickets.ticket import load_ticket

from .compat import fairseq_at_work
from .corpus import Prepared
from .schema import Model, Settings
from .scratch import LAST, LOG, note

PLUGIN = Path(__file__).parent / "fairseq_plugin"


def build_model(model: Model, binary: Path, seed: int = 0) -> torch.nn.Module:
    """A model with weights freshly drawn by fairseq."""
    with fairseq_at_work():
        from fairseq import options, tasks

        parser = options.get_training_parser()
        args = options.parse_args_and_arch(parser, [str(binary), *_sizes(model)])
        torch.manual_seed(seed)
        return tasks.setup_task(args).build_model(args)


def train(settings: Settings, data: Prepared, ticket: Path, folder: Path, keep_at: Iterable[int], seed: int,
          device: str) -> list[dict]:
    """`fairseq-train` from a ticket file, going on where `folder` has a checkpoint.

    Leaves `update<N>.safetensors` in `folder` for each N of `keep_at`; returns `validations(folder)`.

    Raises:
        FloatingPointError: what happened, and the update, if the loss is not finite: the training has diverged.
    """
    with open(folder / LOG, "a", encoding="utf-8") as log, fairseq_at_work(log, partial(note, folder, log)):
        from fairseq import options
        from fairseq_cli.train import main

        kept = ["--keep-at", ",".join(map(str, sorted(keep_at))), "--keep-in", str(folder)]
        main(_parsed(options.get_training_parser, [
            str(data.binary), *_sizes(settings.model), *_learning(settings), *_device(device),
            "--user-dir", str(PLUGIN), "--task", "translation_from_ticket", "--ticket", str(ticket), *kept,
            "--seed", str(seed), "--save-dir", str(folder), "--num-workers", "0"]))
    return validations(folder)


def translate(settings: Settings, data: Prepared, checkpoint: Path, device: str) -> list[str]:
    """`fairseq-generate` on the test part: the best translation of each sentence, in order, subwords joined.

    Raises:
        LTHError: if a sentence has no translation.
    """
    printed = io.StringIO()
    with fairseq_at_work(printed):
        from fairseq import options
        from fairseq_cli.generate import main

        main(_parsed(options.get_generation_parser, [
            str(data.binary), "--path", str(checkpoint), *_device(device), "--num-workers", "0",
            "--remove-bpe", data.subword_mark, "--beam", str(settings.train.beam),
            "--lenpen", str(settings.train.length_penalty), "--max-tokens", str(settings.train.max_tokens),
            "--max-len-a", "1", "--max-len-b", "50"]))  # no longer than the source and 50 (Vaswani et al. 2017)
    found = {}
    for line in printed.getvalue().split("\n"):
        if line.startswith("H-"):
            number, _, text = line[2:].split("\t", 2)
            found[int(number)] = text.strip()
    missing = set(range(len(data.reference))) - found.keys()
    if missing:
        raise LTHError(f"fairseq-generate gave no translation of {len(missing)} test sentences, such as {min(missing)}")
    return [found[number] for number in range(len(data.reference))]


def average_checkpoint(folder: Path, updates: list[int]) -> Path:
    """A checkpoint of fairseq's with the mean of the weights kept after `updates`, for `fairseq-generate`.

    Raises:
        FloatingPointError: what happened, and the last update, if the mean is not finite: the training has diverged.
    """
    sums: dict[str, Tensor] = {}
    for update in updates:
        for name, tensor in load_ticket(folder / f"update{update}.safetensors").weights.items():
            sums[name] = sums[name] + tensor.double() if name in sums else tensor.double()
    with fairseq_at_work():
        from fairseq import checkpoint_utils

        state = checkpoint_utils.load_checkpoint_to_cpu(str(folder / LAST))
    del state["last_optimizer_state"]  # two thirds of the file, and of no use to a translation
    for name, total in sums.items():
        mean = (total / len(updates)).float()
        if not mean.isfinite().all():
            raise FloatingPointError(f"{name} is not finite", updates[-1])
        state["model"][name].copy_(mean)  # the one embedding stands there under two names, which share their memory
    path = folder / "average.pt"
    torch.save(state, path)
    return path


def _parsed(parser: Callable, words: list[str]) -> Namespace:
    """Arguments as fairseq reads them; the plugin must be known before the parser is made."""
    from fairseq import options, utils

    utils.import_user_module(Namespace(user_dir=str(PLUGIN)))
    return options.parse_args_and_arch(parser(), words)


def _sizes(model: Model) -> list[str]:
    words = ["--arch", model.arch, "--share-all-embeddings"]
    flags = {"layers": "layers", "embedding": "embed-dim", "feed_forward": "ffn-embed-dim", "heads": "attention-heads"}
    for key, flag in flags.items():
        value = getattr(model, key)
        if value is not None:
            words += [f"--{side}-{flag}={value}" for side in ("encoder", "decoder")]
    return words


def _learning(settings: Settings) -> list[str]:
    train, optimizer = settings.train, settings.train.optimizer
    every = str(train.checkpoint_every)
    return ["--optimizer", "adam", "--lr", str(optimizer.lr), "--adam-betas", str(tuple(optimizer.betas)),
            "--adam-eps", str(optimizer.eps), "--lr-scheduler", "inverse_sqrt", "--warmup-init-lr", "1e-07",
            "--warmup-updates", str(optimizer.warmup), "--min-lr", "1e-09", "--clip-norm", str(train.clip_norm),
            "--dropout", str(train.dropout), "--weight-decay", "0.0", "--criterion", "label_smoothed_cross_entropy",
            "--label-smoothing", str(train.label_smoothing), "--max-tokens", str(train.max_tokens),
            "--update-freq", str(train.batches), "--max-update", train.budget[:-2], "--no-epoch-checkpoints",
            "--distributed-world-size", "1",  # one process, however many GPUs there are
            "--save-interval-updates", every, "--keep-interval-updates", "1", "--log-format", "json"]


def _device(device: str) -> list[str]:
    """A GPU is fairseq's default; what else it does not know (mps) runs on the CPU."""
    return [] if device == "cuda" else ["--cpu"]


def validations(folder: Path) -> list[dict]:
    """Records of the validation part from the log: cross-entropy a token, in nats (fairseq prints bits)."""
    found: dict[int, float] = {}
    for line in (folder / LOG).read_text(encoding="utf-8").split("\n"):
        if line.startswith("{") and "valid_nll_loss" in line:
            try:
                said = json.loads(line)
            except json.JSONDecodeError:  # cut off by a kill, before the checkpoint: it is said again
                continue
            # A resumed training may say it twice.
            found.setdefault(int(said["valid_num_updates"]), float(said["valid_nll_loss"]) * math.log(2))
    return [{"step": step, "split": "validation", "metric": "loss", "value": loss} for step, loss in found.items()]
