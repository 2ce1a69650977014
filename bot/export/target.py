"""Where an export begins: the packages and groups that are wanted, and whether they can be wanted together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bot.errors import InputError
from bot.export.project import ExportProject, is_root, recorded_groups
from bot.export.selection import Extras, Groups
from bot.lockfile.graph import PackageId, id_of, packages_by_name
from bot.lockfile.model import (
    ConflictItem,
    ConflictKind,
    Dependency,
    DirectorySource,
    EditableSource,
    Lock,
    Package,
    VirtualSource,
)

#: The revision of locks that list the extras a package provides.
_LISTS_EXTRAS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A lock and what of it is asked for.

    ``project`` is ``None`` for a script. ``packages`` are the members that the command names; with none of them it is the
    project that is meant, and with ``whole`` its workspace.
    """

    lock: Lock
    project: ExportProject | None
    extras: Extras
    groups: Groups
    packages: tuple[str, ...] = ()
    whole: bool = False

    @property
    def single(self) -> str | None:
        """The one member that is meant, if it is one."""
        if self.project is None or self.whole:
            return None
        names = self.packages or ((self.project.name,) if self.project.name else ())
        return names[0] if len(names) == 1 else None

    @property
    def name(self) -> str | None:
        """The project that ``--no-emit-project`` speaks of."""
        if self.whole and self.project is not None:
            return self.project.name
        return self.single

    @property
    def root_names(self) -> tuple[str, ...]:
        """The packages to begin with."""
        if self.project is None:
            return ()
        if not self.whole and self.packages:
            return self.packages
        if not self.whole and self.project.name is not None:
            return (self.project.name,)
        if self.project.name is None:
            return self.lock.manifest.members
        root = self.lock_root
        return self.lock.manifest.members or (() if root is None else (root.name,))

    @property
    def lock_root(self) -> Package | None:
        """The package in the lock's own folder."""
        for package in self.lock.packages:
            match package.source:
                case EditableSource() | VirtualSource() if is_root(package):
                    return package
                case DirectorySource() if is_root(package) and package.name in self.lock.manifest.members:
                    return package
        return None

    @property
    def group_root(self) -> str | None:
        """The workspace's root where a member is meant and takes a group from it."""
        root = self.lock_root
        if self.single is None or root is None or root.name == self.single or self.project is None:
            return None
        declared = self.project.declared.get(root.name, frozenset())
        return root.name if any(self.takes(root.name, group) for group in sorted(declared)) else None

    def takes(self, package: str | None, group: str) -> bool:
        """Whether a group counts, of a package or (``None``) of a root without a project."""
        if not self.groups.contains(group):
            return False
        if self.single is None or self.project is None or package == self.single:
            return True
        # Of the workspace's root only what is asked for by name: defaults are those of the member.
        return not self.groups.contains_by_default(group) and not self.project.declares(self.single, group)

    def find(self, name: str) -> Package:
        """The one package of a name; raises ``InputError``."""
        found = packages_by_name(self.lock).get(name, ())
        if len(found) != 1:
            problem = "is in the lock more than once" if found else "is not in the lock"
            raise InputError(f"the package {name} {problem}", hint="run lockbot lock, or check --package")
        return found[0]

    def roots(self) -> Iterator[Package]:
        """What the packages to begin with are; raises ``InputError``."""
        for name in self.root_names:
            yield self.find(name)


def check_target(target: Target) -> None:
    """Refuse extras and groups that nothing declares; raises ``InputError``."""
    _check_extras(target)
    _check_groups(target)


def _check_extras(target: Target) -> None:
    extras = target.extras
    if extras.is_plain:
        return
    if target.project is None:
        named = f" {extras.named[0]}" if extras.named else "s"
        raise InputError(f"a script has no extra{named}", hint="leave the option out")
    if target.lock.revision < _LISTS_EXTRAS:
        return
    known: set[str] = set()
    for package in _named(target, target.root_names):
        known.update(package.metadata.provides_extras, package.optional_dependencies)
    for name in extras.named:
        if name not in known:
            raise InputError(f"no extra {name} is declared by {_spoken(target)}", hint="check the name, or lock again")


def _check_groups(target: Target) -> None:
    named = target.groups.named
    if not named:
        return
    if target.project is None:
        raise InputError(f"a script has no dependency group {named[0]}", hint="leave the option out")
    inherited = target.lock_root if target.single is not None else None
    names = (*target.root_names, *(() if inherited is None else (inherited.name,)))
    known = set(target.project.root_groups)
    for package in _named(target, names):
        known |= recorded_groups(package)
    for name in named:
        if name not in known:
            problem = f"no dependency group {name} is declared by {_spoken(target)}"
            raise InputError(problem, hint="check the name, or lock again")


def _named(target: Target, names: tuple[str, ...]) -> Iterator[Package]:
    return (package for package in target.lock.packages if package.name in names)


def _spoken(target: Target) -> str:
    return target.single or "any project of the workspace"


def check_conflicts(target: Target) -> None:
    """Refuse extras and groups that were declared as conflicting; raises ``InputError``."""
    concerned = _concerned(target)
    for conflict in target.lock.conflicts:
        chosen = [item for item in conflict if item.package in concerned and _is_chosen(item, target)]
        if len(chosen) > 1:
            listed = ", ".join(_item_text(item) for item in chosen)
            problem = f"these are declared as conflicting and can't be exported together: {listed}"
            raise InputError(problem, hint="leave all but one of them out")


def _is_chosen(item: ConflictItem, target: Target) -> bool:
    if item.kind is ConflictKind.PROJECT:
        return target.groups.production
    choice = target.extras if item.kind is ConflictKind.EXTRA else target.groups
    return choice.contains(item.name or "")


def _item_text(item: ConflictItem) -> str:
    return item.package if item.name is None else f"{item.kind.value} {item.name} of {item.package}"


def _concerned(target: Target) -> frozenset[str]:
    """The members whose conflicts count: those to begin with, and those that they bring."""
    members = frozenset(target.lock.manifest.members)
    if target.project is None:
        return frozenset()
    if target.single is None and not (target.packages and not target.whole):
        return members
    walk = _Walk({package.name: package for package in target.lock.packages})
    for name in target.root_names:
        walk.begin(name, target, production=target.groups.production)
    if target.group_root is not None:
        walk.begin(target.group_root, target, production=False)
    return frozenset(target.root_names) | (walk.finish() & members)


class _Walk:
    """Names that are reached from some packages, whatever the environment."""

    def __init__(self, packages: Mapping[str, Package]) -> None:
        self._packages = packages
        self._queue: deque[tuple[str, str | None]] = deque()
        self._seen: set[tuple[str, str | None]] = set()

    def begin(self, name: str, target: Target, *, production: bool) -> None:
        package = self._packages.get(name)
        if package is None:
            return
        if production:
            self._visit(name, tuple(filter(target.extras.contains, package.optional_dependencies)))
        for group, edges in package.dev_dependencies.items():
            if target.takes(name, group):
                self._follow(edges)

    def finish(self) -> frozenset[str]:
        while self._queue:
            name, extra = self._queue.popleft()
            package = self._packages.get(name)
            if package is not None:
                self._follow(edges_of(package, extra))
        return frozenset(name for name, _ in self._seen)

    def _follow(self, edges: tuple[Dependency, ...]) -> None:
        for edge in edges:
            self._visit(edge.name, edge.extras)

    def _visit(self, name: str, extras: tuple[str, ...]) -> None:
        for one in ((name, None), *((name, extra) for extra in extras)):
            if one not in self._seen:
                self._seen.add(one)
                self._queue.append(one)


def edges_of(package: Package, extra: str | None) -> tuple[Dependency, ...]:
    """What a package requires, or (with an extra) what that extra adds."""
    return package.dependencies if extra is None else package.optional_dependencies.get(extra, ())


#: The packages of a lock by what tells them apart.
PackageFinder = Callable[[PackageId], Package]


def finder(lock: Lock) -> PackageFinder:
    return {id_of(package): package for package in lock.packages}.__getitem__
