"""The worlds of one package's requirements, and what of them keeps a series of its own.

Requirements that hold the same versions are one world. Two that hold different ones and say so are told apart on purpose:
sides of a declared conflict (a test matrix) keep their series, and of requirements that markers part the lower ones don't
catch up with the highest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.manifest.model import Declaration
from bot.plan.worlds.holdings import Holdings, marker_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """``current`` ascending. ``bounds`` hold for whatever the world moves to; ``kept`` are the requirements whose text
    stays, each with the other requirement that it is told apart from; ``behind`` is one that a pin keeps its distance from."""

    rows: tuple[Declaration, ...]
    current: tuple[Version, ...]
    bounds: SpecifierSet
    kept: Mapping[Declaration, str]
    behind: str | None = None


def find_series(rows: Sequence[Declaration], holdings: Holdings) -> Sequence[Series]:
    """The worlds, by what they hold; requirements that are active nowhere are left out."""
    worlds: dict[frozenset[str], list[Declaration]] = {}
    for row in rows:
        if found := holdings.at(row):
            worlds.setdefault(frozenset(one.public for one in found), []).append(row)
    made = [_make(held, found, rows, holdings) for held, found in _merged(worlds).items()]
    return sorted(made, key=lambda one: one.current)


def _merged(worlds: Mapping[frozenset[str], list[Declaration]]) -> Mapping[frozenset[str], list[Declaration]]:
    """What spans several worlds goes with the one that has its highest version: it has no series of its own."""
    merged = {held: list(rows) for held, rows in worlds.items()}
    for held in sorted(worlds, key=len, reverse=True):
        top = max(held, key=Version)
        narrower = next((one for one in sorted(worlds, key=len) if one < held and max(one, key=Version) == top), None)
        if narrower is not None:
            merged[narrower] += merged.pop(held)
    return merged


def _make(
    held: frozenset[str], world: Sequence[Declaration], rows: Sequence[Declaration], holdings: Holdings
) -> Series:
    current = tuple(sorted({one for row in world for one in holdings.at(row) if one.public in held}))
    others = [row for row in rows if row not in world and (found := holdings.at(row)) and not {*found} & {*current}]
    bounds, behind = SpecifierSet(), None
    kept: dict[Declaration, str] = {}
    for row in world:
        for other in others:
            if holdings.exclude_each_other(row, other) and row.requirement.specifier != other.requirement.specifier:
                bounds &= _side(row, holdings.at(row), holdings.at(other))
                kept |= {} if _is_pin(row) else {row: other.text}
                behind = other.text if _is_pin(row) else behind
            elif _are_parted(row, other) and holdings.at(other)[-1] > current[-1]:
                bounds &= _below(current[-1], holdings.at(other)[0])
                behind = other.text if _is_pin(row) else behind
    return Series(rows=tuple(world), current=current, bounds=bounds, kept=kept, behind=behind)


def _is_pin(row: Declaration) -> bool:
    parts = list(row.requirement.specifier)
    return len(parts) == 1 and parts[0].operator in {"==", "==="} and not parts[0].version.endswith(".*")


def _side(row: Declaration, own: Sequence[Version], other: Sequence[Version]) -> SpecifierSet:
    """One side of a conflict: as it is written; a pin keeps the numbers up to the first that differs."""
    return _below(own[-1], other[-1]) if _is_pin(row) else row.requirement.specifier


def _are_parted(row: Declaration, other: Declaration) -> bool:
    """Whether markers part two requirements that say different things."""
    return row.requirement.specifier != other.requirement.specifier and marker_of(row).is_disjoint(marker_of(other))


def _below(version: Version, other: Version) -> SpecifierSet:
    """Below what would differ from ``version`` in the first number in which ``other`` does."""
    length = max(len(version.release), len(other.release))
    own, foreign = _padded(version.release, length), _padded(other.release, length)
    first = next((place for place in range(length) if own[place] != foreign[place]), None)
    if first is None or version.epoch != other.epoch:
        return SpecifierSet()
    end = [*own[:first], own[first] + 1]
    epoch = f"{version.epoch}!" if version.epoch else ""
    return SpecifierSet(f"<{epoch}" + ".".join(map(str, end)))


def _padded(release: Sequence[int], length: int) -> list[int]:
    return [*release, *([0] * (length - len(release)))]
