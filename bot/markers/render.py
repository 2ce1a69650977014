"""Diagram -> marker text, term by term as uv 0.13.9 writes it.

The cover of the diagram is expanded to clauses (terms joined by ``and``), clauses and their terms are put in order of
their keys, never of their values, and what clauses share at their beginning or end is written once.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from bot.markers.cover import Cover, cover_of
from bot.markers.diagram import (
    CONTAINS,
    EXTRA,
    FALSE,
    IN,
    LIST,
    LIST_KEYS,
    STRING,
    STRING_KEYS,
    TRUE,
    VERSION,
    VERSION_KEYS,
    Interval,
    Node,
    intervals,
)

NEVER = "python_version < '0'"


class Term(NamedTuple):
    """One comparison. ``kind`` is what terms are ordered by; a text is everything right of its quotes."""

    kind: tuple[int, str]
    left: str
    operator: str
    right: str

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


Clause = list[Term]


def render(node: Node) -> str | None:
    """Return the text of a diagram; ``None`` for the one that always holds."""
    if node is TRUE:
        return None
    if node is FALSE:
        return NEVER
    return _factor(clauses_of(node))


def clauses_of(node: Node) -> list[Clause]:
    """Return the disjunction of conjunctions that ``node`` is written as; empty for TRUE and FALSE."""
    clauses: list[Clause] = []
    if node is not TRUE:
        _expand(cover_of(node), [], clauses)
    for clause in clauses:
        clause.sort(key=_kind)
    clauses.sort(key=lambda clause: [term.kind for term in clause])
    return clauses


def _kind(term: Term) -> tuple[int, str]:
    return term.kind


def _expand(cover: Cover, path: Clause, clauses: list[Clause]) -> None:
    if cover is None:
        clauses.append(path)
        return
    for guard, rest in cover:
        for terms in _alternatives(guard):
            _expand(rest, path + terms, clauses)


# From a guard to terms


def _alternatives(guard: Node) -> list[Clause]:
    """Return the ways to say that a guard holds, each a conjunction of terms."""
    if guard is TRUE:
        return [[]]
    kind, index, value = guard.variable
    if kind == VERSION:
        return _version_alternatives((0, VERSION_KEYS[index]), intervals(guard, TRUE))
    if kind == STRING:
        return _string_alternatives((1, STRING_KEYS[index]), intervals(guard, TRUE))
    if kind in (IN, CONTAINS, LIST, EXTRA):
        return [[_yes_or_no_term(kind, index, value, yes=guard.children[0] is TRUE)]]
    key = (1, STRING_KEYS[index])
    return [_bounded(key, interval, _version_text) for interval in intervals(guard, TRUE)]


def _yes_or_no_term(kind: int, index: int, value: str, *, yes: bool) -> Term:
    if kind == EXTRA:
        return Term((3, ""), "extra", "==" if yes else "!=", f"'{value}'")
    operator = "in" if yes else "not in"
    if kind == LIST:
        return Term((2, str(index % 2)), _quote(value), operator, LIST_KEYS[index])
    key = STRING_KEYS[index]
    if kind == IN:
        return Term((1, key), key, operator, _quote(value))
    return Term((1, key), _quote(value), operator, key)


def _version_alternatives(kind: tuple[int, str], found: list[Interval]) -> list[Clause]:
    excluded = _excluded_points(found)
    if excluded is not None:
        return [[Term(kind, kind[1], "!=", _version_text(value)) for value in excluded]]
    hole = _excluded_series(found)
    if hole is not None:
        return [[Term(kind, kind[1], "!=", f"'{hole}.*'")]]
    return [_version_clause(kind, interval) for interval in found]


def _string_alternatives(kind: tuple[int, str], found: list[Interval]) -> list[Clause]:
    excluded = _excluded_points(found)
    if excluded is not None:
        return [[Term(kind, kind[1], "!=", _quote(value)) for value in excluded]]
    return [_bounded(kind, interval, _quote) for interval in found]


def _version_clause(kind: tuple[int, str], interval: Interval) -> Clause:
    low, high = interval
    if low is not None and high is not None and low[1] == 0 and high[1] == 0:
        series = _series(low[0], high[0])
        if series is not None:
            return [Term(kind, kind[1], "==", f"'{series}.*'")]
    return _bounded(kind, interval, _version_text)


def _bounded(kind: tuple[int, str], interval: Interval, text: Any) -> Clause:
    low, high = interval
    if low is not None and high is not None and low[0] == high[0]:
        return [Term(kind, kind[1], "==", text(low[0]))]
    terms = []
    if low is not None:
        terms.append(Term(kind, kind[1], ">" if low[1] else ">=", text(low[0])))
    if high is not None:
        terms.append(Term(kind, kind[1], "<=" if high[1] else "<", text(high[0])))
    return terms


def _excluded_points(found: list[Interval]) -> list[Any] | None:
    """Return the values left out, if the intervals are the whole line without some points."""
    if found[0][0] is not None or found[-1][1] is not None:
        return None
    points = []
    for (_, end), (start, _) in pairwise(found):
        if end is None or start is None or end[0] != start[0]:
            return None
        points.append(end[0])
    return points


def _excluded_series(found: list[Interval]) -> str | None:
    """Return the ``X.Y`` left out, if the intervals are the whole line without that series."""
    if len(found) != 2:
        return None
    (first, end), (start, last) = found
    if first is not None or last is not None or end is None or start is None or end[1] or start[1]:
        return None
    return _series(end[0], start[0])


def _series(low: tuple[int, ...], high: tuple[int, ...]) -> str | None:
    """Return ``X.Y`` if all of it, and nothing else, is from ``low`` to before ``high``."""
    major, minor = low[0], low[1] if len(low) > 1 else 0
    return f"{major}.{minor}" if len(low) <= 2 and high == (major, minor + 1) else None


def _version_text(release: tuple[int, ...]) -> str:
    return f"'{'.'.join(map(str, release))}'"


def _quote(value: str) -> str:
    return f'"{value}"' if "'" in value else f"'{value}'"


# From clauses to text


def _factor(clauses: list[Clause]) -> str:
    """Group clauses by what they begin with, then beginnings by what they end with."""
    if len(clauses) < 2 or all(len(clause) == 1 for clause in clauses):
        return _disjunction(clauses)
    by_first: dict[Term, list[Clause]] = {}
    for clause in clauses:
        by_first.setdefault(clause[0], []).append(clause)
    by_rests: dict[tuple[tuple[Term, ...], ...], list[Sequence[Term]]] = {}
    for group in by_first.values():
        length = _shared_length(group)
        rests = tuple([tuple(clause[length:]) for clause in group])
        # A clause without a rest covers the longer ones of its group.
        by_rests.setdefault(rests if all(rests) else (), []).append(group[0][:length])
    shares_first = len(by_first) < len(clauses)
    if not shares_first and not any(rests and len(firsts) > 1 for rests, firsts in by_rests.items()):
        return _disjunction(clauses)
    return " or ".join([_product(firsts, rests) for rests, firsts in by_rests.items()])


def _shared_length(group: list[Clause]) -> int:
    if len(group) == 1:
        return 1
    length = 0
    for terms in zip(*group, strict=False):
        if any(term != terms[0] for term in terms):
            break
        length += 1
    return length


def _product(firsts: Sequence[Sequence[Term]], rests: Sequence[Sequence[Term]]) -> str:
    return f"{_operand(firsts)} and {_operand(rests)}" if rests else _disjunction(firsts)


def _operand(clauses: Sequence[Sequence[Term]]) -> str:
    text = _disjunction(clauses)
    return text if len(clauses) == 1 else f"({text})"


def _disjunction(clauses: Sequence[Sequence[Term]]) -> str:
    alone = len(clauses) == 1
    texts = [" and ".join(map(str, clause)) for clause in clauses]
    return " or ".join(
        [text if alone or len(clause) == 1 else f"({text})" for text, clause in zip(texts, clauses, strict=True)]
    )
