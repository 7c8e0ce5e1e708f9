"""The table for people and the two pictures, from the rows of the table."""

from collections.abc import Iterable, Sequence

import matplotlib
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator

from lth_common.analysis.figure_style import FAINT, STYLE, WIDTH

from .measuring import Row

# name: (label, colour, marker), in the order of legends and columns
LOOKS = {
    "usual": ("usual loop", "#AA4499", "D"), "good": ("good loop", "#333333", "p"),
    "csr": ("torch CSR", "#E69F00", "v"), "torch": ("ours, torch engine", "#56B4E9", ">"),
    "sparse": ("ours, sparse engine", "#0072B2", "o"), "side by side": ("ours, seven side by side", "#009E73", "^"),
}
LABELS = {name: look[0] for name, look in LOOKS.items()}
COLOURS, MARKERS = ({look[0]: look[k] for look in LOOKS.values()} for k in (1, 2))
LOOK = {"hue_order": list(COLOURS), "palette": COLOURS, "style_order": list(MARKERS), "markers": MARKERS,
        "hue": "contender", "style": "contender", "dashes": False, "markeredgewidth": 0, "markersize": 6}


def frame(rows: Sequence[Row]) -> pd.DataFrame:
    """The rows with labels for contenders and `left` in percent."""
    found = pd.DataFrame(rows, columns=Row._fields)
    return found.assign(contender=found["contender"].map(LABELS), left=found["left"] * 100)


def by_weights_remaining(rows: Sequence[Row]) -> Figure:
    """CPU milliseconds of a training step by weights remaining, a panel for each workload."""
    steps = frame([row for row in rows if row.what == "step"])
    with matplotlib.rc_context(STYLE):
        columns = 2 if steps["workload"].nunique() > 1 else 1
        grid = sns.relplot(steps, kind="line", x="left", y="ms", col="workload", col_wrap=columns,
                           height=2.5, aspect=WIDTH / columns / 2.5, errorbar=None,
                           facet_kws={"sharey": False, "legend_out": True}, legend=False, **LOOK)
        grid.set(xscale="log", yscale="log").set_titles("{col_name}").set_axis_labels("", "CPU ms a step")
        _axes(grid.axes.flat, steps["left"])
        return _finish(grid.figure, set(steps["contender"]))


def from_sparsity(rows: Sequence[Row]) -> Figure:
    """How many times faster than the dense good loop, by weights remaining, in training and in scoring."""
    steps = frame([row for row in rows if row.what in ("step", "scoring")
                   and row.contender in ("good", "csr", "sparse") and row.workload in _sparse(rows)])
    dense = steps[(steps["left"] == 100) & (steps["contender"] == LABELS["good"])]
    dense = dense.set_index(["workload", "what"])["ms"]
    steps["faster"] = [dense[row.workload, row.what] / row.ms for row in steps.itertuples()]
    steps["what"] = steps["what"].map({"step": "Training", "scoring": "Inference"})
    with matplotlib.rc_context(STYLE):
        grid = sns.relplot(steps, kind="line", x="left", y="faster", col="what", row="workload",
                           height=2.5, aspect=WIDTH / 2 / 2.5, errorbar=None, legend=False, **LOOK)
        grid.set(xscale="log", yscale="log").set_titles("{col_name}: {row_name}")
        grid.set_axis_labels("", "times as fast as dense")
        for axes in grid.axes.flat:
            line = sorted(set(steps["left"]))
            axes.plot(line, [100 / left for left in line], ls=":", color=FAINT)
        _axes(grid.axes.flat, steps["left"])
        return _finish(grid.figure, set(steps["contender"]), proportional=True)


def _sparse(rows: Sequence[Row]) -> set[str]:
    """Workloads that are trained over the weights that are left."""
    return {row.workload for row in rows if row.contender == "csr"}


def _axes(all_axes: Iterable[Axes], lefts: pd.Series) -> None:
    """Weights remaining from all to few, as percentages; up, at least a decade with plain numbers."""
    shown = sorted(set(lefts), reverse=True)
    for axes in all_axes:
        low, high = axes.get_ylim()
        middle = (low * high) ** 0.5
        axes.set(xlim=(shown[0] * 1.15, shown[-1] / 1.15), ylim=(min(low, middle / 3), max(high, middle * 3)))
        axes.set_xticks(shown, [f"{left:g}" for left in shown])
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_minor_locator(NullLocator())


def _finish(figure: Figure, labels: set[str], proportional: bool = False) -> Figure:
    """The figure with its legend above and what all panels share below."""
    handles = [Line2D([], [], color=COLOURS[label], marker=MARKERS[label], label=label)
               for label in COLOURS if label in labels]
    if proportional:
        handles.append(Line2D([], [], color=FAINT, ls=":", label="proportional to the weights"))
    figure.set_layout_engine("constrained")
    figure.supxlabel("Weights remaining, %", fontsize=STYLE["font.size"])
    figure.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False)
    return figure


def table(rows: Sequence[Row], made_on: str) -> str:
    """All rows in Markdown, a table for each workload, and a line that says what they were made on."""
    lines = ["# Speed", "", made_on, "",
             "Medians of CPU time; in brackets how many times faster the fastest of ours is, median of the rounds' "
             "ratios. Floor: share of the fastest of ours that the arithmetic of the weights that are left would "
             "take at the speed of a large matrix product."]
    for workload in dict.fromkeys(row.workload for row in rows):
        own = [row for row in rows if row.workload == workload]
        names = [name for name in LOOKS if any(row.contender == name for row in own)]
        floor = any(row.floor for row in own)
        heads = ["", *(LABELS[name] for name in names), *(["floor"] if floor else [])]
        lines += ["", f"## {workload}", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
        for what, left in dict.fromkeys((row.what, row.left) for row in own):
            found = {row.contender: row for row in own if (row.what, row.left) == (what, left)}
            cells = [_cell(found.get(name)) for name in names]
            share = max((row.floor or 0 for name, row in found.items() if name in ("torch", "sparse")), default=0)
            cells += [f"{share:.0%}" if share else ""] if floor else []
            lines.append(f"| {_named(what, left)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _named(what: str, left: float) -> str:
    return "28 levels, whole process" if what == "chain" else f"{what}, {left * 100:g} % left"


def _cell(row: Row | None) -> str:
    if row is None:
        return ""
    time = f"{row.ms:.3g} ms" if row.ms < 1000 else f"{row.ms / 1000:.3g} s"
    memory = f", {row.mib:.0f} MiB" if row.mib else ""
    return f"{time} ({row.ours_is_faster:.3g}×{memory})"
