"""Steps from archives of translated sentences to subwords: a file for each language, a sentence a line.

Lines end at a line feed and at nothing else; text is UTF-8. Everything is read line by line, so a corpus of millions of
sentences needs little memory; only the different words of a corpus are held at once.
"""

import re
import shutil
import tarfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any

from lth_common.errors import LTHError

SPACE = "\u2581"  # sentencepiece writes a space so
SEGMENT = re.compile(r"<seg[^>]*>(.*?)</seg>", re.DOTALL | re.IGNORECASE)
WORDS_AT_ONCE = 1 << 20  # whose subwords are remembered


def take(members: Mapping[str, str], archive: Path, into: Path) -> dict[str, int]:
    """Members of a tar archive, by the languages that they are in, as `into/<language>`.

    Of a member in SGML, as the test sets of WMT are, the text of each <seg> is a line; entities stay as they are.

    Raises:
        LTHError: if it is no whole archive, a member is missing, or the languages have not equally many sentences.
    """
    wanted = {member: language for language, member in members.items()}
    try:
        with tarfile.open(archive) as packed:
            while wanted and (member := packed.next()) is not None:
                if member.name.removeprefix("./") in wanted and member.isfile():
                    language = wanted.pop(member.name.removeprefix("./"))
                    with packed.extractfile(member) as source, open(into / language, "wb") as target:
                        shutil.copyfileobj(source, target)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise LTHError(f"{archive} cannot be unpacked: {error}") from None
    if wanted:
        raise LTHError(f"{archive} lacks {', '.join(wanted)}")
    for language, member in members.items():
        if member.endswith(".sgm"):
            text = (into / language).read_text(encoding="utf-8")
            _write(into / language, (" ".join(found.split()) for found in SEGMENT.findall(text)))
    counts = {language: sum(1 for _ in _lines(into / language)) for language in members}
    if len(set(counts.values())) != 1 or 0 in counts.values():
        raise LTHError(f"{archive}: not the same number of sentences in each language: {counts}")
    return {"sentences": next(iter(counts.values()))}


def tokenise(languages: Iterable[str], source: Path, into: Path) -> dict[str, int]:
    """Moses' tokens of `source/<language>`, as its tokenizer.perl without options makes them, by sacremoses."""
    from sacremoses import MosesTokenizer

    counts = {}
    for language in languages:
        cut: Callable = MosesTokenizer(language).tokenize
        counts[f"tokens {language}"] = 0
        with open(into / language, "w", encoding="utf-8", newline="\n") as target:
            for line in _lines(source / language):
                tokens = cut(line)
                counts[f"tokens {language}"] += len(tokens)
                target.write(" ".join(tokens) + "\n")
    return counts


def clean(languages: Sequence[str], sources: Iterable[Path], longest: int, ratio: int, letters: int,
          into: Path) -> dict[str, int]:
    """The pairs of tokenised corpora, one after the other, without those that Moses' clean-corpus-n.perl leaves out.

    Left out is a pair with a side that is empty, has more than `longest` tokens, more than `ratio` times as many as
    the other, or a token of more than `letters` letters.
    """
    read = kept = 0
    with ExitStack() as files:
        targets = [files.enter_context(open(into / language, "w", encoding="utf-8", newline="\n"))
                   for language in languages]
        for source in sources:
            for pair in zip(*(_lines(source / language) for language in languages), strict=True):
                read += 1
                sides = [line.split() for line in pair]
                lengths = [len(side) for side in sides]
                if (min(lengths) > 0 and max(lengths) <= longest and max(lengths) <= ratio * min(lengths)
                        and all(len(token) <= letters for side in sides for token in side)):
                    kept += 1
                    for target, side in zip(targets, sides, strict=True):
                        target.write(" ".join(side) + "\n")
    return {"pairs read": read, "pairs kept": kept}


def learn_subwords(files: Iterable[Path], merges: int, into: Path) -> dict[str, int]:
    """`into/subwords.model`: byte-pair encoding of so many merges, learnt on all files together.

    sentencepiece is given each word once with its count, which is all that the method looks at: so nothing is sampled,
    and the memory is that of the different words. Its vocabulary counts letters, too, so it may have `merges` pieces
    beside them. The mark of a word's end belongs to its last letter, as with Sennrich et al. (2016), not its beginning.

    Raises:
        LTHError: if sentencepiece refuses.
    """
    import sentencepiece

    words: Counter[str] = Counter()
    for path in files:
        for line in _lines(path):
            words.update(line.split())
    table = (f"{word}\t{count}" for word, count in sorted(words.items()) if SPACE not in word)
    letters = {letter for word in words for letter in word}
    with open(into / "subwords.model", "wb") as model:
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=table, input_format="tsv", model_writer=model, model_type="bpe", num_threads=1,
                vocab_size=merges + len(letters - {SPACE}) + 2, character_coverage=1.0, hard_vocab_limit=False,
                normalization_rule_name="identity", treat_whitespace_as_suffix=True, minloglevel=2, bos_id=-1,
                eos_id=-1)  # the two more pieces: the unknown one and the mark of a word's end
        except RuntimeError as error:
            raise LTHError(f"sentencepiece could not learn {merges} merges on {len(words):,} words: {error}") from None
    return {"different words": len(words), "letters": len(letters)}


def encode(model: Path, files: Mapping[Path, Path]) -> dict[str, int]:
    """Each file of tokens (key) cut into subwords (value), written as subword-nmt does: `un@@ bekannt`."""
    cut = splitter(model)
    counts = {}
    for source, target in files.items():
        counts[target.name] = 0
        with open(target, "w", encoding="utf-8", newline="\n") as file:
            for line in _lines(source):
                counts[target.name] += 1
                file.write(" ".join(map(cut, line.split())) + "\n")
    return counts


def splitter(model: Path) -> Callable[[str], str]:
    """A function from a word to its subwords; without '@@ ' these are the word again."""
    import sentencepiece

    processor: Any = sentencepiece.SentencePieceProcessor(model_file=str(model))

    @lru_cache(WORDS_AT_ONCE)
    def cut(word: str) -> str:
        if SPACE in word:  # never learnt; letter by letter nothing of it is lost
            return "@@ ".join(word)
        pieces = (piece.rstrip(SPACE) for piece in processor.encode(word, out_type=str))
        return "@@ ".join(piece for piece in pieces if piece)  # a word's end can be a piece of its own

    return cut


def _lines(path: Path) -> Iterator[str]:
    try:
        with open(path, encoding="utf-8", newline="\n") as file:
            for line in file:
                yield line.removesuffix("\n")
    except UnicodeDecodeError as error:
        raise LTHError(f"{path} is no text in UTF-8: {error}") from None


def _write(path: Path, lines: Iterable[str]) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)
