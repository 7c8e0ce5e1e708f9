"""Whatever figures, tables and claims name must exist: checked before anything is trained."""

from functools import cache
from pathlib import Path

from lth_common.errors import LTHError
from lth_common.protocol.resolve import experiments_of, levels_of, resolve, variants_of
from lth_common.protocol.schema.base import suggestion
from lth_common.protocol.schema.paper import Experiment
from lth_common.protocol.task_names import ROOT

from .leaves import leaves
from .metric_checks import check_claim, check_metric
from .paper import Paper
from .published_checks import check_published

Resolved = dict[tuple[str, str], Experiment]  # by experiment and variant


def check_references(name: str, paper: Paper, root: Path = ROOT) -> None:
    """Compare all that a paper draws on with the experiments, variants, arms, levels and metrics of scale `paper`, and
    with published.csv; and the units of its rules with what they measure.

    Raises:
        LTHError: naming file, key, value and what is legal.
    """
    folder = f"replications/{name}"
    resolved = _resolved(name, paper, folder, root)
    trained = cache(lambda experiment, variant, arm: levels_of(resolved[experiment, variant], arm))
    variants = cache(lambda experiment: variants_of(name, paper, experiment))
    for leaf in dict.fromkeys(leaves(paper)):
        where, experiment, variant = f"{folder}/{leaf.where}", leaf.experiment, leaf.variant
        _known(f"{where}: experiment", experiment, list(paper.experiments))
        _known(f"{where}: variant", variant, variants(experiment))
        own = resolved[experiment, variant]
        if leaf.arm is not None:
            _known(f"{where}: arm", leaf.arm, list(own.arms))
        if leaf.level is not None and leaf.level not in (levels := trained(experiment, variant, leaf.arm)):
            raise LTHError(f"{where}: level {leaf.level} of arm '{leaf.arm}' of {experiment} is not trained; legal: "
                           f"{', '.join(map(str, levels))}")
        if leaf.metric is not None:
            check_metric(where, leaf, own)
    for key, claim in paper.claims.items():
        check_claim(f"{folder}/claims.py: {key}", claim, resolved)
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


def _resolved(name: str, paper: Paper, folder: str, root: Path) -> Resolved:
    resolved: Resolved = {}
    for experiment, variant in experiments_of(name, paper):
        resolved[experiment, variant] = resolve(name, paper, experiment, variant, "paper", root)
        if not resolved[experiment, variant].arms:
            raise LTHError(f"{folder}/protocol.yaml: experiments.{experiment}.arms (variant {variant}): at least one "
                           "arm is required; legal without one: a smaller scale that does not run the experiment "
                           "(arms: null)")
    return resolved


def _known(where: str, value: str, legal: list[str]) -> None:
    if value not in legal:
        raise LTHError(f"{where} '{value}' is not there{suggestion(value, legal)}")
