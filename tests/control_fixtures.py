"""A small agent, and the classic-control task with a budget of seconds."""

import numpy as np
import torch

from lth_common.models import initialise
from lth_common.protocol.schema.initial import Init
from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.pruning.mask import Mask
from lth_common.tickets.ticket import Ticket
from lth_common.training.flat import FlatNet
from replications.rl_nlp_tickets.control.network import ActorCritic
from replications.rl_nlp_tickets.control.schema import Settings, Train
from replications.rl_nlp_tickets.control.task import ControlTask

ENGINES = ("torch", "sparse")
OPTIMIZER = {"name": "rmsprop", "lr": 1e-3, "alpha": 0.99, "eps": 1e-8}
LEARNING = {"budget": "3ep", "games_per_epoch": 5, "steps": 4, "discount": 0.9, "entropy": 0.02, "value_weight": 0.7,
            "reward_divisor": 10, "last_games": 4, "start_games": 6, "optimizer": OPTIMIZER}


def make_settings(**changes):
    return Train.model_validate(LEARNING | changes)


def make_agent(inputs=4, hidden=(6, 5, 4), actions=2, seed=0, kept=1.0):
    """A ticket of a freshly drawn network and a random mask over all its weights and biases."""
    generator = torch.Generator().manual_seed(seed)
    network = initialise(ActorCritic(inputs, hidden, actions), Init(scheme="torch_default"), generator)
    weights = FlatNet(network).get()
    return Ticket(Mask({n: torch.rand(w.shape, generator=generator) < kept for n, w in weights.items()}), weights)


def make_control(game="cartpole", levels=2, rewind="1ep", **train):
    settings = Settings.model_validate({
        "data": {"name": game, "threads": 3}, "model": {"hidden": [8, 8], "init": {"scheme": "torch_default"}},
        "train": LEARNING | train})
    rules = Prune.model_validate({"scope": "global", "rates": {"linear": 0.4, "bias": 0.4}, "levels": levels,
                                  "rewind": {"to": rewind}})
    return ControlTask(settings, Arm(about=""), rules, "cpu"), rules


def generators(*seeds):
    return [np.random.default_rng(seed) for seed in seeds]
