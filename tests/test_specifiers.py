"""``bot.specifiers`` and ``bot.names`` against ``packaging``: the same texts are accepted, and they compare alike."""

from __future__ import annotations

import packaging.specifiers
import packaging.utils
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from bot.names import InvalidName, canonicalize_name
from bot.specifiers import InvalidSpecifier, Specifier, SpecifierSet

OPERATORS = st.sampled_from(["===", "==", "!=", "~=", "<=", ">=", "<", ">", "=", "", "=>", "~", "^"])
PARTS = ["1", "0", "10", ".", ".*", "*", "!", "v", "V", "a1", "rc", ".post1", "-1", ".dev0", "+l.1", " ", "x", ";", ")"]
VERSIONS = st.lists(st.sampled_from(PARTS), max_size=6).map("".join)
CLAUSES = st.builds("{}{}{}".format, OPERATORS, st.sampled_from(["", " "]), VERSIONS)
USUAL = st.builds(
    "{}{}".format,
    st.sampled_from(["==", "!=", "~=", "<=", ">=", "<", ">"]),
    st.sampled_from(["1.0", "1.0.0", "1.00", "2.1", "1.0a1", "1.0.post1", "1!1.0", "1.0.dev1"]),
)
SETS = st.lists(USUAL, max_size=3).map(", ".join)


def theirs(text: str) -> packaging.specifiers.Specifier | None:
    try:
        return packaging.specifiers.Specifier(text)
    except packaging.specifiers.InvalidSpecifier:
        return None


def ours(text: str) -> Specifier | None:
    try:
        return Specifier(text)
    except InvalidSpecifier:
        return None


@given(CLAUSES)
def test_the_same_clauses_are_accepted(text: str) -> None:
    one, other = ours(text), theirs(text)
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert (one.operator, one.version, str(one)) == (other.operator, other.version, str(other))


@given(CLAUSES, CLAUSES)
def test_clauses_compare_alike(left: str, right: str) -> None:
    pairs = [(ours(left), theirs(left)), (ours(right), theirs(right))]
    if all(one is not None for pair in pairs for one in pair):
        assert (pairs[0][0] == pairs[1][0]) == (pairs[0][1] == pairs[1][1])


@given(SETS, SETS)
def test_sets_print_compare_and_join_alike(left: str, right: str) -> None:
    one, other = SpecifierSet(left), SpecifierSet(right)
    first, second = packaging.specifiers.SpecifierSet(left), packaging.specifiers.SpecifierSet(right)
    assert (str(one), len(one)) == (str(first), len(packaging.specifiers.SpecifierSet(left)))
    assert (one == other) == (first == second)
    assert one != other or hash(one) == hash(other)
    assert str(one & other) == str(first & second)


@given(SETS, st.sampled_from(["0.9", "1.0", "1.0a1", "1.0.post1", "2.1", "3", "1!1.0"]))
def test_sets_admit_the_same_versions(text: str, version: str) -> None:
    expected = packaging.specifiers.SpecifierSet(text).contains(Version(version), prereleases=True)
    assert SpecifierSet(text).contains(Version(version), prereleases=True) is expected


@pytest.mark.parametrize("text", [">=1.0,<2", "", " >=1 , ,<3,"])
def test_a_set_shows_its_clauses(text: str) -> None:
    assert repr(SpecifierSet(text)) == repr(packaging.specifiers.SpecifierSet(text))
    assert [repr(one) for one in SpecifierSet(text)] == [f"<Specifier({str(one)!r})>" for one in SpecifierSet(text)]
    assert SpecifierSet(text) != text
    assert Specifier(">=1") != text


@given(st.text(alphabet="aBz09-_. é", max_size=8))
def test_names_have_the_same_normal_form(name: str) -> None:
    assert canonicalize_name(name) == packaging.utils.canonicalize_name(name)
    try:
        expected = packaging.utils.canonicalize_name(name, validate=True)
    except packaging.utils.InvalidName:
        with pytest.raises(InvalidName):
            canonicalize_name(name, validate=True)
    else:
        assert canonicalize_name(name, validate=True) == expected
