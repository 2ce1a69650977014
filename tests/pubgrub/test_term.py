"""Terms against their meaning: the set of selections that make them true, "none selected" included."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.pubgrub.term import ANYTHING, IMPOSSIBLE, Relation, Term, exact, negative, positive
from tests.pubgrub.test_version_set import ATOMS, from_atoms, models, to_atoms

NONE_SELECTED = -1

terms = st.tuples(models, st.booleans()).map(lambda drawn: (positive if drawn[1] else negative)(from_atoms(drawn[0])))


def meaning(term: Term) -> frozenset[int]:
    atoms = to_atoms(term.versions)
    return atoms if term.is_positive else (ATOMS - atoms) | {NONE_SELECTED}


@given(terms, terms)
def test_operations_are_those_of_meanings(left: Term, right: Term) -> None:
    assert meaning(left.intersection(right)) == meaning(left) & meaning(right)
    assert meaning(left.union(right)) == meaning(left) | meaning(right)
    assert meaning(left.negated) == (ATOMS | {NONE_SELECTED}) - meaning(left)
    assert left.negated.negated is left
    assert (left is right) == (meaning(left) == meaning(right))


@given(terms, terms)
def test_relation_asks_what_the_known_term_allows(term: Term, known: Term) -> None:
    allowed = meaning(known)
    if allowed <= meaning(term):
        expected = Relation.SATISFIED
    elif allowed & meaning(term):
        expected = Relation.INCONCLUSIVE
    else:
        expected = Relation.CONTRADICTED
    assert term.relation(known) is expected


def test_extremes() -> None:
    assert meaning(IMPOSSIBLE) == frozenset()
    assert meaning(ANYTHING) == ATOMS | {NONE_SELECTED}


def test_a_term_contains_the_keys_that_make_it_true() -> None:
    assert exact(b"1").contains(b"1")
    assert not exact(b"1").negated.contains(b"1")
    assert exact(b"1").negated.contains(b"2")
