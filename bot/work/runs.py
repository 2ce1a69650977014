"""The job that solves a repository and brings its branches and pull requests to what the solution says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import NoneType

from bot.errors import LockbotError
from bot.events import RunJob, Scope
from bot.ports.forge import ForgeForbidden, ForgeRejected
from bot.ports.run import Proposal
from bot.ports.steps import StepRunner
from bot.report import answers
from bot.report.problems import refused_branch
from bot.work.checks import report_config, report_failure, report_problems
from bot.work.job import JobDone, JobPorts
from bot.work.publish import Outcome, Published, publish_proposal
from bot.work.retire import retire_others
from bot.work.solving import Look, SolvedRepository, look, solve
from bot.work.target import Target
from bot.work.telling import attempt_to_tell


def run_job(ports: JobPorts, job: RunJob, steps: StepRunner, reference: str) -> JobDone:
    """Solve a repository and bring its pull requests to what the solution says.

    An error that nobody expected is told on the base commit with ``reference``, and passes through.
    """
    forge = ports.app.open_repository(job.repository)
    found = steps.run("look", Look, lambda: look(ports, forge))
    settled = settle(found, job.scope)
    if settled is not None or found.base is None:
        return settled or JobDone(note=found.why)
    target = Target(forge=forge, identity=ports.app.get_identity(), base=found.base, base_branch=found.base_branch)
    with _telling(target, reference):
        solved = steps.run("solve", SolvedRepository, lambda: solve(ports, target))
        published = _publish(target, solved, job.scope, steps)
    return JobDone(
        note=_describe(published),
        base=found.base,
        config=solved.report.config,
        published=published,
        timings=solved.report.timings,
    )


def settle(found: Look, scope: Scope) -> JobDone | None:
    """What a look at the forge comes to where there is nothing to solve; None: there is."""
    if found.base is None:
        return JobDone(note=found.why, gone=found.gone)
    if scope is Scope.OPEN and not found.open:
        return JobDone(note="no pull request is open", base=found.base)
    return None


@contextmanager
def _telling(target: Target, reference: str) -> Iterator[None]:
    try:
        yield
    except LockbotError:
        raise
    except Exception as error:
        attempt_to_tell(error, lambda: report_failure(target.forge, target.base, reference))
        raise


def _publish(target: Target, solved: SolvedRepository, scope: Scope, steps: StepRunner) -> tuple[Published, ...]:
    _report_config(target, solved, steps)
    published = tuple(
        steps.run(f"publish {one.branch}", Published, partial(_try_to_publish, target, one, scope))
        for one in solved.report.proposals
    )
    _report_problems(target, solved, published, steps)
    return published + _retire(target, solved, steps)


def _report_config(target: Target, solved: SolvedRepository, steps: StepRunner) -> None:
    if solved.broken:
        tell = partial(report_config, target.forge, target.base, solved.broken, fallback=solved.fallback)
        steps.run("report configuration", NoneType, tell)


def _try_to_publish(target: Target, proposal: Proposal, scope: Scope) -> Published:
    """A branch or pull request that the repository's rules forbid does not hold up the others."""
    try:
        return publish_proposal(target, proposal, scope)
    except (ForgeForbidden, ForgeRejected) as error:
        return Published(branch=proposal.branch, outcome=Outcome.REFUSED, reason=str(error))


def _report_problems(
    target: Target, solved: SolvedRepository, published: tuple[Published, ...], steps: StepRunner
) -> None:
    refused = [refused_branch(one.branch, one.reason) for one in published if one.outcome is Outcome.REFUSED]
    problems = (*solved.report.problems, *refused)
    if problems and not solved.report.config.problems:
        steps.run("report problems", NoneType, lambda: report_problems(target.forge, target.base, problems))


def _retire(target: Target, solved: SolvedRepository, steps: StepRunner) -> tuple[Published, ...]:
    """Close what is no longer proposed, where the run was whole."""
    if not solved.may_retire:
        return ()
    wanted = frozenset(one.branch for one in solved.report.proposals)
    reason = answers.retired(target.base_branch) if solved.report.config.enabled else answers.disabled()
    return steps.run("retire", tuple[Published, ...], lambda: retire_others(target, wanted, reason))


def _describe(published: tuple[Published, ...]) -> str:
    return ", ".join(f"{one.branch} {one.outcome}" for one in published) or "nothing to propose"
