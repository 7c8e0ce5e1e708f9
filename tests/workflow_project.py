"""A project with one toy paper in a temporary folder, driven by the real Snakemake."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from lth_common.protocol.resolve import ROOT

PAPER = """
title: A toy paper
authors: Nobody
year: 2026
templates:
  small:
    task: images
    variants: [as_stated]
    seeds: [0, 1]
    data:
      name: digits
      mean: 0.3
      std: 0.38
      subsets:
        full: {train: [0, 1200], validation: [1200, 1437]}
    model: {name: mlp, hidden: [20], init: {scheme: xavier_uniform}}
    train:
      batch_size: 40
      budget: 3ep
      optimizer: {name: adam, lr: 0.003}
      select: {rule: best_validation}
    prune: {scope: global, rates: {linear: 0.5}, levels: 2, keep_trained: all}
experiments:
  first:
    template: small
    about: tickets of a small network
    arms:
      winning: {about: iterative}
      reinit: {about: control, from: winning, weights: reinit}
  second:
    template: small
    about: tickets of a small network
    arms: {winning: {about: iterative}}
variants:
  as_stated: {about: the text}
scales:
  paper: {about: in full}
  laptop: {about: in full}
  smoke: {about: in full}
"""
CLAIMS = """from lth_common.expressions import claim, count, percent, ratio, rule, run

winning = run("first", "as_stated")["winning"]
CLAIMS = [claim("C1", says="it learns", where="here", rules=[
    rule("accuracy", winning, at_least=percent(30)),
    rule("the threshold is measured", winning.at(2).measuring("survivors_threshold", "model"), at_least=ratio(0)),
])]
"""
FIGURES = """from lth_common.expressions import (
    histograms, levels_plot, measurement, panel, published, run, settings_table)

first = run("first", "as_stated")
FIGURES = [
    levels_plot("fig1", title="Toy", caption="Toy.", y_label="test accuracy (%)", panels=[panel("toy", {
        "winning": (first["winning"], published("fig1", "winning")),
        "reinit": first["reinit"],
    })]),
    histograms("weights", title="Toy", caption="Toy.", y_label="density", panels=[panel("toy", {
        "dense": first["winning"].at(0), "ticket": first["winning"].at(2)})]),
]
TABLES = [settings_table("table1", title="Toy", caption="Toy.", variants=["as_stated"], rows=[
    measurement("weights", first["winning"].measuring("prunable_weights", "model"), published("table1"))])]
"""
PUBLISHED = """paper,item,series,x_name,x,y_name,y,unit,source,uncertainty
toy,fig1,winning,percent_weights_remaining,100,test_accuracy,95.0,percent,read-from-figure,0.1
toy,table1,,,,all_weights,1480,,table,0
"""


def make_project(root: Path, paper: str = PAPER, claims: str = CLAIMS, figures: str = FIGURES) -> Path:
    """The workflow and the core of this project, with the toy as its only paper."""
    root.mkdir(parents=True, exist_ok=True)
    for name in ("Snakefile", "workflow", "lth_common"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, root / name)
    folder = root / "replications" / "toy"
    folder.mkdir(parents=True)
    for file, text in (("protocol.yaml", paper), ("claims.py", claims), ("figures.py", figures)):
        (folder / file).write_text(text)
    (folder / "published.csv").write_text(PUBLISHED)
    return root


def edit(root: Path, old: str, new: str) -> None:
    """Replace a passage of the toy's folder, in whichever of its files has it."""
    files = [root / "replications/toy" / name for name in ("protocol.yaml", "claims.py", "figures.py")]
    found = [path for path in files if old in path.read_text()]
    assert len(found) == 1, f"{old} stands in {found}"
    found[0].write_text(found[0].read_text().replace(old, new))


def snakemake(root: Path, *words: str, scale: str = "smoke", **config: object) -> subprocess.CompletedProcess:
    """Run Snakemake to its end; stdout and stderr come back as one text."""
    return subprocess.run(command(*words, scale=scale, **config), cwd=root, env=environment(), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=600)


def command(*words: str, scale: str = "smoke", **config: object) -> list[str]:
    pairs = [f"{key}={value}" for key, value in {"scale": scale, "device": "cpu", **config}.items()]
    return [sys.executable, "-m", "snakemake", *words, "--cores", "2", "--config", *pairs]


def environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"}
