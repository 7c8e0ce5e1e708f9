"""Synthetic records and published numbers for the tests of the analysis."""

import io

import pandas as pd

from lth_common.analysis.published import read_published
from lth_common.expressions.curves import Curve
from lth_common.expressions.published_file import COLUMNS
from lth_common.runs.records import frame

PUBLISHED = """\
paper,item,series,x_name,x,y_name,y,unit,source,uncertainty
p,fig1,S1,percent_weights_remaining,100,test_accuracy,97.0,percent,read-from-figure,0.1
p,fig1,S1,percent_weights_remaining,80,test_accuracy,96.5,percent,read-from-figure,0.1
p,fig1,S1,percent_weights_remaining,64,test_accuracy,95.0,percent,read-from-figure,0.1
p,fig1,S2,fraction_pruned,0,test_accuracy,0.98,fraction,read-from-figure,0.001
p,fig1,S2,fraction_pruned,0.2,test_accuracy,0.96,fraction,read-from-figure,0.001
p,fig1,S2,fraction_pruned,0.36,test_accuracy,0.97,fraction,read-from-figure,0.001
p,fig2,log,pruning_round,0,test_accuracy,97.0,percent,"author-log, mean of two",0
p,table1,LeNet,,,all_weights,266000,,table,0
p,table1,LeNet,,,optimizer,Adam,,table,0
p,sec4,gap,,,accuracy_difference,0.85,percentage points,text,0
p,sec4,speed,,,speed_up,7.5,ratio,text,0
"""


def rows(arm: str, values: dict[int, list], metric: str = "selected_accuracy", **changes) -> list[dict]:
    """Rows of one arm: level -> values of seeds 0, 1, …; each level prunes a fifth of the weights."""
    base = {"paper": "p", "experiment": "lenet", "variant": "as_stated", "arm": arm, "step": 10,
            "split": "test", "metric": metric}
    return [{**base, "seed": seed, "level": level, "weights_remaining": 0.8**level, "value": value, **changes}
            for level, seeds in values.items() for seed, value in enumerate(seeds)]


def records(**arms: dict[int, list[float]]) -> pd.DataFrame:
    """Records of several arms of one experiment."""
    return frame([row for arm, values in arms.items() for row in rows(arm, values)])


def curves(arm: str, seeds: list[list[float]], metric: str = "accuracy", level: int = 0, steps_per_epoch: float = 10,
           **changes) -> list[dict]:
    """Rows of curves with a value at the end of each epoch, one list a seed, and the steps per epoch beside them.

    The latter only with metric 'accuracy', so that several metrics of an arm can be put together.
    """
    made = [row | {"seed": seed, "step": int(steps_per_epoch * (epoch + 1))} for seed, values in enumerate(seeds)
            for epoch, value in enumerate(values) for row in rows(arm, {level: [value]}, metric, **changes)]
    if metric == "accuracy" and steps_per_epoch:
        made += rows(arm, {level: [steps_per_epoch] * len(seeds)}, "steps_per_epoch", split="model", step=0)
    return made


def with_failure(table: pd.DataFrame, arm: str, seed: int, level: int, experiment: str = "lenet") -> pd.DataFrame:
    """The records of a chain or branch that failed in the second epoch of `level`, and with it at all later ones.

    Of the level a curve is left that ends in NaN; of it and the later ones, the final metrics as NaN.
    """
    own = (table["experiment"] == experiment) & (table["arm"] == arm) & (table["seed"] == seed)
    own &= table["level"] >= level
    curve = own & table["metric"].isin(["accuracy", "loss"])
    final = table["metric"].isin(["selected_accuracy", "reward", "start"])
    started = curve & (table["level"] == level) & (table["step"] <= 20)
    values = table["value"].mask(own & (final | (table["step"] > 10)))
    return table.assign(value=values)[~own | final | started].reset_index(drop=True)


def ours(arm: str, **changes) -> Curve:
    """A selection of `records`."""
    return Curve(**{"experiment": "lenet", "arm": arm, "variant": "as_stated", **changes})


def published(tmp_path, text: str = PUBLISHED) -> pd.DataFrame:
    """`PUBLISHED` read through the file."""
    assert tuple(pd.read_csv(io.StringIO(PUBLISHED), nrows=0).columns) == COLUMNS
    path = tmp_path / "published.csv"
    path.write_text(text)
    return read_published(path)
