"""Markers that also speak of conflicts: an environment, and which extras, groups and projects are chosen.

A conflict item is written as an extra that no package has: ``extra-4-demo-cpu``, ``group-4-demo-dev``,
``project-4-demo``. The number is the length of the package's name, so that names with dashes stay unambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot.lockfile.model import ConflictItem, ConflictKind
from bot.markers import FALSE, TRUE, Marker, extra_marker
from bot.patterns import pattern
from bot.resolver.model.environment import Environment, Rule
from bot.resolver.model.resolution import ForkResolution

_ENCODED = pattern(r"(?P<kind>extra|group|project)-(?P<length>\d+)-(?P<rest>.+)", re.ASCII | re.DOTALL)


def encode_item(item: ConflictItem) -> str:
    """The name of the extra that stands for a conflict item."""
    head = f"{item.kind.value}-{len(item.package)}-{item.package}"
    return head if item.kind is ConflictKind.PROJECT else f"{head}-{item.name}"


def decode_item(text: str) -> ConflictItem | None:
    """The item that a made-up extra stands for; ``None`` where the text is none."""
    match = _ENCODED.fullmatch(text)
    if match is None:
        return None
    length, rest, kind = int(match["length"]), match["rest"], ConflictKind(match["kind"])
    package, name = rest[:length], rest[length + 1 :]
    if kind is ConflictKind.PROJECT:
        return ConflictItem(package=package, kind=kind) if package == rest else None
    return ConflictItem(package=package, kind=kind, name=name) if name and rest[length] == "-" else None


def item_marker(item: ConflictItem) -> Marker:
    return extra_marker(encode_item(item))


class UniversalMarker(NamedTuple):
    """``combined`` speaks of both; ``pep508`` is where it can hold whatever is chosen.

    The second is kept along, not worked out anew: where a conjunction contradicts itself only in what is chosen, it
    stays wider than ``combined`` would give, and uv's lock files show that.
    """

    combined: Marker
    pep508: Marker

    @staticmethod
    def of(combined: Marker) -> UniversalMarker:
        return UniversalMarker(combined, combined.without_extras())

    def __and__(self, other: UniversalMarker) -> UniversalMarker:
        return UniversalMarker(self.combined & other.combined, self.pep508 & other.pep508)

    def __or__(self, other: UniversalMarker) -> UniversalMarker:
        return UniversalMarker(self.combined | other.combined, self.pep508 | other.pep508)

    def is_disjoint(self, other: UniversalMarker) -> bool:
        return self.combined.is_disjoint(other.combined)

    def knowing(self, conflicts: Marker) -> UniversalMarker:
        """With the knowledge that ``conflicts`` (see ``conflict_knowledge``) holds.

        Where every allowed choice leaves the same environments, only those remain. Otherwise forbidden choices are
        let in, so that readers of the lock still reach, and can report, what clashes.
        """
        if conflicts.is_true or (self.combined is self.pep508 and not self.combined.is_false):
            return self
        possible = self.combined & conflicts
        environment = possible.without_extras()
        if not environment.is_false and possible is environment & conflicts:
            return UniversalMarker(environment, environment)
        return UniversalMarker.of(conflicts.implies(self.combined))


ALWAYS = UniversalMarker(TRUE, TRUE)
NEVER = UniversalMarker(FALSE, FALSE)


def fork_marker(fork: Environment | ForkResolution) -> Marker:
    """Where a fork holds: its environments, with the conflict items that it chooses and rules out."""
    marker = fork.marker
    for item in fork.excluded:
        marker &= ~item_marker(item)
    for item in fork.included:
        marker &= item_marker(item)
    return marker


def enter_fork_marker(start: Environment, marker: Marker) -> Environment | None:
    """The fork that a marker of a lock describes, inside ``start``; ``None`` where it contradicts itself."""
    rules = []
    for name, wanted in marker.only_extras().extra_tests():
        item = decode_item(name)
        if item is not None:
            rules.append(Rule(item, included=wanted))
    filtered = start.filtered(sorted(rules, key=lambda rule: not rule.included))
    return None if filtered is None else filtered.narrowed(marker.without_extras())


def conflict_knowledge(conflicts: Iterable[Sequence[ConflictItem]]) -> Marker:
    """That of every set at most one item is chosen."""
    knowledge = TRUE
    for items in conflicts:
        earlier = FALSE
        for item in items:
            chosen = item_marker(item)
            knowledge &= ~(earlier & chosen)
            earlier |= chosen
    return knowledge
