"""Declared conflicts as sorted sets, and those that follow from groups that include other groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.errors import InputError
from bot.lockfile.model import ConflictItem, ConflictKind
from bot.manifest.model import ConflictEntry, GroupItem, IncludeGroup, Pyproject
from bot.resolver.lowering.workspace import Workspace, error_at

ConflictSet = tuple[ConflictItem, ...]
_RANK = {ConflictKind.PROJECT: 2, ConflictKind.EXTRA: 0, ConflictKind.GROUP: 1}


def lower_conflicts(workspace: Workspace) -> tuple[tuple[ConflictSet, ...], tuple[ConflictSet, ...]]:
    """Return the declared sets (the root's if it has no project, each member's in name order) and the inferred ones."""
    sets: list[ConflictSet] = []
    if workspace.is_non_project:
        sets += _declared(workspace.manifest, None)
    for name, member in workspace.members.items():
        sets += _declared(member.manifest, name)
    project = workspace.manifest.project
    if project is None or not workspace.manifest.groups:
        return tuple(sets), ()
    return tuple(sets), tuple(_inferred(project.name, workspace.manifest.groups, sets))


def sort_key(item: ConflictItem) -> tuple[str, int, str]:
    return item.package, _RANK[item.kind], item.name or ""


def _declared(manifest: Pyproject, project: str | None) -> Iterator[ConflictSet]:
    for position, entries in enumerate(manifest.uv.conflicts):
        items = [_item(manifest, entry, project, position) for entry in entries]
        if len(set(items)) < len(items):
            keys = ("tool", "uv", "conflicts", position)
            raise error_at(manifest, keys, "a set of conflicts names an item twice", "remove one of them")
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
    """A group that includes a conflicting one conflicts in its place; a set can shrink to one item that way."""
    known = list(dict.fromkeys(declared))
    seeded = len(known)
    includers = _includers(groups)
    for item in dict.fromkeys(item for items in known for item in items):
        if item.kind is not ConflictKind.GROUP or item.name is None:
            continue
        others = [
            ConflictItem(package=project, kind=ConflictKind.GROUP, name=name)
            for name in sorted(includers.get(item.name, ()))
        ]
        made = (_replaced(items, item, other) for items in known if item in items for other in others)
        known += [items for items in dict.fromkeys(made) if items not in known]
    return known[seeded:]


def _replaced(items: ConflictSet, item: ConflictItem, other: ConflictItem) -> ConflictSet:
    return tuple(sorted({other, *items} - {item}, key=sort_key))


def _includers(groups: Mapping[str, tuple[GroupItem, ...]]) -> dict[str, frozenset[str]]:
    """Return, for every group, the groups that include it, directly or not."""
    direct = {name: {item.group for item in items if isinstance(item, IncludeGroup)} for name, items in groups.items()}
    reached: dict[str, set[str]] = {}
    for name in groups:
        stack = list(direct[name])
        seen: set[str] = set()
        while stack:
            included = stack.pop()
            if included not in seen:
                seen.add(included)
                stack += direct.get(included, ())
        for included in seen:
            reached.setdefault(included, set()).add(name)
    return {name: frozenset(names) for name, names in reached.items()}
