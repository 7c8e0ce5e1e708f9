# Papers, scale and paths. All logic that can be tested lives in lth_common.
import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir)))

from lth_common.errors import LTHError
from lth_common.runs import items, jobs, store
from lth_common.runs.plan import plans
from lth_common.runs.progress import expect

PYTHON = sys.executable
SCALE, DEVICE, ENGINE = config["scale"], config["device"], config["engine"]
CHECKPOINT_SECONDS = config["checkpoint_seconds"]
PROGRESS = f"state/{SCALE}.json"

try:
    PLANS = plans(SCALE)
    AGAIN = jobs.made_again(PLANS, config["tickets"])
    JOBS = jobs.jobs(PLANS, config["chunk"], AGAIN)
    ITEMS = {paper: items.items_of(plan, again=AGAIN) for paper, plan in PLANS.items()}
    items.write_plans(PLANS.values(), again=AGAIN)
    expect(PLANS.values(), PROGRESS)
except LTHError as error:
    sys.exit(f"error: {error}")


def report(paper):
    return f"results/{SCALE}/{paper}/report.md"


def made_of(kind):
    """What an item is made of: its plan, the published numbers, the stamps of its runs, and tickets if it shows them."""

    def inputs(wildcards):
        plan, item = PLANS[wildcards.paper], wildcards.get("item", kind)
        return [
            items.plan_path(plan, item),
            f"replications/{wildcards.paper}/published.csv",
            *(store.ok_path(run.digest) for run in items.runs_of_item(plan, kind, item)),
            *(store.tickets_ok_path(run.digest) for run in items.tickets_of_item(plan, kind, item)),
        ]

    return inputs


wildcard_constraints:
    paper="|".join(PLANS),
    item="[a-z][a-z0-9_]*",
