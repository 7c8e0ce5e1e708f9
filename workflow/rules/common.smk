# Papers, scale and paths. All logic that can be tested lives in lth_common.
import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir)))

from lth_common.runs import jobs, needs
from lth_common.errors import LTHError

PYTHON = sys.executable
SCALE, DEVICE = config["scale"], config["device"]
CHECKPOINT_SECONDS = config["checkpoint_seconds"]
PER_JOB = config["cells_per_job"] or {"smoke": 50, "laptop": 3, "paper": 1}[SCALE]

try:
    PAPERS = jobs.load_papers()
    BATCHES = jobs.batches(PAPERS, SCALE, PER_JOB)
except LTHError as error:
    sys.exit(f"error: {error}")


def report(paper):
    return f"results/{SCALE}/{paper}/report.md"


def figure(paper, name):
    return f"results/{SCALE}/{paper}/figures/{name}"


def table(paper, name):
    return f"results/{SCALE}/{paper}/tables/{name}"


wildcard_constraints:
    paper="|".join(PAPERS),
    item="[a-z][a-z0-9_]*",
