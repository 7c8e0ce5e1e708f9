"""WMT'14, English to German, from the organisers' files to what Google's archive held, which can be had no more.

The archive's own recipe is followed, google/seq2seq's bin/data/wmt16_en_de.sh: Europarl, Common Crawl and News
Commentary one after the other, Moses tokens, pairs of 1 to 80 tokens, joint byte-pair encoding of 32,000 merges. What
differs: News Commentary is version 9, that of WMT'14 (the script has 11, of WMT'16), sacremoses cuts tokens in place of
Moses' Perl, sentencepiece learns and applies the subwords in place of subword-nmt.
"""

import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from . import parallel_text
from .resume import Archive, fetch_archive
from .sets import SETS
from .steps import Recipe, Step

LANGUAGES = ("en", "de")
MERGES, LONGEST, RATIO, LETTERS = 32_000, 80, 9, 1000
TRAIN, VALID, TEST = "train.tok.clean", "newstest2013.tok", "newstest2014.tok"
BY_HAND = "wmt14-archives"  # below a data root: archives that people put there
TRAINED_ON = ("europarl", "commoncrawl", "news")  # in the order of the script
_TFDS = "tensorflow/datasets, url_checksums/wmt14_translate.txt"
_PROVEN = {  # checksum, who published it, size in bytes; in the order of the addresses
    "europarl": ("sha256:0224c7c710c8a063dfd893b0cc0830202d61f4c75c17eb8e31836103d27d96e7", _TFDS, 657_632_379),
    "commoncrawl": ("sha256:c7a74e2ea01ac6c920123108627e35278d4ccb5701e15428ffa34de86fa3a9e5", _TFDS, 918_311_367),
    "news": ("sha256:cb8953f292298e6877ae433c98912b927cb0766b303f4540512ddd286c748485", _TFDS, 80_418_416),
    "newstest2013": ("md5:48eca5d02f637af44e85186847141f67", "sacreBLEU 2.6, wmt13"),
    "newstest2014": ("md5:a8cd784e006feb32ac6f3d9ec7eb389a", "sacreBLEU 2.6, wmt14/full"),
}
ARCHIVES = {part: Archive(address.rpartition("/")[2], (address,), *proven)
            for (part, proven), address in zip(_PROVEN.items(), SETS["wmt14"].addresses, strict=True)}
MEMBERS = {
    "europarl": {"en": "training/europarl-v7.de-en.en", "de": "training/europarl-v7.de-en.de"},
    "commoncrawl": {"en": "commoncrawl.de-en.en", "de": "commoncrawl.de-en.de"},
    "news": {"en": "training/news-commentary-v9.de-en.en", "de": "training/news-commentary-v9.de-en.de"},
    "newstest2013": {"en": "test/newstest2013-src.en.sgm", "de": "test/newstest2013-src.de.sgm"},
    "newstest2014": {"en": "test-full/newstest2014-deen-src.en.sgm", "de": "test-full/newstest2014-deen-ref.de.sgm"},
}

# Pairs as the organisers count them, for the estimates of time alone.
MILLIONS = {"europarl": 1.92, "commoncrawl": 2.40, "news": 0.20, "newstest2013": 0.003, "newstest2014": 0.003}


def recipe(archives: Mapping[str, Archive] = ARCHIVES, merges: int = MERGES) -> Recipe:
    """The steps from these archives to files with the names of those in Google's archive.

    `cost` of a step is an estimate: what a sample took on one processor core, times the pairs that there are.
    """
    steps = [step for part, archive in archives.items() for step in _steps_of(part, archive)]
    pairs = sum(MILLIONS[part] for part in TRAINED_ON)
    limits = {"longest": LONGEST, "ratio": RATIO, "letters": LETTERS}
    steps += [
        Step("clean", f"join the corpora, leave out pairs with a side of no or more than {LONGEST} tokens",
             _cost(0.2, pairs, "1.5 GB on disk"), partial(_clean, limits), _names("tokens", TRAINED_ON),
             {"languages": LANGUAGES, "order": TRAINED_ON} | limits),
        Step("subwords", f"learn {merges:,} merges of byte pairs on both languages",
             _cost(0.5, pairs, "2.5 GB of memory"), partial(_learn, merges), ("clean",), {"merges": merges},
             ("sentencepiece",), megabytes=4000),
        Step("corpus", "cut all parts into subwords", _cost(1.0, pairs, "1.7 GB on disk"), _encode,
             ("clean", "subwords", "tokens_newstest2013", "take_newstest2014", "tokens_newstest2014"),
             libraries=("sentencepiece",), megabytes=1000)]
    return Recipe("wmt14", tuple(steps))


def _steps_of(part: str, archive: Archive) -> list[Step]:
    """Fetch an archive, take the two languages out of it, cut them into tokens."""
    size = "a few MB" if archive.bytes is None else f"{archive.bytes / 1e6:,.0f} MB"
    return [
        Step(f"fetch_{part}", f"fetch {archive.file} from {' or '.join(archive.addresses)}", f"{size} to download",
             partial(_fetch, archive), settings={"proof": archive.proof}),
        Step(f"take_{part}", f"unpack {' and '.join(MEMBERS[part].values())}", _cost(0.1, MILLIONS[part]),
             partial(_take, part, archive.file), (f"fetch_{part}",), {"members": MEMBERS[part]}),
        Step(f"tokens_{part}", "cut both languages into Moses' tokens", _cost(6.3, MILLIONS[part]),
             partial(_tokenise, part), (f"take_{part}",), {"languages": LANGUAGES}, ("sacremoses",))]


def _names(kind: str, parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{kind}_{part}" for part in parts)


def _cost(minutes: float, millions: float, more: str = "") -> str:
    """`minutes` of a million pairs, as measured."""
    time = minutes * millions
    return (f"about {time:.0f} min" if time > 1 else "less than a minute") + " of one core, estimated" + (
        f"; {more}" if more else "")


def _fetch(archive: Archive, inputs: Mapping[str, Path], into: Path) -> dict[str, Any]:
    # Its parts lie beside all steps, so that the next try finds them.
    fetch_archive(archive, BY_HAND, into, parts=into.parents[1])
    return {"bytes": (into / archive.file).stat().st_size, "proof": archive.proof}


def _take(part: str, file: str, inputs: Mapping[str, Path], into: Path) -> dict[str, int]:
    return parallel_text.take(MEMBERS[part], inputs[f"fetch_{part}"] / file, into)


def _tokenise(part: str, inputs: Mapping[str, Path], into: Path) -> dict[str, int]:
    return parallel_text.tokenise(LANGUAGES, inputs[f"take_{part}"], into)


def _clean(limits: Mapping[str, int], inputs: Mapping[str, Path], into: Path) -> dict[str, int]:
    return parallel_text.clean(LANGUAGES, [inputs[name] for name in _names("tokens", TRAINED_ON)], into=into, **limits)


def _learn(merges: int, inputs: Mapping[str, Path], into: Path) -> dict[str, int]:
    return parallel_text.learn_subwords([inputs["clean"] / language for language in LANGUAGES], merges, into)


def _encode(inputs: Mapping[str, Path], into: Path) -> dict[str, int]:
    tokens = {TRAIN: inputs["clean"], VALID: inputs["tokens_newstest2013"], TEST: inputs["tokens_newstest2014"]}
    files = {place / language: into / f"{name}.bpe.32000.{language}"
             for name, place in tokens.items() for language in LANGUAGES}
    shutil.copyfile(inputs["tokens_newstest2014"] / "de", into / "newstest2014.tok.de")
    shutil.copyfile(inputs["take_newstest2014"] / "de", into / "newstest2014.de")
    return parallel_text.encode(inputs["subwords"] / "subwords.model", files)


RECIPE = recipe()
