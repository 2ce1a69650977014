"""Markers that also speak of conflicts: an environment, and which extras, groups and projects are chosen.

A conflict item is written as an extra that no package has: ``extra-4-demo-cpu``, ``group-4-demo-dev``,
``project-4-demo`` (the number is the length of the package's name).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot.lockfile.model import ConflictItem, ConflictKind
from bot.markers import FALSE, TRUE, Marker, extra_marker


def encode_item(item: ConflictItem) -> str:
    """The name of the extra that stands for a conflict item."""
    head = f"{item.kind.value}-{len(item.package)}-{item.package}"
    return head if item.kind is ConflictKind.PROJECT else f"{head}-{item.name}"


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


def fork_marker(marker: Marker, included: Iterable[ConflictItem], excluded: Iterable[ConflictItem]) -> UniversalMarker:
    """Where one fork holds."""
    combined = marker
    for item in excluded:
        combined &= ~item_marker(item)
    for item in included:
        combined &= item_marker(item)
    return UniversalMarker.of(combined)


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
