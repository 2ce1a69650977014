"""One attempt at a job, what a run saw, a repository in one row, what ended badly: as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.ports.advisories import FindingSource
from bot.ports.forge import RepositoryRef
from bot.ports.journal import LogLine
from bot.ports.run import Sha
from bot.report.dashboard.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a job used: requests to the forge, requests to indexes by what came of them, seconds by stage."""

    forge: int = 0
    index: Mapping[str, int] = field(default_factory=dict)
    stages: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One attempt at a job of one repository. Moments in seconds since the epoch. ``log`` is read for one record alone."""

    repository: int
    job: str
    kind: str
    outcome: str
    note: str
    attempt: int
    received: float
    started: float
    ended: float
    used: Used = Used()
    log: tuple[LogLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Of what a whole run saw. ``broken``: the configuration can't be used. ``units`` are files with a lock."""

    units: int = 0
    open: int = 0
    waiting: int = 0
    held_back: int = 0
    problems: int = 0
    vulnerable: int = 0
    libyears: float = 0.0
    broken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a run at ``moment`` saw at ``base``."""

    base: Sha
    moment: float
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A repository in one row. ``counts`` None: no run has come to its end yet; ``last`` is the newest job."""

    ref: RepositoryRef
    enabled: bool
    counts: Counts | None = None
    seen: float | None = None
    last: RunRecord | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What the forge said last of an installation's limit; ``account`` is the owner of one of its repositories."""

    installation: int
    account: str
    resource: str
    allowed: int
    remaining: int
    moment: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A repository that was set aside, or a job that failed. ``name`` is what it is tried again by. ``moment`` in seconds
    since the epoch. ``repository`` is the id of whose job it was, ``full_name`` that of what was set aside, where known."""

    name: str
    state: str
    moment: float
    reason: str = ""
    repository: int | None = None
    full_name: str = ""

    def concerns(self, ref: RepositoryRef) -> bool:
        return self.repository == ref.id or self.full_name == ref.full_name


def count(facts: Facts) -> Counts:
    return Counts(
        units=sum(one.lock is not None for one in facts.detected),
        open=len(facts.open),
        waiting=len(facts.waiting),
        held_back=len(facts.held_back),
        problems=len(facts.problems) + len(facts.broken),
        # What only the forge's alerts tell is for who may write there.
        vulnerable=sum(not one.is_accepted and one.source is not FindingSource.ALERT for one in facts.vulnerable),
        libyears=facts.drift[-1].libyears if facts.drift else 0.0,
        broken=bool(facts.broken),
    )
