"""What is planned to be made: unfinished runs once, in chunks that hang on nothing else, after their chains."""

import json
from functools import cache

import pytest

from lth_common.protocol.resolve import paper_names
from lth_common.runs.items import content_of, items_of, mark_made, not_as_made, outputs_of, plan_path, write_plan
from lth_common.runs.jobs import jobs, made_again
from lth_common.runs.plan import plan_of
from lth_common.runs.progress import Progress, expect
from lth_common.runs.store import folder, ok_path, tickets_ok_path, write_run

NAME, PAIR = "data_subsets", ("lenet_split", "as_released")


@pytest.fixture(scope="module")
def plan():
    return plan_of(NAME, "laptop")


@cache
def all_plans(scale):
    return {name: plan_of(name, scale) for name in paper_names()}


def finish(root, *runs, tickets=True):
    for run in runs:
        made = {"tickets.safetensors": b"t"} if tickets and not run.chain else {}
        write_run(run, {}, {"records.csv": b"x\n"} | made, root)


def planned(plan, root):
    return jobs({NAME: plan}, "run", made_again({NAME: plan}, "needed", root), root)


@pytest.mark.parametrize("scale", ["smoke", "laptop", "paper"])
@pytest.mark.parametrize("chunk", ["auto", "experiment", "arm", "run"])
def test_every_run_is_planned_once_and_after_its_chain(tmp_path, scale, chunk):
    plans = all_plans(scale)
    found = jobs(plans, chunk, root=tmp_path)
    outputs = [path for job in found for path in job.outputs]
    runs = {ok_path(run.digest): run for plan in plans.values() for run in plan.all_runs()}
    tickets = {tickets_ok_path(run.digest) for run in runs.values() if run.chain is None}
    assert sorted(outputs) == sorted({*runs, *tickets}) and len({job.name for job in found}) == len(found)
    for job in found:
        chains = {tickets_ok_path(run.chain.digest) for run in map(runs.get, job.outputs) if run and run.chain}
        assert set(job.inputs) - {job.prepared} == chains - set(job.outputs)


def test_chunks_hang_on_seeds_alone_and_lose_what_is_finished(tmp_path, plan):
    before = {job.name: job for job in jobs({NAME: plan}, "arm", root=tmp_path)}
    first = plan.runs[PAIR][0]
    finish(tmp_path, first)
    after = {job.name: job for job in jobs({NAME: plan}, "arm", root=tmp_path)}
    changed = {name for name in before if after.get(name) != before[name]}
    assert len(changed) == 1 and ok_path(first.digest) not in [p for job in after.values() for p in job.outputs]
    assert f"{first.arm}:{first.seed}" not in after[changed.pop()].runs


def test_a_chain_without_tickets_is_made_again_for_an_unfinished_branch_only(tmp_path, plan):
    chains = [run for run in plan.runs[PAIR] if run.chain is None]
    branches = [run for run in plan.runs[PAIR] if run.chain is not None]
    finish(tmp_path, *chains, *branches, tickets=False)
    own = [job for job in planned(plan, tmp_path) if (job.experiment, job.variant) == PAIR]
    assert own == []
    branch = branches[0]
    for path in folder(branch.digest, tmp_path).iterdir():
        path.unlink()
    own = {tuple(job.outputs): job for job in planned(plan, tmp_path)
           if (job.experiment, job.variant) == PAIR}
    again = tickets_ok_path(branch.chain.digest)
    assert set(own) == {(again,), (ok_path(branch.digest),)} and own[ok_path(branch.digest),].inputs == [again]


def test_time_left_counts_levels_that_were_there_and_the_whole_run(tmp_path, plan, caplog):
    caplog.set_level("INFO")
    one, other = plan.runs[PAIR][:2]
    expect([plan], "state/laptop.json", tmp_path)
    expected = tmp_path / "state/laptop.json"
    levels = json.loads(expected.read_text())["levels"]
    assert levels.keys() == {run.digest for run in plan.all_runs()}
    progress = Progress([(one, levels[one.digest]), (other, 3)], expected, tmp_path)
    report = progress.reporter(one, "accuracy", {"position": levels[one.digest] - 2})
    report(0, [{"metric": "accuracy", "value": 0.5, "weights_remaining": 1.0}])
    assert progress.left == {one.digest: 1, other.digest: 3} and progress.trained == 1
    assert "accuracy 0.5000" in caplog.text and " to go, " in caplog.text and "for the whole run" in caplog.text
    progress.started -= 100
    assert progress.to_go().startswith("7 min to go, ")


def test_what_is_made_of_another_plan_is_not_up_to_date(tmp_path, plan):
    kind, item = next(pair for pair in items_of(plan, tmp_path) if pair[0] == "figure")
    name = write_plan(plan, kind, item, tmp_path)
    path = tmp_path / plan_path(plan, item)
    first = path.stat().st_mtime_ns
    assert write_plan(plan, kind, item, tmp_path) == name and path.stat().st_mtime_ns == first
    for output in outputs_of(plan, kind, item):
        (tmp_path / output).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / output).write_text("drawn")
    assert write_plan(plan, kind, item, tmp_path) and path.stat().st_mtime_ns > first  # nobody said of what
    mark_made(plan, kind, item, name, tmp_path)
    second = path.stat().st_mtime_ns
    assert write_plan(plan, kind, item, tmp_path) and path.stat().st_mtime_ns == second
    assert item not in not_as_made(plan, tmp_path)
    mark_made(plan, kind, item, "of another plan", tmp_path)
    assert write_plan(plan, kind, item, tmp_path) and path.stat().st_mtime_ns > second
    mark_made(plan, kind, item, name, tmp_path)
    (tmp_path / outputs_of(plan, kind, item)[0]).write_text("painted over")
    assert item in not_as_made(plan, tmp_path)


def test_plans_hold_what_their_item_is_made_of(plan, edited):
    changed = plan_of(NAME, "laptop", edited("title: Exp", "title: exp"))
    kinds = {item: kind for kind, item in items_of(plan)}
    other = [item for item, kind in kinds.items() if content_of(plan, kind, item) != content_of(changed, kind, item)]
    assert other == ["verdicts", "report"]
    assert all(content_of(plan, kind, item)["runs"] for item, kind in kinds.items())
