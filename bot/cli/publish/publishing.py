"""Publish what a run proposes: solve, bring branches and pull requests to it, and gather what there is to tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path

from bot.cli.publish.connecting import Connection
from bot.cli.publish.session import Session, Steps, patiently
from bot.errors import LockbotError
from bot.events.jobs import ClosedJob, Job, RunJob, Scope
from bot.forge.github.tokens.repository import WORKFLOWS, TokenForge
from bot.ports.run import Problem, Proposal, RunReport
from bot.report.publishing import refusals as words
from bot.report.publishing.told import PublishedRow, PublishedRun
from bot.values import value
from bot.wall import to_problem
from bot.work.alone.branches import push_job
from bot.work.alone.jobs import do_job, find_unheard
from bot.work.alone.turn import find_scope
from bot.work.job import JobDone, JobPorts
from bot.work.publishing.outcome import Outcome, Published
from bot.work.run import explain_outcome
from bot.work.runs import run_job
from bot.work.solving import SolvedRepository

#: Outcomes of a pull request that there is.
_STANDING = (Outcome.OPENED, Outcome.REFRESHED, Outcome.UNCHANGED)


class Ways(StrEnum):
    """What is published: branches alone, or pull requests with them."""

    BRANCHES = "push"
    PULL_REQUESTS = "pull requests"


@value
class Order:
    """``is_turn``: a clock has begun it. ``reference``: where who runs lockbot finds more of what failed."""

    ways: Ways
    path: Path
    is_turn: bool = False
    is_dry: bool = False
    reference: str = "the output of lockbot run"


@value
class Outcomes:
    """What a call came to. ``is_broken``: the configuration can't be used."""

    run: PublishedRun
    is_broken: bool = False

    @property
    def exit_code(self) -> int:
        return 2 if self.is_broken else 1 if self.run.problems else 0


def publish(session: Session, order: Order) -> Outcomes:
    """Raises ``LockbotError`` where the forge or the repository can't be read."""
    with session.open_ports(order.path) as ports, _without_leavings(session):
        heard = _hear(session, ports, order)
        steps, done = _run(session, ports, order)
        if session.connection.lessons.workflows and _is_refused(done):
            # What may not be changed is left now, and the rest goes out.
            ports.memory.workflows.forget((session.connection.repository.ref.installation,))
            steps, done = _run(session, ports, order)
    return _sum_up(session, order, steps.solved, done, heard)


@contextmanager
def _without_leavings(session: Session) -> Iterator[None]:
    """What lies about before and after all of this is nobody's who is at work."""
    forge = session.connection.app.open_repository(session.connection.repository.ref)
    left = patiently(forge.list_passing) if isinstance(forge, TokenForge) else {}
    yield
    if isinstance(forge, TokenForge):
        patiently(lambda: forge.delete_passing(left))


def _run(session: Session, ports: JobPorts, order: Order) -> tuple[Steps, JobDone]:
    steps, ref = Steps(progress=session.progress), session.connection.repository.ref
    forge = session.connection.app.open_repository(ref)
    scope = find_scope(ports, forge) if order.is_turn else Scope.ALL
    job = RunJob(repository=ref, scope=scope)
    if order.ways is Ways.BRANCHES:
        return steps, patiently(lambda: push_job(ports, job, steps, session.only))
    return steps, patiently(lambda: run_job(ports, job, steps, order.reference))


def _is_refused(done: JobDone) -> bool:
    return any(one.outcome is Outcome.REFUSED for one in done.published)


# --- orders that nobody has taken up ----------------------------------------------------------------


@value
class Heard:
    """``lines`` tell what was done, ``problems`` what failed."""

    lines: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def _hear(session: Session, ports: JobPorts, order: Order) -> Heard:
    """Before the run, which goes by what people want."""
    if order.is_dry or order.ways is Ways.BRANCHES:
        return Heard()
    ref = session.connection.repository.ref
    session.progress("listen", ref.full_name)
    return obey(session, ports, patiently(lambda: find_unheard(ports, ref)), order.reference)


def obey(session: Session, ports: JobPorts, jobs: Sequence[Job], reference: str) -> Heard:
    """Each of them, whatever becomes of the others."""
    lines: list[str] = []
    problems: list[Problem] = []
    for job in jobs:
        try:
            done = patiently(partial(_obey_one, session, ports, job, reference))
        except LockbotError as error:
            problems.append(Problem(message=f"{_name(job)}: {error}"))
        except Exception as error:  # noqa: BLE001 - the wall
            problems.append(to_problem(error, _name(job), session.keep))
        else:
            # That there was something to tidy up, or not, nobody has asked.
            lines += (f"{_name(one)}: {what.note}" for one, what in done if not isinstance(one, ClosedJob))
    return Heard(lines=tuple(lines), problems=tuple(problems))


def _obey_one(session: Session, ports: JobPorts, job: Job, reference: str) -> tuple[tuple[Job, JobDone], ...]:
    return tuple(do_job(ports, job, Steps(progress=session.progress), reference))


def _name(job: Job) -> str:
    number = getattr(job, "number", None)
    return f"{job.kind} on #{number}" if number else job.kind


# --- what there is to tell ------------------------------------------------------------------------


def _sum_up(
    session: Session, order: Order, solved: Mapping[str, SolvedRepository], done: JobDone, heard: Heard
) -> Outcomes:
    found = list(_last(solved).values())
    report = _join([one.report for one in found]) if found else None
    broken = tuple(problem for one in found for problem in (*one.broken, *one.report.config.problems))
    problems = dict.fromkeys(
        (*broken, *(report.problems if report else ()), *_explain(done.published), *heard.problems)
    )
    run = PublishedRun(
        repository=session.connection.repository.ref.full_name,
        report=report,
        rows=tuple(_row(session, one) for one in done.published),
        problems=tuple(problems),
        heard=heard.lines,
        notes=tuple(_list_notes(session.connection, order, report, done)),
        why="" if found else done.note,
        is_dry=order.is_dry,
    )
    return Outcomes(run=run, is_broken=bool(broken))


def _last(solved: Mapping[str, SolvedRepository]) -> Mapping[str, SolvedRepository]:
    """Of each base branch what was published: what was solved once more counts."""
    return {name.replace("solve as ever", "solve"): one for name, one in solved.items()}


def _join(reports: Sequence[RunReport]) -> RunReport:
    first, *others = reports
    if not others:
        return first
    return replace(
        first,
        proposals=tuple(one for report in reports for one in report.proposals),
        held_back=tuple(dict.fromkeys(one for report in reports for one in report.held_back)),
        problems=tuple(dict.fromkeys(one for report in reports for one in report.problems)),
        warnings=tuple(dict.fromkeys(one for report in reports for one in report.warnings)),
    )


def _explain(published: Sequence[Published]) -> Iterator[Problem]:
    for one in published:
        yield from explain_outcome(one)


def _row(session: Session, one: Published) -> PublishedRow:
    web, name = session.settings.github_url, session.connection.repository.ref.full_name
    url = f"{web}/{name}/pull/{one.number}" if one.number else None
    return PublishedRow(
        branch=one.branch, outcome=one.outcome.value, number=one.number or None, url=url, reason=one.reason
    )


def _list_notes(connection: Connection, order: Order, report: RunReport | None, done: JobDone) -> Iterator[str]:
    """What a token could not do, each with what to do about it."""
    identity, lessons = connection.identity, connection.lessons
    if not identity.is_shared:
        return
    is_workflows = identity.login == WORKFLOWS
    proposals: Sequence[Proposal] = report.proposals if report is not None else ()
    is_open = order.ways is Ways.PULL_REQUESTS and any(one.outcome in _STANDING for one in done.published)
    if is_workflows and is_open:
        yield words.starts_no_workflows()
        if any(one.handling.merging.wanted for one in proposals):
            yield words.merges_nothing()
    if lessons.checks:
        yield words.writes_no_checks(is_person=False)
    if any(left.path.startswith(".github/workflows/") for one in proposals for left in one.left):
        yield words.leaves_workflows(is_workflows=is_workflows)
    if lessons.unsigned:
        yield words.signs_nothing(lessons.unsigned)
