"""Marker text -> ``Marker``, with all that uv does to comparisons on the way.

Comparisons without a meaning (two variables, two texts, ``~=`` on text, a version that PEP 440 does not know) are
ignored: they drop out of the ``and`` or ``or`` that they stand in, and what is left of nothing is TRUE.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from packaging.version import InvalidVersion

from bot.markers.algebra import TRUE, Marker, as_marker
from bot.markers.diagram import (
    CONTAINS,
    EXTRA,
    FALSE,
    IN,
    LIST,
    LIST_KEYS,
    STRING,
    STRING_KEYS,
    VERSION,
    VERSION_KEYS,
    VERSION_STRING,
    Node,
    TooManyNodes,
    at_most,
    boolean_node,
    conjoin,
    disjoin,
    interval_node,
    negate,
    point_node,
)
from bot.markers.grammar import Comparison, Expression, Junction, MarkerSyntaxError, parse_expression
from bot.markers.python_version import Release, any_python_version, any_version, compare, compare_python_version
from bot.patterns import pattern
from bot.pep440 import has_huge_number, parse_version

_MIRRORED: Final = {
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
    "in": "contains",
    "not in": "lacks",
}
_MEMBERSHIP: Final = {
    "in": (IN, True),
    "not in": (IN, False),
    "contains": (CONTAINS, True),
    "lacks": (CONTAINS, False),
}
_VERSION_OPERATORS: Final = frozenset(["==", "!=", "<", "<=", ">", ">=", "~="])
# `platform_system` is meant for people; these values say exactly the same as a value of `sys_platform`.
_SAME_PLATFORM: Final = {
    "Windows": "win32",
    "Darwin": "darwin",
    "Linux": "linux",
    "AIX": "aix",
    "Emscripten": "emscripten",
    "Android": "android",
}
_ORDERED_KEYS: Final = ("platform_release", "platform_version")

_PLAIN_RELEASE = pattern(r"[0-9]+(?:\.[0-9]+)*")
_SERIES = pattern(r"\s*v?(?:[0-9]+!)?([0-9]+(?:\.[0-9]+)*)\.\*")
_NAME = pattern(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SEPARATORS = pattern(r"[-_.]+")
# uv counts in 64 bits and keeps the largest number free for `+ 1`.
_NUMBER_LIMIT: Final = 2**64 - 1
#: Some 50 ms of work. The largest marker of a package in use makes some dozens.
_MOST_NODES: Final = 10_000


@lru_cache(maxsize=1 << 16)
def parse_marker(text: str) -> Marker:
    """Return the marker of a PEP 508 marker text.

    Raises ``MarkerSyntaxError`` (an ``InputError`` and a ``ValueError``) if the text is not a marker.
    """
    try:
        with at_most(_MOST_NODES):
            marker = _lower(parse_expression(text), text)
    except TooManyNodes:
        raise MarkerSyntaxError("too many combinations", text) from None
    except RecursionError:
        # Hundreds of parentheses or of different extras in one marker: nobody's package, but perhaps somebody's attack.
        raise MarkerSyntaxError("too many tests inside one another", text) from None
    return TRUE if marker is None else marker


def string_marker(key: str, operator: str, value: str) -> Marker:
    """Return the marker that ``key operator 'value'`` means, for a text variable such as ``sys_platform``.

    ``operator`` is one of ``== != < <= > >= in`` and ``not in``, or ``contains`` and ``lacks`` for
    ``'value' in key`` and ``'value' not in key``. Unlike in text, ``value`` may hold any character.
    """
    return as_marker(_compare_text(key, operator, value))


def _lower(expression: Expression, text: str) -> Marker | None:
    if isinstance(expression, Comparison):
        _refuse_misplaced_lists(expression, text)
        return _compare(expression)
    lowered = [_lower(part, text) for part in expression.parts]
    return _join(expression, [marker for marker in lowered if marker is not None])


def _join(junction: Junction, markers: list[Marker]) -> Marker | None:
    """Join neighbours pairwise, again and again: fewer large intermediate diagrams than one by one."""
    if not markers:
        return None
    operation: Callable[[Marker, Marker], Marker] = Marker.__and__ if junction.word == "and" else Marker.__or__
    while len(markers) > 1:
        pairs = [operation(a, b) for a, b in zip(markers[::2], markers[1::2], strict=False)]
        markers = pairs + markers[len(pairs) * 2 :]
    return markers[0]


def _refuse_misplaced_lists(comparison: Comparison, text: str) -> None:
    left, operator, right = comparison
    if not left.quoted and left.value in LIST_KEYS:
        raise MarkerSyntaxError(f"`{left.value}` must be on the right side", text)
    if left.quoted and not right.quoted and right.value in LIST_KEYS and operator not in ("in", "not in"):
        raise MarkerSyntaxError(f"`{right.value}` takes only `in` and `not in`", text)


@lru_cache(maxsize=1 << 14)
def _compare(comparison: Comparison) -> Marker | None:
    """Return the marker of one comparison; ``None`` if it is ignored."""
    left, operator, right = comparison
    if left.quoted == right.quoted:
        return None
    key, value = (right.value, left.value) if left.quoted else (left.value, right.value)
    if key == "extra":
        node = _compare_extra(operator, value)
    elif key in LIST_KEYS:
        node = _signed(_list_test(key, value), operator == "in")
    else:
        node = _compare_variable(
            key, _MIRRORED.get(operator, operator) if left.quoted else operator, value, left.quoted
        )
    return None if node is None else as_marker(node)


def _compare_variable(key: str, operator: str, value: str, mirrored: bool) -> Node | None:
    if key in STRING_KEYS:
        return None if operator == "~=" else _compare_text(key, operator, value)
    return _compare_version(key, operator, value, series=not mirrored)


def _signed(node: Node, wanted: bool) -> Node:
    return node if wanted else negate(node)


# Extras and lists


def _normalized(name: str) -> str | None:
    return _SEPARATORS.sub("-", name).lower() if _NAME.fullmatch(name) else None


def _compare_extra(operator: str, value: str) -> Node | None:
    if operator not in ("==", "!="):
        return None
    name = _normalized(value)
    return FALSE if name is None else _signed(boolean_node((EXTRA, 0, name)), operator == "==")


def _list_test(key: str, value: str) -> Node:
    name = _normalized(value)
    index = 0 if key == "extras" else 1
    return boolean_node((LIST, index + 2, value) if name is None else (LIST, index, name))


# Text


def _compare_text(key: str, operator: str, value: str) -> Node:
    if operator in _MEMBERSHIP:
        kind, wanted = _MEMBERSHIP[operator]
        return _signed(boolean_node((kind, STRING_KEYS.index(key), value)), wanted)
    if key == "platform_system" and value in _SAME_PLATFORM:
        key, value = "sys_platform", _SAME_PLATFORM[value]
    node = _order_text(key, operator, value)
    if key != "platform_release":
        return node
    return _on_darwin(_compare_kernel(operator, value), node)


def _order_text(key: str, operator: str, value: str) -> Node:
    variable = (STRING, STRING_KEYS.index(key), "")
    if operator == "==":
        return point_node(variable, value)
    if operator == "!=":
        return negate(point_node(variable, value))
    if key not in _ORDERED_KEYS:
        return FALSE if operator in ("<", ">") else point_node(variable, value)
    cut = (value, 1 if operator in ("<=", ">") else 0)
    return interval_node(variable, None, cut) if operator in ("<", "<=") else interval_node(variable, cut, None)


def _compare_kernel(operator: str, value: str) -> Node | None:
    parsed = _read_pattern(operator, value)
    return None if parsed is None else compare((VERSION_STRING, STRING_KEYS.index("platform_release"), ""), *parsed)


def _on_darwin(version: Node | None, text: Node) -> Node:
    """Darwin releases are versions; elsewhere a release may be any text and is compared as such."""
    if version is None:
        return text
    darwin = point_node((STRING, STRING_KEYS.index("sys_platform"), ""), "darwin")
    return disjoin(conjoin(darwin, version), conjoin(negate(darwin), text))


# Versions


def _compare_version(key: str, operator: str, value: str, *, series: bool) -> Node | None:
    if operator in ("in", "not in"):
        return _version_in(key, operator, value)
    if operator not in _VERSION_OPERATORS:
        return None
    parsed = _read_pattern(operator, value)
    if parsed is None or (parsed[0].endswith("*") and not series):
        return None
    if key == "python_version":
        return compare_python_version(*parsed)
    return compare((VERSION, VERSION_KEYS.index(key), ""), *parsed)


def _version_in(key: str, operator: str, value: str) -> Node | None:
    releases = []
    for word in value.split():
        release = _read_release(word, local=True)
        if release is None:
            return None
        releases.append(release)
    if key != "python_version":
        return _signed(any_version((VERSION, VERSION_KEYS.index(key), ""), releases), operator == "in")
    # uv gives up on the whole list, negated or not, at a version that python_version cannot have.
    if any(any(release[2:]) for release in releases):
        return FALSE
    return _signed(any_python_version(releases), operator == "in")


def _read_pattern(operator: str, value: str) -> tuple[str, Release] | None:
    """Return the operator (``==*``, ``!=*`` for series) and the release; ``None`` if they do not go together."""
    match = _SERIES.fullmatch(value)
    if match is not None:
        release = _numbers(match[1])
        return (f"{operator}*", release) if release is not None and operator in ("==", "!=") else None
    release = _read_release(value, local=operator in ("==", "!="))
    if release is None or (operator == "~=" and len(release) < 2):
        return None
    return operator, release


def _read_release(value: str, *, local: bool) -> Release | None:
    """Return the release of a version, zeros and all; local versions only if ``local``."""
    if _PLAIN_RELEASE.fullmatch(value):
        return _numbers(value)
    try:
        version = parse_version(value)
    except InvalidVersion:
        return None
    if (version.local is not None and not local) or max(version.release) >= _NUMBER_LIMIT:
        return None
    return version.release


def _numbers(text: str) -> Release | None:
    if has_huge_number(text):
        return None
    release = tuple([int(number) for number in text.split(".")])
    return release if max(release) < _NUMBER_LIMIT else None
