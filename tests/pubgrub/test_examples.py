"""The worked examples of the published description of PubGrub, and reports in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from bot.pubgrub.version_set import FULL, VersionSet
from tests.pubgrub.linear_report import explain
from tests.pubgrub.proofs import packages_of
from tests.pubgrub.sentences import PlainSentences
from tests.pubgrub.sets import at_least, less_than
from tests.pubgrub.table_search import Solved, Unavailable, Unsolvable
from tests.pubgrub.table_search import solve as solve_table
from tests.pubgrub.universes import IntNames, key, only, ranged

Universe = Mapping[str, Mapping[int, Sequence[tuple[str, VersionSet]] | Unavailable]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    name: str
    universe: Universe
    expected: Mapping[str, int] | str
    """The solution, or the whole explanation."""
    root: int = 100


def solve(universe: Universe, root: int) -> Solved | Unsolvable:
    keyed = {name: {key(one): wanted for one, wanted in versions.items()} for name, versions in universe.items()}
    return solve_table(keyed, key(root))


# Versions 1.1.0 of the description are written 110.
CASES = [
    Case(
        name="no conflicts",
        universe={
            "root": {100: [("foo", ranged(100, 200))]},
            "foo": {100: [("bar", ranged(100, 200))]},
            "bar": {100: [], 200: []},
        },
        expected={"root": 100, "foo": 100, "bar": 100},
    ),
    Case(
        name="avoiding conflict during decision making",
        universe={
            "root": {100: [("foo", ranged(100, 200)), ("bar", ranged(100, 200))]},
            "foo": {110: [("bar", ranged(200, 300))], 100: []},
            "bar": {100: [], 110: [], 200: []},
        },
        expected={"root": 100, "foo": 100, "bar": 110},
    ),
    Case(
        name="performing conflict resolution",
        universe={
            "root": {100: [("foo", at_least(key(100)))]},
            "foo": {200: [("bar", ranged(100, 200))], 100: []},
            "bar": {100: [("foo", ranged(100, 200))]},
        },
        expected={"root": 100, "foo": 100},
    ),
    Case(
        name="conflict resolution with a partial satisfier",
        universe={
            "root": {100: [("foo", ranged(100, 200)), ("target", ranged(200, 300))]},
            "foo": {110: [("left", ranged(100, 200)), ("right", ranged(100, 200))], 100: []},
            "left": {100: [("shared", at_least(key(100)))]},
            "right": {100: [("shared", less_than(key(200)))]},
            "shared": {200: [], 100: [("target", ranged(100, 200))]},
            "target": {200: [], 100: []},
        },
        expected={"root": 100, "foo": 100, "target": 200},
    ),
    Case(
        name="double choices",
        universe={
            "root": {0: [("b", FULL), ("c", FULL)]},
            "b": {0: [("d", only(0))], 1: [("d", only(1))]},
            "c": {0: [], 1: [("d", only(2))]},
            "d": {0: []},
        },
        root=0,
        expected={"root": 0, "b": 0, "c": 0, "d": 0},
    ),
    Case(
        name="many holes",
        universe={
            "root": {1: [("foo", FULL), ("baz", FULL)]},
            "foo": {version: [("bar", FULL)] for version in range(1, 6)},
            "baz": {1: []},
        },
        root=1,
        expected=(
            "Because there is no available version for bar and foo ==1 | ==2 | ==3 | ==4 | ==5 depends on bar, "
            "foo ==1 | ==2 | ==3 | ==4 | ==5 is forbidden.\n"
            "And because there is no version of foo in <1 | >1, <2 | >2, <3 | >3, <4 | >4, <5 | >5 "
            "and root ==1 depends on foo, root ==1 is forbidden."
        ),
    ),
    Case(
        name="a dependency on nothing",
        universe={"root": {1: [("foo", only())]}},
        root=1,
        expected="root ==1 depends on foo ∅",
    ),
    Case(
        name="unavailable version",
        universe={"root": {1: [("foo", FULL)]}, "foo": {1: Unavailable(reason="(broken)")}},
        root=1,
        expected=(
            "Because there is no version of foo in <1 | >1 and dependencies of foo at version ==1 are unavailable "
            "(broken), foo * is forbidden.\nAnd because root ==1 depends on foo, root ==1 is forbidden."
        ),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_example_comes_out_as_described(case: Case) -> None:
    match solve(case.universe, case.root):
        case Solved(keys=keys):
            assert {name: int(one) for name, one in keys.items()} == case.expected
        case Unsolvable(why=why):
            assert explain(why, PlainSentences(IntNames())) == case.expected


LINEAR: Universe = {
    "root": {100: [("foo", ranged(100, 200)), ("baz", ranged(100, 200))]},
    "foo": {100: [("bar", ranged(200, 300))]},
    "bar": {200: [("baz", ranged(300, 400))]},
    "baz": {100: [], 300: []},
}

BRANCHING: Universe = {
    "root": {100: [("foo", ranged(100, 200))]},
    "foo": {
        100: [("a", ranged(100, 200)), ("b", ranged(100, 200))],
        110: [("x", ranged(100, 200)), ("y", ranged(100, 200))],
    },
    "a": {100: [("b", ranged(200, 300))]},
    "b": {100: [], 200: []},
    "x": {100: [("y", ranged(200, 300))]},
    "y": {100: [], 200: []},
}


def test_a_branching_report_numbers_the_line_it_comes_back_to() -> None:
    outcome = solve(BRANCHING, 100)
    assert isinstance(outcome, Unsolvable)
    assert (
        explain(outcome.why, PlainSentences(IntNames()))
        == """\
Because there is no version of a in >100, <200 and a ==100 depends on b >=200, <300, \
a >=100, <200 depends on b >=200, <300.
And because foo ==100 depends on a >=100, <200, foo ==100 depends on b >=200, <300.
And because foo ==100 depends on b >=100, <200 and there is no version of foo in >100, <110 | >110, <200, \
foo >=100, <110 | >110, <200 is forbidden. (1)

Because there is no version of x in >100, <200 and x ==100 depends on y >=200, <300, \
x >=100, <200 depends on y >=200, <300.
And because foo ==110 depends on x >=100, <200 and foo ==110 depends on y >=100, <200, foo ==110 is forbidden.
And because foo >=100, <110 | >110, <200 is forbidden (1), foo >=100, <200 is forbidden.
And because root ==100 depends on foo >=100, <200, root ==100 is forbidden."""
    )


@pytest.mark.parametrize("universe", [LINEAR, BRANCHING], ids=["linear", "branching"])
def test_a_report_names_what_conflicts_and_nothing_else(universe: Universe) -> None:
    outcome = solve({**universe, "bystander": {1: []}}, 100)
    assert isinstance(outcome, Unsolvable)
    assert packages_of(outcome.why) == set(universe)
