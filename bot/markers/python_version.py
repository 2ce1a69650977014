"""Version comparisons as intervals, above all ``python_version`` said in terms of ``python_full_version``.

``python_version`` is cut to two numbers, so ``python_version > '3.7'`` means ``python_full_version >= '3.8'``. All
comparisons are release-only.

Trailing zeros are dropped at once, also where uv keeps them (``in`` lists, series such as ``== '3.9.0.*'`` and
``python_version == '3.0'``): there uv writes whichever of ``3`` and ``3.0`` its process met first, and text that
depends on what was locked before is nothing to imitate.
"""

from __future__ import annotations

from typing import Final

from bot.markers.diagram import FALSE, PYTHON, TRUE, Node, Variable, disjoin, interval_node, negate, point_node
from bot.markers.pythons import trim_release

Release = tuple[int, ...]


def compare(variable: Variable, operator: str, release: Release) -> Node:
    """Return the diagram of ``variable operator release`` for the operators of PEP 440; ``==*``, ``!=*`` are series.

    ``release`` keeps its trailing zeros, which matter to series and ``~=`` (which needs two numbers).
    """
    trimmed = trim_release(release)
    match operator:
        case "==":
            return point_node(variable, trimmed)
        case "!=":
            return negate(point_node(variable, trimmed))
        case "<":
            return interval_node(variable, None, (trimmed, 0))
        case "<=":
            return interval_node(variable, None, (trimmed, 1))
        case ">":
            return interval_node(variable, (trimmed, 1), None)
        case ">=":
            return interval_node(variable, (trimmed, 0), None)
        case "~=":
            return interval_node(variable, (trimmed, 0), (_after(release[:-1]), 0))
        case "==*":
            return interval_node(variable, (trimmed, 0), (_after(release), 0))
        case _:
            return negate(compare(variable, "==*", release))


def _after(release: Release) -> Release:
    return (*release[:-1], release[-1] + 1)


def compare_python_version(operator: str, release: Release) -> Node:
    """Return the diagram of ``python_version operator release``, see ``compare``."""
    if operator.endswith("*"):
        return _series(operator, release)
    if operator == "~=":
        return compare(PYTHON, "~=", release) if len(release) == 2 else _series("==*", release)
    trimmed = trim_release(release)
    if len(trimmed) > 2:
        return _deeper(operator, trimmed)
    major, minor = trimmed if len(trimmed) == 2 else (trimmed[0], 0)
    match operator:
        case "==" | "!=":
            return compare(PYTHON, f"{operator}*", (major, minor))
        case ">":
            return compare(PYTHON, ">=", (major, minor + 1))
        case "<=":
            return compare(PYTHON, "<", (major, minor + 1))
        case "<" if trimmed == (0,):
            return FALSE
        case ">=" if trimmed == (0,):
            return TRUE
        case _:
            return compare(PYTHON, operator, trimmed)


def _series(operator: str, release: Release) -> Node:
    if len(release) == 1:
        return compare(PYTHON, operator, release)
    # A third number that is not zero can never be met, and uv answers FALSE to both `==` and `!=`.
    return FALSE if any(release[2:]) else compare(PYTHON, operator, release[:2])


_UNEQUAL: Final = {"==": FALSE, "!=": TRUE}


def _deeper(operator: str, release: Release) -> Node:
    """Compare with a version of more than two numbers, which ``python_version`` never equals."""
    constant = _UNEQUAL.get(operator)
    if constant is not None:
        return constant
    return compare(PYTHON, "<" if operator in ("<", "<=") else ">=", (release[0], release[1] + 1))


def any_python_version(releases: list[Release]) -> Node:
    """Return the diagram of ``python_version in '...'``."""
    result = FALSE
    for release in releases:
        result = disjoin(result, compare_python_version("==", release))
    return result


def any_version(variable: Variable, releases: list[Release]) -> Node:
    """Return the diagram of ``variable in '...'`` for versions that are compared in full."""
    result = FALSE
    for release in releases:
        result = disjoin(result, point_node(variable, trim_release(release)))
    return result
