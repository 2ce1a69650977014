"""What a repository holds that can be locked, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.errors import InputError
from bot.lockfile.model import Lock
from bot.manifest.model import Declaration
from bot.ports.run import LeftAlone, Problem
from bot.resolver.lowering import CommandSettings
from bot.resolver.model.index import Tree
from bot.resolver.model.request import LockRequest


class Listing(Tree, Protocol):
    """The files of a commit: a tree that can list itself."""

    def paths(self) -> Sequence[str]:
        """All regular files, ``/``-separated and relative to the repository's root."""

    def mode(self, path: str) -> str | None:
        """The git mode of a path as it stands (links not followed), ``None`` where there is nothing."""

    def read_bytes(self, path: str) -> bytes | None:
        """What ``read_text`` reads, text or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A file that states dependencies, as far as all kinds have it in common.

    ``is_library``: whether it describes a package that others install, whose bounds are theirs to keep.
    """

    path: str
    declarations: tuple[Declaration, ...]
    is_library: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LockUnit:
    """What one lockfile covers, whether it exists or not.

    ``kind`` is the word for it (a project, workspace, script, notebook, …). ``root`` is the folder of the lock (``"."`` for the
    repository's root), ``members`` the folders of the workspace's members (the root's own among them, if it has a
    project), ``manifests`` the files that state dependencies: root first, then members by folder; for a script the
    script alone. ``lock`` is the path of the file that has the lock (a notebook has its own), ``None`` where there is none.
    """

    kind: str
    root: str
    members: tuple[str, ...] = ()
    manifests: tuple[str, ...]
    lock: str | None = None


class LockPlace(Protocol):
    """How a lock lies in the file that holds it, which has more in it than the lock."""

    def parse(self, text: str, /) -> tuple[str, Lock]:
        """The lock's own text, and what it says; raises ``InputError``."""

    def put(self, text: str, lock: str, /) -> str:
        """The text of the file with another lock in it, every other byte kept; raises ``InputError``."""


class Lower(Protocol):
    """Makes the request of some requirements from a tree: the repository, perhaps with edits; raises ``InputError``."""

    def __call__(self, tree: Tree, *, settings: CommandSettings) -> LockRequest: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Solvable:
    """Requirements that are solved as one: those that a lock holds together, or some that keep none (a build system's).

    ``name`` is the path of the lock, or says where the requirements stand; ``path`` is the file that people are pointed
    to, where the name is none. ``libraries`` are the manifests among ``declarations`` that are published as packages.
    ``place``: where in its file the lock lies, ``None`` where it is the file.
    """

    name: str
    path: str | None = None
    lock: str | None
    place: LockPlace | None = None
    declarations: tuple[Declaration, ...]
    libraries: frozenset[str] = frozenset()
    lower: Lower = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """All of it; ``manifests`` by path, also those that belong to no unit; ``left_alone`` are templates."""

    units: tuple[LockUnit, ...] = ()
    problems: tuple[Problem, ...] = ()
    manifests: Mapping[str, Manifest] = field(default_factory=dict)
    left_alone: tuple[LeftAlone, ...] = ()


def to_problem(error: InputError, path: str) -> Problem:
    return Problem(path=error.path or path, line=error.line, message=error.problem, hint=error.hint)


def to_template(path: str, placeholder: str) -> LeftAlone:
    return LeftAlone(path=path, reason=f"it is a template ({placeholder})")
