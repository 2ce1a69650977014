"""The job that solves a repository and brings its branches and pull requests to what the solution says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import LockbotError
from bot.events.jobs import RunJob, Scope
from bot.ports.forge import Forge, Survey
from bot.ports.steps import StepRunner
from bot.work.checks import report_failure
from bot.work.concluding import Concluding
from bot.work.dashboard.board import find_board
from bot.work.job import JobDone, JobPorts, find_home
from bot.work.looking import Look, see
from bot.work.onboarding import Standing
from bot.work.parts import Solving
from bot.work.proposing import Proposing
from bot.work.publishing.merging import MergeWays
from bot.work.publishing.target import Target
from bot.work.telling import attempt_to_tell


class _Run(Solving, Proposing, Concluding):
    """Solved, published, told, step by step."""

    __slots__ = ()


def run_job(ports: JobPorts, job: RunJob, steps: StepRunner, reference: str) -> JobDone:
    """Solve a repository and bring its pull requests to what the solution says.

    An error that nobody expected is told on the base commit with ``reference``, and passes through.
    """
    forge = ports.app.open_repository(job.repository)
    seen: list[Survey | None] = []
    found = steps.run("look", Look, lambda: _look(ports, forge, seen))
    settled = settle(found, job)
    if settled is not None:
        return settled
    assert found.base is not None, "a look without a base is settled"
    board = find_board(find_home(ports, forge), has_issues=found.has_issues, seen=next(iter(seen), None))
    target = Target(
        forge=forge,
        identity=ports.app.get_identity(),
        base=found.base,
        base_branch=found.base_branch,
        is_public=found.is_public,
        dashboard=board.number,
    )
    ways = MergeWays(auto_merge=found.auto_merge, methods=found.merge_methods)
    run = _Run(ports=ports, job=job, steps=steps, target=target, ways=ways, board=board)
    with _telling(target, reference):
        standing = run.find_standing(found)
        if standing is Standing.REFUSED:
            return JobDone(note="not here: there is no configuration", base=found.base)
        parts = run.solve(found, standing)
        if parts[0].solved.report.suggestion is not None:
            return run.onboard(parts[0].solved)
        results = run.publish(parts)
        facts = run.tell(parts, results, is_public=found.is_public)
    return run.conclude(parts, results, facts)


def _look(ports: JobPorts, forge: Forge, seen: list[Survey | None]) -> Look:
    """Beside the outcome that lasts what was ``seen``, which is good for this attempt alone."""
    found, whole = see(ports, forge)
    seen.append(whole)
    return found


def settle(found: Look, job: RunJob) -> JobDone | None:
    """What a look at the forge comes to where there is nothing to solve; None: there is."""
    if found.base is None:
        return JobDone(note=found.why, gone=found.gone)
    if job.scope is Scope.OPEN and not found.open and not job.waiting and not found.is_told_otherwise:
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
