"""Translation: fairseq trains a Transformer from our ticket and translates the test part."""

import math
import shutil
from pathlib import Path
from typing import Any

import sacrebleu
import torch
from torch import Tensor

from lth_common.errors import LTHError
from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.pruning.prunable import parameters_of
from lth_common.seeds import stream
from lth_common.tickets.task import Outcome
from lth_common.tickets.ticket import Ticket, load_ticket, save_ticket

from .corpus import prepare
from .fairseq_runs import average_checkpoint, build_model, train, translate, validations
from .schema import Settings
from .scratch import tidy

SCORES = ("bleu", "sacrebleu")


class TranslationTask:
    """One arm's Transformer (see `lth_common.tickets.task.Task`).

    Records, steps counted in updates: `loss` of the validation part, cross-entropy a subword in nats, after each epoch
    and checkpoint; `bleu`, case-sensitive BLEU of tokens as multi-bleu.perl counts it, and `sacrebleu`, of plain text,
    both of the test part, translated with the averaged weights. Tickets are pruned by the weights of the last update.
    """

    headline, together = "bleu", 1
    scratch: Path

    def __init__(self, settings: Settings, arm: Arm, rules: Prune, device: str):
        self.settings, self.device = settings, device
        self.data = prepare(settings.data)
        self.checksums = self.data.checksums | {"sacrebleu": signature()}
        self.parameters = parameters_of(build_model(settings.model, self.data.binary), rules.rates, rules.exempt)

    def initial(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Weights as fairseq draws them; a tied tensor once, buffers not at all: they hold no number that counts."""
        model = build_model(self.settings.model, self.data.binary, generator.initial_seed())
        return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}

    def train(self, ticket: Ticket, seed: int, level: int, capture: str | None = None, resume: Any = None,
              save: Any = None) -> Outcome:
        """Train for all updates, wherever the ticket was rewound to, and translate.

        fairseq keeps its own checkpoints, in the run's scratch folder, and goes on from the last one. What has diverged
        is not translated.
        """
        updates, every = int(self.settings.train.budget[:-2]), self.settings.train.checkpoint_every
        target = None if capture is None else self._target(capture, updates)
        averaged = [updates - every * back for back in reversed(range(self.settings.train.average))]
        folder = self._folder(level)
        save_ticket(ticket, folder / "ticket.safetensors")
        random = stream(seed, "fairseq", level).initial_seed() % 2**31
        failure = None
        try:
            rows = train(self.settings, self.data, folder / "ticket.safetensors", folder,
                         {*averaged, updates, *([target] if target else [])}, random, self.device)
            if not math.isfinite(rows[-1]["value"]):
                raise FloatingPointError(f"the validation loss is {rows[-1]['value']}", updates)
            translations = translate(self.settings, self.data, average_checkpoint(folder, averaged), self.device)
            rows += _tested(updates, scores(translations, self.data.reference_tokens, self.data.reference))
        except FloatingPointError as error:
            what, step = (*error.args, updates)[:2]  # fairseq's own names no update
            failure = f"diverged: {what} at update {step}; lower train.optimizer.lr or set train.clip_norm"
            rows = validations(folder)
            if step not in {row["step"] for row in rows}:
                rows.append({"step": step, "split": "validation", "metric": "loss", "value": math.nan})
            rows += _tested(step, dict.fromkeys(SCORES, math.nan))
        last = _kept(folder, updates) or {name: torch.full_like(w, math.nan) for name, w in ticket.weights.items()}
        captured = None
        if target is not None:
            captured = _kept(folder, target) if target else ticket.weights
        return Outcome(rows, last, captured, target or 0, failure)

    def nothing(self) -> list[dict]:
        """As for every task: what a level without a ticket records."""
        loss = {"step": 0, "split": "validation", "metric": "loss", "value": math.nan}
        return [loss, *_tested(0, dict.fromkeys(SCORES, math.nan))]

    def _folder(self, level: int) -> Path:
        """The level's scratch folder, as far as it can be believed; that of the level before is needed no more."""
        folder = self.scratch / f"level{level}"
        for other in self.scratch.glob("level*"):
            if other != folder:
                shutil.rmtree(other)
        tidy(folder)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _target(self, capture: str, updates: int) -> int:
        if not capture.endswith("it") or int(capture[:-2]) > updates:
            raise LTHError(f"prune.rewind.to: {capture} is not legal here; legal: 0it to {updates}it, as translation "
                           "counts updates")
        return int(capture[:-2])


def _tested(step: int, values: dict[str, float]) -> list[dict]:
    return [{"step": step, "split": "test", "metric": name, "value": value} for name, value in values.items()]


def _kept(folder: Path, update: int) -> dict[str, Tensor] | None:
    """The weights after an update, None if it was not reached."""
    path = folder / f"update{update}.safetensors"
    return load_ticket(path).weights if path.exists() else None


def signature() -> str:
    """What sacreBLEU's score is to be quoted with."""
    bleu = sacrebleu.BLEU()
    bleu.corpus_score([""], [[""]])
    return str(bleu.get_signature())


def scores(translations: list[str], reference_tokens: list[str], reference: list[str]) -> dict[str, float]:
    """BLEU of tokens (no smoothing, as multi-bleu.perl) and sacreBLEU of the text that they make, both in percent."""
    from sacremoses import MosesDetokenizer

    plain = MosesDetokenizer("de")
    text = [plain.detokenize(line.split()) for line in translations]
    tokens = sacrebleu.corpus_bleu(translations, [reference_tokens], tokenize="none", smooth_method="none", force=True)
    return dict(zip(SCORES, (tokens.score, sacrebleu.corpus_bleu(text, [reference]).score), strict=True))
