"""The look of all figures: colours, markers, sizes, and how wide a text is."""

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

# Okabe and Ito's colours, which stay apart for all common kinds of colour blindness (yellow is left out: too
# pale on white). The marker differs too, so that a grey print can be read.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#AA4499", "#E69F00", "#56B4E9", "#333333", "#8B5A2B")
MARKERS = ("o", "s", "^", "D", "v", ">", "p", "h")
INK, FAINT, WARNING = "#222222", "#767676", "#B03A00"
DOTTED = (0, (1, 2))
CROSS = {"marker": "x", "markersize": 5, "markeredgewidth": 1.4}  # a seed failed
SIZE, PANEL_TITLE, TITLE = 9, 10, 12  # points
HINTING = 1.05  # text drawn as pixels is up to 3 % wider than its outlines
LINE = 1.35 / 72  # inches a line of text takes, for each point of its size
STYLE = {
    "font.family": "DejaVu Sans", "font.size": SIZE, "axes.titlesize": PANEL_TITLE, "axes.edgecolor": "#B8B8B8",
    "axes.labelcolor": INK, "text.color": INK, "xtick.color": FAINT, "ytick.color": FAINT,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#ECECEC",
    "grid.linewidth": 0.8, "axes.axisbelow": True, "svg.hashsalt": "lth", "svg.fonttype": "path",
}

Look = tuple[str, str]  # colour and marker of a series


def looks(labels: list[str]) -> dict[str, Look]:
    """Colour and marker of each series by its label; the ninth is again like the first."""
    return {label: (COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]) for i, label in enumerate(labels)}


def width(text: str, size: float = SIZE, weight: str = "normal") -> float:
    """Inches that the widest line of a text takes at a size in points."""
    font = FontProperties(family=STYLE["font.family"], weight=weight)
    return HINTING / 72 * max((TextPath((0, 0), line, size=size, prop=font).get_extents().width
                               for line in text.split("\n") if line.strip()), default=0.0)


def wrap(text: str, inches: float, size: float = SIZE, weight: str = "normal") -> str:
    """The text with line breaks between words, so that no line with a choice is wider than `inches`."""
    lines: list[str] = []
    for word in text.split():
        if lines and width(f"{lines[-1]} {word}", size, weight) <= inches:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)


def more_lines(text: str, size: float = SIZE) -> float:
    """Inches that the lines of a text take beyond its first."""
    return text.count("\n") * size * LINE
