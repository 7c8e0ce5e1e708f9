"""Published numbers as data frames: `published.csv` of a paper folder, each number once with its source."""

from pathlib import Path

import numpy as np
import pandas as pd

from lth_common.expressions import published_numbers
from lth_common.expressions.curves import Published
from lth_common.expressions.published_file import COLUMNS, read_table

FLOATS = ("x", "uncertainty", "number")


def read_published(path: str | Path) -> pd.DataFrame:
    """Published numbers of one paper: a row for each line, columns as `published_file.read_table` has them.

    Raises:
        LTHError: naming file, line, column, value and what is legal.
    """
    texts = dict.fromkeys({*COLUMNS, "file"} - {*FLOATS}, "str")
    return pd.DataFrame(read_table(path, str(path))).astype(texts | dict.fromkeys(FLOATS, "float64"))


def curve(published: pd.DataFrame, selection: Published) -> pd.DataFrame:
    """`published_numbers.curve` with columns `weights_remaining` and `number`."""
    points = published_numbers.curve(published, selection)
    return pd.DataFrame(points, columns=["weights_remaining", "number"])


def value_at(points: pd.DataFrame, weights_remaining: float, tolerance: float = 0.045) -> float:
    """Value of a `curve` at the nearest published level, NaN if none is within a relative `tolerance`.

    The tolerance is for whole numbers of weights in small layers (5 % of 192 are 10 of them, 5.2 %). A single printed
    number without x stands for every level.
    """
    levels = points["weights_remaining"].to_numpy()
    if np.isnan(levels).all():
        return float(points["number"].iloc[0])
    distance = np.abs(levels / weights_remaining - 1)
    nearest = int(distance.argmin())
    return float(points["number"].iloc[nearest]) if distance[nearest] <= tolerance else float("nan")
