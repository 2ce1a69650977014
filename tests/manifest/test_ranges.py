"""The table of range rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.manifest.ranges import Changed, Kept, RangeStrategy, Refused, change_specifier

# current, new, strategy, expected: text, "" for kept, None for refused
TABLE = [
    ("==1.0.3", "1.2.3", "replace", "==1.2.3"),
    ("==1.0.3", "1.2.3", "bump", "==1.2.3"),
    ("==1.0.3", "1.2.3", "widen", "==1.2.3"),
    ("==1.0.3", "1.0.3", "replace", ""),
    ("==1.0.*", "1.2.3", "replace", "==1.2.*"),
    ("==1.0.*", "1.2.3", "bump", "==1.2.*"),
    ("==1.0.*", "1.2.3", "widen", ">=1.0,<1.3"),
    ("==1.0.*", "1.0.9", "bump", ""),
    ("== 4.4.*", "4.16.1", "replace", "== 4.16.*"),
    ("==3.2.*,>=3.2.2", "4.1.1", "replace", "==4.1.*,>=4.1.1"),
    ("==3.2.*,>=3.2.2", "4.1.1", "widen", "<4.2,>=3.2.2"),
    ("~=1.2.0", "1.2.3", "replace", ""),
    ("~=1.2.0", "1.2.3", "bump", "~=1.2.3"),
    ("~=1.2.0", "1.2.3", "widen", ""),
    ("~=7.2", "8.0.1", "replace", "~=8.0"),
    ("~=7.2", "8.0.1", "widen", ">=7.2,<9"),
    ("~= 7.2", "8.0.1", "widen", ">= 7.2,< 9"),
    ("~=7.2.0", "8.2", "replace", "~=8.2.0"),
    ("~=7.2.0", "8.2", "widen", ">=7.2.0,<8.3"),
    (">=1.2.0", "1.2.3", "replace", ""),
    (">=1.2.0", "1.2.3", "bump", ">=1.2.3"),
    (">=1.2.0", "1.2.3", "widen", ""),
    (">=19.12.2,<20.13.9", "21.3.1", "replace", ">=21.3.1,<22.0.0"),
    (">=19.12.2,<20.13.9", "21.3.1", "widen", ">=19.12.2,<21.3.2"),
    (">=19.12.2,<19.13.0", "20.3.1", "replace", ">=20.3.1,<20.4.0"),
    (">=19.12.2,<19.13.0", "20.3.1", "widen", ">=19.12.2,<20.4.0"),
    (">=1.0.0,<1.1.0", "1.2.0", "replace", ">=1.2.0,<1.3.0"),
    (">=0.110.0,<0.116", "0.165.2", "replace", ">=0.165.2,<0.166"),
    (">=0.110.0, <0.116", "0.165.2", "widen", ">=0.110.0, <0.166"),
    (">=5.0,<5.1", "8.1.2", "replace", ">=8.1,<8.2"),
    (">=13.7,<14", "15.0.1", "replace", ">=15.0,<16"),
    ("<14,>=13.7", "15.0.1", "replace", "<16,>=15.0"),
    (">=2,<4", "4.1", "widen", ">=2,<5"),
    ("<1.2", "1.2.3", "replace", "<1.3"),
    ("<1", "1.2.3", "replace", "<2"),
    ("<1.2.2.3", "1.2.3", "replace", "<1.2.3.1"),
    ("<1.2", "1.2.3", "bump", "<1.3"),
    ("<2", "1.2.3", "bump", ""),
    ("<=1.3.0", "1.6.0", "bump", "<=1.6.0"),
    ("<=1.3", "1.6.2", "replace", "<=1.6.2"),
    ("<=1.3.0", "1.6.0", "widen", "<=1.6.0"),
    (">=2.0.0", "1.2.3", "replace", ">=1.2.3"),
    (">=2.0.0", "1.2.3", "bump", ">=1.2.3"),
    (">=2.0.0", "1.2.3", "widen", None),
    (">2.0", "1.2.3", "replace", ">=1.2"),
    ("~=1.1.0,!=1.1.1", "1.2.3", "replace", "~=1.2.3"),
    ("~=1.1.0,!=1.1.1", "1.2.3", "bump", "~=1.2.3"),
    ("!=1.1.1, ~=1.1.0", "1.2.3", "replace", "~=1.2.3"),
    (">=1.0,!=1.5.*,<2", "2.1", "replace", ">=2.1,<3"),
    (">=1.0,!=2.5.*,<2", "2.1", "replace", ">=2.1,!=2.5.*,<3"),
    (">=1.0,!=1.5,<2", "2.1", "widen", ">=1.0,!=1.5,<3"),
    ("!=1.5", "2.1", "bump", ""),
    ("~= 2.4, < 3.0", "3.10.2", "widen", ">= 2.4, < 4"),
    ("~= 2.4, < 3.0", "3.10.2", "replace", "~= 3.10"),
    ("< 3.0, ~= 2.4", "3.10.2", "widen", ">= 2.4, < 4"),
    ("~=2.4,<2.9", "2.12", "replace", "~=2.12,<2.13"),
    ("~= 22.0, != 22.1, < 23", "27.0.1", "widen", ">= 22.0, != 22.1, < 28"),
    ("~= 22.0, != 22.1, < 23", "27.0.1", "replace", "~= 27.0"),
    (" == 2.* , < 3 ", "3.1", "replace", " == 3.* "),
    ("~=1.1, !=1.1.1", "2.2.3", "widen", ">=1.1, <3, !=1.1.1"),
    ("!=1.2.3", "1.2.3", "replace", None),
    ("!=1.2.3", "1.2.4", "replace", ""),
    (">=1,<2,!=2.5.*", "2.5.1", "widen", None),
    ("===1.0.3", "1.2.3", "replace", None),
    ("===1.0.3", "1.2.3", "bump", None),
    ("nonsense", "1.2.3", "replace", None),
    ("", "1.2.3", "replace", ""),
    ("", "1.2.3", "bump", ""),
    ("", "1.2.3", "pin", "==1.2.3"),
    (">=1.0, <2", "1.2.3", "pin", "==1.2.3"),
    ("== 1.0", "1.2.3", "pin", "== 1.2.3"),
    ("==1.2.3", "1.2.3", "pin", ""),
    (">=1.0,<2", "1.2.3", "in-range-only", ""),
    (">=1.0,<2", "2.2.3", "in-range-only", None),
    (">=1.0,<2", "1.2.3", "update-lockfile", ""),
    (">=1.0,<2", "2.2.3", "update-lockfile", ">=2.2,<3"),
    (">=1.0,<2", "2.0rc1", "replace", ">=2.0rc1,<3"),
    ("~=1.0", "2.0rc1", "replace", "~=2.0rc1"),
    (">=1.0,<2", "1!3.4", "replace", ">=1!3.4,<1!4"),
    ("==1.0+cpu", "1.1+cpu", "replace", "==1.1+cpu"),
    ("==1.0+cpu", "1.1+cpu", "widen", "==1.1+cpu"),
    ("==1.0+cpu", "1.1+cpu", "bump", "==1.1+cpu"),
    ("==1.0+cpu", "1.1+xpu", "replace", None),
    ("==1.0+cpu", "1.1", "replace", None),
    ("==1.0", "1.1+cpu", "replace", "==1.1"),
    (" >= 1.0 , < 2 ", "3.1", "replace", " >= 3.1 , < 4 "),
    (">=1.0,<2", "1.5.2", "bump", ">=1.5.2,<2"),
    (">=1.0,<2", "3.1.4", "bump", ">=3.1.4,<4"),
]


@pytest.mark.parametrize(("current", "new", "strategy", "expected"), TABLE)
def test_a_specifier_follows_its_rule(current: str, new: str, strategy: str, expected: str | None) -> None:
    change = change_specifier(current, Version(new), RangeStrategy(strategy))
    match change:
        case Changed(text):
            assert text == expected
        case Kept():
            assert expected == ""
        case Refused(reason):
            assert expected is None, reason


def test_auto_must_be_decided_first() -> None:
    with pytest.raises(ValueError, match="auto"):
        change_specifier(">=1", Version("2"), RangeStrategy.AUTO)


numbers = st.lists(st.integers(0, 30), min_size=2, max_size=4).map(lambda parts: ".".join(map(str, parts)))
clauses = st.tuples(st.sampled_from(["==", "~=", ">=", "<=", "<", ">", "!="]), numbers).map("".join)
concrete = st.sampled_from([strategy for strategy in RangeStrategy if strategy is not RangeStrategy.AUTO])


@given(st.lists(clauses, min_size=1, max_size=3).map(",".join), numbers, concrete)
def test_whatever_is_written_admits_the_version(text: str, new: str, strategy: RangeStrategy) -> None:
    version = Version(new)
    change = change_specifier(text, version, strategy)
    if not isinstance(change, Refused):
        result = change.text if isinstance(change, Changed) else text
        assert SpecifierSet(result).contains(version, prereleases=True)


@given(st.lists(clauses, min_size=1, max_size=3).map(",".join), numbers)
def test_widening_never_raises_a_floor(text: str, new: str) -> None:
    change = change_specifier(text, Version(new), RangeStrategy.WIDEN)
    if isinstance(change, Changed) and not any(part.startswith("==") for part in text.split(",")):
        floors = [part for part in text.split(",") if part.startswith((">=", ">"))]
        assert all(floor in change.text.split(",") for floor in floors)
