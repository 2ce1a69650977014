"""The solver against brute force on small universes, and the behaviour of single steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pubgrub.candidates import RankedQueue
from bot.pubgrub.derivation import (
    DerivationTree,
    Derived,
    External,
    ExternalCustom,
    ExternalDependency,
    ExternalNotRoot,
    ExternalNoVersions,
)
from bot.pubgrub.incompatibility import PackageId
from bot.pubgrub.solver import NoSolution, State
from bot.pubgrub.version_set import FULL, VersionSet
from bot.pubgrub.version_set import after as after_key
from tests.pubgrub.sets import from_intervals
from tests.pubgrub.table_search import Found, Solved, TableSearch, Unavailable, Unsolvable, solve
from tests.pubgrub.table_search import Table as Universe
from tests.pubgrub.universes import key, only, ranged

NAMES = "abcd"
VERSIONS = range(1, 4)

version_sets = st.one_of(
    st.sets(st.sampled_from(VERSIONS)).map(lambda versions: only(*versions)),
    st.tuples(st.integers(0, 5), st.integers(0, 5)).map(lambda ends: ranged(*ends)),
    st.sampled_from(VERSIONS).map(lambda version: only(version).complement()),
    st.just(FULL),
    st.sampled_from(VERSIONS).map(lambda version: from_intervals([(after_key(key(version)), None)])),
)
dependencies: st.SearchStrategy[Found] = st.one_of(
    st.lists(st.tuples(st.sampled_from([*NAMES, "missing"]), version_sets), max_size=4),
    st.just(Unavailable(reason="broken")),
)


@st.composite
def universes(draw: st.DrawFn) -> Universe:
    universe = {
        name: {key(version): draw(dependencies) for version in versions}
        for name in NAMES
        for versions in [draw(st.sets(st.sampled_from(VERSIONS)))]
    }
    needed = st.lists(st.tuples(st.sampled_from(NAMES), version_sets), min_size=1, max_size=3)
    return universe | {"root": {key(1): draw(needed)}, "missing": {}}


def is_valid(universe: Universe, selected: Mapping[str, bytes]) -> bool:
    if "root" not in selected:
        return False
    for name, version in selected.items():
        found = universe[name][version]
        if isinstance(found, Unavailable):
            return False
        for dependency, wanted in found:
            if dependency not in selected or not wanted.contains(selected[dependency]):
                return False
    return True


def selections(universe: Universe) -> Iterator[Mapping[str, bytes]]:
    choices = [[None, *versions] for versions in universe.values()]
    for picked in product(*choices):
        yield {name: version for name, version in zip(universe, picked, strict=True) if version is not None}


def leaves(tree: DerivationTree[str, str]) -> Iterator[External[str, str]]:
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Derived):
            stack += [node.cause1, node.cause2]
        else:
            yield node


def is_true(leaf: External[str, str], universe: Universe) -> bool:
    match leaf:
        case ExternalNotRoot(package=package, key=root_key):
            return (package, root_key) == ("root", key(1))
        case ExternalNoVersions(package=package, versions=versions):
            return not any(versions.contains(one) for one in universe[package])
        case ExternalCustom(package=package, versions=versions):
            return all(
                isinstance(universe[package][one], Unavailable) for one in universe[package] if versions.contains(one)
            )
        case ExternalDependency():
            told = (leaf.dependency, leaf.dependency_versions)
            mine = universe[leaf.package]
            found = [mine[one] for one in mine if leaf.versions.contains(one)]
            return bool(found) and all(not isinstance(one, Unavailable) and told in one for one in found)


def follows(node: Derived[str, str], universe: Universe) -> bool:
    """Whether no selection that satisfies the node avoids what its causes forbid, checked by brute force."""
    return all(
        forbids(node.cause1, selected) or forbids(node.cause2, selected)
        for selected in selections(universe)
        if all_hold(node, selected)
    )


def all_hold(node: Derived[str, str], selected: Mapping[str, bytes]) -> bool:
    for package, term in node.terms.items():
        version = selected.get(package)
        if (version is None and term.is_positive) or (version is not None and not term.contains(version)):
            return False
    return True


def forbids(tree: DerivationTree[str, str], selected: Mapping[str, bytes]) -> bool:
    match tree:
        case Derived():
            return all_hold(tree, selected)
        case ExternalNotRoot(package=package, key=root_key):
            return selected.get(package) != root_key
        case (
            ExternalNoVersions(package=package, versions=versions) | ExternalCustom(package=package, versions=versions)
        ):
            return package in selected and versions.contains(selected[package])
        case ExternalDependency(package=package, versions=versions, dependency=dependency, dependency_versions=wanted):
            if package not in selected or not versions.contains(selected[package]):
                return False
            return dependency not in selected or not wanted.contains(selected[dependency])


@settings(max_examples=300, deadline=None)
@given(universes(), st.booleans())
def test_solved_exactly_if_a_solution_exists(universe: Universe, by_scarcity: bool) -> None:
    outcome = solve(universe, key(1), by_scarcity=by_scarcity)
    solvable = any(is_valid(universe, selected) for selected in selections(universe))
    match outcome:
        case Solved(keys=keys):
            assert solvable
            assert is_valid(universe, keys)
        case Unsolvable(why=why):
            assert not solvable
            assert all(is_true(leaf, universe) for leaf in leaves(why))


@settings(max_examples=60, deadline=None)
@given(universes())
def test_every_step_of_a_proof_follows_from_its_causes(universe: Universe) -> None:
    outcome = solve(universe, key(1))
    if isinstance(outcome, Solved):
        return
    seen: set[int] = set()
    stack = [outcome.why]
    while stack:
        node = stack.pop()
        if isinstance(node, Derived) and id(node) not in seen:
            seen.add(id(node))
            assert follows(node, universe)
            stack += [node.cause1, node.cause2]


@settings(max_examples=60, deadline=None)
@given(universes())
def test_a_search_is_repeatable(universe: Universe) -> None:
    first, second = (solve(universe, key(1)) for _ in range(2))
    assert isinstance(first, Solved) == isinstance(second, Solved)
    if isinstance(first, Solved) and isinstance(second, Solved):
        assert list(first.keys.items()) == list(second.keys.items())


# Single steps ---------------------------------------------------------------------------------------------------


def started(*needed: tuple[str, VersionSet]) -> State[str, str]:
    """A state in which the root is decided and propagated."""
    state: State[str, str] = State("root", key(1))
    state.unit_propagate("root")
    state.partial_solution.pick_highest_priority_package(first_mentioned)
    state.add_incompatibilities_from_dependencies("root", key(1), only(1), needed)
    state.unit_propagate("root")
    return state


def first_mentioned(package: str, versions: VersionSet) -> tuple[int, ...]:
    return ()


def pick(state: State[str, str]) -> str | None:
    picked = state.partial_solution.pick_highest_priority_package(first_mentioned)
    return picked and picked[0]


def decided(state: State[str, str], package: str) -> bytes | None:
    return dict(state.partial_solution.decisions()).get(package)


def waiting(state: State[str, str]) -> list[str]:
    """The queue as it stands after the last pick, in no particular order."""
    return [state.packages[package] for package in state.partial_solution._queue.ranks]


def test_packages_of_equal_rank_are_picked_in_order_of_mention() -> None:
    state = started(("z", FULL), ("a", FULL), ("m", FULL))
    assert [pick(state) for _ in range(4)] == ["z", "a", "m", None]


def test_the_smallest_rank_is_picked_first_and_kept_until_the_package_changes() -> None:
    state = started(("a", FULL), ("b", FULL), ("c", FULL))
    ranks = {"a": (2,), "b": (1,), "c": (3,)}
    solution = state.partial_solution
    picked = solution.pick_highest_priority_package(lambda package, _: ranks[package])
    assert picked == ("b", FULL)
    solution.add_decision("b", key(1))
    ranks["c"] = (0,)
    picked = solution.pick_highest_priority_package(lambda package, _: ranks[package])
    assert picked == ("a", FULL), "c was not ranked again, as nothing about it changed"


def test_a_package_that_changed_is_ranked_again() -> None:
    state = started(("a", FULL), ("b", FULL), ("c", FULL))
    ranks = {"a": (2,), "b": (1,), "c": (3,)}
    solution = state.partial_solution
    solution.pick_highest_priority_package(lambda package, _: ranks[package])
    ranks["c"] = (0,)
    state.add_incompatibilities_from_dependencies("b", key(1), only(1), [("c", ranged(0, 5))])
    state.unit_propagate("b")
    assert solution.pick_highest_priority_package(lambda package, _: ranks[package]) == ("c", ranged(0, 5))


def test_before_the_first_backtrack_a_version_is_decided_without_a_look() -> None:
    state = started(("a", FULL), ("b", only(1)))
    assert pick(state) == "a"
    assert state.add_incompatibilities_from_dependencies("a", key(2), only(2), [("b", only(2))]) is None
    assert decided(state, "a") == key(2)
    conflicts = state.unit_propagate("a")
    assert [(package, state.conflict_packages(learned)) for package, learned in conflicts] == [("a", ["a", "b"])]
    assert decided(state, "a") is None


def test_after_the_first_backtrack_a_hopeless_version_is_not_decided() -> None:
    state = started(("a", FULL), ("b", only(1)))
    assert pick(state) == "a"
    state.add_incompatibilities_from_dependencies("a", key(3), only(3), [("b", only(3))])
    state.unit_propagate("a")
    assert pick(state) == "a"
    rejecting = state.add_incompatibilities_from_dependencies("a", key(2), only(2), [("b", FULL), ("b", only(2))])
    assert rejecting is not None
    assert state.conflict_packages(rejecting) == ["a", "b"]
    assert decided(state, "a") is None
    state.unit_propagate("a")
    term = state.partial_solution.term_intersection_for_package("a")
    assert term is not None
    assert [term.contains(key(version)) for version in (1, 2, 3)] == [True, False, False]


def test_same_dependencies_of_several_versions_become_one() -> None:
    state = started(("a", FULL))
    for version in (3, 1, 2):
        state.add_dependency("a", only(version), "b", only(7))
    state.add_dependency("a", only(4), "b", only(8))
    held = [(one.dependent, one.dependent_versions, one.dependency_versions) for one in state.dependencies("b")]
    assert held == [("a", only(1, 2, 3), only(7)), ("a", only(4), only(8))]
    assert list(state.dependencies("b")) == [one for one in state.dependencies("a") if one.dependent == "a"]


def test_a_virtual_package_tied_to_its_base_is_rejected_with_it() -> None:
    state = started(("base", only(1)), ("virtual", ranged(2, 9)))
    state.add_dependency("virtual", ranged(2, 9), "base", ranged(2, 9))
    with pytest.raises(NoSolution) as failure:
        state.unit_propagate("virtual")
    assert state.conflict_packages(failure.value.incompatibility) == ["root"]


def test_a_package_may_depend_on_itself() -> None:
    for wanted in ([FULL], [FULL, FULL], [only(1), ranged(1, 2), ranged(1, 3)]):
        state = started(("a", only(1)))
        assert pick(state) == "a"
        state.add_incompatibilities_from_dependencies("a", key(1), only(1), [("a", one) for one in wanted])
        state.unit_propagate("a")
        assert pick(state) is None
        assert dict(state.partial_solution.decisions()) == {"root": key(1), "a": key(1)}


def test_backtracking_a_package_undoes_it_and_what_came_later() -> None:
    state = started(("a", FULL), ("b", FULL), ("c", FULL))
    for name in "abc":
        assert pick(state) == name
        state.add_incompatibilities_from_dependencies(name, key(1), only(1), [])
        state.unit_propagate(name)
    assert state.backtrack_package("b") == 2
    assert [name for name, _ in state.partial_solution.decisions()] == ["root", "a"]
    assert [pick(state), pick(state), pick(state)] == ["b", "c", None]


def test_an_undecided_package_is_not_backtracked() -> None:
    state = started(("a", FULL))
    assert state.backtrack_package("a") is None
    assert state.backtrack_package("unheard of") is None


def test_what_the_root_demands_does_not_change() -> None:
    state = started(("a", ranged(1, 9)), ("b", FULL))
    assert pick(state) == "a"
    assert pick(state) == "b"
    state.add_incompatibilities_from_dependencies("b", key(1), only(1), [("a", ranged(1, 3))])
    state.unit_propagate("b")
    solution, start = state.partial_solution, state.clone().partial_solution
    start.backtrack(1)
    lasting, now = start.term_intersection_for_package("a"), solution.term_intersection_for_package("a")
    assert lasting is not None
    assert now is not None
    assert (lasting.versions, now.versions) == (ranged(1, 9), ranged(1, 3))
    assert start.term_intersection_for_package("unheard of") is None
    assert list(solution.prioritized_packages()) == [("a", ranged(1, 3))]


def test_a_copy_goes_its_own_way() -> None:
    state = started(("a", FULL), ("b", only(1)))
    assert pick(state) == "a"
    twin = state.clone()
    twin.add_incompatibilities_from_dependencies("a", key(2), only(2), [("new", FULL), ("b", only(2))])
    twin.unit_propagate("a")
    assert twin.partial_solution.has_backtracked
    assert not state.partial_solution.has_backtracked
    assert "new" not in state.packages
    state.add_incompatibilities_from_dependencies("a", key(1), only(1), [("other", FULL)])
    state.unit_propagate("a")
    assert [pick(state) for _ in range(3)] == ["b", "other", None]
    assert [pick(twin) for _ in range(3)] == ["a", "b", None]


@settings(max_examples=60, deadline=None)
@given(universes(), st.integers(0, 8))
def test_a_copy_made_at_any_moment_ends_as_the_original_does(universe: Universe, moment: int) -> None:
    original = TableSearch(universe, State("root", key(1)))
    reached, package = finish(original, "root", moment)
    if isinstance(reached, str):
        return
    twin = TableSearch(universe, original.state.clone())
    twin.expanded |= original.expanded
    assert finish(twin, package, 500) == finish(original, package, 500)


def finish(search: TableSearch, changed: str, steps: int) -> tuple[list[tuple[str, bytes]] | str, str]:
    """At most ``steps`` further decisions: those made, or the failure, and the package decided last."""
    try:
        for package, versions in islice(search.packages(changed), steps):
            changed = package
            search.decide(package, versions)
    except NoSolution as failure:
        return str(failure), changed
    return list(search.state.partial_solution.decisions()), changed


def test_a_deep_chain_does_not_exhaust_the_stack() -> None:
    depth = 3000
    universe: dict[str, dict[bytes, Found]] = {"root": {key(1): [("p0", FULL)]}}
    universe |= {f"p{i}": {key(1): [(f"p{i + 1}", FULL)]} for i in range(depth)}
    outcome = solve(universe, key(1))
    assert isinstance(outcome, Unsolvable)
    assert sum(1 for _ in leaves(outcome.why)) > depth


def test_a_picked_package_comes_back_if_another_is_backtracked_first() -> None:
    state = started(("a", FULL), ("b", FULL))
    assert pick(state) == "a"
    state.partial_solution.add_decision("a", key(1))
    assert pick(state) == "b"
    assert state.backtrack_package("a") == 1
    assert [pick(state) for _ in range(3)] == ["a", "b", None]


def test_the_queue_shows_what_waits_besides_the_pick() -> None:
    state = started(("a", FULL), ("b", FULL), ("c", FULL))
    pick(state)
    assert sorted(waiting(state)) == ["b", "c"]
    state.partial_solution.add_decision("a", key(1))
    state.add_incompatibilities_from_dependencies("b", key(1), only(1), [("c", only(1))])
    state.unit_propagate("b")
    assert pick(state) == "c"
    state.backtrack_package("b")
    assert waiting(state) == []


def test_only_a_waiting_package_can_be_decided() -> None:
    state = started(("a", FULL))
    with pytest.raises(ValueError, match="'root' is not waiting for a decision"):
        state.partial_solution.add_decision("root", key(1))
    state.add_dependency("unheard of", FULL, "b", FULL)
    with pytest.raises(ValueError, match="'b' is not waiting for a decision"):
        state.partial_solution.add_decision("b", key(1))
    assert decided(state, "a") is None
    assert decided(state, "root") == key(1)


def test_a_package_mentioned_earlier_wins_ties() -> None:
    state: State[str, str] = State("root", key(1))
    state.add_dependency("z", FULL, "y", FULL)
    state.unit_propagate("root")
    assert pick(state) == "root"
    state.add_incompatibilities_from_dependencies("root", key(1), only(1), [("a", FULL), ("z", FULL)])
    state.unit_propagate("root")
    assert pick(state) == "z"


def test_many_changes_of_rank_do_not_pile_up() -> None:
    queue = RankedQueue()
    for step in range(10_000):
        queue.push(PackageId(step % 3), (-step,))
    assert len(queue._heap) < 200
    assert [queue.pop() for _ in range(4)] == [PackageId(9999 % 3), PackageId(9998 % 3), PackageId(9997 % 3), None]


def test_a_version_that_does_not_meet_its_own_dependency_is_ruled_out() -> None:
    state = started(("a", FULL))
    assert state.partial_solution.missing_packages() == ["a"]
    assert pick(state) == "a"
    state.add_incompatibilities_from_dependencies("a", key(2), ranged(2, 9), [("a", ranged(0, 2))])
    state.unit_propagate("a")
    assert pick(state) == "a"
    term = state.partial_solution.term_intersection_for_package("a")
    assert term is not None
    assert term.versions == ranged(2, 9).complement()
    assert state.add_incompatibilities_from_dependencies("a", key(1), only(1), [("a", only(2))])
    state.unit_propagate("a")
    assert pick(state) == "a"
    assert state.partial_solution.missing_packages() == ["a"]
    state.add_no_versions("a", term.versions.difference(only(1)))
    with pytest.raises(NoSolution):
        state.unit_propagate("a")


def test_only_the_versions_outside_their_own_dependency_are_ruled_out() -> None:
    state = started(("a", FULL))
    assert pick(state) == "a"
    state.add_incompatibilities_from_dependencies("a", key(5), ranged(2, 9), [("a", ranged(0, 4))])
    state.unit_propagate("a")
    term = state.partial_solution.term_intersection_for_package("a")
    assert term is not None
    assert term.versions == ranged(4, 9).complement()
