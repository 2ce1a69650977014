"""What is planned as one: everything that one lock holds together, or a script or build system without a lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bot.detect.form import UV_LOCK, LockForm
from bot.detect.model import LockPlace
from bot.lockfile.model import Lock
from bot.manifest.model import Declaration
from bot.plan.worlds.holdings import name_of
from bot.resolver.model.index import Tree
from bot.resolver.model.request import LockRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """``name`` is the path of its lock, or says where its requirements stand; ``lock_path`` is ``None`` then, and
    ``path`` the file that people are pointed to.

    ``lower`` makes the request from a tree (the repository, perhaps with edits). ``libraries`` are the manifests among
    ``declarations`` that are published as packages. ``folder`` is the lock's folder, ``form`` how the lock is written, and
    ``lock_place`` where it lies in the file at ``lock_path``, ``None`` where it is the file.
    ``reads`` are the files that its request is made of beside the manifests of projects: it follows when they change.
    ``alternatives`` are the same for other environments, of which the one counts that gives the lock as it stands.
    """

    name: str
    path: str
    folder: str
    lock_path: str | None
    lock_text: str | None = field(default=None, repr=False)
    lock: Lock | None = field(default=None, repr=False)
    lock_place: LockPlace | None = None
    declarations: tuple[Declaration, ...]
    libraries: frozenset[str] = frozenset()
    lower: Callable[[Tree], LockRequest] = field(repr=False)
    form: LockForm = UV_LOCK
    reads: frozenset[str] = frozenset()
    alternatives: tuple[Unit, ...] = field(default=(), repr=False)

    @property
    def is_its_own_lock(self) -> bool:
        """Whether the requirements themselves are the pins."""
        return self.lock_place is None and any(row.path == self.lock_path for row in self.declarations)

    @property
    def is_maintained(self) -> bool:
        """Whether lock maintenance has something to refresh."""
        return self.lock_path is not None and self.form.is_maintained

    def with_lock(self, file: str, lock: str) -> str:
        """The text of the file at ``lock_path`` with that lock."""
        return lock if self.lock_place is None else self.lock_place.put(file, lock)


def declarations_by_name(declarations: Iterable[Declaration]) -> Mapping[str, tuple[Declaration, ...]]:
    found: dict[str, list[Declaration]] = {}
    for declaration in declarations:
        found.setdefault(name_of(declaration), []).append(declaration)
    return {name: tuple(rows) for name, rows in sorted(found.items())}
