"""Sets of versions of one package, as sorted cut points on a line of ``bytes`` keys.

A version is a *key*: ``bytes`` whose bytewise order is the order of versions. A *cut* is a place between versions,
``before(key)`` or ``after(key)``, also ``bytes``. For keys ``a < b`` the line reads
``before(a) < after(a) < before(b) < after(b)``. That holds only if **no key is a proper prefix of another**; whoever
encodes versions guarantees it, for example by ending every key with a byte that occurs nowhere else in it.

A set is the strictly increasing tuple of the cuts at which membership flips: even positions open an interval, odd
positions close it. A tuple of odd length is open above (plus infinity), a first cut ``BOTTOM`` is open below (minus
infinity). The form is canonical, so adjacent intervals are merged by construction: ``[1, 2)`` and ``[2, 3)`` unite to
``[1, 3)``, while ``(.., 2)`` and ``(2, ..)`` keep their hole. As in interval algebra generally, nothing is known about
which keys exist between two cuts: ``after(1)`` and ``before(2)`` differ even if no version lies between.

``VersionSet`` objects are hash-consed for the whole process: two equal sets are the same object, so equality and
hashing are by identity. Results of operations are memoized on the operands; the memos hold at most ``MEMO_LIMIT``
entries in total and are emptied when full. Cuts may also be built by the caller (``from_cuts``), as long as every cut
compares unequal to, and consistently with, both cuts of every key that is asked about.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from threading import Lock
from typing import Any, Final
from weakref import WeakValueDictionary

from bot.pubgrub import cuts as cuts_of
from bot.pubgrub.cuts import BOTTOM, Cuts, SetRelation, after, before

__all__ = [
    "BOTTOM",
    "EMPTY",
    "FULL",
    "SetRelation",
    "VersionSet",
    "after",
    "before",
    "between",
    "clear_memos",
    "from_cuts",
    "full",
    "gap_around",
    "singleton",
]

MEMO_LIMIT: Final = 400_000


class VersionSet:
    """An immutable, hash-consed set of versions; make one with the functions of this module, never by calling it."""

    __slots__ = ("__weakref__", "_complement", "_meets", "_relations", "_terms", "_unions", "cuts")

    cuts: Cuts

    def __init__(self, cuts: Cuts) -> None:
        self.cuts = cuts
        self._complement: VersionSet | None = None
        self._meets: dict[VersionSet, VersionSet] = {}
        self._unions: dict[VersionSet, VersionSet] = {}
        self._relations: dict[VersionSet, SetRelation] = {}
        # Two terms exist over each set; they are kept here so that terms are hash-consed too.
        self._terms: Any = None

    def __repr__(self) -> str:
        parts = [f"{low!r} to {high!r}" for low, high in self.intervals()]
        return f"VersionSet({' | '.join(parts) or 'empty'})"

    def __reduce__(self) -> tuple[Any, ...]:
        return from_cuts, (self.cuts,)

    def is_empty(self) -> bool:
        return not self.cuts

    def is_full(self) -> bool:
        return self is FULL

    def contains(self, key: bytes) -> bool:
        return bool(bisect_right(self.cuts, key + b"\x00") & 1)

    def complement(self) -> VersionSet:
        found = self._complement
        if found is None:
            found = self._complement = _intern(cuts_of.complement(self.cuts))
            found._complement = self
        return found

    def intersection(self, other: VersionSet) -> VersionSet:
        if self is other or other is FULL or self is EMPTY:
            return self
        if self is FULL or other is EMPTY:
            return other
        found = self._meets.get(other)
        if found is None:
            found = _intern(cuts_of.intersect(self.cuts, other.cuts))
            self._meets[other] = other._meets[self] = found
            count_memo_entries(2)
        return found

    def union(self, other: VersionSet) -> VersionSet:
        if self is other or other is EMPTY or self is FULL:
            return self
        if self is EMPTY or other is FULL:
            return other
        found = self._unions.get(other)
        if found is None:
            found = _intern(cuts_of.unite(self.cuts, other.cuts))
            self._unions[other] = other._unions[self] = found
            count_memo_entries(2)
        return found

    def difference(self, other: VersionSet) -> VersionSet:
        return self.intersection(other.complement())

    def relation(self, other: VersionSet) -> SetRelation:
        if self is other or other is FULL or self is EMPTY:
            return SetRelation.SUBSET
        if other is EMPTY:
            return SetRelation.DISJOINT
        found = self._relations.get(other)
        if found is None:
            found = self._relations[other] = cuts_of.relate(self.cuts, other.cuts)
            count_memo_entries(1)
        return found

    def is_subset(self, other: VersionSet) -> bool:
        return self.relation(other) is SetRelation.SUBSET

    def is_disjoint(self, other: VersionSet) -> bool:
        return self is EMPTY or self.relation(other) is SetRelation.DISJOINT

    def intervals(self) -> Iterator[tuple[bytes | None, bytes | None]]:
        """The intervals from low to high as (opening cut, closing cut); ``None`` is infinity."""
        cuts = self.cuts
        for at in range(0, len(cuts), 2):
            yield cuts[at] or None, cuts[at + 1] if at + 1 < len(cuts) else None

    def slices(self, points: Sequence[bytes]) -> Iterator[tuple[int, int]]:
        """Where the set lies in a sorted list of versions: (start, stop) index pairs from low to high, none empty.

        ``points`` holds ``before(key)`` of each version. Cheaper than asking ``contains`` of every version.
        """
        for low, high in self.intervals():
            start = 0 if low is None else bisect_left(points, low)
            stop = len(points) if high is None else bisect_left(points, high, start)
            if start < stop:
                yield start, stop

    def bounding_interval(self) -> tuple[bytes | None, bytes | None] | None:
        """The smallest interval around the set, or ``None`` for the empty set."""
        cuts = self.cuts
        if not cuts:
            return None
        return cuts[0] or None, None if len(cuts) & 1 else cuts[-1]

    def as_singleton(self) -> bytes | None:
        """The key, if the set is exactly ``[before(key), after(key))``."""
        cuts = self.cuts
        if len(cuts) != 2 or cuts[0][-1:] != b"\x00" or cuts[1] != cuts[0][:-1] + b"\xff":
            return None
        return cuts[0][:-1]

    def simplify(self, keys: Iterable[bytes]) -> VersionSet:
        """A set with fewer intervals that agrees with this one on every one of ``keys`` (sorted ascending).

        Neighbouring intervals are joined where no key lies in the hole, and outer bounds are dropped where no key lies
        beyond. A singleton, and a set that contains none of the keys, is returned as it is.
        """
        return self if self.as_singleton() is not None else _simplify(self, keys)


_INTERNED: WeakValueDictionary[Cuts, VersionSet] = WeakValueDictionary()
_INTERN_LOCK = Lock()
_memo_entries = 0


def _intern(cuts: Cuts) -> VersionSet:
    with _INTERN_LOCK:
        found = _INTERNED.get(cuts)
        if found is None:
            found = _INTERNED[cuts] = VersionSet(cuts)
        return found


def count_memo_entries(added: int) -> None:
    """Account for memo entries; empties all memos once they hold ``MEMO_LIMIT``."""
    global _memo_entries
    _memo_entries += added
    if _memo_entries > MEMO_LIMIT:
        clear_memos()


def clear_memos() -> None:
    """Forget memoized results (never the sets themselves), so that unused sets can be freed."""
    global _memo_entries
    with _INTERN_LOCK:
        _memo_entries = 0
        living = list(_INTERNED.values())
    for one in living:
        one._meets.clear()
        one._unions.clear()
        one._relations.clear()
        if one._terms is not None:
            one._terms[0].forget()
            one._terms[1].forget()


def full() -> VersionSet:
    """Every version."""
    return FULL


def singleton(key: bytes) -> VersionSet:
    """Exactly ``key``."""
    return _intern((key + b"\x00", key + b"\xff"))


def between(low: bytes | None, high: bytes | None) -> VersionSet:
    """All versions from the cut ``low`` to the cut ``high`` (``None``: unbounded); empty unless ``low < high``."""
    start = BOTTOM if low is None else low
    if high is None:
        return _intern((start,))
    return _intern((start, high)) if start < high else EMPTY


def from_cuts(cuts: Iterable[bytes]) -> VersionSet:
    """The set that flips at each of ``cuts``, which must be strictly increasing (``ValueError`` otherwise)."""
    given = tuple(cuts)
    if any(left >= right for left, right in itertools.pairwise(given)):
        raise ValueError(f"cuts of a version set must be strictly increasing: {given!r}")
    return _intern(given)


def gap_around(key: bytes, keys: Sequence[bytes]) -> VersionSet:
    """The open gap around ``key`` between its neighbours in the sorted ``keys``; unbounded where it has none.

    ``key`` need not be in the list. An empty list gives the singleton, as nothing is known about other versions.
    """
    if not keys:
        return singleton(key)
    low = bisect_left(keys, key)
    high = bisect_right(keys, key)
    return between(
        keys[low - 1] + b"\xff" if low else None,
        keys[high] + b"\x00" if high < len(keys) else None,
    )


def _simplify(versions: VersionSet, keys: Iterable[bytes]) -> VersionSet:
    cuts = versions.cuts
    runs: list[tuple[int, int]] = []
    extending = False
    at_end = False
    first_inside = False
    for position, key in enumerate(keys):
        place = bisect_right(cuts, key + b"\x00")
        at_end = bool(place & 1)
        first_inside = first_inside or (position == 0 and at_end)
        if at_end:
            runs[-1:] = [(runs[-1][0], place)] if extending else [*runs[-1:], (place - 1, place)]
        extending = at_end
    if not runs:
        return versions
    bounds = [cut for opening, closing in runs for cut in (cuts[opening], *cuts[closing : closing + 1])]
    if first_inside:
        bounds[0] = BOTTOM
    if at_end and not len(bounds) & 1:
        bounds.pop()
    return _intern(tuple(bounds))


EMPTY: Final = _intern(())
FULL: Final = _intern((BOTTOM,))
