"""Text classification with frozen word vectors."""

from torch import Tensor, nn

from lth_common.datasets.texts import load_texts
from lth_common.errors import LTHError
from lth_common.models.lstm import TextLSTM
from lth_common.text_split import TextSplit
from lth_common.tickets import Ticket
from lth_common.training import Progress

from .classification import Classification


class TextTask(Classification):
    """Texts as word numbers; the vectors are looked up batch by batch and are no part of the network."""

    by_class = True

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

    def training_data(self, chosen: slice | Tensor) -> TextSplit:
        texts = self.texts
        return self._split(texts.train_tokens[chosen], texts.train_labels[chosen], texts.train_lengths[chosen])

    def test_data(self) -> TextSplit:
        return self._split(self.texts.test_tokens, self.texts.test_labels, self.texts.test_lengths)

    def _split(self, tokens: Tensor, labels: Tensor, lengths: Tensor) -> TextSplit:
        ends = lengths.to(self.device) if self.settings.model.read_out == "ends" else None
        return TextSplit(tokens.to(self.device), labels.to(self.device), self.vectors, ends)

    def report(self, progress: Progress, ticket: Ticket) -> None:
        """The output layer's surviving weights for each class: without any, its logit is its bias."""
        for name in (p.name for p in self.parameters if p.kind == "output" and p.prunable):
            kept = {f"kept:{name}[{row}]": int(entry.sum()) for row, entry in enumerate(ticket.mask[name])}
            progress.record(0, "model", **kept)
