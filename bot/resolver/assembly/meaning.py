"""Whether parts of an old lock mean the same in a new one, however they are spelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from bot.lockfile.graph import PackageId, id_of
from bot.lockfile.model import Dependency, File, Lock, Package, Requirement
from bot.markers import FALSE, Marker, any_of
from bot.resolver.assembly.reach import EdgesOf, lock_reach
from bot.resolver.model.python_range import PythonRange, parse_python_range
from bot.values import replace


class Meaning:
    """Two locks side by side. ``known_files``: the names of all files that the index has of each new entry."""

    def __init__(self, *, old: Lock, new: Lock, known_files: Mapping[PackageId, frozenset[str]]) -> None:
        self.old = old
        self.new = new
        self.known_files = known_files

    @cached_property
    def python(self) -> PythonRange:
        return parse_python_range(self.new.requires_python)

    @cached_property
    def reach(self) -> Mapping[EdgesOf, Marker]:
        """Where the tables of the new lock are reached."""
        return lock_reach(self.new)

    @cached_property
    def old_reach(self) -> Mapping[EdgesOf, Marker]:
        return lock_reach(self.old)

    # --- markers and requirements -------------------------------------------------------------------

    def are_same_markers(self, old: Iterable[Marker], new: Iterable[Marker]) -> bool:
        """The same markers, in any order."""
        full = self.python.complexify
        return {full(marker) for marker in old} == {full(marker) for marker in new}

    def requirement(self, requirement: Requirement) -> Requirement:
        """What two spellings of one requirement have in common."""
        marker = self.python.simplify(requirement.marker)
        return replace(requirement, extras=tuple(sorted(set(requirement.extras))), marker=marker)

    @cached_property
    def keeps_forks(self) -> bool:
        """Whether the old forks tell apart all that the new ones do, the new ones merely being cut finer."""
        old, new = ([self.python.complexify(one) for one in lock.resolution_markers] for lock in (self.old, self.new))
        if self.old.requires_python != self.new.requires_python and set(old) != set(new):
            return False
        if set(old) == set(new):
            return True
        if any_of(old) != any_of(new):
            return False
        parts = [[fork for fork in new if (fork & whole) == fork] for whole in old]
        if sorted(map(str, new)) != sorted(str(fork) for part in parts for fork in part):
            return False
        return all(self._is_whole(package, parts) for package in self.new.packages)

    def _is_whole(self, package: Package, parts: Sequence[Sequence[Marker]]) -> bool:
        forks = {self.python.complexify(one) for one in package.resolution_markers}
        return all(forks.issuperset(part) or forks.isdisjoint(part) for part in parts)

    def are_same_forks(self, old: Package, new: Package) -> bool:
        """Whether two entries belong to the same forks, be it that the new lock cuts these finer for other packages."""
        full = self.python.complexify
        olds = [full(marker) for marker in old.resolution_markers]
        if any_of(olds) != any_of(map(full, new.resolution_markers)):
            return False
        forks = [full(fork) for fork in self.new.resolution_markers]
        return self.keeps_forks or all((fork & whole) in (fork, FALSE) for whole in olds for fork in forks)

    # --- edges --------------------------------------------------------------------------------------

    def are_same_edges(self, old: Sequence[Dependency], new: Sequence[Dependency], table: EdgesOf) -> bool:
        """Whether edges to one target bring in the same, wherever the table of the new lock is reached."""
        if [(edge.extras, edge.marker) for edge in old] == [(edge.extras, edge.marker) for edge in new]:
            return True
        where = self.reach[table]
        return _brought_in(old, where) == _brought_in(new, where)

    # --- files --------------------------------------------------------------------------------------

    def keeps_files(self, old: Package, new: Package) -> bool:
        """Whether the recorded files still do: all there, unchanged, and none missing for where the entry is needed now."""
        if id_of(old) != id_of(new):
            return False
        before, after = _files(old), _files(new)
        known = self.known_files.get(id_of(new), frozenset())
        if any(name not in known and name not in after for name in before):
            return False
        if any(before[name] != after[name] for name in before.keys() & after.keys()):
            return False
        return before.keys() >= after.keys() or self._is_needed_no_wider(id_of(new))

    def _is_needed_no_wider(self, entry: PackageId) -> bool:
        before, after = self.old_reach.get((entry, "", "")), self.reach[(entry, "", "")]
        return before is not None and (before & after) == after


def _brought_in(edges: Sequence[Dependency], where: Marker) -> dict[str, Marker]:
    """Where the package itself (``""``) and its extras are brought in."""
    found: dict[str, Marker] = {}
    for edge in edges:
        for item in ("", *edge.extras):
            marker = edge.marker & where
            found[item] = found[item] | marker if item in found else marker
    return found


def name_of_file(file: File) -> str:
    location = file.filename or file.path or file.url or ""
    return location.partition("#")[0].partition("?")[0].rpartition("/")[2]


def _files(package: Package) -> dict[str, str | None]:
    files = package.wheels if package.sdist is None else (package.sdist, *package.wheels)
    return {name_of_file(file): file.hash for file in files}
