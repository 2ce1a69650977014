"""Laws of version sets, against plain Python sets of the atoms between cuts."""

from __future__ import annotations

import gc
import pickle
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pubgrub import version_set as vs
from bot.pubgrub.version_set import EMPTY, FULL, SetRelation, VersionSet
from tests.pubgrub.sets import at_least, at_most, from_intervals, greater_than, less_than

# Keys of very different shapes; none is a prefix of another.
KEYS = sorted([b"\x00.", b"\x00\x00.", b"\x01\xff.", b"a.", b"ab.", b"\xff\xff.", b"\xff."])
POSITIONS = [vs.BOTTOM, *(cut for key in KEYS for cut in (vs.before(key), vs.after(key)))]
"""Atom ``i`` lies between positions ``i`` and ``i + 1``; key ``k`` is atom ``2 * k + 1``."""
ATOMS = frozenset(range(len(POSITIONS)))


def from_atoms(atoms: frozenset[int]) -> VersionSet:
    return vs.from_cuts(POSITIONS[i] for i in sorted(ATOMS) if (i in atoms) != (i - 1 in atoms))


def to_atoms(versions: VersionSet) -> frozenset[int]:
    def within(atom: int, low: bytes | None, high: bytes | None) -> bool:
        return (low is None or low <= POSITIONS[atom]) and (high is None or POSITIONS[atom] < high)

    return frozenset(atom for atom in ATOMS for low, high in versions.intervals() if within(atom, low, high))


atom_sets = st.frozensets(st.sampled_from(sorted(ATOMS)))
runs = st.tuples(st.sampled_from(sorted(ATOMS)), st.sampled_from(sorted(ATOMS))).map(
    lambda ends: frozenset(range(min(ends), max(ends) + 1))
)
models = st.one_of(atom_sets, runs, runs.map(lambda run: ATOMS - run))


def test_the_positions_of_distinct_keys_are_in_order() -> None:
    assert all(left < right for left, right in pairwise(POSITIONS))


@given(models)
def test_a_set_is_the_atoms_it_was_made_of(model: frozenset[int]) -> None:
    made = from_atoms(model)
    assert to_atoms(made) == model
    assert [made.contains(key) for key in KEYS] == [2 * k + 1 in model for k in range(len(KEYS))]
    assert made.is_empty() == (not model)
    assert made.is_full() == (model == ATOMS)


@given(models, models)
def test_operations_are_those_of_sets(left: frozenset[int], right: frozenset[int]) -> None:
    a, b = from_atoms(left), from_atoms(right)
    assert a.intersection(b) is from_atoms(left & right) is b.intersection(a)
    assert a.union(b) is from_atoms(left | right) is b.union(a)
    assert a.difference(b) is from_atoms(left - right)
    assert a.complement() is from_atoms(ATOMS - left)
    assert a.is_subset(b) == (left <= right)
    assert a.is_disjoint(b) == (not left & right)
    assert (a is b) == (left == right)


@given(models, models)
def test_relation_prefers_subset_for_the_empty_set(left: frozenset[int], right: frozenset[int]) -> None:
    expected = (
        SetRelation.SUBSET if left <= right else SetRelation.OVERLAPPING if left & right else SetRelation.DISJOINT
    )
    assert from_atoms(left).relation(from_atoms(right)) is expected


@given(models, st.lists(st.sampled_from(KEYS), unique=True).map(sorted))
def test_slices_are_where_the_set_lies(model: frozenset[int], keys: list[bytes]) -> None:
    made = from_atoms(model)
    found = [key for start, stop in made.slices([vs.before(key) for key in keys]) for key in keys[start:stop]]
    assert found == [key for key in keys if made.contains(key)]


@given(models, st.lists(st.sampled_from(KEYS), unique=True).map(sorted))
def test_simplifying_agrees_on_the_given_keys(model: frozenset[int], keys: list[bytes]) -> None:
    made = from_atoms(model)
    simple = made.simplify(keys)
    assert [simple.contains(key) for key in keys] == [made.contains(key) for key in keys]
    assert len(simple.cuts) <= len(made.cuts)


@pytest.mark.parametrize(
    ("versions", "keys", "expected"),
    [
        (vs.singleton(b"1"), b"123", vs.singleton(b"1")),
        (vs.between(vs.before(b"1"), vs.before(b"3")), b"12", FULL),
        (vs.between(vs.before(b"1"), vs.before(b"3")), b"0123", vs.between(vs.before(b"1"), vs.before(b"3"))),
        (vs.between(vs.before(b"1"), vs.before(b"3")), b"12456", less_than(b"3")),
        (vs.between(vs.before(b"1"), vs.before(b"3")), b"02", at_least(b"1")),
        (vs.singleton(b"2").complement(), b"13", FULL),
        (less_than(b"1"), b"", less_than(b"1")),
        (less_than(b"1"), b"4", less_than(b"1")),
        (
            from_intervals(
                [(vs.before(b"1"), vs.before(b"2")), (vs.before(b"3"), vs.before(b"4")), (vs.before(b"6"), None)]
            ),
            b"01356",
            from_intervals([(vs.before(b"1"), vs.before(b"4")), (vs.before(b"6"), None)]),
        ),
    ],
)
def test_simplifying_drops_bounds_beyond_the_keys(versions: VersionSet, keys: bytes, expected: VersionSet) -> None:
    assert versions.simplify([bytes([key]) for key in keys]) is expected


def test_constructors_name_their_bounds() -> None:
    key = b"5"
    below, above = b"4", b"6"
    table = {
        vs.singleton(key): [False, True, False],
        at_least(key): [False, True, True],
        greater_than(key): [False, False, True],
        at_most(key): [True, True, False],
        less_than(key): [True, False, False],
        EMPTY: [False, False, False],
        vs.full(): [True, True, True],
    }
    for versions, expected in table.items():
        assert [versions.contains(one) for one in (below, key, above)] == expected


def test_adjacent_intervals_merge_and_holes_stay() -> None:
    left, right = less_than(b"2"), at_least(b"2")
    assert left.union(right) is FULL
    assert list(left.union(greater_than(b"2")).intervals()) == [(None, b"2\x00"), (b"2\xff", None)]


def test_bounds_of_a_set() -> None:
    pieces = from_intervals([(vs.before(b"5"), vs.after(b"6")), (vs.after(b"1"), vs.before(b"3"))])
    assert pieces.bounding_interval() == (vs.after(b"1"), vs.after(b"6"))
    assert at_least(b"1").bounding_interval() == (vs.before(b"1"), None)
    assert FULL.bounding_interval() == (None, None)
    assert EMPTY.bounding_interval() is None


@pytest.mark.parametrize("versions", [EMPTY, FULL, at_most(b"1"), vs.between(vs.before(b"1"), vs.after(b"2"))])
def test_only_one_key_is_a_singleton(versions: VersionSet) -> None:
    assert versions.as_singleton() is None
    assert vs.singleton(b"12").as_singleton() == b"12"


def test_a_gap_reaches_to_the_neighbours() -> None:
    keys = [b"1", b"2", b"3"]
    assert vs.gap_around(b"2", keys) is vs.between(vs.after(b"1"), vs.before(b"3"))
    assert vs.gap_around(b"1", keys) is less_than(b"2")
    assert vs.gap_around(b"3", keys) is greater_than(b"2")
    assert vs.gap_around(b"25", keys) is vs.between(vs.after(b"2"), vs.before(b"3"))
    assert vs.gap_around(b"2", []) is vs.singleton(b"2")


def test_empty_pairs_of_cuts_are_the_empty_set() -> None:
    assert vs.between(b"2\x00", b"2\x00") is EMPTY
    assert vs.between(b"3\x00", b"2\x00") is EMPTY


def test_cuts_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="strictly increasing"):
        vs.from_cuts([b"2\x00", b"1\x00"])


def test_a_copy_through_pickle_is_the_same_object() -> None:
    versions = at_least(b"1")
    assert pickle.loads(pickle.dumps(versions)) is versions


def test_unused_sets_are_freed_once_memos_are_cleared() -> None:
    def count() -> int:
        gc.collect()
        return sum(isinstance(one, VersionSet) for one in gc.get_objects())

    vs.clear_memos()
    start = count()
    made = [at_least(b"%04d" % i).intersection(less_than(b"%04d" % (i + 7))) for i in range(200)]
    assert count() >= start + 200
    del made
    vs.clear_memos()
    assert count() <= start


def test_memos_are_emptied_when_full(monkeypatch: pytest.MonkeyPatch) -> None:
    vs.clear_memos()
    monkeypatch.setattr(vs, "MEMO_LIMIT", 10)
    sets = [at_least(b"%d" % i) for i in range(10)]
    for one in sets:
        for other in sets:
            assert one.union(other) is min(one, other, key=lambda either: either.cuts)
    assert sum(len(one._unions) for one in sets) <= 11


def test_a_set_shows_its_intervals() -> None:
    assert repr(vs.singleton(b"1").complement()) == "VersionSet(None to b'1\\x00' | b'1\\xff' to None)"
    assert repr(EMPTY) == "VersionSet(empty)"
