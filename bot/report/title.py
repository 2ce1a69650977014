"""Titles: what the locks say has moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from packaging.version import Version

from bot.plan.policy import LOCK_MAINTENANCE, Group
from bot.ports.run import UpdateKind, UpdateLine


def proposal_title(group: Group, updates: Sequence[UpdateLine]) -> str:
    """One line for the pull request and its commit."""
    if group.key == LOCK_MAINTENANCE:
        return "Lock file maintenance"
    if group.single is not None:
        majors = {row.package: row for row in updates if row.kind is UpdateKind.MAJOR}
        return "Update " + _listed(_first(majors, group.single))
    packages = {row.package: row for row in updates}
    if len(packages) == 1:
        (row,) = packages.values()
        return f"Update {row.package} to {row.after.rpartition(', ')[2]}"
    return f"Update {group.name}"


def _first(majors: Mapping[str, UpdateLine], name: str) -> list[str]:
    ordered = sorted(majors, key=lambda package: (package != name, package))
    return [f"{package} to v{_major(majors[package].after)}" for package in ordered] or [name]


def _major(versions: str) -> int:
    return Version(versions.rpartition(", ")[2]).major


def _listed(parts: Sequence[str]) -> str:
    if len(parts) > 3:
        return f"{parts[0]} and {len(parts) - 1} that must move with it"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
