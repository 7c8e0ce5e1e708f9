# Papers, scale and paths. All logic that can be tested lives in lth_common.
import sys
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir)))

from lth_common.datasets import build
from lth_common.errors import LTHError
from lth_common.files import atomic_write_text, json_text
from lth_common.protocol import looks
from lth_common.protocol.resolve import ROOT
from lth_common.runs import data, items, jobs, store
from lth_common.runs.plan import plans
from lth_common.runs.progress import expect

PYTHON = sys.executable
SCALE, DEVICE, ENGINE = config["scale"], config["device"], config["engine"]
CHECKPOINT_SECONDS = config["checkpoint_seconds"]
PROGRESS = f"state/{SCALE}.json"

try:
    PLANS = plans(SCALE)
    AGAIN = jobs.made_again(PLANS, config["tickets"])
    WAITS = data.waiting(PLANS.values(), AGAIN)
    JOBS = jobs.jobs(PLANS, config["chunk"], AGAIN)
    looks.check_committed(dict.fromkeys(job.paper for job in JOBS), ROOT)
    ITEMS = {paper: items.items_of(plan, again=AGAIN) for paper, plan in PLANS.items()}
    WORST = data.worst(PLANS, WAITS) if WAITS else {}
    SURE = ITEMS | {paper: items.items_of(plan, again=AGAIN - WAITS.keys()) for paper, plan in WORST.items()}
    if workflow.is_main_process:  # a job that a cluster runs reads this file, too, and must find what was planned
        data.forget_present()
        items.write_plans(PLANS.values(), again=AGAIN, waits=WAITS)
        expect(PLANS.values(), PROGRESS)
except LTHError as error:
    sys.exit(f"error: {error}")


def report(paper):
    return f"results/{SCALE}/{paper}/report.md"


def item_of(wildcards, kind):
    return PLANS[wildcards.paper], kind, wildcards.get("item", kind)


def made_of(kind, sets=()):
    """What an item is made of: the stamps of its runs, and tickets if it shows them, that wait for these data sets."""

    def inputs(wildcards):
        item = item_of(wildcards, kind)
        stamps = [store.ok_path(run.digest) for run in items.runs_of_item(*item) if waits_for(run) == sets]
        stamps += [
            store.tickets_ok_path(run.digest)
            for run in items.tickets_of_item(*item)
            if WAITS.get(run.digest, ()) == sets
        ]
        return stamps if stamps and got(sets) else []

    return inputs


def waits_for(run):
    return () if run.digest in AGAIN else WAITS.get(run.digest, ())


def got(sets):
    """Whether all these data sets are here, when it was tried to get them; before that Snakemake comes back."""
    if workflow.is_main_process:
        for name in sets:
            checkpoints.fetch.get(name=name)
    return data.missing().isdisjoint(sets)


def plan_of_item(kind):
    """The plan file of an item, when it is known which of its runs there can be."""

    def plan_file(wildcards):
        plan, kind_, item = item_of(wildcards, kind)
        sets = items.waits_of(plan, kind_, item, WAITS)
        got(sets)
        if sets and workflow.is_main_process:
            write_plan(wildcards.paper, kind_, item)
        return items.plan_path(plan, item)

    return plan_file


@cache
def write_plan(paper, kind, item):
    try:
        items.write_plan(data.at_hand(PLANS[paper]), kind, item, again=still_again())
    except LTHError as error:  # nothing of it can be drawn: its job, which only its own target asks for, says so
        atomic_write_text(items.plan_path(PLANS[paper], item), json_text({"error": str(error)}))


def still_again():
    """The chains that are made again for their tickets: those that need no missing data."""
    return {digest for digest in AGAIN if data.missing().isdisjoint(WAITS.get(digest, ()))}


def sure(wildcards):
    """What a report shows whatever becomes of the data sets that are not here."""
    return outputs_of(wildcards.paper, SURE[wildcards.paper])


def drawn(sets):
    """What a report shows of that which waits for these data sets, all of it."""

    def outputs(wildcards):
        plan = PLANS[wildcards.paper]
        waiting = [found for found in unsure(wildcards.paper) if items.waits_of(plan, *found, WAITS) == sets]
        if not waiting:
            return []
        got(sets)
        can = items.items_of(data.at_hand(plan), again=still_again())
        return outputs_of(wildcards.paper, [found for found in waiting if found in can])

    return outputs


def unsure(paper):
    return [found for found in ITEMS[paper] if found not in SURE[paper]]


def outputs_of(paper, found):
    return [path for kind, item in found if kind != "report" for path in items.outputs_of(PLANS[paper], kind, item)]


RUN_SETS = sorted(set(WAITS.values()))  # which sets runs wait for together
ITEM_SETS = sorted({items.waits_of(PLANS[paper], *found, WAITS) for paper in PLANS for found in unsure(paper)})


wildcard_constraints:
    paper="|".join(PLANS),
    item="[a-z][a-z0-9_]*",
