"""Titles: what the locks say has moved."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from packaging.version import Version

from bot.plan.declined import highest
from bot.plan.policy import LOCK_MAINTENANCE, Group
from bot.ports.run import UpdateKind, UpdateLine


def proposal_title(group: Group, updates: Sequence[UpdateLine]) -> str:
    """One line for the pull request and its commit."""
    if group.key == LOCK_MAINTENANCE:
        return "Lock file maintenance"
    if group.single is not None:
        majors: dict[str, set[int]] = {}
        for row in updates:
            if row.kind is UpdateKind.MAJOR:
                majors.setdefault(row.package, set()).add(Version(highest(row.after)).major)
        return "Update " + _listed(_first(majors, group.single))
    packages = {row.package for row in updates}
    if len(packages) == 1:
        reached = sorted({Version(highest(row.after)) for row in updates})
        return f"Update {updates[0].package} to {_listed([str(version) for version in reached])}"
    return f"Update {group.name}"


def _first(majors: Mapping[str, Collection[int]], name: str) -> list[str]:
    ordered = sorted(majors, key=lambda package: (package != name, package))
    return [f"{package} to {_listed([f'v{one}' for one in sorted(majors[package])])}" for package in ordered] or [name]


def _listed(parts: Sequence[str]) -> str:
    if len(parts) > 3:
        return f"{parts[0]} and {len(parts) - 1} that must move with it"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
