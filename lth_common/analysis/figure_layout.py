"""Where the panels of a figure stand: a grid with room for titles, axis labels and the legend at the right."""

from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from lth_common.expressions.figures import Figure, Panel

from .figure_style import PANEL_TITLE, TITLE, more_lines, width, wrap

# Inches: panel, gap between panels (wide where a panel has an axis of its own), and margins around them.
PANEL, GAP, OWN_GAP, LEFT, TOP, BOTTOM, BETWEEN = (4.3, 3.1), 0.28, 0.9, 0.72, 0.74, 0.62, 0.86
ROW, ROWS_WIDTH, ROWS_MARGIN, PAD = 0.29, 3.3, 0.12, 0.2  # a dot plot's row, panel width, and room at the ends
CURVES = ("weights_remaining", "epoch")


class Layout(NamedTuple):
    """Canvas, axes in the panels' order, their names (axis label, title), and which show their own y axis."""

    canvas: Canvas
    grid: list[Axes]
    labels: list[str]
    titles: list[str]
    own: list[bool]
    corner: Axes  # beside which the legend stands


def share(figure: Figure, one: Panel, other: Panel) -> bool:
    """Whether two panels (made complete) have the same y axis, which need not be shown twice.

    Curves: if metric, split, unit and y_log agree, unless the figure's axes are not shared; dot plots: if their rows
    are the same.
    """
    if figure.x in CURVES and figure.y_shared:
        return all(getattr(one, key) == getattr(other, key) for key in ("metric", "split", "unit", "y_log"))
    if figure.x == "arm":
        return [s.label for s in one.series] == [s.label for s in other.series]
    return one.title == other.title


def lay_out(figure: Figure, panels: list[Panel], legend: float) -> Layout:
    """Axes for each panel (made complete) on a canvas; the legend is `legend` inches wide."""
    across = min(figure.panels_in_a_row or len(panels), len(panels))
    rows = [panels[start:start + across] for start in range(0, len(panels), across)]
    own = [i % across == 0 or not share(figure, panels[i - 1], panel) for i, panel in enumerate(panels)]
    wide = ROWS_WIDTH if figure.x == "arm" else PANEL[0]
    heights = [max(_height(figure, panel) for panel in row) for row in rows]
    labels = [wrap(panel.y_label, wide if figure.x == "arm" else PANEL[1]) for panel in panels]
    titles = [wrap(panel.title, wide, PANEL_TITLE) for panel in panels]
    before = [max(_left(figure, panels[i], labels[i], own[i], column == 0)
                  for i in range(column, len(panels), across)) for column in range(across)]
    over = [max(more_lines(title, PANEL_TITLE) for title in titles[i * across:(i + 1) * across])
            for i in range(len(rows))]
    under = [max(more_lines(label) for label in labels[i * across:(i + 1) * across]) if figure.x == "arm" else 0.0
             for i in range(len(rows))]
    full = sum(before) + across * wide + legend
    top = TOP + more_lines(wrap(figure.title, full - PAD, TITLE, "bold"), TITLE)
    tall = top + sum(heights) + sum(over) + sum(under) + (len(rows) - 1) * BETWEEN + BOTTOM
    canvas, grid = Canvas(figsize=(full, tall)), []
    for i in range(len(panels)):
        row, column = divmod(i, across)
        x = sum(before[:column + 1]) + column * wide
        y = tall - top - sum(heights[:row + 1]) - sum(over[:row + 1]) - sum(under[:row]) - row * BETWEEN
        grid.append(canvas.add_axes((x / full, y / tall, wide / full, heights[row] / tall)))
    return Layout(canvas, grid, labels, titles, own, grid[across - 1])


def _height(figure: Figure, panel: Panel) -> float:
    return len(panel.series) * ROW + ROWS_MARGIN if figure.x == "arm" else PANEL[1]


def _left(figure: Figure, panel: Panel, label: str, own: bool, first: bool) -> float:
    """Inches between a panel and what stands to its left, for tick labels and axis label where it shows them."""
    if not own:
        return GAP
    if figure.x == "arm":
        return max(width(series.label) for series in panel.series) + PAD + (PAD if not first else 0.0)
    return (LEFT if first else OWN_GAP) + more_lines(label)
