"""The look of all figures: sizes, and one colour and marker for each role of an arm, the same in every paper."""

import re
import textwrap
from itertools import cycle

from lth_common.expressions.figures import Figure, Series

Look = tuple[str, str]  # colour and marker of a series

# Okabe and Ito's colours, which stay apart for all common kinds of colour blindness (yellow is left out: too pale on
# white). The marker differs too, so that a grey print can be read.
ROLES: dict[str, Look] = {
    "dense": ("#333333", "p"),
    "winning": ("#0072B2", "o"),
    "random_reinit": ("#D55E00", "s"),
    "random_mask": ("#009E73", "^"),
    "no_rewinding": ("#AA4499", "D"),
    "one_shot": ("#E69F00", "v"),
    "late_rewinding": ("#56B4E9", ">"),
}
OTHERS = ("no_rewinding", "one_shot", "late_rewinding")  # whose looks go first to series of no role
SPARE: Look = ("#8B5A2B", "h")
INK, FAINT, WARNING = "#222222", "#6E6E6E", "#B03A00"
DOTTED = (0, (1, 2))
OPEN = {"markerfacecolor": "white", "markeredgewidth": 1.1}  # a published point
CROSS = {"marker": "x", "markersize": 5, "markeredgewidth": 1.4}  # a seed failed
WIDTH = 7.2  # inches of every figure: on a telephone's 390 points its text is as large as it can be
SIZE, PANEL_TITLE, TITLE = 9, 10, 12  # points
STYLE = {
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans", "Verdana", "sans-serif"], "font.size": SIZE,
    "axes.titlesize": PANEL_TITLE, "axes.titlecolor": INK, "axes.titlelocation": "left", "axes.edgecolor": "#B8B8B8",
    "axes.labelcolor": INK, "text.color": INK, "xtick.color": FAINT, "ytick.color": FAINT, "legend.fontsize": SIZE,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#ECECEC",
    "grid.linewidth": 0.8, "axes.axisbelow": True, "svg.hashsalt": "lth", "svg.fonttype": "none",
}


def looks(figure: Figure) -> dict[str, Look]:
    """Colour and marker of each series by its label.

    They are those of its role: that of its arm, or of the dense network at level 0. Where several curves have one role,
    they are the first one's; the others, and series of no role, have looks that no role of the figure has. Rows of a
    dot plot are told apart by their names, so there all of one role look alike.
    """
    all_series: dict[str, Series] = {}
    for series in (series for panel in figure.panels for series in panel.series):
        all_series.setdefault(series.label, series)
    chosen: dict[str, Look] = {}
    for label, series in all_series.items():
        look = ROLES.get("dense" if series.level == 0 else figure.roles.get(series.arm, series.arm))
        if look and (figure.x == "arm" or look not in chosen.values()):
            chosen[label] = look
    order = dict.fromkeys([*(ROLES[role] for role in OTHERS), SPARE, *reversed(ROLES.values())])
    free = cycle([look for look in order if look not in chosen.values()] or [SPARE])
    return {label: chosen.get(label) or next(free) for label in all_series}


def wrap(text: str, inches: float, size: float = SIZE, weight: float = 1.0) -> str:
    """The text with line breaks between words, so that its lines are about `inches` wide; bold has a weight of 1.05.

    A short last word, mostly a number, stays with the one before.
    """
    glued = re.sub(r" (\S{1,3})$", "\0\\1", text)
    return textwrap.fill(glued, max(int(inches * 72 / (0.58 * weight * size)), 8), break_long_words=False,
                         break_on_hyphens=False).replace("\0", " ")
