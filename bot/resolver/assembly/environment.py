"""The environment that a whole lock is about, which its edges leave unsaid (spec 6.2, 6.8, 7.1).

Edges of a ``Lock`` hold the marker that is printed. What it means is that marker *and* the lock's environment *and*
the supported Python versions; the functions below go from one to the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from bot.lockfile.model import Lock
from bot.markers import Marker, any_of
from bot.resolver.model.python_range import PythonRange, parse_python_range
from bot.resolver.model.universal_marker import UniversalMarker


def environment_of(forks: Sequence[Marker], python: PythonRange) -> Marker:
    """Where a lock with these forks (PEP 508 parts) holds, the Python range being taken for granted."""
    return python.simplify(any_of(forks) if forks else python.marker())


def lock_environment(lock: Lock) -> Marker:
    """Where a lock that was read holds, its Python range being taken for granted."""
    python = parse_python_range(lock.requires_python)
    return environment_of([python.complexify(marker).without_extras() for marker in lock.resolution_markers], python)


def canonical_fork_markers(markers: Iterable[UniversalMarker], python: PythonRange) -> tuple[Marker, ...]:
    """Fork markers as a lock lists them: without conflicts where that still tells them apart; TRUE is left out."""
    markers = tuple(markers)
    plain = tuple(dict.fromkeys(python.simplify(marker.pep508) for marker in markers))
    if any(not one.is_disjoint(other) for one, other in combinations(plain, 2)):
        plain = tuple(python.simplify(marker.combined) for marker in markers)
    return tuple(marker for marker in plain if not marker.is_true)


def configured_markers(markers: Iterable[Marker], python: PythonRange) -> tuple[Marker, ...]:
    """Supported or required environments as a lock lists them.

    TRUE is not listed; where nothing else is left, it stays alone, and the list is written empty.
    """
    simple = [python.simplify(python.complexify(marker)) for marker in markers]
    return tuple(marker for marker in simple if not marker.is_true) or tuple(simple[:1])
