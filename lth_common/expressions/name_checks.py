"""Whatever figures, tables and claims name must exist: checked before anything is trained."""

from collections.abc import Iterator
from pathlib import Path

from lth_common.errors import LTHError
from lth_common.protocol.resolve import experiments_of, levels_of, resolve, variants_of
from lth_common.protocol.schema.base import suggestion
from lth_common.protocol.schema.paper import Experiment
from lth_common.protocol.task_names import ROOT

from .curves import Curve, Pooled
from .figures import Row, Table
from .paper import Paper
from .published_checks import check_published
from .quantities import Levels
from .rules import Claim, Quantity, RankRule, Rule

Reference = tuple[str, str, str, str | None]  # where it stands (file: name), experiment, variant, arm
Level = tuple[str, str, str, str, int]  # and the level


def references(paper: Paper) -> Iterator[Reference]:
    """Everything that figures, tables and claims draw on."""
    for key, figure in paper.figures.items():
        for panel in figure.panels:
            yield from ((f"figures.py: {key}", experiment, panel.variant, arm) for experiment in panel.experiments
                        for arm in [*(arm for s in panel.series for arm in s.arms), *_marked(panel.pooled)])
    for key, table in paper.tables.items():
        for row in table.rows:
            yield from ((f"figures.py: {key}", row.experiment, variant, row.arm)
                        for variant in row_variants(table, row))
    for key, claim in paper.claims.items():
        yield from ((f"claims.py: {key}", side.experiment, side.variant, side.arm) for _, side in _sides(claim))


def levels_named(paper: Paper) -> Iterator[Level]:
    """Every fixed level that figures, tables and claims name, and level 0 where a condition is about the dense net."""
    for key, figure in paper.figures.items():
        for panel in figure.panels:
            yield from ((f"figures.py: {key}", panel.experiment, panel.variant, s.arm, s.level)
                        for s in panel.series if s.level is not None)
            yield from ((f"figures.py: {key}", experiment, panel.variant, arm, 0) for experiment in panel.experiments
                        for arm in _marked(panel.pooled))
    for key, table in paper.tables.items():
        levels = {0 for column in table.columns if _about_dense(column)}
        for row in (row for row in table.rows if row.arm is not None):
            yield from ((f"figures.py: {key}", row.experiment, variant, row.arm, level)
                        for variant in row_variants(table, row) for level in sorted({row.level, *levels}))
    for key, claim in paper.claims.items():
        yield from ((f"claims.py: {key}", side.experiment, side.variant, side.arm, level)
                    for quantity, side in _sides(claim)
                    for level in (side.level, 0 if _about_dense(quantity) else None) if level is not None)


def _sides(claim: Claim) -> Iterator[tuple[Quantity, Curve]]:
    for rule in claim.rules:
        for quantity in rule.quantities:
            marks = rule.pooled.marks(quantity.of.experiment, quantity.of.variant) if _is_pooled(rule) else ()
            dense = [side.dense for side in quantity.sides if side.dense is not None]
            yield from ((quantity, side) for side in (*quantity.sides, *dense, *marks))


def _is_pooled(rule: Rule | RankRule) -> bool:
    return isinstance(rule, Rule) and rule.pooled is not None


def _marked(pooled: Pooled | None) -> list[str]:
    """The arms that scores of 0 and 1 are taken from."""
    return [] if pooled is None else [pooled.zero.arm, pooled.one.arm]


def _about_dense(chosen: Levels) -> bool:
    return chosen.where is not None and chosen.where.at_least is None


def row_variants(table: Table, row: Row) -> list[str]:
    """The variants that a row shows: its own in a table by columns, else the table's."""
    return table.variants if row.variant is None else [row.variant]


def check_references(name: str, paper: Paper, root: Path = ROOT) -> None:
    """Compare every reference with the experiments, variants, arms and levels of scale `paper`, and with published.csv.

    Raises:
        LTHError: naming file, key, value and what is legal.
    """
    folder = f"replications/{name}"
    resolved: dict[tuple[str, str], Experiment] = {}
    for experiment, variant in experiments_of(name, paper):
        resolved[experiment, variant] = resolve(name, paper, experiment, variant, "paper", root)
        if not resolved[experiment, variant].arms:
            raise LTHError(f"{folder}/protocol.yaml: experiments.{experiment}.arms (variant {variant}): at least one "
                           "arm is required; legal without one: a smaller scale that does not run the experiment "
                           "(arms: null)")
    for where, experiment, variant, arm in references(paper):
        _known(f"{folder}/{where}: experiment", experiment, list(paper.experiments))
        _known(f"{folder}/{where}: variant", variant, variants_of(name, paper, experiment))
        if arm is not None:
            _known(f"{folder}/{where}: arm", arm, list(resolved[experiment, variant].arms))
    for where, experiment, variant, arm, level in levels_named(paper):
        levels = levels_of(resolved[experiment, variant], arm)
        if level not in levels:
            raise LTHError(f"{folder}/{where}: level {level} of arm '{arm}' of {experiment} is not trained; legal: "
                           f"{', '.join(map(str, levels))}")
    for key, claim in paper.claims.items():
        plain = [other for other in paper.claims if other != key and not paper.claims[other].requires]
        for condition in claim.requires or ():
            _known(f"{folder}/claims.py: {key}: requires: a claim without a condition of its own", condition, plain)
    arms = list(dict.fromkeys(arm for own in resolved.values() for arm in own.arms))
    for arm in next((figure.roles for figure in paper.figures.values()), {}):
        _known(f"{folder}/figures.py: ROLES: arm", arm, arms)
    for figure in paper.figures.keys() & paper.tables.keys():
        raise LTHError(f"{folder}/figures.py: '{figure}' is a figure and a table; their names must differ, both "
                       "become targets")
    check_published(name, paper, root)


def _known(where: str, value: str, legal: list[str]) -> None:
    if value not in legal:
        raise LTHError(f"{where} '{value}' is not there{suggestion(value, legal)}")
