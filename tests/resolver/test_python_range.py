"""Intervals of Python versions: reading, printing, and which wheels serve them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.utils import parse_wheel_filename
from packaging.version import Version

from bot.errors import InputError
from bot.markers import Bound, parse_marker
from bot.resolver.model.index import WheelTags
from bot.resolver.model.python_range import PythonRange, parse_python_range, render_requires_python


def _tags(filename: str) -> WheelTags:
    python, abi, platform = filename.removesuffix(".whl").split("-")[-3:]
    return WheelTags(python=tuple(python.split(".")), abi=tuple(abi.split(".")), platform=tuple(platform.split(".")))


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        (">=3.12", Bound(release=(3, 12), inclusive=True), Bound()),
        (">=3.12.0,<4.0", Bound(release=(3, 12), inclusive=True), Bound(release=(4,), inclusive=False)),
        ("~=3.12", Bound(release=(3, 12), inclusive=True), Bound(release=(4,), inclusive=False)),
        ("==3.12.*", Bound(release=(3, 12), inclusive=True), Bound(release=(3, 13), inclusive=False)),
        (">3.8,!=3.9.*,<=3.11.2", Bound(release=(3, 8), inclusive=False), Bound(release=(3, 11, 2), inclusive=True)),
        (">=3.13.0rc1", Bound(release=(3, 13), inclusive=True), Bound()),
        ("!=3.9.*", Bound(), Bound()),
        (">=3.12,<3.10", Bound(), Bound()),
        ("", Bound(), Bound()),
    ],
)
def test_only_the_outer_bounds_remain(text: str, lower: Bound, upper: Bound) -> None:
    assert parse_python_range(text) == PythonRange(lower=lower, upper=upper)


def test_what_is_no_specifier_is_refused() -> None:
    with pytest.raises(InputError, match="not a version specifier"):
        parse_python_range("three")
    with pytest.raises(InputError, match="not a Python version"):
        parse_python_range("===three")


# Every row was printed by uv 0.13.9 for a project (or two members) that states the left side.
@pytest.mark.parametrize(
    ("stated", "printed"),
    [
        ([">=3.12"], ">=3.12"),
        ([">=3.12.0"], ">=3.12.0"),
        (["~=3.12"], ">=3.12, <4"),
        ([">=3.12,==3.*"], ">=3.12, <4"),
        ([">=3.12", ">=3.12.0"], ">=3.12.0"),
        ([">=3.12.0", ">=3.12"], ">=3.12"),
        (["<4", ">=3.10,<4.0"], ">=3.10, <4"),
        ([">=3.13.0rc1"], ">=3.13.0"),
        ([">=3.10,!=3.11.*"], ">=3.10, !=3.11.*"),
        ([">=3.10,!=3.11.*,!=3.12.*"], ">=3.10, !=3.11.*, !=3.12.*"),
        ([">=3.10,!=3.11.4,<4"], ">=3.10, !=3.11.4, <4"),
        ([">=3.12,<3.13"], "==3.12.*"),
        (["==3.12.*"], "==3.12.*"),
        (["==3.12.4"], "==3.12.4"),
        ([">3.11,<=3.14"], ">3.11, <=3.14"),
        ([">=3.9", "<3.14,>=3.11"], ">=3.11, <3.14"),
        ([">=3.10,!=3.11.4.*"], ">=3.10"),
        ([">=3.9,!=3.10.*,!=3.11"], ">=3.9"),
        ([">=3.10,!=3.11.4.*,!=3.12.*"], ">=3.10, !=3.12.*"),
        ([">=3,<3.20"], ">=3, <3.20"),
        ([">=3.0,!=3.0.*,!=3.1.*"], ">=3.2"),
        (["!=3.9.*"], "!=3.9.*"),
        ([">=3.11,!=3.12.0"], ">=3.11, !=3.12.0"),
    ],
)
def test_common_versions_are_printed_as_uv_prints_them(stated: list[str], printed: str) -> None:
    assert render_requires_python([SpecifierSet(text) for text in stated]) == printed


_MINORS = st.integers(min_value=0, max_value=6)
_SPECIFIERS = st.one_of(
    st.builds("{}3.{}".format, st.sampled_from([">=", "<", "<=", ">", "~="]), _MINORS),
    st.builds("{}3.{}.*".format, st.sampled_from(["==", "!="]), _MINORS),
    st.builds("{}3.{}.{}".format, st.sampled_from([">=", "<", "<=", ">", "==", "!=", "~="]), _MINORS, _MINORS),
)
_VERSIONS = [Version(f"3.{minor}.{patch}") for minor in range(8) for patch in range(8)]


@given(st.lists(st.lists(_SPECIFIERS, max_size=3).map(",".join), min_size=1, max_size=3))
def test_printed_text_and_bounds_keep_every_version_in_common(stated: list[str]) -> None:
    sets = [SpecifierSet(text) for text in stated]
    common = [version for version in _VERSIONS if all(version in each for each in sets)]
    printed = render_requires_python(sets)
    if printed is None:
        assert not common
        return
    marker = parse_python_range(printed).marker()
    for version in common:
        assert version in SpecifierSet(printed)
        assert not marker.is_disjoint(parse_marker(f"python_full_version == '{version}'"))


def test_versions_in_common_may_be_none() -> None:
    assert render_requires_python([SpecifierSet("<3.10"), SpecifierSet(">=3.12")]) is None


def test_simplify_and_complexify_are_relative_to_the_interval() -> None:
    supported = parse_python_range(">=3.12,<4")
    marker = parse_marker("python_full_version >= '3.12' and python_full_version < '3.14'")

    assert str(supported.simplify(marker)) == "python_full_version < '3.14'"
    assert supported.complexify(supported.simplify(marker)) == marker
    assert str(supported.marker()) == "python_full_version >= '3.12' and python_full_version < '4'"


@pytest.mark.parametrize(
    ("mine", "target", "contained"),
    [
        (">=3.12", ">=3.8", True),
        (">=3.12", ">=3.8,<3.10", True),
        (">=3.12", ">=3.13", False),
        (">=3.12", ">3.12", False),
        (">3.12", ">=3.12", True),
        ("<4", ">=3.8", False),
        (">=3.12", "!=3.12.*", True),
    ],
)
def test_only_lower_bounds_decide_containment(mine: str, target: str, contained: bool) -> None:
    assert parse_python_range(mine).is_contained_by(parse_python_range(target)) is contained


def test_narrowing_takes_the_tighter_bounds() -> None:
    supported = parse_python_range(">=3.10,<4")
    tighter = Bound(release=(3, 12), inclusive=True)

    assert supported.narrow(tighter, Bound()) == parse_python_range(">=3.12,<4")
    assert supported.narrow(Bound(), Bound(release=(3, 13))) == parse_python_range(">=3.10,<3.13")
    assert supported.narrow(Bound(), Bound()) is None
    assert supported.narrow(supported.lower, supported.upper) is None


def test_splitting_gives_both_sides_or_nothing() -> None:
    supported = parse_python_range(">=3.10,<4")

    assert supported.split(Bound(release=(3, 12), inclusive=True)) == (
        parse_python_range(">=3.10,<3.12"),
        parse_python_range(">=3.12,<4"),
    )
    assert supported.split(Bound(release=(3, 10), inclusive=True)) is None
    assert supported.split(Bound(release=(4,), inclusive=True)) is None
    assert supported.split(Bound()) is None


@pytest.mark.parametrize(
    ("python", "wheel", "matches"),
    [
        ("==3.10.*", "a-1-cp37-abi3-macosx_10_12_universal2.whl", True),
        ("==3.10.*", "a-1-cp310-cp310-win_amd64.whl", True),
        ("==3.10.*", "a-1-cp310-none-win_amd64.whl", True),
        ("==3.10.*", "a-1-py36-none-any.whl", True),
        ("==3.10.*", "a-1-pp310-pypy310_pp73-macosx_11_0_arm64.whl", True),
        ("==3.10.*", "a-1-pp39-pypy39_pp73-any.whl", False),
        ("==3.10.*", "a-1-cp311-none-any.whl", False),
        ("==3.10.*", "a-1-py311-none-any.whl", False),
        ("==3.10.*", "a-1-cp36-none-any.whl", False),
        ("==3.12.6", "a-1-cp312-cp312-any.whl", True),
        (">=3.12.3", "a-1-cp312-cp312-any.whl", True),
        (">=3.12,<3.14", "a-1-cp313-cp313t-any.whl", True),
        (">=3.12,<3.14", "a-1-cp314-cp314t-any.whl", False),
        (">=3.12,<3.14", "a-1-py314-none-any.whl", False),
        (">=3.12,<3.14.1", "a-1-cp314-cp314-any.whl", True),
        (">=3.12,<4", "a-1-cp315-cp315-any.whl", True),
        (">=3.12", "a-1-py2.py3-none-any.whl", True),
        (">=3.12", "a-1-py2-none-any.whl", False),
        (">=3.12", "a-1-py27-none-any.whl", False),
        (">=3.12", "a-1-cp27-cp27mu-any.whl", False),
        (">=3.12", "a-1-cp27-none-any.whl", False),
        (">=3.12", "a-1-pp27-pypy_73-any.whl", False),
        (">=3.12", "a-1-cp3-none-any.whl", True),
        (">=3.12", "a-1-cp312-abi3t-any.whl", True),
        (">=3.12", "a-1-graalpy312-graalpy240_312_native-any.whl", True),
        (">=3.12", "a-1-graalpy311-graalpy240_311_native-any.whl", False),
        (">=3.12", "a-1-pyston38-pyston_23_x86_64_linux_gnu-any.whl", True),
        (">=3.12", "a-1-pyston38-none-any.whl", False),
        # uv drops tags that it does not know, and a wheel without a known tag fits nothing.
        (">=3.12", "a-1-ip31-none-any.whl", False),
        (">=3.12", "a-1-cp312-unheardof-any.whl", False),
        (">=3.12", "a-1-cp312-cp312tt-any.whl", False),
    ],
)
def test_wheels_are_matched_by_their_tags(python: str, wheel: str, matches: bool) -> None:
    assert parse_wheel_filename(wheel)
    assert parse_python_range(python).matches_wheel_tags(_tags(wheel)) is matches
