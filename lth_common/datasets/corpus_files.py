"""What is known of a corpus of plain text: where its files lie, what proves them whole, and where they come from."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lth_common.errors import LTHError

from . import locate, steps
from .resume import link_all
from .steps import Recipe


@dataclass(frozen=True)
class CorpusFiles:
    """`folder` is relative to a data root. `proofs` lists every file that is read, with its `sha256:…` or `md5:…`, or
    `lines:…` where no checksum was published. `source` is for people; `fetch` makes `folder` in an empty one.
    """

    folder: str
    proofs: Mapping[str, str]
    source: str
    fetch: Callable[[Path], object] | None

    @property
    def remedy(self) -> str:
        """How a person gets the files."""
        return (f"Get {', '.join(self.proofs)} from {self.source}, put them into a folder {self.folder}/ and let "
                "LTH_DATA name the folder that it is in")

    def check(self, folder: Path) -> None:
        """Compare each file with its proof.

        Raises:
            LTHError: if one is missing or not the published one; it ends with `remedy`.
        """
        for name, proof in self.proofs.items():
            path, (kind, _, wanted) = folder / name, proof.partition(":")
            if not path.is_file():
                raise LTHError(f"{path} is missing. {self.remedy}")
            with open(path, "rb") as file:
                found = str(sum(1 for _ in file)) if kind == "lines" else hashlib.file_digest(file, kind).hexdigest()
            if found != wanted:
                raise LTHError(f"{path} is damaged or another edition: {kind} {found}, expected {wanted}. "
                               f"{self.remedy}")

    def unproven(self, folder: Path) -> dict[str, bytes]:
        """The contents of the files whose proof says nothing of them."""
        return {name: (folder / name).read_bytes() for name, proof in self.proofs.items() if proof.startswith("lines:")}


@dataclass(frozen=True)
class BuiltCorpus:
    """A corpus in the form of `CorpusFiles`: the files that somebody prepared if a user has them, else files of the
    same names that `recipe` makes. Which of the two is asked anew each time: a user may add the folder.
    """

    prepared: CorpusFiles
    recipe: Recipe

    @property
    def is_prepared(self) -> bool:
        """Whether a data root has the folder of the prepared files.

        Raises:
            LTHError: if LTH_DATA is no folder.
        """
        return any((place / self.prepared.folder).exists() for place in locate.places_of())

    @property
    def is_there(self) -> bool:
        """Whether a data root has the corpus, prepared or built; its files are not read."""
        return any((place / self.folder).exists() for place in locate.places_of())

    @property
    def folder(self) -> str:
        """Relative to a data root; what another recipe makes has another folder."""
        return self.prepared.folder if self.is_prepared else f"{self.recipe.name}-built-{self.recipe.digest[:12]}"

    @property
    def proofs(self) -> dict[str, str]:
        """The published ones; of what is built the recipe: its files' checksums are known only once it is made."""
        if self.is_prepared:
            return dict(self.prepared.proofs)
        return dict.fromkeys(self.prepared.proofs, f"recipe:{self.recipe.digest}")

    @property
    def remedy(self) -> str:
        """How a person gets the files."""
        return (f"It is built step by step: `python -m lth_common.datasets.build {self.recipe.name}` lists what is done"
                f" and what each step costs. Or: {self.prepared.remedy}")

    def fetch(self, into: Path) -> None:
        """Make what is not made, and let `into` have the files, without a second copy where the disk can do that.

        Raises:
            LTHError: as `Recipe.make` does.
        """
        link_all(self.recipe.make(self.recipe.last), [*self.prepared.proofs, steps.STAMP], into / self.folder)

    def check(self, folder: Path) -> None:
        """Compare each file with its proof, or with what was written when it was made.

        Raises:
            LTHError: if one is not the published one, `DamagedFile` if it is not what was made.
        """
        if self.is_prepared:
            self.prepared.check(folder)
        else:
            steps.check(folder)

    def unproven(self, folder: Path) -> dict[str, bytes]:
        """The contents of the files whose proof says nothing of them; of what is built the checksums of all."""
        if self.is_prepared:
            return self.prepared.unproven(folder)
        return {name: checksum.encode() for name, checksum in steps.recorded(folder).items()}
