"""How one attempt at a job ended, told to whoever keeps or counts it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from bot.ports.forge import RepositoryRef
from bot.ports.journal import LogLine
from bot.ports.usage import Usage


class JobOutcome(StrEnum):
    """``WAITING`` and ``PUT_OFF``: the job comes again under a name of its own, without or after a failure."""

    DONE = "done"
    WAITING = "waiting"
    PUT_OFF = "put off"
    REFUSED = "refused"
    GIVEN_UP = "given up"
    SET_ASIDE = "set aside"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedJob:
    """``repository`` and ``installation`` (its number) where the job is of one. ``note`` is the log's line.

    Moments in seconds since the epoch: ``received`` is when the job was stored first. ``usage`` is of this attempt in this
    process: what a worker did that was killed is nobody's. ``log``: the lines that it wrote, the last one left out.
    """

    name: str
    delivery: str
    kind: str
    lane: str
    outcome: JobOutcome
    note: str
    repository: RepositoryRef | None
    installation: int | None
    attempt: int
    received: float
    started: float
    ended: float
    usage: Usage
    log: tuple[LogLine, ...] = ()


#: Hears of each attempt when it has ended. What it raises is logged, and no job is the worse for it.
HearEnd: TypeAlias = Callable[[EndedJob], None]
