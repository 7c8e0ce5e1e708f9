"""Language modelling: predict each word of a text from those before it."""

from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from lth_common.errors import LTHError
from lth_common.tasks.classification import Classification
from lth_common.tickets.task import Outcome
from lth_common.tickets.ticket import Ticket
from lth_common.training.loop import Progress

from .network import LanguageModel
from .text import Windows, numbered, read_words, windows

SCORED_PIECES = 10  # pieces that validation and test text are read in: each starts without knowing what came before


class LanguageTask(Classification):
    """Next words are the classes. Beside what every classification records: `log_perplexity`, the mean cross-entropy
    of the test words in nats, each counted once.
    """

    headline = "log_perplexity"

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
        bounds = self.settings.data.subsets[name].validation
        if part == "train" or bounds is None:
            return super()._subset(name, part)
        start, stop = bounds
        if not 0 <= start < stop <= len(self.words["valid"]):
            raise LTHError(f"data.subsets.{name}: validation [{start}, {stop}) is not a range of the "
                           f"{len(self.words['valid'])} words of {self.settings.data.name}'s validation part")
        return self._windows(self.words["valid"][start:stop], SCORED_PIECES)

    def _windows(self, words: Tensor, pieces: int) -> Windows:
        return windows(words, pieces, self.settings.data.window, self.device)

    def train(self, ticket: Ticket, *args: Any, **kwargs: Any) -> Outcome:
        """Every ticket is trained for all epochs, wherever it was rewound to (section 3.1)."""
        return super().train(replace(ticket, step=0), *args, **kwargs)

    def report(self, progress: Progress, ticket: Ticket) -> None:
        loss = next(row["value"] for row in reversed(progress.rows) if row["metric"] == "selected_loss")
        progress.record(progress.step, "test", log_perplexity=loss)
