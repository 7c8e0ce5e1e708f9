"""What trainings record, by split and metric, and which kind of number each is: what papers name is checked with it.

A name that ends in ':*' stands for all that begin so: 'kept:*' for the weights kept in each layer.
"""

from typing import Literal, get_args

Kind = Literal["share", "number", "count", "steps", "epochs", "samples", "nats", "bleu", "reward"]
KINDS: tuple[str, ...] = get_args(Kind)
Metrics = dict[str, dict[str, Kind]]

# Of every task: of masks and lengths, and, where a histogram shows the tickets, the shape of their weights.
EVERY: Metrics = {"model": {
    "kept": "count", "kept:*": "count", "prunable_weights": "count", "all_weights": "count",
    "weights_remaining_all": "share", "steps_per_epoch": "steps", "survivors_peaks": "count",
    "survivors_peaks_fine": "count", "survivors_inner_over_outer": "number", "survivors_skewness": "number",
    "survivors_gap": "number", "survivors_threshold": "number"}}
CLASSIFICATION: Metrics = {
    "train": {"loss": "nats"},
    "validation": {"accuracy": "share", "loss": "nats", "early_stop_accuracy": "share", "early_stop_step": "steps",
                   "early_stop_epoch": "epochs", "early_stop_samples": "samples"},
    "test": {"accuracy": "share", "loss": "nats", "selected_accuracy": "share", "selected_loss": "nats"}}
BY_CLASS: Metrics = {"test": {"most_predicted": "share", "predicted:*": "count"}}


def joined(*metrics: Metrics) -> Metrics:
    """All of them, split by split."""
    splits = dict.fromkeys(split for own in metrics for split in own)
    return {split: {name: kind for own in metrics for name, kind in own.get(split, {}).items()} for split in splits}


def kind_of(metrics: Metrics, split: str, metric: str) -> Kind | None:
    """Which kind of number a metric is; None if it is not recorded in this split."""
    own = metrics.get(split, {})
    return own.get(metric, own.get(f"{metric.partition(':')[0]}:*") if ":" in metric else None)
