"""Extras that include other extras of the same project, written out; some build backends do so in metadata."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from bot.lockfile.model import RegistryRequirement, Requirement
from bot.markers import FALSE, Marker
from bot.values import replace


def flatten_recursive_extras(requirements: Sequence[Requirement], project: str) -> tuple[Requirement, ...]:
    """Return the requirements with every ``project[extra]`` replaced by what that extra needs.

    A specifier on such a self-reference stays, as a requirement of the project on itself.
    """
    if all(requirement.name != project for requirement in requirements):
        return tuple(requirements)
    flat = list(requirements)
    queue = deque((extra, own.marker) for own in requirements if own.name == project for extra in own.extras)
    seen: set[tuple[str, Marker]] = set()
    while queue:
        extra, condition = queue.popleft()
        if (extra, condition) in seen:
            continue
        seen.add((extra, condition))
        for requirement in requirements:
            marker = condition & _only_for(requirement.marker, extra)
            if marker is FALSE:
                continue
            flat.append(replace(requirement, marker=marker))
            if requirement.name == project:
                queue.extend((name, marker) for name in requirement.extras)
    constraints = [replace(own, extras=()) for own in flat if own.name == project and _says_something(own)]
    return tuple(requirement for requirement in flat if requirement.name != project) + tuple(constraints)


def _only_for(marker: Marker, extra: str) -> Marker:
    """The part of a marker that holds because of one extra, and not without any."""
    always = marker.assume_extras(lambda _: False)
    return marker.assume_extras(lambda name: name == extra) & ~always


def _says_something(requirement: Requirement) -> bool:
    return not isinstance(requirement.source, RegistryRequirement) or len(requirement.source.specifier) > 0
