"""Text classification with frozen word vectors."""

import torch
from torch import Tensor, nn

from lth_common.datasets.text_sets import load_texts
from lth_common.errors import LTHError
from lth_common.models.lstm import TextLSTM
from lth_common.seeds import stream
from lth_common.tickets.ticket import Ticket
from lth_common.training.examples import Examples
from lth_common.training.loop import Progress, evaluate

from .classification import Classification
from .lending import Lending
from .text_examples import TextExamples

SCORED_AT_ONCE = 500  # texts; the fastest for the LSTM on a CPU


class TextTask(Lending, Classification):
    """Texts as word numbers; the vectors are looked up batch by batch and are no part of the network."""

    by_class = True
    _read: tuple[tuple[type, Tensor], Examples] | None = None  # who read, with which weights, and the result

    def load(self) -> tuple[int, dict[str, str]]:
        self.texts = load_texts(self.settings.data)
        if self.settings.model.outputs < self.texts.classes:
            raise LTHError(f"model.outputs: {self.settings.model.outputs} outputs for labels 0 to "
                           f"{self.texts.classes - 1} of data.labels")
        self.vectors = self.texts.vectors.to(self.device)
        return len(self.texts.train_labels), self.texts.checksums

    def network(self) -> nn.Module:
        model = self.settings.model
        return TextLSTM(self.vectors.shape[1], model.hidden, model.layers, model.dropout, model.outputs)

    def training_data(self, chosen: slice | Tensor) -> TextExamples:
        texts = self.texts
        return self._split(texts.train_tokens[chosen], texts.train_labels[chosen], texts.train_lengths[chosen])

    def test_data(self) -> TextExamples:
        texts, wanted = self.texts, self.settings.data.test_examples
        if wanted is not None and wanted > len(texts.test_labels):
            raise LTHError(f"data.test_examples: {wanted} of {len(texts.test_labels)} test examples")
        chosen = torch.randperm(len(texts.test_labels), generator=stream(0, "test_examples"))[:wanted].sort().values
        return self._split(texts.test_tokens[chosen], texts.test_labels[chosen], texts.test_lengths[chosen])

    def _split(self, tokens: Tensor, labels: Tensor, lengths: Tensor) -> TextExamples:
        ends = lengths.to(self.device) if self.settings.model.read_out == "ends" else None
        return TextExamples(tokens.to(self.device), labels.to(self.device), self.vectors, ends)

    @torch.no_grad()
    def score(self) -> dict[str, float]:
        """As every task scores. Where only the output layer is pruned, all levels share one reading of the texts."""
        module: TextLSTM = self.net.module
        weights = torch.cat([p.flatten() for p in module.lstm.parameters()])
        reader = self.scorer  # by another engine the last bits differ
        if self._read is None or self._read[0][0] is not type(reader) or not torch.equal(self._read[0][1], weights):
            module.eval()
            turns = list(self.test.in_turn(SCORED_AT_ONCE))
            states = torch.cat([reader.read(*self.test.take(chosen)) for chosen in turns])
            self._read = (type(reader), weights), Examples(states, torch.cat([self.test.y[chosen] for chosen in turns]))
        return evaluate(module.output, self._read[1], self.settings.train, self.by_class)

    def report(self, progress: Progress, ticket: Ticket) -> None:
        """The output layer's surviving weights for each class: without any, its logit is its bias."""
        for name in (p.name for p in self.parameters if p.kind == "output" and p.prunable):
            kept = {f"kept:{name}[{row}]": int(entry.sum()) for row, entry in enumerate(ticket.mask[name])}
            progress.record(0, "model", **kept)
