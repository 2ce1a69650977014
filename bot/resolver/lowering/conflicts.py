"""Declared conflicts as sorted sets, and those that follow from groups that include other groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.errors import InputError
from bot.lockfile.model import ConflictItem, ConflictKind
from bot.manifest.model import ConflictEntry, GroupItem, IncludeGroup, Pyproject
from bot.resolver.lowering.tableorder import HashTable, hash_item, hash_set
from bot.resolver.lowering.workspace import Workspace, error_at

ConflictSet = tuple[ConflictItem, ...]
_RANK = {ConflictKind.PROJECT: 2, ConflictKind.EXTRA: 0, ConflictKind.GROUP: 1}


def lower_conflicts(workspace: Workspace) -> tuple[ConflictSet, ...]:
    """Return the declared sets (the root's if it has no project, each member's in name order), then inferred ones."""
    sets: list[ConflictSet] = []
    if workspace.is_non_project:
        sets += _declared(workspace.manifest, None)
    for name, member in workspace.members.items():
        sets += _declared(member.manifest, name)
    project = workspace.manifest.project
    if project is None or not workspace.manifest.groups:
        return tuple(sets)
    return (*sets, *_inferred(project.name, workspace.manifest.groups, sets))


def sort_key(item: ConflictItem) -> tuple[str, int, str]:
    return item.package, _RANK[item.kind], item.name or ""


def _declared(manifest: Pyproject, project: str | None) -> Iterator[ConflictSet]:
    for position, entries in enumerate(manifest.uv.conflicts):
        items = {_item(manifest, entry, project, position) for entry in entries}
        if len(items) < 2:
            keys = ("tool", "uv", "conflicts", position)
            raise error_at(manifest, keys, "a set of conflicts names one item twice", "name another one, or remove it")
        yield tuple(sorted(items, key=sort_key))


def _item(manifest: Pyproject, entry: ConflictEntry, project: str | None, position: int) -> ConflictItem:
    package = entry.package or project
    if package is None:
        raise _nameless(manifest, position)
    if entry.extra is not None:
        return ConflictItem(package=package, kind=ConflictKind.EXTRA, name=entry.extra)
    if entry.group is not None:
        return ConflictItem(package=package, kind=ConflictKind.GROUP, name=entry.group)
    return ConflictItem(package=package, kind=ConflictKind.PROJECT)


def _nameless(manifest: Pyproject, position: int) -> InputError:
    keys = ("tool", "uv", "conflicts", position)
    return error_at(
        manifest, keys, "a conflict item without a package, in a manifest without a project", "add package = …"
    )


def _inferred(
    project: str, groups: Mapping[str, tuple[GroupItem, ...]], declared: Iterable[ConflictSet]
) -> list[ConflictSet]:
    """A group that includes a conflicting one conflicts in its place."""
    known = list(dict.fromkeys(declared))
    count = len(known)
    for item, others in _stand_ins(project, groups, known):
        found: HashTable[ConflictSet] = HashTable(hash_set)
        for items in known:
            for other in others if item in items else ():
                made = tuple(sorted({*items, other} - {item}, key=sort_key))
                if made not in known:
                    found.add(made)
        known += found
    return known[count:]


def _stand_ins(
    project: str, groups: Mapping[str, tuple[GroupItem, ...]], declared: Iterable[ConflictSet]
) -> list[tuple[ConflictItem, list[ConflictItem]]]:
    """Return, for every conflicting group, the groups that include it, directly or not; in the order of uv's tables."""
    named: dict[str, ConflictItem] = {}
    for item in (item for items in declared for item in items if item.kind is ConflictKind.GROUP):
        # Groups of other packages under the same name are taken for one and the same, as in uv.
        named.setdefault(item.name or "", item)
    graph = _Graph(project, groups, named)
    order: HashTable[ConflictItem] = HashTable(hash_item)
    others: dict[ConflictItem, HashTable[ConflictItem]] = {}
    carried = {
        name: _one(graph.items[name]) if name in graph.conflicting else HashTable(hash_item) for name in graph.items
    }
    for name in graph.included_first():
        for includer in graph.includers(name):
            items = list(carried[name])
            for item in items:
                order.enter(item)
                others.setdefault(item, HashTable(hash_item)).add(graph.items[includer])
            carried[includer].extend(items)
    return [(item, list(others[item])) for item in order]


def _one(item: ConflictItem) -> HashTable[ConflictItem]:
    table: HashTable[ConflictItem] = HashTable(hash_item)
    table.add(item)
    return table


class _Graph:
    """Which group is included by which; conflicting groups come first, the others by name."""

    def __init__(
        self, project: str, groups: Mapping[str, tuple[GroupItem, ...]], conflicting: Mapping[str, ConflictItem]
    ) -> None:
        self.conflicting = conflicting
        self.items = dict(conflicting)
        for name in sorted(groups):
            self.items.setdefault(name, ConflictItem(package=project, kind=ConflictKind.GROUP, name=name))
        self._includers: dict[str, list[str]] = {name: [] for name in self.items}
        for name in sorted(groups):
            for item in groups[name]:
                if isinstance(item, IncludeGroup) and item.group in self._includers:
                    self._includers[item.group].append(name)

    def includers(self, name: str) -> list[str]:
        """Return the groups that include one directly, the last declared first."""
        return self._includers[name][::-1]

    def included_first(self) -> list[str]:
        """Return all groups, each before those that include it; a cycle was refused before."""
        finished: dict[str, None] = {}
        seen: set[str] = set()
        for start in self.items:
            stack = [start]
            while stack:
                name = stack[-1]
                if name in seen:
                    finished.setdefault(stack.pop())
                else:
                    seen.add(name)
                    stack += [includer for includer in self.includers(name) if includer not in seen]
        return list(finished)[::-1]
