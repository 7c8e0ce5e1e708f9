"""One paper's `protocol.yaml`: experiments, arms, variants and scales."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from .base import Budget, Distinct, Name, Pattern, Rates, Seeds, Strict
from .own_name import CRITERION

SCALES = ("smoke", "laptop", "paper")


class Rewind(Strict):
    """Where tickets start from: the weights at step `to` of the dense training (0it = initialisation).

    `biases: carried` leaves the biases of a chain as the last training left them.
    """

    to: Budget = "0it"
    biases: Literal["rewound", "carried"] = "rewound"

    @property
    def to_start(self) -> bool:
        """Whether tickets start from the initial weights."""
        return not int(self.to[:-2])


class Prune(Strict):
    """How a chain makes the next level's mask: the weights with the lowest scores go.

    `criterion`: magnitude, random, threshold (|w| < s·std), or a function in the paper's criteria.py, which is given a
    `pruning.context.Context` and returns scores. `when`: it scores the weights that the last training ended with, or,
    before training, those that all levels start from; each level is then pruned from the one before without training.

    `rates`: share of the surviving weights removed a level, for each kind of parameter that is prunable;
    `output` is the last linear layer, which otherwise counts as `linear`.
    With `global` scope, kinds of equal rate share one pool; a kind with its own rate is its own pool.

    One-shot: rates are lists, the share of all weights removed at level 1, 2, …, each straight from the dense network,
    trained or not (`when`). `levels` may then be fewer than the lists have, and is all of them if absent.
    """

    criterion: Annotated[str, CRITERION] = "magnitude"
    when: Literal["after_training", "before_training"] = "after_training"
    threshold: float | None = Field(None, gt=0, description="s of the rule |w| < s·std, for `threshold`")
    scope: Literal["global", "layerwise"]
    rates: dict[Literal["linear", "output", "conv", "lstm", "embedding", "norm", "bias"], Rates] = Field(min_length=1)
    levels: int | None = Field(None, ge=0, description="pruning levels after the dense one")
    exempt: list[Pattern] = Field([], description="regular expressions of parameter names that are not pruned")
    rewind: Rewind = Rewind()
    keep_trained: Literal["none", "dense", "all"] = Field(
        "dense", description="levels whose trained weights are kept for branches (one_shot: dense, trained: all)"
    )

    @model_validator(mode="after")
    def legal(self) -> "Prune":
        if (self.criterion == "threshold") != (self.threshold is not None):
            raise ValueError("'threshold' belongs to criterion 'threshold', and only there")
        lengths = {len(rate) if isinstance(rate, tuple) else None for rate in self.rates.values()}
        if len(lengths) > 1:
            raise ValueError("'rates' are numbers or lists of equal length")
        if self.one_shot and self.criterion == "threshold":
            raise ValueError("criterion 'threshold' says itself how many weights go, so 'rates' are no lists")
        if self.one_shot and self.when == "after_training" and self.keep_trained == "none":
            raise ValueError("one-shot levels need the dense network's trained weights, or when: before_training")
        if self.when == "before_training" and self.rewind.biases == "carried":
            raise ValueError("'carried' biases come from a training, and with when: before_training none has been")
        if self.levels is None and not self.one_shot:
            raise ValueError("'levels' is required where rates are not lists")
        if self.one_shot and (self.levels or 0) > max(lengths):
            raise ValueError(f"'levels' is {self.levels}, but the lists of rates have {max(lengths)}")
        return self

    @property
    def one_shot(self) -> bool:
        """Every level is pruned straight from the dense network."""
        return any(isinstance(rate, tuple) for rate in self.rates.values())

    @property
    def untrained(self) -> bool:
        """Whether all masks are there before anything is trained."""
        return self.when == "before_training" and self.rewind.to_start

    @property
    def last_level(self) -> int:
        return len(next(iter(self.rates.values()))) if self.levels is None else self.levels

    def rates_at(self, level: int) -> dict[str, float]:
        """The share that each kind loses to become `level` (from 1)."""
        return {kind: rate[level - 1] if isinstance(rate, tuple) else rate for kind, rate in self.rates.items()}


class Arm(Strict):
    """What is trained at a level.

    Without `from` the arm is a chain: train, prune, rewind, level after level.
    With `from` it is a branch of that chain and changes one thing or several: the mask, the weights that
    training starts from, the data, or the training settings. Its network is the chain's.
    """

    about: str
    from_: Name | None = Field(None, alias="from")
    data: Name = "full"
    validation: Name | None = Field(None, description="validate on this subset's validation set instead")
    mask: Literal["inherited", "permuted", "one_shot"] = "inherited"
    weights: Literal["rewound", "reinit", "reinit_same_sign", "sampled", "sampled_per_layer", "sampled_same_sign",
                     "sampled_per_layer_same_sign", "trained"] = "rewound"
    levels: Distinct | None = Field(None, min_length=1, description="levels that are trained (all if absent), of "
                                    "branches and of chains that are one-shot or pruned before training")
    model: dict[str, Any] = Field({}, description="changes to the experiment's `model`, for a chain")
    train: dict[str, Any] = Field({}, description="changes to the experiment's `train`")
    prune: dict[str, Any] = Field({}, description="changes to the experiment's `prune`, for a chain")

    @model_validator(mode="after")
    def branches_take_their_chains_masks(self) -> "Arm":
        if self.from_ is not None and (self.prune or self.model):
            raise ValueError("'prune' and 'model' are for chains: a branch has the masks and the network of its chain")
        return self

    @model_validator(mode="after")
    def chains_only_choose_data(self) -> "Arm":
        if self.from_ is None and (self.mask != "inherited" or self.weights != "rewound"):
            raise ValueError("'mask' and 'weights' are for branches: name their chain with 'from'")
        return self


class Experiment(Strict):
    """One network on one data set, its arms, and its pruning."""

    about: str
    task: Name
    variants: list[Name] = Field(min_length=1)
    seeds: Seeds = Field(min_length=1)
    data: dict[str, Any]
    model: dict[str, Any]
    train: dict[str, Any]
    prune: Prune
    arms: dict[Name, Arm] = Field({}, description="none at a scale that does not run the experiment (arms: null)")


class Overrides(Strict):
    """Changes to experiments, each a deviation that the report prints.

    Keys of `set`: `*` for all, a template for the experiments that have it, several experiments ("a, b"), an
    experiment, `experiment/variant`; they go in in this order. Null removes a key.
    """

    about: str
    set: dict[str, dict[str, Any]] = {}


class Protocol(Strict):
    """What was trained, and of which paper."""

    title: str
    authors: str
    year: int | None = None
    url: str | None = None
    templates: dict[Name, dict[str, Any]] = Field({}, description="what experiments with `template` start from")
    experiments: dict[Name, dict[str, Any]] = Field(min_length=1)
    variants: dict[Name, Overrides] = Field(min_length=1)
    scales: dict[Literal["smoke", "laptop", "paper"], Overrides]
