"""The toy project with a second experiment on a data set that is not here, and the small files that this set is of."""

import gzip
import hashlib
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
from workflow_project import CLAIMS, FIGURES, PAPER, make_project

NOWHERE = "http://127.0.0.1:9/{name}.gz"  # nobody answers there
OLD = """  second:
    template: small
    about: tickets of a small network
    arms: {winning: {about: iterative}}
"""
SECOND = """  second:
    template: small
    about: tickets of a small network
    data:
      name: mnist
      mean: 0.3
      std: 0.38
      subsets:
        full: {train: [0, 100], validation: [100, 150]}
    arms: {winning: {about: iterative}}
"""
OURS = """second = run("second", "as_stated")
FIGURES = [
    levels_plot("mixed", title="Toy", caption="Toy.", y_label="test accuracy (%)", panels=[
        panel("digits", {"winning": first["winning"]}), panel("drawn digits", {"winning": second["winning"]})]),
    levels_plot("alone", title="Toy", caption="Toy.", y_label="test accuracy (%)", panels=[
        panel("drawn digits", {"winning": second["winning"]})]),
    histograms("tickets", title="Toy", caption="Toy.", y_label="density", panels=[
        panel("toy", {"ticket": second["winning"].at(2)})]),
"""
CLAIM = """    claim("C2", says="it learns", where="there", rules=[
        rule("accuracy", run("second", "as_stated")["winning"], at_least=percent(0))]),
"""
WEIGHTS = FIGURES[FIGURES.index('    histograms("weights"'):FIGURES.index("]\nTABLES")]  # a figure that takes seconds
THRESHOLD = CLAIMS[CLAIMS.index('    rule("the threshold'):CLAIMS.index("])]")]  # and a rule on its tickets
LACKING = PAPER.replace(OLD, SECOND)
LACKING_CLAIMS = CLAIMS.replace(THRESHOLD, "").replace("CLAIMS = [", "CLAIMS = [\n" + CLAIM)
LACKING_FIGURES = FIGURES.replace(WEIGHTS, "").replace("FIGURES = [\n", OURS)


def files() -> dict[str, bytes]:
    """A set in MNIST's format: 150 images to train, 40 to test, each labelled by where it is bright."""
    made, generator = {}, np.random.default_rng(0)
    for part, count in (("train", 150), ("t10k", 40)):
        labels = np.arange(count, dtype=np.uint8) % 10
        images = generator.integers(0, 60, (count, 28, 28), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[2 * label:2 * label + 4] += 190
        made[f"{part}-images-idx3-ubyte"] = bytes(16) + images.tobytes()
        made[f"{part}-labels-idx1-ubyte"] = bytes(8) + labels.tobytes()
    return made


def lacking_project(root: Path, paper: str = LACKING) -> Path:
    """The project; its data set is `files()`, which nobody serves."""
    make_project(root, paper, LACKING_CLAIMS, LACKING_FIGURES)
    table = root / "lth_common/datasets/sets.py"
    sums = {name: f"md5:{hashlib.md5(content).hexdigest()}" for name, content in files().items()}
    table.write_text(table.read_text() + "from dataclasses import replace\n"
                     f"SETS['mnist'] = replace(SETS['mnist'], proofs={sums}, addresses=('{NOWHERE}',))\n")
    return root


def put_files(folder: Path) -> None:
    """The files of the set, in the folder that they are looked for in."""
    (folder / "MNIST/raw").mkdir(parents=True)
    for name, content in files().items():
        (folder / "MNIST/raw" / name).write_bytes(content)


def serve(root: Path, folder: Path) -> ThreadingHTTPServer:
    """Serve the set from `folder`, and let the project know the address; the caller shuts the server down."""
    folder.mkdir()
    for name, content in files().items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=folder))
    Thread(target=server.serve_forever, daemon=True).start()
    table = root / "lth_common/datasets/sets.py"
    table.write_text(table.read_text().replace(NOWHERE, f"http://127.0.0.1:{server.server_port}/{{name}}.gz"))
    return server
