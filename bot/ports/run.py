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

from bot.errors import LockbotError
from bot.ports.advisories import AdvisoryLine, Alert, SecurityRow, Watched
from bot.ports.handling import Handling, Importance, Labels, Limits
from bot.ports.indexes import ChangedPage, Depended
from bot.ports.notes import ReadToken
from bot.ports.presets import PresetSource
from bot.ports.projects import Adverse

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

    ``step``: how far it moves, ``None`` where no version of an index moves to another; ``is_back``: to a lower one.
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
    step: UpdateKind | None = None
    is_back: bool = False


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
    vulnerabilities that it leaves, as far as they may be told; ``is_security``: it was made to leave them. ``handling`` is
    what the configuration says of its pull request.
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
    importance: Importance = Importance.NON_MAJOR
    handling: Handling = field(default_factory=Handling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """Updates of a package that a person does not want: all up to ``version``, or for a major all of its major."""

    package: str
    version: str
    is_major: bool


class Width(StrEnum):
    """How much of a package is ignored: all up to a version, all up to the end of that version's major, or everything."""

    VERSION = "version"
    MAJOR = "major"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignoring:
    """Updates of a package that nobody is to see, in whatever proposal: a step of the length of that to ``version``, up to
    it; every major up to its own; or all (``version`` is empty then). ``reason`` is a clause: who said so, where."""

    package: str
    width: Width
    version: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """``until``: when it will be old enough, in seconds since the epoch, where only its age holds it."""

    package: str
    current: str
    latest: str
    reason: str
    until: float | None = None


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
class DetectedPackage:
    """A package that a file requires, or a tool whose version it names; ``required`` as it stands there.

    ``locked``: the version, several where forks differ, empty where nothing holds it. ``newest``: what there is to go to,
    None where nothing is newer, or nothing is known; ``kind`` says how far that is, ``days`` how long after the locked
    version it came out. ``is_pin``: it is the version of a tool in a text, no package of a lock. ``status``: what its index
    says against it, for a ``reason``.
    """

    package: str
    required: str
    locked: str = ""
    newest: str | None = None
    kind: UpdateKind | None = None
    days: int | None = None
    is_pin: bool = False
    status: Adverse | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedFile:
    """A file that requires packages or names versions of tools. ``kind`` is the word for what it belongs to (a project, a
    script, …), empty where it only names versions; ``lock`` is the path of its lock."""

    path: str
    kind: str = ""
    lock: str | None = None
    packages: tuple[DetectedPackage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherBot:
    """Renovate or Dependabot, by its configuration at ``path``, where it ``manages`` files of lockbot's too.

    ``remedy`` says how that is turned off, in words that go on from "to leave them to lockbot, …".
    """

    name: str
    path: str
    manages: tuple[str, ...]
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What ``lockbot why`` tells of a package, line by line; nothing where no lock has it."""

    package: str
    lines: tuple[str, ...] = ()


# --- one run --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigText:
    """A ``.lockbot.json``: where it lies in the repository, and its text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """The configuration that a repository without one is offered, to be written at ``path``.

    ``source`` is the other bot's file that it was translated from; what of that did not come over is ``left``. Without a
    source ``left`` says why the other bot's file could not be translated.
    """

    path: str
    text: str
    source: str | None = None
    left: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """``root`` is a git repository (bare or not) that holds ``base``; only git objects are read, never a work tree.

    ``config`` replaces the repository's own configuration file (an earlier valid text, when the present one is broken).
    ``only`` keeps one group or update branch, or the updates of one package.
    What is ``declined`` is proposed nowhere; it moves where others need it; what is ``ignored`` moves nowhere.
    ``presets`` reads what the configuration builds on in other repositories; None: nothing is read there. ``subjects``
    gives the first lines of the last commits, newest first; it is asked when titles are to be like them.
    ``may_write_workflows``: whether the forge takes a branch that changes files below ``.github/workflows``.
    ``names_base``: branches and titles name the base branch, as it is not the default one. ``explain``: tell why these
    packages are where they are, and plan nothing. A run that takes longer than
    ``seconds`` ends with ``RunTooLong``.
    ``suggest``: where neither the repository nor its account states a configuration, plan with the one that it is offered.
    ``read_token`` is asked for what release notes are read with. ``changed``: pages of indexes of which only what was read
    since counts.
    ``alerts`` are those of the forge, ``None`` where it has none to give; they are asked for when security updates are
    wanted. ``is_public``: everybody may read what is said of the repository.
    """

    root: Path
    base: Sha
    base_branch: BranchName
    now: datetime
    repository: str
    config: ConfigText | None = None
    only: str | None = None
    declined: tuple[Declined, ...] = ()
    ignored: tuple[Ignoring, ...] = ()
    presets: PresetSource | None = None
    subjects: Callable[[], Sequence[str]] | None = None
    may_write_workflows: bool = True
    alerts: Callable[[], Sequence[Alert] | None] | None = None
    is_public: bool = False
    explain: tuple[str, ...] = ()
    names_base: bool = False
    seconds: float | None = None
    suggest: bool = False
    read_token: ReadToken = lambda: None
    changed: tuple[ChangedPage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardOptions:
    """The issue that tells of everything: whether there is one, what it is called, what stands above and below.

    ``autoclose``: it is closed while there is nothing that somebody could do.
    """

    wanted: bool = True
    title: str = "Dependency Dashboard"
    header: str = ""
    footer: str = ""
    labels: tuple[str, ...] = ()
    autoclose: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigState:
    """What ``.lockbot.json`` says to the worker. ``path`` None: there is none, defaults hold.

    ``problems`` is not empty when the file is broken: then the run stops there and proposes nothing.
    ``schedule`` holds the entries as written (cron or Renovate's words); empty means the default. ``own_schedules``
    are those of single rules and of lock maintenance. ``warnings``: what the file says without effect. ``bases``: patterns
    of the branches that updates are proposed for; none: the default branch alone. ``prefix`` begins the names of
    lockbot's branches. ``is_stated`` false: neither the repository nor its account says anything.
    """

    path: str | None = None
    is_stated: bool = True
    enabled: bool = True
    schedule: tuple[str, ...] = ()
    own_schedules: tuple[str, ...] = ()
    timezone: str = "UTC"
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    limits: Limits = field(default_factory=Limits)
    labels: Labels = field(default_factory=Labels)
    bases: tuple[str, ...] = ()
    prefix: str = "lockbot/"
    dashboard: DashboardOptions = DashboardOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """All that a run found. ``timings`` are seconds by stage. Proposals hold everything that could move now.

    ``solved`` names the units that were read and solved, so that a proposal that is missing there means something.
    ``found`` are all that there are (by the path of their lock or first file), ``unread`` the files that state
    requirements in a form that lockbot does not read. ``warnings``: settings that don't count. ``ripe_at``: when the first
    update that is held back by its age may be proposed, or an exception ends, in seconds since the epoch. ``pythons`` is
    every place that says something of Python. ``security`` is what is affected by known vulnerabilities, as far as it may
    be told; ``unsure``: why not all of it is known now, so that a security proposal that is missing proves nothing.
    ``watched``: what was asked about; ``None`` where nothing is to be asked about. ``depended``: the pages of indexes from
    which a proposal may come; ``None``: nobody looked.
    ``detected``: every file that requires packages or names versions of tools. ``suggestion`` is the configuration
    that the run went by where none is stated, if one was asked for.
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
    depended: tuple[Depended, ...] | None = None
    detected: tuple[DetectedFile, ...] = ()
    explained: tuple[Explained, ...] = ()
    suggestion: Suggestion | None = None
    timings: Mapping[str, float] = field(default_factory=dict)


class RunTooLong(LockbotError):
    """A run was given only so many seconds; nothing came of it."""


class RunRepository(Protocol):
    """``bot.pipeline``: plans, solves and edits; changes nothing outside. Other arguments are bound by ``bot.app``."""

    def __call__(self, request: RunRequest) -> RunReport: ...
