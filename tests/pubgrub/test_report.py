"""Explanations of hand-made derivations: how a report refers back to what it told before."""

from __future__ import annotations

from bot.pubgrub.derivation import DerivationTree, Derived, ExternalDependency, ExternalNotRoot
from bot.pubgrub.term import positive
from bot.pubgrub.version_set import FULL
from tests.pubgrub.linear_report import explain
from tests.pubgrub.proofs import packages_of
from tests.pubgrub.sentences import PlainSentences
from tests.pubgrub.universes import IntNames, key, only

Tree = DerivationTree[str, str]


def needs(package: str, dependency: str) -> Tree:
    return ExternalDependency(package=package, versions=FULL, dependency=dependency, dependency_versions=FULL)


def forbidden(package: str, cause1: Tree, cause2: Tree) -> Tree:
    return Derived(terms={package: positive(only(1))}, cause1=cause1, cause2=cause2)


def told(tree: Tree) -> list[str]:
    return explain(tree, PlainSentences(IntNames())).split("\n")


LEFT = forbidden("left", needs("left", "x"), needs("left", "y"))
RIGHT = forbidden("right", needs("right", "x"), needs("right", "y"))


def test_two_conclusions_told_before_are_referred_to_by_their_lines() -> None:
    assert told(forbidden("top", forbidden("a", LEFT, RIGHT), forbidden("b", LEFT, RIGHT))) == [
        "Because left depends on x and left depends on y, left ==1 is forbidden. (1)",
        "",
        "Because right depends on x and right depends on y, right ==1 is forbidden. (2)",
        "And because left ==1 is forbidden (1), a ==1 is forbidden. (3)",
        "",
        "Because left ==1 is forbidden (1) and right ==1 is forbidden (2), b ==1 is forbidden.",
        "And because a ==1 is forbidden (3), top ==1 is forbidden.",
    ]


def test_a_conclusion_told_before_joins_a_fact() -> None:
    assert told(forbidden("top", forbidden("a", LEFT, needs("a", "z")), forbidden("b", needs("b", "z"), LEFT))) == [
        "Because left depends on x and left depends on y, left ==1 is forbidden. (1)",
        "And because a depends on z, a ==1 is forbidden. (2)",
        "",
        "Because left ==1 is forbidden (1) and b depends on z, b ==1 is forbidden.",
        "And because a ==1 is forbidden (2), top ==1 is forbidden.",
    ]


def test_the_second_conclusion_may_be_the_one_told_before() -> None:
    inner = forbidden("a", LEFT, needs("a", "z"))
    other = forbidden("c", needs("c", "x"), needs("c", "y"))
    assert told(forbidden("top", inner, forbidden("b", other, LEFT)))[-4:] == [
        "",
        "Because c depends on x and c depends on y, c ==1 is forbidden.",
        "And because left ==1 is forbidden (1), b ==1 is forbidden.",
        "And because a ==1 is forbidden (2), top ==1 is forbidden.",
    ]


def test_a_fact_by_itself_is_the_whole_explanation() -> None:
    assert told(ExternalNotRoot(package="root", key=key(1))) == ["we are solving dependencies of root 1"]


def test_an_empty_conclusion_says_that_solving_failed() -> None:
    tree: Tree = Derived(terms={}, cause1=needs("a", "b"), cause2=needs("b", "c"))
    assert told(tree) == ["Because a depends on b and b depends on c, version solving failed."]


def test_packages_of_shared_parts_are_found_once() -> None:
    tree = forbidden("top", forbidden("a", LEFT, RIGHT), forbidden("b", LEFT, RIGHT))
    assert packages_of(tree) == {"top", "a", "b", "left", "right", "x", "y"}


def test_a_deep_derivation_is_told_without_recursion() -> None:
    tree = forbidden("p0", needs("p0", "x"), needs("p0", "y"))
    for depth in range(1, 5000):
        tree = forbidden(f"p{depth}", tree, needs(f"p{depth}", "x"))
    assert len(told(tree)) == 2501
