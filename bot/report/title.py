"""Titles: what the locks say has moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from packaging.version import Version

from bot.plan.changes import Moved
from bot.plan.policy import LOCK_MAINTENANCE, Group
from bot.ports.run import UpdateKind, UpdateLine


def proposal_title(group: Group, updates: Sequence[UpdateLine], back: Sequence[Moved] = ()) -> str:
    """One line for the pull request and its commit."""
    names = {one.name for one in back}
    if group.key == LOCK_MAINTENANCE:
        return "Lock file maintenance" + _back(back)
    if group.single is not None:
        majors = {row.package: row for row in updates if row.kind is UpdateKind.MAJOR and row.package not in names}
        own = [f"{row.package} to {_highest(row)}" for row in updates if row.package == group.single]
        is_major = not own or group.single in majors
        return "Update " + (_listed(_first(majors, group.single)) if is_major else own[0]) + _back(back)
    packages = {row.package: row for row in updates}
    if len(packages) == 1:
        (row,) = packages.values()
        return f"Update {row.package} to {_highest(row)}{_back(back)}"
    return f"Update {group.name}{_back(back)}"


def _highest(row: UpdateLine) -> str:
    return row.after.rpartition(", ")[2]


def _back(back: Sequence[Moved]) -> str:
    """What goes back belongs where nobody can miss it."""
    if not back:
        return ""
    more = (
        f" and {len(back) - 1} more packages" if len(back) > 2 else f" and {back[1].spoken}" if len(back) == 2 else ""
    )
    return f", taking {back[0].spoken}{more}"


def _first(majors: Mapping[str, UpdateLine], name: str) -> list[str]:
    ordered = sorted(majors, key=lambda package: (package != name, package))
    return [f"{package} to v{_major(majors[package].after)}" for package in ordered] or [name]


def _major(versions: str) -> int:
    return Version(versions.rpartition(", ")[2]).major


def _listed(parts: Sequence[str]) -> str:
    if len(parts) > 3:
        return f"{parts[0]} and {len(parts) - 1} that must move with it"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
