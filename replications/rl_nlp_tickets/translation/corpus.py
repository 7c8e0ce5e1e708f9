"""From a parallel corpus to what fairseq trains on: tokens, subwords, binary files, and the references to score by."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from lth_common.datasets import locate
from lth_common.datasets.corpora import CORPORA, checksum, corpus_folder, read_lines
from lth_common.digest import digest
from lth_common.errors import DamagedFile, LTHError
from lth_common.files import json_text, sha256_of

from .compat import fairseq_at_work
from .made_up import EDITION, made_up_pairs
from .schema import Data

FORMAT = 3  # raise it when the same settings give other files than before
LANGUAGES = ("en", "de")
PARTS = ("train", "valid", "test")
MULTI30K = {"train": "train", "valid": "val", "test": "test_2016_flickr"}
WMT14 = {"train": "train.tok.clean.bpe.32000", "valid": "newstest2013.tok.bpe.32000",
         "test": "newstest2014.tok.bpe.32000"}


@dataclass(frozen=True)
class Prepared:
    """`binary`: fairseq's folder. `subword_mark`: what its --remove-bpe takes off. References [test sentences], as
    tokens and as the corpus has them. `checksums`: of the corpus. `about`: what people want to know of it.
    """

    binary: Path
    subword_mark: str
    reference_tokens: list[str]
    reference: list[str]
    checksums: dict[str, str]
    about: dict[str, Any]


def prepare(settings: Data) -> Prepared:
    """The corpus of `settings` as fairseq reads it, from `data/cache/`, or made there: whole or not at all.

    One that is damaged is set aside and made again. Of several processes one makes it and the others wait.
    multi30k and generated are cut into tokens by sacremoses, as Moses does, and into subwords by sentencepiece
    (byte-pair encoding learnt on both languages of the training part); wmt14 comes as tokens and subwords.
    `fairseq-preprocess` joins the dictionaries and writes the binary files.

    Raises:
        LTHError: as `corpus_folder` does, or if fairseq refuses the text.
    """
    versions = {name: metadata.version(name) for name in ("fairseq", "sacremoses", "sentencepiece")}
    proofs = {} if settings.name == "generated" else dict(CORPORA[settings.name].proofs)
    name = f"translation-{digest(settings.model_dump() | versions | {'format': FORMAT, 'proofs': proofs})}"
    folder = locate.download(name, name, locate.DATA_FOLDER / "cache", partial(_make, settings, name), check,
                             mend=True)
    about = json.loads((folder / "about.json").read_text())
    tokens, plain = (read_lines(folder / f"reference{kind}.de") for kind in (".tok", ""))
    if len(tokens) != len(plain):
        raise LTHError(f"data.name: {settings.name} has {len(plain)} references, but {len(tokens)} as tokens")
    known = {key: value for key, value in about.items() if key not in ("files", "sha256")}
    return Prepared(folder / "binary", about["subword_mark"], tokens, plain, about["checksums"], known)


def check(folder: Path) -> None:
    """Compare a prepared corpus with what its about.json has recorded.

    Raises:
        DamagedFile: if a bit of a file, about.json included, has changed, or one is missing.
    """
    path = folder / "about.json"
    try:
        text = path.read_text(encoding="utf-8")
        about = json.loads(text)
        if text != _sealed({key: value for key, value in about.items() if key != "sha256"}):
            raise ValueError("its checksum is of another content")
        for name, expected in about["files"].items():
            path = folder / name
            if sha256_of(path) != expected:
                raise ValueError("its checksum is another than about.json has")
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise DamagedFile(path, error) from None


def _sealed(about: dict[str, Any]) -> str:
    """The text of about.json: what is known, and the checksum of that."""
    return json_text(about | {"sha256": hashlib.sha256(json_text(about).encode()).hexdigest()})


def _make(settings: Data, name: str, scratch: Path) -> None:
    folder = scratch / name
    (folder / "text").mkdir(parents=True)
    prefixes, mark = _take_encoded(settings, folder) if settings.name == "wmt14" else _encode(settings, folder)
    _binarise(prefixes, settings.subwords, folder / "binary")
    shutil.rmtree(folder / "text")
    binary = folder / "binary"
    about = {"corpus": settings.name, "subword_mark": mark, "place": f"data/cache/{name}",
             "subwords": (binary / "dict.en.txt").read_bytes().count(b"\n"),
             "checksums": _checksums(settings.name),
             "megabytes": round(sum(path.stat().st_size for path in binary.iterdir()) / 1e6, 1),
             "files": {path.relative_to(folder).as_posix(): sha256_of(path)
                       for path in sorted(folder.rglob("*")) if path.is_file()}}
    (folder / "about.json").write_text(_sealed(about), encoding="utf-8")


def _checksums(name: str) -> dict[str, str]:
    if name == "generated":
        return {name: EDITION}
    return checksum(name, corpus_folder(name))


def _take_encoded(settings: Data, folder: Path) -> tuple[dict[str, Path], str]:
    """The files of a corpus that comes in subwords, as they are; writes its references."""
    source = corpus_folder(settings.name)
    for kind in (".tok", ""):
        _write(folder / f"reference{kind}.de", read_lines(source / f"newstest2014{kind}.de"))
    return {part: source / file for part, file in WMT14.items()}, "@@ "


def _encode(settings: Data, folder: Path) -> tuple[dict[str, Path], str]:
    """Tokens and subwords of a corpus of plain sentences."""
    import sentencepiece

    pairs = _sentences(settings.name)
    _write(folder / "reference.de", pairs["test"][1])
    tokens = {part: tuple(map(_tokenise, LANGUAGES, pairs[part])) for part in PARTS}
    _write(folder / "reference.tok.de", tokens["test"][1])
    with open(folder / "subwords.model", "wb") as file:
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(tokens["train"][0] + tokens["train"][1]), model_writer=file, model_type="bpe",
                vocab_size=settings.subwords, character_coverage=1.0, num_threads=1, minloglevel=2, bos_id=-1,
                eos_id=-1, normalization_rule_name="identity", hard_vocab_limit=False)
        except RuntimeError as error:
            raise LTHError(f"data.subwords: {settings.subwords} are not possible for {settings.name}: "
                           f"{error}") from None
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "subwords.model"))
    for part in PARTS:
        for language, lines in zip(LANGUAGES, tokens[part], strict=True):
            _write(folder / "text" / f"{part}.{language}",
                   (" ".join(pieces) for pieces in model.encode(lines, out_type=str)))
    return {part: folder / "text" / part for part in PARTS}, "sentencepiece"


def _sentences(name: str) -> dict[str, tuple[list[str], list[str]]]:
    if name == "generated":
        return made_up_pairs()
    folder = corpus_folder(name)
    return {part: tuple(read_lines(folder / f"{file}.{language}") for language in LANGUAGES)
            for part, file in MULTI30K.items()}


def _tokenise(language: str, lines: Iterable[str]) -> list[str]:
    from sacremoses import MosesTokenizer

    tokenise: Callable = MosesTokenizer(language).tokenize
    return [tokenise(line, return_str=True) for line in lines]


def _binarise(prefixes: dict[str, Path], words: int, folder: Path) -> None:
    """`fairseq-preprocess` with one dictionary for both languages."""
    with fairseq_at_work():
        from fairseq import options
        from fairseq_cli import preprocess

        wanted = [f"--{part}pref={path}" for part, path in prefixes.items()]
        preprocess.main(options.get_preprocessing_parser().parse_args([
            "--source-lang=en", "--target-lang=de", *wanted, f"--destdir={folder}", "--joined-dictionary",
            f"--nwordssrc={words}", f"--nwordstgt={words}", "--workers=1"]))


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
