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
experiments:
  first: &experiment
    about: tickets of a small network
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
    arms:
      winning: {about: iterative}
      reinit: {about: control, from: winning, weights: reinit}
  second:
    <<: *experiment
    arms: {winning: {about: iterative}}
variants:
  as_stated: {about: the text}
scales:
  paper: {about: in full}
  laptop: {about: in full}
  smoke: {about: in full}
figures:
  fig1:
    title: Toy
    caption: Toy.
    y_label: test accuracy (%)
    panels:
      - title: toy
        experiment: first
        variant: as_stated
        series:
          - {label: winning, arm: winning, published: {item: fig1, series: winning}}
          - {label: reinit, arm: reinit}
  weights:
    title: Toy
    caption: Toy.
    x: initial_weight
    y_label: density
    panels:
      - title: toy
        experiment: first
        variant: as_stated
        series:
          - {label: dense, arm: winning, level: 0}
          - {label: ticket, arm: winning, level: 2}
tables:
  table1:
    title: Toy
    caption: Toy.
    variants: [as_stated]
    rows: [{label: weights, experiment: first, arm: winning, metric: prunable_weights, published: {item: table1}}]
claims:
  C1:
    statement: it learns
    where: here
    rules:
      - label: accuracy
        quantity: value
        unit: percent
        of: {experiment: first, variant: as_stated, arm: winning}
        at_least: 30
      - label: the threshold is measured
        quantity: value
        unit: ratio
        of: {experiment: first, variant: as_stated, arm: winning, level: 2, metric: survivors_threshold, split: model}
        at_least: 0
"""
PUBLISHED = """paper,item,series,x_name,x,y_name,y,unit,source,uncertainty
toy,fig1,winning,percent_weights_remaining,100,test_accuracy,95.0,percent,read-from-figure,0.1
toy,table1,,,,all_weights,1480,,table,0
"""


def make_project(root: Path, paper: str = PAPER) -> Path:
    """The workflow and the core of this project, with the toy as its only paper."""
    root.mkdir(parents=True, exist_ok=True)
    for name in ("Snakefile", "workflow", "lth_common"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, root / name)
    folder = root / "replications" / "toy"
    folder.mkdir(parents=True)
    (folder / "protocol.yaml").write_text(paper)
    (folder / "published.csv").write_text(PUBLISHED)
    return root


def snakemake(root: Path, *words: str, scale: str = "smoke", **config: object) -> subprocess.CompletedProcess:
    """Run Snakemake to its end; stdout and stderr come back as one text."""
    return subprocess.run(command(*words, scale=scale, **config), cwd=root, env=environment(), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=600)


def command(*words: str, scale: str = "smoke", **config: object) -> list[str]:
    pairs = [f"{key}={value}" for key, value in {"scale": scale, "device": "cpu", **config}.items()]
    return [sys.executable, "-m", "snakemake", *words, "--cores", "2", "--config", *pairs]


def environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"}
