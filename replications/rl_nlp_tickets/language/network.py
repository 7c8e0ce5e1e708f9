"""The language model: embedding, LSTM, and a linear layer over the vocabulary."""

from torch import Tensor, nn

from .schema import Model

State = tuple[Tensor, Tensor]  # outputs and cells [layers, B, hidden]


class LanguageModel(nn.Module):
    """Called with word numbers [T, B] and a state, or None for zeros; gives logits [T * B, words] and the last state.

    Parameters of the paper's size (650, 33,278 words): 50,065,078, tied 28,434,378.
    """

    def __init__(self, words: int, settings: Model):
        super().__init__()
        self.embedding = nn.Embedding(words, settings.embedding)
        self.lstm = nn.LSTM(settings.embedding, settings.hidden, settings.layers, dropout=settings.dropout)
        self.output = nn.Linear(settings.hidden, words)
        if settings.tied:
            self.output.weight = self.embedding.weight

    def forward(self, words: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        read, state = self.lstm(self.embedding(words), state)
        return self.output(read.flatten(0, 1)), state
