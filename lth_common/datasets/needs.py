"""Which sets each paper needs, for which of its experiments, at which scale."""

from collections.abc import Iterator
from typing import Any

from lth_common.protocol.resolve import arm_settings, experiments_of, load_paper, resolve
from lth_common.protocol.schema.paper import SCALES

from .locate import names_read
from .sets import SETS

Needs = dict[str, dict[str, list[str]]]  # name of a set -> scale -> experiments


def needs_of(paper: str) -> Needs:
    """What the runs of a paper read, in the table's order; bundled and made-up sets, too.

    Vectors that are used only if they are at hand stand under the scales in brackets.

    Raises:
        LTHError: as `load_paper` and `resolve`.
    """
    found: Needs = {name: {} for name in SETS}
    loaded = load_paper(paper)
    for scale in (scale for scale in SCALES if scale in loaded.scales):
        for experiment, variant in experiments_of(paper, loaded):
            resolved = resolve(paper, loaded, experiment, variant, scale)
            if not resolved.arms:
                continue
            data = arm_settings(resolved, next(iter(resolved.arms))).data
            for name, place in _read(resolved.task, data, scale):
                experiments = found[name].setdefault(place, [])
                experiments += [experiment] if experiment not in experiments else []
    return {name: own for name, own in found.items() if own}


def _read(task: str, data: Any, scale: str) -> Iterator[tuple[str, str]]:
    needed = names_read(task, data)
    yield from ((name, scale) for name in needed)
    if data.name in SETS and not SETS[data.name].place:
        yield data.name, scale
    file = getattr(getattr(data, "vectors", None), "file", None)
    if file in SETS and file not in needed:
        yield file, f"({scale})"
