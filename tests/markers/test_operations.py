"""Operations beside and, or, not: what they answer on small markers."""

from __future__ import annotations

import copy
import pickle

import pytest

from bot.markers import (
    FALSE,
    TRUE,
    UNBOUNDED,
    Bound,
    Marker,
    all_of,
    any_of,
    asks_for_python,
    diagram,
    extra_marker,
    marker_text,
    parse_marker,
    python_version_marker,
    requires_python_of,
    sort_key,
    string_marker,
)


def at(*release: int) -> Bound:
    return Bound(release=release, inclusive=True)


def beyond(*release: int) -> Bound:
    return Bound(release=release, inclusive=False)


def m(text: str | None) -> Marker:
    return TRUE if text is None else parse_marker(text)


# Identity


def test_a_marker_is_one_object_per_meaning() -> None:
    marker = m("os_name == 'nt'")

    assert marker is m("os_name >= 'nt'")
    assert copy.copy(marker) is marker
    assert copy.deepcopy([marker]) == [marker]
    with pytest.raises(TypeError, match="store str"):
        pickle.dumps(marker)


def test_constants_are_neutral_or_absorbing() -> None:
    marker = m("os_name == 'nt'")

    assert marker & TRUE is TRUE & marker is marker
    assert marker | FALSE is FALSE | marker is marker
    assert marker & FALSE is FALSE & marker is FALSE
    assert marker | TRUE is TRUE | marker is TRUE
    assert ~TRUE is FALSE
    assert ~FALSE is TRUE
    assert all_of([]) is TRUE
    assert any_of([]) is FALSE
    assert all_of([marker, ~marker]) is FALSE
    assert any_of([marker, ~marker]) is TRUE


def test_a_full_memo_is_emptied_and_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagram, "_MEMO_LIMIT", 2)
    tests = [m(f"platform_machine == 'm{number}'") for number in range(5)]

    assert any_of(tests) is any_of(reversed(tests))
    assert len(diagram._DISJUNCTIONS) <= 2


# Extras


@pytest.mark.parametrize(
    ("text", "without", "only"),
    [
        ("os_name == 'nt' and extra == 'a'", "os_name == 'nt'", "extra == 'a'"),
        ("os_name == 'nt' or extra == 'a'", None, None),
        (
            "(os_name == 'nt' and extra == 'a') or (os_name == 'posix' and extra != 'a')",
            "os_name == 'nt' or os_name == 'posix'",
            None,
        ),
        ("extra == 'a' and extra == 'b'", None, "extra == 'a' and extra == 'b'"),
        ("extra == 'a' and 'g' in dependency_groups", "'g' in dependency_groups", "extra == 'a'"),
        ("os_name == 'nt'", "os_name == 'nt'", None),
        (
            "os_name == 'nt' and (extra == 'a' or extra == 'b') and extra == 'c'",
            "os_name == 'nt'",
            "(extra == 'a' or extra == 'b') and extra == 'c'",
        ),
    ],
)
def test_extras_can_be_taken_away_or_kept_alone(text: str, without: str | None, only: str | None) -> None:
    assert m(text).without_extras() is m(without)
    assert m(text).only_extras() is m(only)


def test_extras_can_be_assumed() -> None:
    marker = m("(os_name == 'nt' and extra == 'a') or (extra != 'a' and extra == 'b')")

    assert marker.assume_extras({"a": True}.get) is m("os_name == 'nt'")
    assert marker.assume_extras({"a": False}.get) is m("extra == 'b'")
    assert marker.assume_extras({"c": True}.get) is marker
    assert marker.assume_extras(lambda name: name == "b") is TRUE
    assert marker.assume_extras({"b": True}.get) is m("os_name == 'nt' or extra != 'a'")
    assert marker.assume_extras({"b": False}.get) is m("os_name == 'nt' and extra == 'a'")
    assert marker.extras() == {"a", "b"}


def test_extras_can_be_replaced_by_conditions_on_earlier_variables() -> None:
    linux, old = m("sys_platform == 'linux'"), m("python_version < '3.10'")

    assert m("extra == 'a'").replace_extras({"a": linux}) is linux
    assert m("extra == 'b'").replace_extras({"a": linux}) is FALSE
    assert (old & m("extra == 'a'")).replace_extras({"a": linux}) is old & linux
    assert m("'x' in os_name and extra == 'a'").replace_extras({"a": linux}) is m("'x' in os_name") & linux
    assert m("extra == 'a' and extra != 'b'").replace_extras({"a": TRUE, "b": m("extra == 'a'")}) is m("extra != 'a'")


def test_tests_of_extras_are_listed_from_the_root() -> None:
    assert m("extra == 'a' and extra != 'b'").extra_tests() == [("a", True), ("b", False)]
    assert m("os_name == 'nt'").extra_tests() == []


def test_a_set_of_extras_decides_without_an_environment() -> None:
    marker = m("extra == 'a' and (os_name == 'nt' or extra == 'b')")

    assert not marker.holds_somewhere([])
    assert marker.holds_somewhere(["a"])
    assert not marker.holds_everywhere(["a"])
    assert marker.holds_everywhere(["a", "b"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("extra == 'a'", "a"),
        ("extra == 'a' and os_name == 'nt'", "a"),
        ("extra == 'a' and (os_name == 'nt' or python_version < '3.9')", "a"),
        ("extra == 'a' and extra == 'b'", "a"),
        ("(extra == 'a' and os_name == 'nt') or (extra == 'b' and os_name == 'posix')", None),
        ("extra == 'a' or os_name == 'nt'", None),
        ("extra == 'a' or extra == 'b'", "a"),
        ("extra != 'a'", None),
        (None, None),
    ],
)
def test_the_extra_that_a_marker_belongs_to(text: str | None, expected: str | None) -> None:
    assert m(text).top_level_extra() == expected


# Python versions


@pytest.mark.parametrize(
    ("text", "lower", "upper", "expected"),
    [
        (
            "python_full_version >= '3.8' and python_full_version <= '3.10'",
            at(3, 8),
            UNBOUNDED,
            "python_full_version <= '3.10'",
        ),
        (
            "(python_version <= '3.11' and sys_platform == 'win32') or python_version > '3.11'",
            beyond(3, 12),
            UNBOUNDED,
            None,
        ),
        ("python_version < '3.10'", beyond(3, 7), UNBOUNDED, "python_full_version < '3.10'"),
        ("python_full_version <= '3.12'", beyond(3, 12), UNBOUNDED, "python_version < '0'"),
        ("python_full_version <= '3.12.1'", beyond(3, 12), UNBOUNDED, "python_full_version <= '3.12.1'"),
        ("python_version < '3.13'", at(3, 9), beyond(3, 13), None),
        ("python_version < '3.9' or os_name == 'nt'", at(3, 9), beyond(3, 13), "os_name == 'nt'"),
        ("python_version < '3.9'", UNBOUNDED, UNBOUNDED, "python_full_version < '3.9'"),
        ("python_version < '3.9'", at(3, 10), beyond(3, 9), "python_version < '0'"),
        ("extra == 'a'", at(3, 10), UNBOUNDED, "extra == 'a'"),
    ],
)
def test_known_python_versions_simplify(text: str, lower: Bound, upper: Bound, expected: str | None) -> None:
    assert m(text).simplify_python(lower, upper) is m(expected)


def test_complexify_brings_the_bounds_back() -> None:
    marker = m("python_version >= '3.9' and python_version < '3.12' and os_name == 'nt'")

    assert marker.simplify_python(at(3, 9), UNBOUNDED).complexify_python(at(3, 9), UNBOUNDED) is marker
    assert FALSE.complexify_python(at(3, 9), UNBOUNDED) is FALSE
    assert TRUE.complexify_python(UNBOUNDED, UNBOUNDED) is TRUE


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        (at(3, 9), beyond(3, 10), "python_full_version == '3.9.*'"),
        (at(3, 9, 0), UNBOUNDED, "python_full_version >= '3.9'"),
        (beyond(3, 9), at(4, 0), "python_full_version > '3.9' and python_full_version <= '4'"),
        (at(3, 9), at(3, 9), "python_full_version == '3.9'"),
        (at(3, 9), beyond(3, 9), "python_version < '0'"),
        (UNBOUNDED, UNBOUNDED, None),
    ],
)
def test_bounds_as_markers(lower: Bound, upper: Bound, expected: str | None) -> None:
    assert marker_text(python_version_marker(lower, upper)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python_full_version == '3.8.*'", (at(3, 8), beyond(3, 9))),
        ("python_full_version > '3.8' and python_full_version <= '3.9'", (beyond(3, 8), at(3, 9))),
        ("python_full_version > '3.8' or sys_platform == 'win32'", (UNBOUNDED, UNBOUNDED)),
        ("python_version == '3.8' or python_version == '3.10'", (at(3, 8), beyond(3, 11))),
        ("python_version < '3.9' and extra == 'a' and implementation_version > '3'", (UNBOUNDED, beyond(3, 9))),
        ("python_version != '3.9'", (UNBOUNDED, UNBOUNDED)),
        ("sys_platform == 'win32' and extra == 'a'", None),
        ("python_version >= '0'", None),
        ("python_version < '0'", None),
    ],
)
def test_python_versions_of_a_marker(text: str, expected: tuple[Bound, Bound] | None) -> None:
    assert requires_python_of(m(text)) == expected


def test_whether_a_marker_asks_for_the_python_version() -> None:
    assert asks_for_python(m("os_name == 'nt' and python_version < '3.9'"))
    assert not asks_for_python(m("os_name == 'nt' and implementation_version < '3.9'"))


def test_bounds_sort_by_what_they_admit() -> None:
    assert sorted([beyond(3, 9), at(3, 10), at(3, 9), UNBOUNDED], key=Bound.lower_key) == [
        UNBOUNDED,
        at(3, 9),
        beyond(3, 9),
        at(3, 10),
    ]
    assert sorted([UNBOUNDED, at(3, 9), at(3, 10), beyond(3, 9)], key=Bound.upper_key) == [
        beyond(3, 9),
        at(3, 9),
        at(3, 10),
        UNBOUNDED,
    ]
    assert at(3, 9, 0) == at(3, 9)
    assert Bound(release=None, inclusive=True) == UNBOUNDED


# Restriction and disjointness


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        (
            "sys_platform == 'linux' and python_version < '3.11'",
            "sys_platform == 'linux'",
            "python_full_version < '3.11'",
        ),
        ("python_version < '3.13'", "python_version < '3.14'", "python_full_version != '3.13.*'"),
        ("os_name == 'nt'", "os_name == 'nt'", None),
        ("os_name == 'nt'", "os_name != 'nt'", "python_version < '0'"),
        ("os_name == 'nt'", None, "os_name == 'nt'"),
        ("os_name == 'nt'", "python_version < '0'", "python_version < '0'"),
        (
            "sys_platform == 'win32' or sys_platform == 'linux'",
            "sys_platform == 'linux' or sys_platform == 'win32'",
            None,
        ),
        ("extra == 'a'", "os_name == 'nt' and extra == 'a'", None),
        ("os_name == 'nt' and extra == 'a'", "extra == 'a'", "os_name == 'nt'"),
        ("os_name == 'nt'", "os_name == 'posix' and sys_platform == 'linux'", "python_version < '0'"),
    ],
)
def test_restriction_leaves_what_is_not_given(text: str, given: str | None, expected: str | None) -> None:
    assert m(text).restrict(m(given)) is m(expected)


@pytest.mark.parametrize(
    ("left", "right", "disjoint"),
    [
        ("os_name == 'nt'", "sys_platform == 'linux'", True),
        ("os_name == 'nt'", "sys_platform == 'win32'", False),
        ("python_version < '3.9'", "python_version >= '3.9'", True),
        ("sys_platform == 'darwin' and platform_release == '24'", "platform_release >= '25'", True),
        ("sys_platform == 'darwin' and platform_release == '24'", "platform_release >= '9'", False),
    ],
)
def test_disjointness_knows_possible_platforms(left: str, right: str, disjoint: bool) -> None:
    assert m(left).is_disjoint(m(right)) is disjoint


def test_implication() -> None:
    assert m("sys_platform == 'linux'").implies(m("sys_platform != 'win32'")) is TRUE
    assert m("os_name == 'nt'").implies(m("sys_platform != 'linux'")) is TRUE


# Constructors and order


def test_constructors_say_what_text_says() -> None:
    assert extra_marker("extra-4-demo-cpu") is m("extra == 'extra-4-demo-cpu'")
    assert string_marker("platform_system", "==", "Windows") is m("sys_platform == 'win32'")
    assert string_marker("platform_machine", "in", "x86_64 AMD64") is m("platform_machine in 'x86_64 AMD64'")
    assert string_marker("sys_platform", "lacks", "win") is m("'win' not in sys_platform")
    assert string_marker("platform_release", ">=", "20") is m("platform_release >= '20'")


def test_markers_sort_by_their_diagrams() -> None:
    ordered = [
        "python_version >= '0'",
        "python_version < '0'",
        "implementation_version < '3'",
        "python_full_version < '3.9'",
        "python_full_version >= '3.9'",
        "python_full_version < '3.9' and extra == 'a'",
        "python_full_version < '3.9' and extra != 'a'",
        "python_full_version < '3.9' and extra == 'b'",
        "python_full_version <= '3.9'",
        "python_full_version < '3.10'",
        "os_name == 'nt'",
        "sys_platform == 'linux'",
        "sys_platform == 'win32'",
        "os_name in 'nt'",
        "os_name in 'posix'",
        "'nt' in os_name",
        "'a' in extras",
        "'a' in dependency_groups",
        "extra == 'a'",
        "extra == 'b'",
    ]
    markers = [m(text) for text in reversed(ordered)]

    assert sorted(markers, key=sort_key) == [m(text) for text in ordered]
