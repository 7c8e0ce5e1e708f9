"""Whatever figures, tables and claims name must exist: checked before anything is trained."""

from collections.abc import Iterator

from .errors import LTHError
from .resolve import resolve, variants_of
from .schema.base import suggestion
from .schema.paper import Paper

Reference = tuple[str, str, str, str | None]  # where it stands, experiment, variant, arm


def references(paper: Paper) -> Iterator[Reference]:
    """Everything that figures, tables and claims draw on."""
    for key, figure in paper.figures.items():
        for panel in figure.panels:
            yield from ((f"figures.{key}", panel.experiment, panel.variant, s.arm) for s in panel.series)
    for key, table in paper.tables.items():
        for row in table.rows:
            yield from ((f"tables.{key}", row.experiment, variant, row.arm) for variant in table.variants)
    for key, claim in paper.claims.items():
        for rule in claim.rules:
            sides = [side for side in (rule.of, rule.against) if side is not None]
            yield from ((f"claims.{key}", side.experiment, side.variant, side.arm) for side in sides)


def check_references(name: str, paper: Paper) -> None:
    """Compare every reference with the experiments, variants and arms of scale `paper`.

    Raises:
        LTHError: naming file, key, value and what is legal.
    """
    file = f"replications/{name}/paper.yaml"
    arms: dict[tuple[str, str], list[str]] = {}
    for where, experiment, variant, arm in references(paper):
        _known(f"{file}: {where}: experiment", experiment, list(paper.experiments))
        _known(f"{file}: {where}: variant", variant, variants_of(name, paper, experiment))
        if (experiment, variant) not in arms:
            arms[experiment, variant] = list(resolve(name, paper, experiment, variant, "paper").arms)
        if arm is not None:
            _known(f"{file}: {where}: arm", arm, arms[experiment, variant])
    for figure in paper.figures.keys() & paper.tables.keys():
        raise LTHError(f"{file}: '{figure}' is a figure and a table; their names must differ, both become targets")


def _known(where: str, value: str, legal: list[str]) -> None:
    if value not in legal:
        raise LTHError(f"{where} '{value}' is not there{suggestion(value, legal)}")
