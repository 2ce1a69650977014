"""What a repository holds that can be locked, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from bot.detect.form import UV_LOCK, LockForm
from bot.errors import InputError
from bot.lockfile.model import Lock
from bot.manifest.model import Declaration
from bot.pinned.outputs import StatedCommand
from bot.ports.run import LeftAlone, Problem
from bot.resolver.lowering import CommandSettings
from bot.resolver.model.index import IndexPort, Tree
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


#: As ``ManifestKind.find_solvables``.
FindSolvables: TypeAlias = "Callable[[LockUnit, Mapping[str, Manifest]], Iterator[Solvable]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockUnit:
    """What one lockfile covers, whether it exists or not.

    ``kind`` is the word for it (a project, workspace, script, notebook, …). ``root`` is the folder of the lock (``"."`` for the
    repository's root), ``members`` the folders of the workspace's members (the root's own among them, if it has a
    project), ``manifests`` the files that state dependencies: root first, then members by folder; for a script the
    script alone. ``lock`` is the path of the file that has the lock (a notebook has its own), ``None`` where there is none.
    ``solvables`` tells what of it is solved as one, where the manifests' own kind does not.
    """

    kind: str
    root: str
    members: tuple[str, ...] = ()
    manifests: tuple[str, ...]
    lock: str | None = None
    solvables: FindSolvables | None = field(default=None, compare=False, repr=False)


class LockPlace(Protocol):
    """How a lock lies in the file that holds it, which has more in it than the lock."""

    def parse(self, text: str, /) -> tuple[str, Lock]:
        """The lock's own text, and what it says; raises ``InputError``."""

    def put(self, text: str, lock: str, /) -> str:
        """The text of the file with another lock in it, every other byte kept; raises ``InputError``."""


class Lower(Protocol):
    """Makes the request of some requirements from a tree: the repository, perhaps with edits; raises ``InputError``.

    ``index`` is asked for what only an archive tells of a requirement.
    """

    def __call__(self, tree: Tree, *, settings: CommandSettings, index: IndexPort) -> LockRequest: ...


class LowerAlone(Protocol):
    """The same, without an index."""

    def __call__(self, tree: Tree, *, settings: CommandSettings) -> LockRequest: ...


def without_index(lower: LowerAlone) -> Lower:
    """A lowering for which the files are enough."""

    def lowered(tree: Tree, *, settings: CommandSettings, index: IndexPort) -> LockRequest:
        del index
        return lower(tree, settings=settings)

    return lowered


@dataclass(frozen=True, slots=True, kw_only=True)
class Solvable:
    """Requirements that are solved as one: those that a lock holds together, or some that keep none (a build system's).

    ``name`` is the path of the lock, or says where the requirements stand; ``path`` is the file that people are pointed
    to, where the name is none. ``libraries`` are the manifests among ``declarations`` that are published as packages.
    ``place``: where in its file the lock lies, ``None`` where it is the file.
    ``form`` is how its lock is written. ``reads``: files beside manifests that ``lower`` reads, other units' locks above all;
    a unit stands behind those whose locks it reads. ``alternatives`` differ in the environment that they are solved for,
    where nothing says which one it is: the first that gives the lock as it stands is the one.
    """

    name: str
    path: str | None = None
    lock: str | None
    place: LockPlace | None = None
    declarations: tuple[Declaration, ...]
    libraries: frozenset[str] = frozenset()
    lower: Lower = field(repr=False)
    form: LockForm = UV_LOCK
    reads: frozenset[str] = frozenset()
    alternatives: tuple[Solvable, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """All of it; ``manifests`` by path, also those that belong to no unit; ``left_alone`` are templates."""

    units: tuple[LockUnit, ...] = ()
    problems: tuple[Problem, ...] = ()
    manifests: Mapping[str, Manifest] = field(default_factory=dict)
    left_alone: tuple[LeftAlone, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What detection is told beside the files: commands that compile, and paths that are exports of a lock."""

    compiles: tuple[StatedCommand, ...] = ()
    exports: frozenset[str] = frozenset()


NOTHING_TOLD = Told()


def to_problem(error: InputError, path: str) -> Problem:
    return Problem(path=error.path or path, line=error.line, message=error.problem, hint=error.hint)


def to_template(path: str, placeholder: str) -> LeftAlone:
    return LeftAlone(path=path, reason=f"it is a template ({placeholder})")
