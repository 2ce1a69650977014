"""The decisions around a job: covered, put off, given up, remembered, forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.errors import LockbotError
from bot.events.jobs import CommandJob, ForgetJob, Job, RunJob, Scope, SyncJob, WatchJob
from bot.forge.memory import MemoryForge
from bot.jobs.database.engine import DatabaseUnavailable
from bot.jobs.database.migrations.migrate import migrate_tables
from bot.jobs.limits.watchdog import Watchdog
from bot.jobs.queue.envelope import Envelope, Lane, render_envelope
from bot.jobs.registry import Registry
from bot.jobs.workflows.endings import Attempt
from bot.jobs.workflows.parts import WorkerParts
from bot.jobs.workflows.remembering import remember_watched
from bot.jobs.workflows.steps import DurableSteps
from bot.jobs.workflows.workflow import CutOff, JobFailed, make_again, make_workflow, perform
from bot.orders import find_orders
from bot.ports.advisories import Watched
from bot.ports.forge import (
    BranchUpdate,
    CheckReport,
    ForgeConflict,
    ForgeError,
    ForgeForbidden,
    ForgeRejected,
    ForgeUnavailable,
    Permission,
    Pushed,
    Reaction,
)
from bot.ports.run import BranchName, ConfigState, RunReport, RunRequest, Sha
from bot.ports.steps import PlainSteps, SetAside
from bot.work.commands.obeying import give_up_command
from bot.work.job import JobDone
from bot.work.watching import WatchedHead
from tests.advisories.service import Known
from tests.plan.security_runs import Records
from tests.work.scene import BRANCH, NOW, REF, Scene, propose

AT = NOW.timestamp()
RUN = RunJob(repository=REF, scope=Scope.ALL)


@dataclass
class Followed:
    stored: dict[str, tuple[Job, ...]] = field(default_factory=dict)
    again: dict[str, tuple[Envelope, float]] = field(default_factory=dict)

    def store(self, delivery: str, jobs: tuple[Job, ...]) -> None:
        self.stored[delivery] = jobs

    def store_again(self, name: str, envelope: Envelope, *, delay: float) -> None:
        self.again[name] = (envelope, delay)


@dataclass
class Bench:
    scene: Scene
    parts: WorkerParts
    followed: Followed
    registry: Registry
    engine: sa.Engine

    def do(self, job: Job, *, received: float = AT, attempt: int = 1, name: str = "guid") -> str:
        """The job in the first lane and, if it goes on there, in the second."""
        note = self.enter(job, received=received, name=name)
        if f"{name.partition('#')[0]}/solve" not in self.followed.again:
            return note
        return self.solve(job, received=received, attempt=attempt, name=name)

    def enter(self, job: Job, *, received: float = AT, attempt: int = 1, name: str = "guid") -> str:
        envelope = Envelope(job=job, received=received, attempt=attempt)
        return self._perform(envelope, name)

    def solve(self, job: Job, *, received: float = AT, attempt: int = 1, name: str = "guid") -> str:
        base, sign, rest = name.partition("#")
        name = f"{base}/solve{sign}{rest}"
        self.followed.again.pop(name, None)
        return self._perform(Envelope(job=job, received=received, attempt=attempt, lane=Lane.SOLVING), name)

    def _perform(self, envelope: Envelope, name: str) -> str:
        self.running(name)
        try:
            return perform(self.parts, Attempt(envelope=envelope, name=name, started=AT), PlainSteps())
        finally:
            self.ended(name)

    def running(self, name: str) -> None:
        self.set_status(name, "PENDING")

    def ended(self, name: str) -> None:
        self.set_status(name, "SUCCESS")

    def set_status(self, name: str, status: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                sa.text("INSERT OR REPLACE INTO workflow_status VALUES (:name, :status, 'jobs')"),
                {"name": name, "status": status},
            )

    def pass_time(self, seconds: float) -> None:
        self.scene.clock.moment += timedelta(seconds=seconds)


@pytest.fixture
def bench() -> Iterator[Bench]:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    registry, followed, scene = Registry(engine), Followed(), Scene(proposals=(propose(),))
    migrate_tables(engine)
    with engine.begin() as connection:
        # The part of DBOS's table that is read beside ours.
        connection.execute(sa.text("CREATE TABLE workflow_status (workflow_uuid PRIMARY KEY, status, queue_name)"))
    parts = WorkerParts(ports=scene.ports, queue=followed, registry=registry)
    yield Bench(scene, parts, followed, registry, engine)
    engine.dispose()


def fail_with(bench: Bench, error: Exception) -> None:
    def run(request: RunRequest) -> RunReport:
        raise error

    ports = replace(bench.parts.ports, run_repository=run)
    bench.parts = replace(bench.parts, ports=ports)


def test_a_burst_comes_down_to_two_runs(bench: Bench) -> None:
    bench.pass_time(1)
    assert "opened" in bench.do(RUN, received=AT)
    bench.pass_time(5)
    later = [bench.do(RUN, received=AT + second) for second in (1.5, 2.0, 2.5, 3.0, 3.5)]
    assert ["covered" in one for one in later] == [False, True, True, True, True]
    assert len(bench.scene.asked) == 2


@pytest.mark.parametrize(("first", "second", "covered"), [
    (Scope.ALL, Scope.OPEN, True), (Scope.ALL, Scope.ALL, True), (Scope.OPEN, Scope.OPEN, True), (Scope.OPEN, Scope.ALL, False),
    (Scope.TURN, Scope.ALL, True), (Scope.ALL, Scope.TURN, False), (Scope.TURN, Scope.TURN, False),
])  # fmt: skip
def test_a_run_covers_the_smaller_one(bench: Bench, first: Scope, second: Scope, covered: bool) -> None:
    bench.pass_time(10)
    bench.do(RunJob(repository=REF, scope=first))
    assert ("covered" in bench.do(RunJob(repository=REF, scope=second))) is covered


def test_a_run_outside_the_schedule_covers_no_run_that_may_open(bench: Bench) -> None:
    bench.pass_time(10)
    bench.scene.config, bench.scene.is_open = ConfigState(schedule=("before 4am",)), False
    assert "outside the schedule" in bench.do(RUN)
    bench.scene.is_open = True
    assert "opened" in bench.do(RUN)


def test_a_failed_run_covers_nothing(bench: Bench) -> None:
    bench.pass_time(10)
    works = bench.parts
    fail_with(bench, ForgeUnavailable("502"))
    bench.do(RUN)
    bench.parts = works
    assert "opened" in bench.do(RUN, attempt=2)


@pytest.mark.parametrize(
    ("error", "attempt", "delay"),
    [
        (ForgeUnavailable("502"), 1, 5.0),
        (ForgeUnavailable("502"), 2, 20.0),
        (ForgeUnavailable("rate limit", retry_after=900.0), 1, 900.0),
        (ForgeUnavailable("maintenance", retry_after=20_000.0), 1, 20_000.0),
        (ForgeConflict("the branch moved"), 1, 5.0),
    ],
)
def test_a_failure_that_may_pass_is_put_off(bench: Bench, error: Exception, attempt: int, delay: float) -> None:
    fail_with(bench, error)
    assert "put off" in bench.do(RUN, attempt=attempt, name="guid" if attempt == 1 else f"guid#{attempt}")
    envelope, found = bench.followed.again[f"guid/solve#{attempt + 1}"]
    assert (envelope.job, envelope.attempt, envelope.received, found) == (RUN, attempt + 1, AT, delay)


@pytest.mark.parametrize(
    ("error", "attempt", "words"),
    [
        (ForgeUnavailable("502"), 6, "given up because 6 attempts failed: 502"),
        (ForgeUnavailable("x", retry_after=90_000.0), 1, "given up because the server asks to wait 90000 seconds: x"),
        (ForgeForbidden("403"), 1, "refused: 403"),
    ],
)
def test_a_failure_that_stays_ends_in_words(bench: Bench, error: Exception, attempt: int, words: str) -> None:
    fail_with(bench, error)
    assert bench.do(RUN, attempt=attempt) == words
    assert bench.followed.again == {}


@pytest.mark.parametrize("error", [ForgeRejected("creations being restricted"), ForgeForbidden("not accessible")])
def test_a_branch_that_rules_forbid_is_told_and_holds_up_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, error: ForgeError
) -> None:
    bench.scene.proposals = (propose(), propose(branch=BranchName("lockbot/other")))
    push = MemoryForge.push_branch

    def refuse(forge: MemoryForge, update: BranchUpdate) -> Pushed:
        if update.branch == BRANCH:
            raise error
        return push(forge, update)

    monkeypatch.setattr(MemoryForge, "push_branch", refuse)
    assert bench.do(RUN) == "lockbot/non-major refused, lockbot/other opened"
    (check,) = bench.scene.forge.list_checks(bench.scene.base, "lockbot problems")
    assert f"branch lockbot/non-major could not be published: {error}" in check.summary
    bench.do(RUN, received=AT + 100)
    assert len(bench.scene.forge.checks) == 1
    monkeypatch.undo()
    bench.pass_time(200)
    assert bench.do(RUN, received=AT + 200) == "lockbot/non-major opened, lockbot/other unchanged"


def test_a_job_that_another_version_began_is_made_again_from_its_beginning(bench: Bench) -> None:
    def replay(_name: str, _step: Callable[[], str]) -> str:
        return '{"text": "1764331200.0", "failure": null, "retry_after": null}'

    envelope = Envelope(job=RUN, received=AT, attempt=1, lane=Lane.SOLVING)
    note = perform(bench.parts, Attempt(envelope=envelope, name="guid", started=AT), DurableSteps(replay))
    assert note == "put off for 5 s: step 'start' was recorded by another version of lockbot"
    assert bench.followed.again["guid#2"] == (replace(envelope, attempt=2), 5.0)
    assert bench.scene.forge.checks == []
    assert "opened" in bench.do(RUN, attempt=2, name="guid#2")


def test_a_command_that_another_version_began_is_made_again_unanswered(bench: Bench) -> None:
    asked = Asked.make(bench)
    envelope = Envelope(job=asked.job, received=AT, attempt=1, lane=Lane.SOLVING)
    attempt = Attempt(envelope=envelope, name="guid", started=AT)
    assert "put off" in perform(bench.parts, attempt, DurableSteps(lambda _name, _step: "{}"))
    assert asked.answers == []
    assert bench.followed.again["guid#2"][0].job == asked.job


def test_the_schedule_is_remembered(bench: Bench) -> None:
    bench.scene.config = ConfigState(path=".lockbot.json", schedule=("every weekend",), timezone="Europe/Paris")
    bench.do(RUN)
    (known,) = bench.registry.list_repositories()
    assert (known.schedule, known.timezone, known.enabled) == (("every weekend",), "Europe/Paris", True)


def test_what_is_gone_is_forgotten(bench: Bench) -> None:
    bench.do(RUN)
    bench.pass_time(100)
    bench.scene.forge.gone = True
    bench.do(RUN, received=AT + 100)
    assert bench.registry.list_repositories() == ()


def test_what_is_uninstalled_is_forgotten(bench: Bench) -> None:
    bench.do(RUN)
    bench.do(ForgetJob(installation=REF.installation, repositories=None))
    assert bench.registry.list_repositories() == ()


def test_a_comparison_starts_what_is_new_and_forgets_what_is_gone(bench: Bench) -> None:
    stale = replace(REF, id=99, name="stale")
    bench.registry.remember([stale], NOW)
    assert bench.do(SyncJob(), name="sync:1") == "1 repositories, 1 new"
    assert bench.followed.stored == {"sync:1": (RUN,)}
    assert [one.ref for one in bench.registry.list_repositories()] == [REF]
    assert bench.do(SyncJob(), name="sync:2") == "1 repositories, 0 new"


# --- what nobody expected -------------------------------------------------------------------------


def test_an_unexpected_failure_is_told_once_on_the_base_commit(bench: Bench) -> None:
    works = bench.parts
    fail_with(bench, KeyError("hush-hush"))
    for name in ("guid:42", "again:42"):
        with pytest.raises(JobFailed, match=name):
            bench.do(RUN, name=name)
    (check,) = bench.scene.forge.list_checks(bench.scene.base, "lockbot failure")
    assert check.conclusion == "neutral"
    assert "`guid:42/solve`" in check.summary
    assert "hush-hush" not in check.title + check.summary
    assert "Traceback" not in check.summary
    bench.parts = works
    assert "opened" in bench.do(RUN, name="later:42")


def test_what_is_set_aside_is_told_once_and_not_tried_again(bench: Bench) -> None:
    fail_with(bench, SetAside("octo/app took its worker down 2 times: it took longer than 1800 seconds"))
    for name in ("guid-0001", "guid-0002"):
        assert bench.do(RUN, name=name).startswith("set aside: octo/app took its worker down")
    (check,) = bench.scene.forge.list_checks(bench.scene.base, "lockbot failure")
    assert check.title == "lockbot set this commit aside"
    assert "1800 seconds" not in check.summary
    assert not [name for name in bench.followed.again if "#" in name]


def test_an_unexpected_failure_that_nobody_can_be_told_of_still_fails(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_forge: MemoryForge, _report: CheckReport) -> None:
        raise ForgeForbidden("403")

    monkeypatch.setattr(MemoryForge, "write_check", refuse)
    fail_with(bench, KeyError("hush-hush"))
    with pytest.raises(JobFailed):
        bench.do(RUN)


def test_a_database_that_went_away_is_nobodys_failure(bench: Bench) -> None:
    """The job is not done: DBOS resumes it."""
    fail_with(bench, DatabaseUnavailable("gone"))
    with pytest.raises(DatabaseUnavailable):
        bench.do(RUN)
    assert bench.scene.forge.list_checks(bench.scene.base, "lockbot failure") == ()


def test_a_job_without_its_database_is_made_again_when_that_is_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that a job ends with is what DBOS records as its end."""
    monkeypatch.setitem(make_again.__globals__, "_SOON", 0.0)
    stored, away = bench.followed.store_again, [True, True, False]

    def store_again(name: str, envelope: Envelope, *, delay: float) -> None:
        if away.pop(0):
            raise DatabaseUnavailable("gone")
        stored(name, envelope, delay=delay)

    monkeypatch.setattr(bench.followed, "store_again", store_again)
    envelope = Envelope(job=RUN, received=AT, lane=Lane.SOLVING)
    attempt = Attempt(envelope=envelope, name="guid/solve", started=AT)
    assert "made again" in make_again(bench.parts, attempt, DatabaseUnavailable("gone"))
    (name,) = bench.followed.again
    assert (name, bench.followed.again[name][0].job, away) == ("guid/solve#1.1", RUN, [])


def test_a_job_whose_worker_ends_while_the_database_is_away_is_left_to_be_resumed(bench: Bench) -> None:
    bench.parts.ending.set()
    attempt = Attempt(envelope=Envelope(job=RUN, received=AT), name="guid", started=AT)
    with pytest.raises(DatabaseUnavailable):
        make_again(bench.parts, attempt, DatabaseUnavailable("gone"))
    assert bench.followed.again == {}


def test_a_job_that_its_worker_cuts_off_has_no_end_that_dbos_would_record(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*_: object) -> str:
        raise DatabaseUnavailable("gone")

    monkeypatch.setitem(make_workflow.__globals__, "perform", lose)
    bench.parts.ending.set()
    job = make_workflow(bench.parts, Watchdog(60.0))
    with pytest.raises(BaseException, match="gone") as caught:
        job(render_envelope(Envelope(job=RUN, received=AT)))
    assert (type(caught.value), isinstance(caught.value, Exception)) == (CutOff, False)


@dataclass
class Asked:
    """A command of a writer on an open pull request of the App."""

    job: CommandJob
    bench: Bench

    @classmethod
    def make(cls, bench: Bench) -> Asked:
        bench.do(RUN)
        forge = bench.scene.forge
        forge.permissions["ada"] = Permission.WRITE
        comment = forge.add_comment(1, "/lockbot rebase", author="ada")
        job = CommandJob(repository=REF, number=1, comment=comment.id, author="ada", orders=find_orders(comment.body))
        return cls(job, bench)

    @property
    def answers(self) -> list[str]:
        login = self.bench.scene.app.get_identity().login
        return [one.body for one in self.bench.scene.forge.list_comments(1) if one.author == login]

    @property
    def reactions(self) -> list[Reaction]:
        return self.bench.scene.forge.reactions[self.job.comment or 0]


def test_a_command_that_fails_unexpectedly_gets_one_answer(bench: Bench) -> None:
    asked = Asked.make(bench)
    fail_with(bench, KeyError("hush-hush"))
    for _ in range(2):
        with pytest.raises(JobFailed):
            bench.do(asked.job)
    (answer,) = asked.answers
    assert "`guid/solve`" in answer
    assert "hush-hush" not in answer
    assert asked.reactions == [Reaction.EYES, Reaction.CONFUSED]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ForgeForbidden("the App may not write contents"), "I can't do this: the App may not write contents"),
        (LockbotError("/srv/cache is full"), "under `guid/solve`"),
    ],
)
def test_a_command_that_is_refused_gets_one_answer(bench: Bench, error: Exception, words: str) -> None:
    asked = Asked.make(bench)
    fail_with(bench, error)
    assert [bench.do(asked.job).startswith("refused: ") for _ in range(2)] == [True, True]
    (answer,) = asked.answers
    assert words in answer
    assert "/srv/cache" not in answer


def test_a_command_that_is_given_up_gets_one_answer(bench: Bench) -> None:
    asked = Asked.make(bench)
    fail_with(bench, ForgeConflict("the branch moved"))
    for attempt in range(1, 7):
        assert asked.answers == []
        bench.do(asked.job, attempt=attempt)
    (answer,) = asked.answers
    assert "give up: the branch moved." in answer
    assert asked.reactions == [Reaction.EYES, Reaction.CONFUSED]


def test_a_stranger_is_not_answered_when_lockbot_gives_up(bench: Bench) -> None:
    asked = Asked.make(bench)
    bench.scene.forge.permissions["ada"] = Permission.READ
    give_up_command(bench.scene.ports, asked.job, "down")
    assert asked.answers == []


# --- advisories -----------------------------------------------------------------------------------


def watched(*known: Known) -> tuple[Watched, ...]:
    """What a run found when the service knew these."""
    ids = {one.id: one.modified for one in known}
    return (Watched(package="alpha", version="1.0", known=ids), Watched(package="no version", version="?"))


@pytest.mark.parametrize(
    ("before", "after", "runs"),
    [
        ((), (), 0),
        ((), (Known(id="GHSA-1", name="alpha"),), 1),
        ((Known(id="GHSA-1", name="alpha"),), (Known(id="GHSA-1", name="alpha"),), 0),
        ((Known(id="GHSA-1", name="alpha"),), (), 1),
        ((Known(id="GHSA-1", name="alpha"),), (Known(id="GHSA-1", name="alpha", modified="2026-01-01T00:00:00Z"),), 1),
        ((), (Known(id="GHSA-1", name="beta"),), 0),
    ],
    ids=["nothing", "new", "the same", "taken back", "edited", "about another"],
)
def test_an_hourly_look_starts_runs_where_something_else_is_known(
    bench: Bench, before: tuple[Known, ...], after: tuple[Known, ...], runs: int
) -> None:
    bench.do(RUN)
    bench.registry.record_watched(REF.id, bench.scene.base, watched(*before))
    bench.parts = replace(bench.parts, ports=replace(bench.parts.ports, advisories=Records(*after)))
    bench.enter(WatchJob(), name="watch:1")
    assert bench.followed.stored["watch:1"] == (RunJob(repository=REF, scope=Scope.SECURITY),) * runs


def test_it_looks_again_where_the_base_moved_on_and_nowhere_where_nothing_is_asked(bench: Bench) -> None:
    bench.parts = replace(bench.parts, ports=replace(bench.parts.ports, advisories=Records(is_down=True)))
    bench.do(RUN)
    bench.registry.record_watched(REF.id, Sha("0" * 40), watched())
    bench.enter(WatchJob(), name="watch:1")
    bench.registry.record_watched(REF.id, Sha("0" * 40), None)
    bench.enter(WatchJob(), name="watch:2")
    stored = [bench.followed.stored[f"watch:{one}"] for one in (1, 2)]
    assert stored == [(RunJob(repository=REF, scope=Scope.SECURITY),), ()]


def test_a_run_that_could_not_look_everything_up_leaves_what_is_known_as_it_was(bench: Bench) -> None:
    bench.do(RUN)
    bench.registry.record_watched(REF.id, bench.scene.base, watched())
    remember_watched(bench.parts, REF, JobDone(note="", base=Sha("1" * 40), unsure="down"))
    assert bench.registry.list_watched([REF.id])[REF.id].base == bench.scene.base
    remember_watched(bench.parts, REF, JobDone(note="", base=Sha("1" * 40), watched=()))
    assert bench.registry.list_watched([REF.id])[REF.id] == WatchedHead(base=Sha("1" * 40), packages=())
