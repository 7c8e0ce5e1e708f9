"""The words of a text as numbers, and the windows that a language model reads them in."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from lth_common.datasets.corpora import checksum, corpus_folder, read_lines
from lth_common.datasets.text_files import read_texts
from lth_common.training.examples import Examples

END, UNKNOWN = "<eos>", "<unk>"
PARTS = ("train", "valid", "test")


def read_words(name: str) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The words of each part, each line ending with END, and the checksums of the files.

    Words are what spaces part, as torchtext's LanguageModelingDataset has them.

    Raises:
        LTHError: as `corpus_folder` does.
    """
    if name == "generated":
        made = read_texts(name)
        lines = {"train": made.train, "valid": made.test[::2], "test": made.test[1::2]}
        lines = {part: [row.text for row in rows] for part, rows in lines.items()}
        sums = {name: made.checksum}
    else:
        folder = corpus_folder(name)
        lines = {part: read_lines(folder / f"{part}.txt") for part in PARTS}
        sums = checksum(name, folder)
    return {part: [word for line in lines[part] for word in (*line.split(), END)] for part in PARTS}, sums


def numbered(words: dict[str, list[str]], size: int | None) -> tuple[dict[str, Tensor], int]:
    """Each part as word numbers int64 [words], and the number of different words.

    Words are numbered by their frequency in the training part, equal ones in order of appearance; 0 is UNKNOWN,
    which also stands for words beyond the `size` first, and for those that the training part has not.
    """
    counts = Counter(words["train"])
    counts.pop(UNKNOWN, None)
    known = [UNKNOWN, *(word for word, _ in counts.most_common(None if size is None else size - 1))]
    number = {word: place for place, word in enumerate(known)}
    return {part: torch.tensor([number.get(word, 0) for word in own]) for part, own in words.items()}, len(known)


@dataclass(frozen=True)
class Windows(Examples):
    """A text in equal pieces that are read side by side, `window` words at a time.

    x, y: word numbers [T, pieces], each y being the word after its x; -1 in the last rows of y is no word and is not
    scored. The network's state is carried from a window to the next, without its gradient; the first starts at zero.
    """

    window: int
    carried: list[Tensor] = field(default_factory=list)

    def steps(self, size: int) -> int:
        """Windows of an epoch; a batch has as many pieces as there are."""
        return len(self.in_turn(size))

    def batches(self, order: Tensor, size: int) -> Sequence[slice]:
        """All windows from left to right, whatever the order."""
        return self.in_turn(size)

    def in_turn(self, size: int) -> Sequence[slice]:
        return [slice(start, start + self.window) for start in range(0, len(self.y), self.window)]

    def answers(self, module: nn.Module, chosen: slice) -> tuple[Tensor, Tensor]:
        """Logits [window * pieces, words] and the words that come next."""
        logits, state = module(self.x[chosen], tuple(self.carried) if chosen.start else None)
        self.carried[:] = [part.detach() for part in state]
        y = self.y[chosen].flatten()
        scored = y >= 0
        return (logits, y) if scored.all() else (logits[scored], y[scored])


def windows(words: Tensor, pieces: int, window: int, device: str) -> Windows:
    """The text `words` [N] cut into `pieces`; each word but the first is to be predicted, exactly once."""
    rows = math.ceil((len(words) - 1) / pieces)
    x, y = (pad(part, (0, rows * pieces - len(part)), value=fill).view(pieces, rows).t().contiguous().to(device)
            for part, fill in ((words[:-1], 0), (words[1:], -1)))
    return Windows(x, y, window)
