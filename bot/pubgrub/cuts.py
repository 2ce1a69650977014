"""Algebra on tuples of cut points: the arithmetic below ``version_set``, which explains what a cut is.

Every function takes and returns strictly increasing tuples; membership flips at each cut, starting from "outside".
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from enum import IntEnum
from typing import Final

Cuts = tuple[bytes, ...]

BOTTOM: Final = b""
"""The cut below every version."""


class SetRelation(IntEnum):
    """How a left set lies to a right set; an empty left set is a SUBSET."""

    SUBSET = 0
    DISJOINT = 1
    OVERLAPPING = 2


def before(key: bytes) -> bytes:
    """The cut just before ``key``."""
    return key + b"\x00"


def after(key: bytes) -> bytes:
    """The cut just after ``key``."""
    return key + b"\xff"


def complement(cuts: Cuts) -> Cuts:
    return cuts[1:] if cuts and cuts[0] == BOTTOM else (BOTTOM, *cuts)


def _is_interval(cuts: Cuts) -> bool:
    return 0 < len(cuts) < 3


def _is_hole(cuts: Cuts) -> bool:
    return len(cuts) == 3 and cuts[0] == BOTTOM


def intersect(left: Cuts, right: Cuts) -> Cuts:
    # Long sets meet mostly intervals and holes: those cost two bisections instead of a walk.
    if _is_interval(right):
        return _intersect_interval(left, right)
    if _is_interval(left):
        return _intersect_interval(right, left)
    if _is_hole(right):
        return complement(_unite_interval(complement(left), right[1:]))
    if _is_hole(left):
        return complement(_unite_interval(complement(right), left[1:]))
    return _walk(left, right, joining=False)


def unite(left: Cuts, right: Cuts) -> Cuts:
    if _is_interval(right):
        return _unite_interval(left, right)
    if _is_interval(left):
        return _unite_interval(right, left)
    return _walk(left, right, joining=True)


def _intersect_interval(cuts: Cuts, interval: Cuts) -> Cuts:
    low = interval[0]
    start = bisect_right(cuts, low)
    if len(interval) == 1:
        return (low, *cuts[start:]) if start & 1 else cuts[start:]
    stop = bisect_left(cuts, interval[1])
    return ((low,) if start & 1 else ()) + cuts[start:stop] + (interval[1:] if stop & 1 else ())


def _unite_interval(cuts: Cuts, interval: Cuts) -> Cuts:
    start = bisect_left(cuts, interval[0])
    kept = cuts[:start] if start & 1 else (*cuts[:start], interval[0])
    if len(interval) == 1:
        return kept
    stop = bisect_right(cuts, interval[1])
    return kept + (() if stop & 1 else interval[1:]) + cuts[stop:]


def _walk(left: Cuts, right: Cuts, *, joining: bool) -> Cuts:
    i = j = inside = 0
    out: list[bytes] = []
    while i < len(left) and j < len(right):
        cut = min(left[i], right[j])
        i += left[i] == cut
        j += right[j] == cut
        now = (i | j) & 1 if joining else i & j & 1
        if now != inside:
            out.append(cut)
            inside = now
    # The exhausted side is constant from here: it either decides the rest or leaves it to the other side.
    exhausted_inside = (i if i == len(left) else j) & 1
    if exhausted_inside != joining:
        out.extend(right[j:] if i == len(left) else left[i:])
    return tuple(out)


def relate(left: Cuts, right: Cuts) -> SetRelation:
    if _is_interval(left):
        start = bisect_right(right, left[0])
        stop = len(right) if len(left) == 1 else bisect_left(right, left[1])
        if start == stop:
            return SetRelation.SUBSET if start & 1 else SetRelation.DISJOINT
        return SetRelation.OVERLAPPING
    common = intersect(left, right)
    if common == left:
        return SetRelation.SUBSET
    return SetRelation.OVERLAPPING if common else SetRelation.DISJOINT
