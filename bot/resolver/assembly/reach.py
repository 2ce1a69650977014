"""Where the packages of a lock are reached, read from the lock itself.

Edges of a lock are printed relative to where their package is reached, so what a printed marker means is known only
together with this. Extras and groups of the project's own packages count as reached everywhere (where they conflict
with others: wherever they are chosen): the answer may be wider than the truth, never narrower.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from bot.lockfile.graph import PackageId, id_of, own_packages
from bot.lockfile.model import ConflictItem, ConflictKind, Dependency, Lock, Package
from bot.markers import TRUE, Marker, any_of
from bot.resolver.assembly.environment import lock_environment
from bot.resolver.model.python_range import PythonRange, parse_python_range
from bot.resolver.model.universal_marker import conflict_knowledge, item_marker

#: A table of edges of an entry: (entry, "", ""), (entry, "extra", name) or (entry, "group", name).
EdgesOf: TypeAlias = tuple[PackageId, str, str]


def edge_tables(package: Package) -> Iterator[tuple[EdgesOf, Sequence[Dependency]]]:
    """All tables of edges of an entry."""
    key = id_of(package)
    yield (key, "", ""), package.dependencies
    for name, edges in package.optional_dependencies.items():
        yield (key, "extra", name), edges
    for name, edges in package.dev_dependencies.items():
        yield (key, "group", name), edges


def lock_reach(lock: Lock) -> Mapping[EdgesOf, Marker]:
    """Where each table of edges is reached: within the lock's environment and Python range, no choices conflicting.

    A least fixed point; a table that nothing leads to counts as reached everywhere.
    """
    python = parse_python_range(lock.requires_python)
    start = python.complexify(lock_environment(lock)) & conflict_knowledge(lock.conflicts)
    tables = dict(table for package in lock.packages for table in edge_tables(package))
    found = dict(_roots(lock, python, start))
    pending = deque(found)
    waiting = set(pending)
    while pending:
        here = pending.popleft()
        waiting.discard(here)
        for edge in tables.get(here, ()):
            holds = found[here] & edge.marker
            for target in ((id_of(edge), "", ""), *((id_of(edge), "extra", extra) for extra in edge.extras)):
                known = found.get(target)
                wider = holds if known is None else known | holds
                if wider != known:
                    found[target] = wider
                    if target not in waiting:
                        waiting.add(target)
                        pending.append(target)
    return {table: found.get(table, start) for table in tables}


def _roots(lock: Lock, python: PythonRange, start: Marker) -> Iterator[tuple[EdgesOf, Marker]]:
    conflicting = frozenset(item for items in lock.conflicts for item in items)
    for package in own_packages(lock):
        for table, _ in edge_tables(package):
            item = _item_of(table)
            yield table, start & item_marker(item) if item in conflicting else start
    asked = _asked_by_lock(lock)
    for package in lock.packages:
        if package.name in asked:
            where = start & any_of(map(python.complexify, package.resolution_markers or (TRUE,)))
            yield (id_of(package), "", ""), where
            for extra in asked[package.name]:
                yield (id_of(package), "extra", extra), where


def _item_of(table: EdgesOf) -> ConflictItem:
    (package, _, _), kind, name = table
    if not kind:
        return ConflictItem(package=package, kind=ConflictKind.PROJECT)
    return ConflictItem(package=package, kind=ConflictKind(kind), name=name)


def _asked_by_lock(lock: Lock) -> Mapping[str, frozenset[str]]:
    """Names that the lock's own tables ask for (a script's requirements, groups without a project), with extras."""
    groups = lock.manifest.dependency_groups.values()
    asked: dict[str, frozenset[str]] = {}
    for row in (*lock.manifest.requirements, *(row for rows in groups for row in rows)):
        asked[row.name] = asked.get(row.name, frozenset()).union(row.extras)
    return asked
