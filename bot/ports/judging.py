"""A commit of a pull request judged, or locked anew: ``JudgeRequest`` goes in, ``CommitReport`` or ``Relocked`` comes out.

Both must survive a round trip through JSON: a durable worker stores them between steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bot.ports.presets import PresetSource
from bot.ports.run import ConfigState, ConfigText, FileChange, LeftAlone, LockChange, Problem, Sha


class Standing(StrEnum):
    """``STALE`` is a proof; ``UNKNOWN`` says that there is none, either way."""

    RIGHT = "right"
    STALE = "stale"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockVerdict:
    """What is to be said of one lock. ``reason`` is a clause; ``patch`` what would make it right, ``command`` what does.

    ``is_touched``: the pull request changes a file that the lock is made of, or the lock itself.
    """

    path: str
    standing: Standing
    reason: str = ""
    patch: str = ""
    changes: tuple[LockChange, ...] = ()
    command: str | None = None
    is_touched: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleFile:
    """A file that follows a lock and does not say what that says; ``patch`` would make it do so."""

    path: str
    patch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitReport:
    """All that is to be said of a commit but for what would be proposed of it.

    ``config``: the configuration that the pull request brings, None where it changes none. ``problems``: files that can't be
    read. ``left``: what follows a lock and could not be looked at. ``ended``: why not everything was looked at.
    ``enabled`` and ``relocked_for`` (accounts, or ``writers``) are the policy's.
    """

    enabled: bool = True
    relocked_for: tuple[str, ...] = ()

    verdicts: tuple[LockVerdict, ...] = ()
    stale_files: tuple[StaleFile, ...] = ()
    left: tuple[LeftAlone, ...] = ()
    config: ConfigState | None = None
    problems: tuple[Problem, ...] = ()
    ended: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRequest:
    """``root`` is a git repository that holds ``commit``; only git objects are read.

    ``policy`` is the configuration of the base: what the commit itself says is validated and never obeyed. ``touched`` are
    the paths that the pull request changes, None: more than the forge lists. ``find_base`` gives a file's text on the base.
    ``is_stranger``: by somebody without write access, so that no credential is used, and little effort spent.
    ``presets`` reads what configurations build on in other repositories; None: nothing is read there.
    """

    root: Path
    commit: Sha
    now: datetime
    repository: str
    policy: ConfigText | None = None
    touched: frozenset[str] | None = None
    find_base: Callable[[str], str | None] = field(default=lambda _: None, repr=False)
    is_stranger: bool = False
    presets: PresetSource | None = None

    def touches(self, path: str) -> bool:
        return self.touched is None or path in self.touched


@dataclass(frozen=True, slots=True, kw_only=True)
class Relocked:
    """``files`` bring the commit's locks, and what follows them, to what its manifests say; ``changes`` tells how.

    ``problems``: locks that could not be made. ``patch`` is the same as ``files`` for people to apply.
    """

    files: tuple[FileChange, ...] = ()
    changes: tuple[LockChange, ...] = ()
    left: tuple[LeftAlone, ...] = ()
    problems: tuple[Problem, ...] = ()
    patch: str = ""


class CommitJudge(Protocol):
    """``bot.judging``; changes nothing outside."""

    def judge(self, request: JudgeRequest) -> CommitReport:
        """Whether each lock is what the manifests beside it resolve to, and what follows the locks says what they say."""
        ...

    def relock(self, request: JudgeRequest) -> Relocked:
        """Lock again what is not right, by the policy of the base; what the pull request moved stays where it put it."""
        ...
