"""Check runs: lockbot's word on a commit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.ports.run import Problem, Sha


class CheckConclusion(StrEnum):
    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"
    ACTION_REQUIRED = "action_required"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """A check run on ``commit``; ``conclusion`` None: it is in progress. ``problems`` and ``warnings`` with a path become
    annotations, however many.
    """

    commit: Sha
    name: str
    conclusion: CheckConclusion | None
    title: str
    summary: str
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """``is_running``: it has no conclusion yet. One that is over may have a ``conclusion`` of None: a word that is not
    lockbot's. ``annotations``: how many it has.
    """

    id: int
    name: str
    conclusion: CheckConclusion | None
    title: str
    summary: str
    is_running: bool = False
    annotations: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLimits:
    """What a forge takes: ``body`` of a pull request in characters, ``summary`` of a check run in bytes."""

    body: int
    summary: int


class CheckPort(Protocol):
    @property
    def limits(self) -> TextLimits: ...

    def list_checks(self, commit: Sha, name: str) -> tuple[Check, ...]:
        """Check runs of that name made by this App."""
        ...

    def write_check(self, report: CheckReport) -> None:
        """The report is what the commit's newest check run of that name says then. One that runs is ended by it; one that
        says just that already stays.
        """
        ...
