"""What a paper claims and shows, as expressions: plain data, made while a paper is planned and evaluated afterwards."""

from .plots import (
    column,
    dots_plot,
    epochs_plot,
    histograms,
    levels_plot,
    measurement,
    network,
    networks_table,
    panel,
    point,
    setting,
    settings_table,
)
from .words import (
    bleu,
    claim,
    count,
    derive,
    epochs,
    fraction,
    nats,
    percent,
    points,
    pooled,
    printed,
    published,
    ratio,
    reward,
    rule,
    run,
    samples,
    steps,
)

__all__ = ["bleu", "claim", "column", "count", "derive", "dots_plot", "epochs", "epochs_plot", "fraction", "histograms",
           "levels_plot", "measurement", "nats", "network", "networks_table", "panel", "percent", "point", "points",
           "pooled", "printed", "published", "ratio", "reward", "rule", "run", "samples",
           "setting", "settings_table", "steps"]
