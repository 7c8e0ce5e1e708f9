"""Language modelling: predict each word of a text from those before it."""

import math
from dataclasses import replace

from torch import Tensor, nn

from lth_common.errors import LTHError
from lth_common.tasks.classification import Classification
from lth_common.tickets.task import Outcome
from lth_common.tickets.ticket import Ticket
from lth_common.training.loop import Progress, steps_in

from .network import LanguageModel
from .text import Windows, numbered, read_words, windows

SCORED_PIECES = 10  # pieces that validation and test text are read in: each starts without knowing what came before


class LanguageTask(Classification):
    """Next words are the classes. Beside what every classification records: `log_perplexity`, the mean cross-entropy
    of the test words in nats, each counted once.
    """

    headline = "log_perplexity"
    wordless: str | None = None  # a range of one word, from which nothing can be predicted

    def load(self) -> tuple[int, dict[str, str]]:
        words, checksums = read_words(self.settings.data.name)
        self.words, self.vocabulary = numbered(words, self.settings.data.vocabulary)
        return len(self.words["train"]), checksums

    def network(self) -> nn.Module:
        return LanguageModel(self.vocabulary, self.settings.model)

    def training_data(self, chosen: slice | Tensor) -> Windows:
        return self._windows(self.words["train"][chosen], self.settings.train.batch_size)

    def test_data(self) -> Windows:
        return self._windows(self.words["test"], SCORED_PIECES)

    def _subset(self, name: str, part: str) -> Windows | None:
        """Ranges for validation are those of the text's own validation part."""
        text = super()._subset(name, part) if part == "train" else self._validation(name)
        if text is not None and not len(text.y):
            self.wordless = (f"nothing to predict: data.subsets.{name}: {part} has one word; legal are two words or "
                             "more, of which all but the first are predicted")
        return text

    def _validation(self, name: str) -> Windows | None:
        bounds = self.settings.data.subsets[name].validation
        if bounds is None:
            return None
        start, stop = bounds
        if not 0 <= start < stop <= len(self.words["valid"]):
            raise LTHError(f"data.subsets.{name}: validation [{start}, {stop}) is not a range of the "
                           f"{len(self.words['valid'])} words of {self.settings.data.name}'s validation part")
        return self._windows(self.words["valid"][start:stop], SCORED_PIECES)

    def _windows(self, words: Tensor, pieces: int) -> Windows:
        return windows(words, pieces, self.settings.data.window, self.device)

    def train(self, ticket: Ticket, seed: int, level: int, capture: str | None = None, resume: dict | None = None,
              save=lambda state: None) -> Outcome:
        """Every ticket is trained for all epochs, wherever it was rewound to (section 3.1).

        Without a word to predict none is trained: its weights stay as they are, also up to the rewind point.
        """
        if self.wordless is None:
            return super().train(replace(ticket, step=0), seed, level, capture, resume, save)
        weights = ticket.mask.apply(ticket.weights)
        step = 0 if capture is None else steps_in(capture, self.data.steps(self.settings.train.batch_size))
        return Outcome(self.nothing(), weights, weights if capture else None, step, self.wordless)

    def nothing(self) -> list[dict]:
        progress = Progress(0, super().nothing())
        progress.record(0, "test", log_perplexity=math.nan)
        return progress.rows

    def report(self, progress: Progress, ticket: Ticket) -> None:
        loss = next(row["value"] for row in reversed(progress.rows) if row["metric"] == "selected_loss")
        progress.record(progress.step, "test", log_perplexity=loss)
