"""Checks on the queue: their lane, who comes first, what follows, and how they end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.events.jobs import CheckJob, CommandJob, Job, RelockJob, RunJob, Scope
from bot.jobs.queue.envelope import Duty, Envelope, Lane, parse_envelope, rank_of, render_envelope, workplace_of
from bot.jobs.queue.names import name_job
from bot.jobs.workers.supervise import worker_commands
from bot.jobs.workflows.endings import Attempt
from bot.jobs.workflows.workflow import perform
from bot.ports.forge import CheckConclusion, ForgeUnavailable, Permission, PullRequest
from bot.ports.judging import CommitReport, LockVerdict, Standing
from bot.ports.run import BranchName, Sha
from bot.ports.steps import PlainSteps, SetAside
from tests.jobs.test_workflows import AT, Bench, bench
from tests.work.scene import MAIN, REF

__all__ = ["bench"]

TOPIC = BranchName("topic")
CHECK = CheckJob(repository=REF, head=Sha("a" * 40), number=5)
RELOCK = RelockJob(repository=REF, number=5, head=Sha("a" * 40))


def opened(bench: Bench, author: str = "ada") -> PullRequest:
    forge = bench.scene.forge
    forge.permissions["ada"] = Permission.WRITE
    forge.branches[TOPIC] = forge.branches[MAIN]
    forge.commit(TOPIC, {"uv.lock": "alpha 2.0\n"}, author=author)
    return forge.open_for(TOPIC, MAIN, author=author)


def check_of(pull_request: PullRequest) -> CheckJob:
    return CheckJob(repository=REF, head=pull_request.head, number=pull_request.number)


def conclusion(bench: Bench, one: PullRequest) -> CheckConclusion | None:
    (check,) = bench.scene.forge.list_checks(one.head, "lockbot")
    return check.conclusion


def do(bench: Bench, envelope: Envelope, name: str) -> str:
    bench.running(name)
    try:
        return perform(bench.parts, Attempt(envelope=envelope, name=name, started=AT), PlainSteps())
    finally:
        bench.ended(name)


@pytest.mark.parametrize("job", [CHECK, replace(CHECK, number=None, base=Sha("b" * 40), is_stranger=True), RELOCK])
def test_a_job_survives_the_queue(job: Job) -> None:
    envelope = Envelope(job=job, received=AT)
    assert parse_envelope(render_envelope(envelope)) == envelope


def test_a_job_that_an_older_version_stored_is_read() -> None:
    older = '{"job": {"kind": "run", "repository": {"installation": 7, "id": 42, "owner": "o", "name": "a"}, "scope": "all"}, '
    assert parse_envelope(older + '"received": 1.0}').lane is Lane.FIRST


def test_people_come_first_and_strangers_last() -> None:
    run = RunJob(repository=REF, scope=Scope.ALL)
    command = CommandJob(repository=REF, number=5, comment=1, author="ada", command="rebase")
    jobs: list[Job] = [replace(CHECK, is_stranger=True), run, RELOCK, CHECK, command]
    assert sorted(jobs, key=rank_of) == [CHECK, command, RELOCK, run, replace(CHECK, is_stranger=True)]


def test_a_check_waits_for_no_run_of_its_repository() -> None:
    assert workplace_of(CHECK) == workplace_of(RELOCK) == "head:42:5"
    assert workplace_of(CHECK) != workplace_of(RunJob(repository=REF, scope=Scope.ALL))


def test_a_pull_request_is_locked_again_once_for_each_head() -> None:
    assert name_job("one delivery", RELOCK) == name_job("another", RELOCK)
    assert name_job("guid", RELOCK) != name_job("guid", replace(RELOCK, head=Sha("b" * 40)))


@pytest.mark.parametrize(
    ("duty", "lane"), [(Duty.RUNS, Lane.CHECKS), (Duty.CHECKS, Lane.CHECKS), (Duty.ALL, Lane.SOLVING)]
)
def test_a_check_goes_to_its_own_lane_where_somebody_listens(bench: Bench, duty: Duty, lane: Lane) -> None:
    bench.parts = replace(bench.parts, duty=duty)
    one = opened(bench, author="eve")
    assert bench.enter(check_of(one)) == "to be checked"
    envelope, delay = bench.followed.again["guid/solve"]
    assert (envelope.lane, delay) == (lane, 0.0)
    assert envelope.job == replace(check_of(one), is_stranger=True)


def test_workers_for_checks_alone_are_told_so() -> None:
    assert worker_commands(("w",), 2, 1) == (("w", "runs"), ("w", "runs"), ("w", "checks"))
    assert worker_commands(("w",), 1, 0) == (("w", "all"),)
    assert Duty.CHECKS.lanes == (Lane.FIRST, Lane.CHECKS)
    assert Duty.RUNS.lanes == Duty.ALL.lanes == (Lane.FIRST, Lane.SOLVING)


def test_a_check_is_made_while_a_run_of_the_repository_goes_on(bench: Bench) -> None:
    bench.running("run")
    assert bench.registry.take_turn_of("repository:42", "run")
    one = opened(bench)
    bench.scene.judge.report = CommitReport(verdicts=(LockVerdict(path="uv.lock", standing=Standing.RIGHT),))
    assert bench.do(check_of(one)) == "success: uv.lock is what its requirements resolve to"
    assert conclusion(bench, one) is CheckConclusion.SUCCESS


def test_of_a_burst_of_pushes_the_last_head_alone_is_solved(bench: Bench) -> None:
    heads = [opened(bench)]
    for number in range(4):
        bench.scene.forge.commit(TOPIC, {"uv.lock": f"alpha 2.{number}\n"}, author="ada")
        heads.append(bench.scene.forge.get_pull_request(heads[0].number))
    notes = [bench.do(check_of(one), name=f"guid{number}") for number, one in enumerate(heads)]
    assert notes[:-1] == ["superseded by a newer head"] * 4
    assert len(bench.scene.judge.asked) == 1


def test_a_listed_accounts_stale_lock_is_locked_again_by_a_job_of_its_own(bench: Bench) -> None:
    verdict = LockVerdict(path="uv.lock", standing=Standing.STALE)
    bench.scene.judge.report = CommitReport(verdicts=(verdict,), relocked_for=("writers",))
    one = opened(bench)
    bench.do(check_of(one))
    relock = RelockJob(repository=REF, number=one.number, head=one.head)
    assert bench.followed.stored == {"guid/solve": (relock,)}
    assert do(bench, Envelope(job=relock, received=AT), "relock") == "to be locked again"
    envelope, _ = bench.followed.again["relock/solve"]
    assert do(bench, envelope, "relock/solve") == f"pull request {one.number}: nothing to change"


# --- bad days -------------------------------------------------------------------------------------


def test_a_check_that_is_given_up_is_neutral(bench: Bench) -> None:
    one = opened(bench)
    bench.enter(check_of(one))
    bench.scene.judge.fails = ForgeUnavailable("clone: reset")
    for attempt in range(1, 7):
        bench.solve(check_of(one), attempt=attempt)
    (check,) = bench.scene.forge.list_checks(one.head, "lockbot")
    assert check.conclusion is CheckConclusion.NEUTRAL
    assert "clone: reset" in check.summary


def test_a_check_that_takes_its_worker_down_is_set_aside_and_neutral(bench: Bench) -> None:
    one = opened(bench)
    bench.enter(check_of(one))
    bench.scene.judge.fails = SetAside("twice")
    assert bench.solve(check_of(one)).startswith("set aside")
    (check,) = bench.scene.forge.list_checks(one.head, "lockbot")
    assert check.conclusion is CheckConclusion.NEUTRAL
    assert "twice" in check.summary


def test_where_little_of_the_budget_is_left_strangers_wait_and_others_do_not(bench: Bench) -> None:
    bench.scene.app.rests[REF.installation] = AT + 100
    one = opened(bench)
    assert bench.enter(check_of(one)) == "to be checked"
    assert bench.solve(replace(check_of(one), is_stranger=True)).startswith("waits for")
