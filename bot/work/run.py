"""A run under way: what it works with, and what it comes to on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.events.jobs import RunJob
from bot.ports.forge import PullRequest
from bot.ports.handling import Obstacle
from bot.ports.run import BranchName, Problem, Proposal, Sha
from bot.ports.steps import StepRunner
from bot.report.problems import (
    foreign_branch,
    refused_branch,
    refused_merge,
    refused_method,
    refused_people,
    shared_branch,
)
from bot.work.dashboard.board import Board
from bot.work.job import JobPorts
from bot.work.publishing.merging import MergeResult, MergeWays, MergeWish
from bot.work.publishing.outcome import Outcome, Published
from bot.work.publishing.queueing import Room
from bot.work.publishing.target import Target
from bot.work.solving import SolvedRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    branch: BranchName
    head: Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One base branch, solved. ``suffix`` ends the names of its steps: there is none for the default branch."""

    target: Target
    solved: SolvedRepository
    suffix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """``wish`` None: it is not to be merged by itself."""

    wish: MergeWish | None = None
    result: MergeResult = field(default_factory=MergeResult)

    @property
    def is_open(self) -> bool:
        """Whether there is something left for lockbot to look at."""
        return self.result.merged is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one proposal."""

    part: Part
    proposal: Proposal
    done: Published
    merge: Merge | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """``pulls``: the App's own that were open when the run began to publish."""

    rows: Sequence[Row]
    retired: tuple[Published, ...]
    room: Room
    pulls: tuple[PullRequest, ...]

    @property
    def published(self) -> tuple[Published, ...]:
        return (*(row.done for row in self.rows), *self.retired)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run under way; ``target`` is the default branch, ``ways`` how the repository lets pull requests be merged, ``board``
    the dashboard as it was when the run began."""

    ports: JobPorts
    job: RunJob
    steps: StepRunner
    target: Target
    ways: MergeWays
    board: Board


def start_of_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def find_problems(row: Row) -> Iterator[Problem]:
    """Why a proposal was not made, or not as it was meant, where its people can do something about it."""
    yield from explain_outcome(row.done)
    number = row.done.number or 0
    result = row.merge.result if row.merge is not None else None
    if result is not None and result.obstacle is Obstacle.METHOD:
        yield refused_method(number, result.reason)
    elif result is not None and result.obstacle is Obstacle.REFUSED and result.reason:
        yield refused_merge(number, result.reason)


def explain_outcome(done: Published) -> Iterator[Problem]:
    number = done.number or 0
    match done.outcome:
        case Outcome.REFUSED:
            yield refused_branch(done.branch, done.reason)
        case Outcome.FOREIGN:
            yield foreign_branch(done.branch, done.reason)
        case Outcome.SHARED:
            yield shared_branch(done.branch, number, done.reason)
        case _:
            pass
    if done.refused:
        yield refused_people(number, done.refused)


def describe_published(published: tuple[Published, ...]) -> str:
    return ", ".join(f"{one.branch} {one.outcome}" for one in published) or "nothing to propose"
