"""Requirements are read as uv reads them."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet

from bot.manifest.requirement import InvalidRequirement, parse_requirement, parse_requirement_leniently
from bot.markers import TRUE, marker_text

READ = {
    "a": ("a", (), "", None, None),
    " A.b_C ": ("a-b-c", (), "", None, None),
    "a[]": ("a", (), "", None, None),
    "a [ y , X_1 ] >= 1": ("a", ("y", "x-1"), ">=1", None, None),
    "a(>=1,<2)": ("a", (), ">=1,<2", None, None),
    "a ;python_version>'3'": ("a", (), "", None, "python_full_version >= '3.1'"),
    "a@https://example.org/a.zip": ("a", (), "", "https://example.org/a.zip", None),
    "a[x] @ https://e.org/a;b.zip ; os_name == 'nt'": ("a", ("x",), "", "https://e.org/a;b.zip", "os_name == 'nt'"),
    "a>=1,": ("a", (), ">=1", None, None),
    "a (>=1, )": ("a", (), ">=1", None, None),
    "a @ /b/a-1.zip": ("a", (), "", "/b/a-1.zip", None),
}

#: Old mistakes, each in one way repaired.
REPAIRED = {
    "a>=1.*": "a>=1",
    "a>=1<2": "a>=1,<2",
    "a!=~1.0": "a!=1.0.*",
    "a!=3.0*": "a!=3.0.*",
    "a>dev": "a>0.0.0dev",
    "a>=9.0.0a1.0": "a>=9.0.0a1",
    "'a'>=\"1\" ; os_name == 'nt'": "a>=1 ; os_name == 'nt'",
}

WRONG = [
    "",
    ">=1",
    "a b",
    "a[",
    "a[x y]",
    "a[x,]",
    "a ==",
    "a @",
    "a @ x y",
    "a; nonsense == '1'",
    "a; ",
    "a>=1 ; (os_name == 'nt'",
    "a()",
    "a (,)",
    "a>=1,,<2",
    "a ,>=1",
    "a @ ./b",
]


@pytest.mark.parametrize(("text", "expected"), READ.items())
def test_a_requirement_is_read(text: str, expected: tuple[str, tuple[str, ...], str, str | None, str | None]) -> None:
    found = parse_requirement(text)
    name, extras, specifier, url, marker = expected
    assert (found.name, found.extras, found.url) == (name, extras, url)
    assert found.specifier == SpecifierSet(specifier)
    assert marker_text(found.marker) == marker
    assert (found.marker is TRUE) == (marker is None)


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_requirement_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequirement):
        parse_requirement(text)


@pytest.mark.parametrize("text", REPAIRED)
def test_what_is_repaired_is_refused_where_no_mistake_is_forgiven(text: str) -> None:
    found, repaired = parse_requirement_leniently(text), parse_requirement(REPAIRED[text])
    assert (found.text, found.specifier, found.marker) == (text, repaired.specifier, repaired.marker)
    with pytest.raises(InvalidRequirement):
        parse_requirement(text)


@pytest.mark.parametrize("text", [*WRONG, "a>1.0.1b1.1"])
def test_what_is_beyond_repair_is_refused_as_it_is(text: str) -> None:
    with pytest.raises(InvalidRequirement):
        parse_requirement_leniently(text)
