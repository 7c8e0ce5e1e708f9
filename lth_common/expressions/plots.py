"""The words that a paper's `figures.py` is written in: plots of several kinds, and tables."""

from collections.abc import Iterable, Mapping
from typing import Any

from lth_common.errors import LTHError

from .curves import Curve, Point, Pooled, Published
from .figures import Column, Figure, Panel, Row, Series, Table
from .python_files import Named
from .quantities import Unit

Curves = Curve | list[Curve]  # several are averaged
Drawn = Curves | tuple[Curves, Published | Point | None]


def panel(title: str, curves: Mapping[str, Drawn], pooled: Pooled | None = None,
          **own: Any) -> tuple[Panel, str | None]:
    """Axes with our curves by label, each alone or with the paper's numbers: `{"ticket": (curve, published(…))}`.

    They are of one experiment in one variant, in one metric; a list of curves is their average. `own`: fields of
    `figures.Panel`, such as y_label, unit and y_log where they are not the figure's.

    Raises:
        LTHError: if the curves are of several experiments, variants or metrics.
    """
    pairs = {label: entry if isinstance(entry, tuple) else (entry, None) for label, entry in curves.items()}
    drawn = {label: (ours if isinstance(ours, list) else [ours], theirs) for label, (ours, theirs) in pairs.items()}
    shared = {tuple(getattr(curve, key) for key in ("experiment", "variant", "metric", "split", "over_epochs"))
              for averaged, _ in drawn.values() for curve in averaged}
    if len(shared) != 1:
        raise LTHError(f"panel '{title}': {len(shared)} kinds of curves ({'; '.join(sorted(map(str, shared)))}); "
                       "legal: curves of one experiment in one variant, in one metric")
    [(experiment, variant, metric, split, over_epochs)] = shared
    series = [Series(label=label, arm=first.arm, averaged=[curve.arm for curve in others], level=first.level,
                     **({"point": theirs} if isinstance(theirs, Point) else {"published": theirs}))
              for label, ([first, *others], theirs) in drawn.items()]
    return Panel(title=title, experiment=experiment, variant=variant, series=series, metric=metric, split=split,
                 pooled=pooled, **own), over_epochs


def point(epoch: Published, value: Published) -> Point:
    """A published point of a curve over epochs."""
    return Point(epoch=epoch, value=value)


def levels_plot(name: str, title: str, caption: str, panels: Iterable[tuple], y_label: str, **style: Any) -> Named:
    """Curves over the weights remaining, a point a level. `style`: fields of `figures.Figure`."""
    return _figure(name, "weights_remaining", title, caption, panels, y_label, style)


def epochs_plot(name: str, title: str, caption: str, panels: Iterable[tuple], y_label: str, **style: Any) -> Named:
    """Curves of one level over training."""
    return _figure(name, "epoch", title, caption, panels, y_label, style)


def dots_plot(name: str, title: str, caption: str, panels: Iterable[tuple], y_label: str, **style: Any) -> Named:
    """One value for each network, as a row of its own."""
    return _figure(name, "arm", title, caption, panels, y_label, style)


def histograms(name: str, title: str, caption: str, panels: Iterable[tuple], y_label: str, **style: Any) -> Named:
    """The surviving weights that tickets start from."""
    return _figure(name, "initial_weight", title, caption, panels, y_label, style)


def _figure(name: str, x: str, title: str, caption: str, panels: Iterable[tuple[Panel, str | None]], y_label: str,
            style: dict[str, Any]) -> Named:
    panels = list(panels)
    ways = {over for _, over in panels}
    if len(ways) > 1:
        raise LTHError(f"figure '{name}': its curves become one number in several ways; legal: one")
    first = panels[0][0]
    return Named(name, Figure(title=title, caption=caption, x=x, y_label=y_label, metric=first.metric,
                              split=first.split, over_epochs=next(iter(ways)),
                              panels=[panel for panel, _ in panels], **style))


def settings_table(name: str, title: str, caption: str, variants: Iterable[str], rows: Iterable[Row]) -> Named:
    """What the paper states beside what is run, a column for each variant."""
    return Named(name, Table(title=title, caption=caption, variants=list(variants), rows=list(rows)))


def networks_table(name: str, title: str, caption: str, columns: Iterable[Column], rows: Iterable[Row]) -> Named:
    """A network a row, a quantity a column."""
    return Named(name, Table(title=title, caption=caption, columns=list(columns), rows=list(rows)))


def setting(label: str, experiment: str, key: str, published: Published | None = None, unit: Unit = "count") -> Row:
    """A row of `settings_table`: a dotted key of the experiment, such as `train.batch_size`."""
    return Row(label=label, experiment=experiment, setting=key, published=published, unit=unit)


def measurement(label: str, curve: Curve, published: Published | None = None, unit: Unit = "count") -> Row:
    """A row of `settings_table` that is measured: a curve's metric at its level, the dense network's if it has none."""
    return Row(label=label, experiment=curve.experiment, arm=curve.arm, metric=curve.metric, split=curve.split,
               level=curve.level or 0, published=published, unit=unit)


def network(label: str, curve: Curve, published: Published | None = None) -> Row:
    """A row of `networks_table`: an arm at a level, the dense network's if it has none; columns say what of it."""
    return Row(label=label, experiment=curve.experiment, variant=curve.variant, arm=curve.arm, level=curve.level or 0,
               published=published)


def column(label: str, metric: str, split: str = "test", **more: Any) -> Column:
    """A column of `networks_table`; `more`: fields of `figures.Column`, `published` being a y_name of the rows'."""
    return Column(label=label, metric=metric, split=split, **more)
