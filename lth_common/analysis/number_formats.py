"""How numbers are shown: factor from the stored value, digits, and the word behind it."""

import math

# unit -> (factor on the stored value, number format, suffix); accuracies are stored as fractions.
UNITS = {
    "percent": (100.0, ".2f", " %"),
    "points": (100.0, ".2f", " points"),
    "fraction": (1.0, ".4f", ""),
    "steps": (1.0, ",.0f", " steps"),
    "epochs": (1.0, ",.1f", " epochs"),
    "samples": (1.0, ",.0f", " samples"),
    "ratio": (1.0, ".2f", "×"),
    "count": (1.0, ",.0f", ""),  # means that are no whole numbers: one digit more
    "nats": (1.0, ".4g", " nats"),
    "bleu": (1.0, ".2f", " BLEU"),
    "reward": (1.0, ",.1f", ""),
}
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def factor(unit: str) -> float:
    """Stored value × factor = shown value (100 for percent and points, else 1)."""
    return UNITS[unit][0]


def show(shown: float, unit: str, signed: bool = False, suffix: bool = True) -> str:
    """A shown value (already times `factor`) as text, such as '97.90 %' or '+0.27 points'.

    `signed` prints the plus of positive numbers. Infinite values become '∞', missing ones 'n/a', and very small
    ones read '6.56 × 10⁻⁵'.
    """
    if math.isnan(shown):
        return "n/a"
    sign, digits = "+" if signed else "", UNITS[unit][1]
    if not math.isfinite(shown):
        digits = "f"
    elif unit == "count" and shown != round(shown):
        digits = ",.1f"
    number = format(shown, sign + digits)
    return _typeset(number) + (UNITS[unit][2] if suffix else "")


def show_range(at_least: float | None, at_most: float | None) -> str:
    """The legal range as text: '≥ −1', '≤ 0.5', '0.8 to 1.25'."""
    low, high = (None if b is None else _typeset(f"{b:.10g}") for b in (at_least, at_most))
    if low is not None and high is not None:
        return f"{low} to {high}"
    return f"≥ {low}" if low is not None else f"≤ {high}"


def _typeset(number: str) -> str:
    """A formatted number with a true minus, and powers of ten as they are printed."""
    digits, _, power = number.replace("inf", "∞").partition("e")
    raised = f" × 10{str(int(power)).translate(SUPERSCRIPT)}" if power else ""
    return digits.replace("-", "−") + raised
