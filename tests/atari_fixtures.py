"""Settings of a tiny Atari task: Breakout on small screens, cut off after ten steps."""


from lth_common.protocol.schema.base import parse
from lth_common.protocol.schema.paper import Arm, Prune
from replications.rl_nlp_tickets.atari.schema import Settings
from replications.rl_nlp_tickets.atari.task import AtariTask

DATA = {"name": "breakout", "threads": 4, "group": 2, "height": 32, "width": 16, "colour": True, "frames": 2,
        "frame_skip": 4, "longest": 40}
TRAIN = {"budget": "2ep", "batches_per_epoch": 6, "steps": 4, "discount": 0.9, "entropy": 0.02, "clip": 1.0,
         "ratio_clamp": 1.5, "refresh": 3, "last_games": 3, "start_games": 2,
         "optimizer": {"name": "adam", "lr": 0.001, "betas": [0.9, 0.999], "eps": 0.001}}
RULES = Prune.model_validate({"scope": "global", "rates": {"conv": 0.4, "linear": 0.4, "bias": 0.4}, "levels": 2,
                              "rewind": {"to": "1ep"}})


def make_settings(data=None, train=None):
    model = {"channels": 3, "hidden": [8, 6], "init": {"scheme": "torch_default"}}
    raw = {"data": DATA | (data or {}), "model": model, "train": TRAIN | (train or {})}
    return parse(Settings, raw, "protocol.yaml")


def make_task(**changes):
    return AtariTask(make_settings(**changes), Arm(about=""), RULES, "cpu")
