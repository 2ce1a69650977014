"""Terms: statements about one package, "its version is in this set" or "it is not selected from this set".

A positive term demands a selected version; a negative one also allows that the package is not selected at all.
Terms are hash-consed like the sets they are made of: equal terms are the same object. Relations and intersections are
memoized on the terms, because propagation asks for the same pairs over and over.
"""

from __future__ import annotations

from enum import IntEnum
from threading import Lock
from typing import Final

from bot.pubgrub.version_set import EMPTY, SetRelation, VersionSet, count_memo_entries, singleton


class Relation(IntEnum):
    """What a term known to hold says about another: it follows, it cannot hold, or neither."""

    SATISFIED = 0
    CONTRADICTED = 1
    INCONCLUSIVE = 2


class Term:
    """A hash-consed term; make one with ``positive``, ``negative`` or ``exact``, never by calling it."""

    __slots__ = ("_meets", "is_positive", "negated", "relations", "versions")

    is_positive: bool
    versions: VersionSet
    negated: Term
    relations: dict[Term, Relation]

    def __init__(self, versions: VersionSet, is_positive: bool) -> None:
        self.versions = versions
        self.is_positive = is_positive
        self.relations = {}
        self._meets: dict[Term, Term] = {}

    def __repr__(self) -> str:
        return repr(self.versions) if self.is_positive else f"not {self.versions!r}"

    def contains(self, key: bytes) -> bool:
        """Whether selecting ``key`` makes the term true."""
        return self.versions.contains(key) is self.is_positive

    def intersection(self, other: Term) -> Term:
        """Both terms hold."""
        if self is other:
            return self
        found = self._meets.get(other)
        if found is None:
            found = self._meets[other] = _meet(self, other)
            count_memo_entries(1)
        return found

    def union(self, other: Term) -> Term:
        """At least one of the terms holds."""
        return self.negated.intersection(other.negated).negated

    def relation(self, known: Term) -> Relation:
        """What ``known`` says about this term. An impossible ``known`` satisfies everything."""
        found = self.relations.get(known)
        if found is None:
            found = self.relations[known] = _relate(self, known)
            count_memo_entries(1)
        return found

    def forget(self) -> None:
        """Drop memoized results."""
        self.relations.clear()
        self._meets.clear()


_TERM_LOCK = Lock()


def _terms_of(versions: VersionSet) -> tuple[Term, Term]:
    with _TERM_LOCK:
        pair: tuple[Term, Term] | None = versions._terms
        if pair is None:
            pair = Term(versions, True), Term(versions, False)
            pair[0].negated, pair[1].negated = pair[1], pair[0]
            versions._terms = pair
        return pair


def positive(versions: VersionSet) -> Term:
    """A version of ``versions`` is selected."""
    return (versions._terms or _terms_of(versions))[0]


def negative(versions: VersionSet) -> Term:
    """No version of ``versions`` is selected (perhaps no version at all)."""
    return (versions._terms or _terms_of(versions))[1]


def exact(key: bytes) -> Term:
    """``key`` is selected."""
    return positive(singleton(key))


def _meet(left: Term, right: Term) -> Term:
    match left.is_positive, right.is_positive:
        case True, True:
            return positive(left.versions.intersection(right.versions))
        case True, False:
            return positive(left.versions.difference(right.versions))
        case False, True:
            return positive(right.versions.difference(left.versions))
        case _:
            return negative(left.versions.union(right.versions))


def _relate(term: Term, known: Term) -> Relation:
    if known.is_positive:
        found = known.versions.relation(term.versions)
        if term.is_positive:
            return _WHEN_BOTH_POSITIVE[found]
        return Relation.SATISFIED if known is IMPOSSIBLE else _WHEN_ONLY_KNOWN_POSITIVE[found]
    if not term.versions.is_subset(known.versions):
        return Relation.INCONCLUSIVE
    return Relation.CONTRADICTED if term.is_positive else Relation.SATISFIED


_WHEN_BOTH_POSITIVE: Final = {
    SetRelation.SUBSET: Relation.SATISFIED,
    SetRelation.DISJOINT: Relation.CONTRADICTED,
    SetRelation.OVERLAPPING: Relation.INCONCLUSIVE,
}
_WHEN_ONLY_KNOWN_POSITIVE: Final = {
    SetRelation.SUBSET: Relation.CONTRADICTED,
    SetRelation.DISJOINT: Relation.SATISFIED,
    SetRelation.OVERLAPPING: Relation.INCONCLUSIVE,
}

IMPOSSIBLE: Final = positive(EMPTY)
"""No selection makes it true."""

ANYTHING: Final = negative(EMPTY)
"""Every selection, and none, makes it true."""
