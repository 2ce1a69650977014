"""What a repository holds that can be locked, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.manifest.model import Pyproject, Script


class Listing(Protocol):
    """The files of a commit. ``read_text`` is the same as a ``Tree``'s: ``None`` where there is no such file."""

    def paths(self) -> Sequence[str]:
        """All regular files, ``/``-separated and relative to the repository's root."""

    def read_text(self, path: str) -> str | None:
        """The file's text; raises ``InputError`` if it is not UTF-8 or too large."""


class LockKind(StrEnum):
    PROJECT = "project"
    WORKSPACE = "workspace"
    SCRIPT = "script"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockUnit:
    """What one lockfile covers, whether it exists or not.

    ``root`` is the folder of the lock (``"."`` for the repository's root), ``members`` the folders of the workspace's
    members (the root's own among them, if it has a project), ``manifests`` the files that state dependencies: root
    first, then members by folder; for a script the script alone. ``lock`` is the lock's path, ``None`` where there is none.
    """

    kind: LockKind
    root: str
    members: tuple[str, ...] = ()
    manifests: tuple[str, ...]
    lock: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectProblem:
    """A file that can't be used; the others can."""

    path: str
    line: int | None = None
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """All of it; ``pyprojects`` and ``scripts`` hold the parsed manifests by path."""

    units: tuple[LockUnit, ...]
    problems: tuple[DetectProblem, ...] = ()
    pyprojects: Mapping[str, Pyproject]
    scripts: Mapping[str, Script]
