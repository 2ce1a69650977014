"""One run over one repository: ``RunRequest`` goes in, ``RunReport`` comes out; ``RunRepository`` is that run.

``RunReport`` and everything in it must survive a round trip through JSON: a durable worker stores it between steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NewType, Protocol

from bot.ports.advisories import AdvisoryLine, Alert, SecurityRow, Watched
from bot.ports.presets import PresetSource

#: A full hexadecimal git object id.
Sha = NewType("Sha", str)

#: A branch without ``refs/heads/``.
BranchName = NewType("BranchName", str)

#: Files below may be written only by whom the forge lets: what they say is run.
WORKFLOWS = ".github/workflows/"


# --- what a run proposes --------------------------------------------------------------------------


class FileMode(StrEnum):
    REGULAR = "100644"
    EXECUTABLE = "100755"
    SYMLINK = "120000"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file's whole new text at a ``/``-separated path from the repository's root; ``text`` None deletes it.

    ``text`` holds every character as is (line ends, byte order mark); it is written as UTF-8.
    """

    path: str
    text: str | None
    mode: FileMode = FileMode.REGULAR


class UpdateKind(StrEnum):
    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    PIN = "pin"
    LOCK = "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateLine:
    """A direct requirement that moves. ``before`` None: it was not locked. ``manifest`` is the path of its file.

    ``may_break``: it is before 1.0, where the second number tells what breaks.
    """

    package: str
    kind: UpdateKind
    before: str | None
    after: str
    manifest: str
    may_break: bool = False


class LockChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockChange:
    """What happened to one package in one lockfile; several versions of a fork are joined with ``, ``.

    ``recorded``: where in the sdist the metadata was found that a build made earlier (``egg-info``, ``setup.cfg``), or
    ``known``; ``None`` where it is static, as uv would read it.
    """

    lockfile: str
    package: str
    kind: LockChangeKind
    before: str | None = None
    after: str | None = None
    direct: bool = False
    recorded: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceChange:
    """A text that names the version of a tool, before and after, as people know it."""

    path: str
    line: int
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone:
    """A file that is not looked at on purpose, or that is left as it is (``path`` may name its line); ``reason`` is a
    clause."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One update branch and its pull request, worded and solved. ``files`` are relative to the run's base commit.

    ``branch`` is fixed for the group (no version in it). ``body`` is Markdown without lockbot's hidden block.
    ``single``: the one package that it is about, others only move with it. ``units`` names the units that it changes.
    ``schedule``: when it may be opened, where that is not when others may. ``draft``: it is opened as one. ``places`` are
    texts elsewhere that name the version of a tool; ``left`` is what could not follow. ``advisories`` are the known
    vulnerabilities that it leaves, as far as they may be told; ``is_security``: it was made to leave them.
    """

    branch: BranchName
    group: str
    title: str
    body: str
    commit_message: str
    labels: tuple[str, ...] = ()
    updates: tuple[UpdateLine, ...] = ()
    lock_changes: tuple[LockChange, ...] = ()
    files: tuple[FileChange, ...] = ()
    single: str | None = None
    units: tuple[str, ...] = ()
    schedule: tuple[str, ...] | None = None
    draft: bool = False
    places: tuple[PlaceChange, ...] = ()
    left: tuple[LeftAlone, ...] = ()
    advisories: tuple[AdvisoryLine, ...] = ()
    is_security: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """Updates of a package that a person does not want: all up to ``version``, or for a major all of its major."""

    package: str
    version: str
    is_major: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    package: str
    current: str
    latest: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something the repository's people should mend; the rest of the run went on. ``line`` counts from 1."""

    message: str
    path: str | None = None
    line: int | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonPlace:
    """What a repository says of the Python that it works with, in one place: ``shown`` as it stands there.

    ``role``: whether it is used (``pin``), used in turn with others (``one of several``), what bounds it (``bound``) or the
    ``oldest`` that code is written for. ``warning``: what it contradicts, as a clause.
    """

    path: str
    line: int
    shown: str
    version: str
    role: str
    warning: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherBot:
    """Renovate or Dependabot, by its configuration at ``path``, where it ``manages`` files of lockbot's too.

    ``remedy`` says how that is turned off, in words that go on from "to leave them to lockbot, …".
    """

    name: str
    path: str
    manages: tuple[str, ...]
    remedy: str


# --- one run --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigText:
    """A ``.lockbot.json``: where it lies in the repository, and its text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """``root`` is a git repository (bare or not) that holds ``base``; only git objects are read, never a work tree.

    ``config`` replaces the repository's own configuration file (an earlier valid text, when the present one is broken).
    ``only`` keeps one group or update branch, or the updates of one package.
    What is ``declined`` is proposed nowhere; it moves where others need it. ``presets`` reads what the configuration
    builds on in other repositories; None: nothing is read there. ``subjects`` gives the first lines of the last commits,
    newest first; it is asked when titles are to be like them. ``may_write_workflows``: whether the forge takes a branch
    that changes files below ``.github/workflows``. ``alerts`` are those of the forge, ``None`` where it has none to give;
    they are asked for when security updates are wanted. ``is_public``: everybody may read what is said of the repository.
    """

    root: Path
    base: Sha
    base_branch: BranchName
    now: datetime
    repository: str
    config: ConfigText | None = None
    only: str | None = None
    declined: tuple[Declined, ...] = ()
    presets: PresetSource | None = None
    subjects: Callable[[], Sequence[str]] | None = None
    may_write_workflows: bool = True
    alerts: Callable[[], Sequence[Alert] | None] | None = None
    is_public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigState:
    """What ``.lockbot.json`` says to the worker. ``path`` None: there is none, defaults hold.

    ``problems`` is not empty when the file is broken: then the run stops there and proposes nothing.
    ``schedule`` holds the entries as written (cron or Renovate's words); empty means the default. ``own_schedules``
    are those of single rules and of lock maintenance. ``warnings``: what the file says without effect.
    """

    path: str | None = None
    enabled: bool = True
    schedule: tuple[str, ...] = ()
    own_schedules: tuple[str, ...] = ()
    timezone: str = "UTC"
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """All that a run found. ``timings`` are seconds by stage. Proposals hold everything that could move now.

    ``solved`` names the units that were read and solved, so that a proposal that is missing there means something.
    ``found`` are all that there are (by the path of their lock or first file), ``unread`` the files that state
    requirements in a form that lockbot does not read. ``warnings``: settings that don't count. ``ripe_at``: when the first
    update that is held back by its age may be proposed, or an exception ends, in seconds since the epoch. ``pythons`` is
    every place that says something of Python. ``security`` is what is affected by known vulnerabilities, as far as it may
    be told; ``unsure``: why not all of it is known now, so that a security proposal that is missing proves nothing.
    ``watched``: what was asked about; ``None`` where nothing is to be asked about.
    """

    base: Sha
    base_branch: BranchName
    config: ConfigState = ConfigState()
    proposals: tuple[Proposal, ...] = ()
    held_back: tuple[HeldBack, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    solved: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    other_bots: tuple[OtherBot, ...] = ()
    ripe_at: float | None = None
    pythons: tuple[PythonPlace, ...] = ()
    security: tuple[SecurityRow, ...] = ()
    unsure: str | None = None
    watched: tuple[Watched, ...] | None = None
    timings: Mapping[str, float] = field(default_factory=dict)


class RunRepository(Protocol):
    """``bot.pipeline``: plans, solves and edits; changes nothing outside. Other arguments are bound by ``bot.app``."""

    def __call__(self, request: RunRequest) -> RunReport: ...
