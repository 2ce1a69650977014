"""One environment, and whether a marker holds in it: what PEP 508 asks of an interpreter, for one that is only described."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from packaging.version import InvalidVersion, Version

from bot.markers.algebra import TRUE as TRUE_MARKER
from bot.markers.algebra import Marker
from bot.markers.diagram import (
    CONTAINS,
    EXTRA,
    IN,
    LIST,
    STRING,
    STRING_KEYS,
    TRUE,
    VERSION,
    VERSION_KEYS,
    Node,
    nodes_of,
)
from bot.markers.lowering import parse_marker, string_marker
from bot.markers.pythons import trim_release
from bot.pep440 import parse_version
from bot.values import value

_CHOICES = (EXTRA, LIST)
#: Where a version stands beside its release: a pre-release below it, a post-release above, both within the next cut.
_BELOW, _AT, _ABOVE = -0.5, 0.5, 1.5


@value
class Point:
    """The variables of one environment. ``python_version`` follows from ``python_full_version``."""

    os_name: str
    sys_platform: str
    platform_system: str
    platform_machine: str
    platform_release: str = ""
    platform_version: str = ""
    platform_python_implementation: str = "CPython"
    implementation_name: str = "cpython"
    implementation_version: str
    python_full_version: str

    def text(self, key: str) -> str:
        """A variable by its name in markers."""
        said = getattr(self, key)
        assert isinstance(said, str)
        return said

    @property
    def python_version(self) -> str:
        """The series of the interpreter, such as ``3.13``."""
        major, minor = (*parse_version(self.python_full_version).release, 0)[:2]
        return f"{major}.{minor}"


def holds_at(marker: Marker, point: Point, active: Iterable[str] = ()) -> bool:
    """Whether the marker is true in one environment, with these extras asked for."""
    extras = frozenset(active)
    node = marker.node
    while node.cuts is None or node.children:
        following = _answer(node, point, extras)
        if following is None:
            return False
        node = following
    return node is TRUE


def restate(markers: Iterable[Marker], point: Point) -> Marker:
    """What an environment is, of all that the markers ask about."""
    asked = {
        node.variable[:2] for marker in markers for node in nodes_of(marker.node) if node.variable[0] not in _CHOICES
    }
    found = TRUE_MARKER
    for kind, index in sorted(asked):
        key = VERSION_KEYS[index] if kind == VERSION else STRING_KEYS[index]
        found &= _equals(kind, key, point)
    return found


def _equals(kind: int, key: str, point: Point) -> Marker:
    if kind == VERSION:
        return parse_marker(f"{key} == '{point.text(key)}'")
    return string_marker(key, "==", point.text(key))


def _answer(node: Node, point: Point, extras: frozenset[str]) -> Node | None:
    kind, index, said = node.variable
    if node.cuts is None:
        return node.children[0 if _is_met(kind, index, said, point, extras) else 1]
    if kind == STRING:
        return node.children[bisect_left(node.cuts, (point.text(STRING_KEYS[index]), _AT))]
    found = _place(point.text(VERSION_KEYS[index] if kind == VERSION else STRING_KEYS[index]))
    return None if found is None else node.children[bisect_left(node.cuts, found)]


def _is_met(kind: int, index: int, said: str, point: Point, extras: frozenset[str]) -> bool:
    if kind == EXTRA:
        return said in extras
    if kind == LIST:
        return False
    text = point.text(STRING_KEYS[index])
    if kind == IN:
        return text in said
    assert kind == CONTAINS
    return said in text


def _place(text: str) -> tuple[tuple[int, ...], float] | None:
    """Where a version lies between cuts, which are at releases."""
    try:
        version: Version = parse_version(text)
    except InvalidVersion:
        return None
    side = _BELOW if version.is_prerelease else _ABOVE if version.is_postrelease else _AT
    return trim_release(version.release), side
