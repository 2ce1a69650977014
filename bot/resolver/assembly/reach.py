"""Where the packages of a lock are reached, read from the lock itself.

Edges of a lock are printed relative to where their package is reached, so what a printed marker means is known only
together with this. Extras and groups of the project's own packages count as reached everywhere: the answer may be
wider than the truth, never narrower.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from bot.lockfile.graph import PackageId, id_of, own_packages
from bot.lockfile.model import Dependency, Lock, Package
from bot.markers import Marker
from bot.resolver.assembly.environment import lock_environment
from bot.resolver.assembly.universal import conflict_knowledge
from bot.resolver.python_range import parse_python_range

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
    """Where each table of edges is reached, as a least fixed point; all of the lock's environment where it is not."""
    start = _whole(lock)
    tables = dict(table for package in lock.packages for table in edge_tables(package))
    found = dict(_roots(lock, start))
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


def _whole(lock: Lock) -> Marker:
    """The lock's environment and Python range, and that no conflicting choices are made."""
    python = parse_python_range(lock.requires_python)
    return python.complexify(lock_environment(lock)) & conflict_knowledge(lock.conflicts)


def _roots(lock: Lock, start: Marker) -> Iterator[tuple[EdgesOf, Marker]]:
    for package in own_packages(lock):
        for table, _ in edge_tables(package):
            yield table, start
    groups = lock.manifest.dependency_groups.values()
    asked: dict[str, set[str]] = {}
    for row in (*lock.manifest.requirements, *(row for rows in groups for row in rows)):
        asked.setdefault(row.name, set()).update(row.extras)
    for package in lock.packages:
        if package.name in asked:
            yield (id_of(package), "", ""), start
            for extra in asked[package.name]:
                yield (id_of(package), "extra", extra), start
