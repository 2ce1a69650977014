"""The job that solves a repository and brings its branches and pull requests to what the solution says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import NoneType

from bot.errors import LockbotError
from bot.events import RunJob, Scope
from bot.ports.forge import ForgeForbidden, ForgeRejected
from bot.ports.run import BranchName, OtherBot, Problem, Proposal
from bot.ports.steps import StepRunner
from bot.report.problems import foreign_branch, refused_branch, shared_branch
from bot.work.checks import report_config, report_config_warnings, report_failure, report_problems, report_waiting
from bot.work.job import JobDone, JobPorts
from bot.work.publishing.beside import tell_beside
from bot.work.publishing.publish import Occasion, Outcome, Published, find_occasion, publish_proposal
from bot.work.publishing.retire import leave_other_bases, retire_others
from bot.work.publishing.target import Target
from bot.work.solving import Look, SolvedRepository, look, solve
from bot.work.telling import attempt_to_tell

#: A pull request that is there and lockbot's to speak in.
_STANDING = frozenset((Outcome.OPENED, Outcome.REFRESHED, Outcome.UNCHANGED))


def run_job(ports: JobPorts, job: RunJob, steps: StepRunner, reference: str) -> JobDone:
    """Solve a repository and bring its pull requests to what the solution says.

    An error that nobody expected is told on the base commit with ``reference``, and passes through.
    """
    forge = ports.app.open_repository(job.repository)
    found = steps.run("look", Look, lambda: look(ports, forge))
    settled = settle(found, job.scope)
    if settled is not None:
        return settled
    assert found.base is not None, "a look without a base is settled"
    target = Target(
        forge=forge,
        identity=ports.app.get_identity(),
        base=found.base,
        base_branch=found.base_branch,
        is_public=found.is_public,
    )
    with _telling(target, reference):
        reopening = _leave_other_bases(target, found, steps)
        solved = steps.run("solve", SolvedRepository, lambda: solve(ports, target, job.scope, reopening))
        published = _publish(target, solved, steps)
    waiting = _tell_waiting(target, job.scope, solved, published, steps)
    return JobDone(
        note=_describe(published) + waiting,
        scope=solved.scope,
        base=found.base,
        config=solved.report.config,
        ripe_at=solved.report.ripe_at,
        published=published,
        watched=solved.report.watched,
        unsure=solved.report.unsure,
        timings=solved.report.timings,
    )


def settle(found: Look, scope: Scope) -> JobDone | None:
    """What a look at the forge comes to where there is nothing to solve; None: there is."""
    if found.base is None:
        return JobDone(note=found.why, gone=found.gone)
    if scope is Scope.OPEN and not found.open:
        return JobDone(note="no pull request is open", base=found.base)
    return None


def _leave_other_bases(target: Target, found: Look, steps: StepRunner) -> frozenset[BranchName]:
    """Before any branch moves; their proposals come again on the base of today."""
    if not found.elsewhere:
        return frozenset()
    return frozenset(steps.run("leave other bases", tuple[BranchName, ...], lambda: leave_other_bases(target)))


@contextmanager
def _telling(target: Target, reference: str) -> Iterator[None]:
    try:
        yield
    except LockbotError:
        raise
    except Exception as error:
        attempt_to_tell(error, lambda: report_failure(target.forge, target.base, reference))
        raise


def _publish(target: Target, solved: SolvedRepository, steps: StepRunner) -> tuple[Published, ...]:
    _report_config(target, solved, steps)
    occasion = find_occasion(target, solved.scope, solved.report.proposals, solved.closed)
    published = tuple(
        steps.run(
            f"publish {one.branch}",
            Published,
            partial(_try_to_publish, target, one, occasion, solved.report.other_bots),
        )
        for one in solved.report.proposals
    )
    _report_problems(target, solved, published, steps)
    return published + _retire(target, solved, occasion, steps)


def _report_config(target: Target, solved: SolvedRepository, steps: StepRunner) -> None:
    if solved.broken:
        tell = partial(report_config, target.forge, target.base, solved.broken, fallback=solved.fallback)
        steps.run("report configuration", NoneType, tell)
    elif warnings := solved.report.config.warnings:
        steps.run("report configuration", NoneType, lambda: report_config_warnings(target.forge, target.base, warnings))


def _try_to_publish(target: Target, proposal: Proposal, occasion: Occasion, others: tuple[OtherBot, ...]) -> Published:
    """A branch or pull request that the repository's rules forbid does not hold up the others."""
    try:
        done = publish_proposal(target, proposal, occasion)
    except (ForgeForbidden, ForgeRejected) as error:
        return Published(branch=proposal.branch, outcome=Outcome.REFUSED, reason=str(error))
    if others and done.number is not None and done.outcome in _STANDING:
        with suppress(ForgeForbidden, ForgeRejected):
            tell_beside(target, done.number, others, occasion.open)
    return done


def _report_problems(
    target: Target, solved: SolvedRepository, published: tuple[Published, ...], steps: StepRunner
) -> None:
    silenced = [problem for one in published if (problem := _find_problem(one)) is not None]
    problems = (*solved.report.problems, *silenced)
    own = solved.report.config.warnings
    warnings = tuple(one for one in solved.report.warnings if one not in own)
    if (problems or warnings) and not solved.report.config.problems:
        tell = partial(report_problems, target.forge, target.base, problems, warnings)
        steps.run("report problems", NoneType, tell)


def _find_problem(one: Published) -> Problem | None:
    """Why a proposal was not made, where its people can do something about it."""
    match one.outcome:
        case Outcome.REFUSED:
            return refused_branch(one.branch, one.reason)
        case Outcome.FOREIGN:
            return foreign_branch(one.branch, one.reason)
        case Outcome.SHARED:
            return shared_branch(one.branch, one.number or 0, one.reason)
        case _:
            return None


def _retire(target: Target, solved: SolvedRepository, occasion: Occasion, steps: StepRunner) -> tuple[Published, ...]:
    """Close what is no longer proposed, where the run proves that."""
    report = solved.report
    wanted = frozenset(one.branch for one in report.proposals)
    if all(one.head_branch in wanted or not target.owns(one) for one in occasion.open):
        return ()
    return steps.run("retire", tuple[Published, ...], lambda: retire_others(target, report, occasion.open, wanted))


def _tell_waiting(
    target: Target, asked: Scope, solved: SolvedRepository, published: tuple[Published, ...], steps: StepRunner
) -> str:
    """Of a run outside of the repository's schedule: what waits for it."""
    waiting = tuple(one.branch for one in published if one.outcome is Outcome.NOT_OPEN)
    if asked is not Scope.ALL or not waiting:
        return ""
    config = solved.report.config
    own = {one.branch: one.schedule for one in solved.report.proposals if one.schedule is not None}
    windows = dict.fromkeys(entry for branch in waiting for entry in own.get(branch, config.schedule))
    tell = partial(report_waiting, target.forge, target.base, waiting, tuple(windows), config.timezone)
    steps.run("report waiting", NoneType, tell)
    return "; outside the schedule"


def _describe(published: tuple[Published, ...]) -> str:
    return ", ".join(f"{one.branch} {one.outcome}" for one in published) or "nothing to propose"
