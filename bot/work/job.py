"""What every job is given, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.advisories.port import AdvisoryPort
from bot.events.jobs import Job, Scope
from bot.ports.advisories import Watched
from bot.ports.forge import Cloner, Forge, ForgeApp
from bot.ports.indexes import ChangedPage, Depended
from bot.ports.judging import CommitJudge
from bot.ports.run import BranchName, ConfigState, RunRepository, Sha
from bot.ports.steps import Clock
from bot.report.dashboard.facts import Facts
from bot.work.account import Memory
from bot.work.dashboard.issue import Home, KnownIssues
from bot.work.publishing.merging import MergeWish
from bot.work.publishing.outcome import Published


class Windows(Protocol):
    """``bot.jobs.clock.cadence``: what a schedule says."""

    def __call__(self, entries: tuple[str, ...], timezone: str, moment: datetime) -> bool:
        """Whether updates may be proposed at that moment."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPorts:
    """What a job needs of the world. ``judge`` is for commits of pull requests. ``onboarding``: repositories without a
    configuration are asked first. ``list_changed``: the pages that a repository depends on and that changed lately."""

    app: ForgeApp
    cloner: Cloner
    run_repository: RunRepository
    judge: CommitJudge
    clock: Clock
    is_open: Windows
    memory: Memory = field(default_factory=Memory)
    advisories: AdvisoryPort | None = None
    dashboards: KnownIssues = field(default_factory=KnownIssues)
    onboarding: bool = False
    list_changed: Callable[[int], tuple[ChangedPage, ...]] = lambda _: ()

    def is_open_now(self, entries: tuple[str, ...], timezone: str) -> bool:
        return self.is_open(entries, timezone, self.clock.now())


def find_home(ports: JobPorts, forge: Forge) -> Home:
    """Where the repository's dashboard is looked for."""
    return Home(forge=forge, login=ports.app.get_identity().login, known=ports.dashboards)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDone:
    """``config`` None: the repository was not read. ``note`` is one line for the log. ``gone``: forget about it.

    ``scope`` is what a run did of what it was asked for; None: all of it. ``base``: the head of the base branch that was
    worked on. ``ripe_at``: when an update that waits for its age may be proposed. ``waiting``: branches that would have been
    opened but for the limits, ``room_at`` when one of those changes by itself. ``merging``: the pull requests that wait to be
    merged by lockbot. ``follow``: what is to be done next. ``watched``, ``depended`` and ``unsure``: as the
    report of the run has them. ``facts``: what a run saw and did, as the
    dashboard tells it.
    """

    note: str
    scope: Scope | None = None
    gone: bool = False
    base: Sha | None = None
    config: ConfigState | None = None
    ripe_at: float | None = None
    published: tuple[Published, ...] = ()
    watched: tuple[Watched, ...] | None = None
    depended: tuple[Depended, ...] | None = None
    unsure: str | None = None
    waiting: tuple[BranchName, ...] = ()
    room_at: float | None = None
    merging: tuple[MergeWish, ...] = ()
    follow: tuple[Job, ...] = ()
    facts: Facts | None = None
