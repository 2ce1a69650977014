"""Workspace patterns cover the folders that uv's cover."""

from __future__ import annotations

import pytest

from bot.manifest.globs import find_mistake, is_excluded, is_included

INCLUDED = [
    ("packages/*", "packages/a"),
    ("./packages/*/", "packages/a"),
    ("packages/*", "packages/.hidden"),
    ("*", "a"),
    ("p/**", "p/a/b"),
    ("p/**/x", "p/x"),
    ("p/**/x", "p/a/b/x"),
    ("p/[ab]?", "p/a1"),
    ("p/[!ab]", "p/c"),
    ("../x/*", "../x/y"),
    ("a.b", "a.b"),
]
NOT_INCLUDED = [
    ("packages/*", "packages/a/b"),
    ("packages/*", "packages"),
    ("p/**", "p"),
    ("p/[!ab]", "p/a"),
    ("a.b", "axb"),
]
EXCLUDED = [("packages/*", "packages/a"), ("packages/*", "packages/a/b"), ("./x", "x"), ("x*", "xy/z")]
NOT_EXCLUDED = [("packages/x", "packages/xy"), ("packages/x", "packages/x/y")]


@pytest.mark.parametrize(("pattern", "path"), INCLUDED)
def test_a_member_pattern_covers(pattern: str, path: str) -> None:
    assert is_included(pattern, path)


@pytest.mark.parametrize(("pattern", "path"), NOT_INCLUDED)
def test_a_member_pattern_does_not_cover(pattern: str, path: str) -> None:
    assert not is_included(pattern, path)


@pytest.mark.parametrize(("pattern", "path"), EXCLUDED)
def test_an_exclude_pattern_covers(pattern: str, path: str) -> None:
    assert is_excluded(pattern, path)


@pytest.mark.parametrize(("pattern", "path"), NOT_EXCLUDED)
def test_an_exclude_pattern_does_not_cover(pattern: str, path: str) -> None:
    assert not is_excluded(pattern, path)


@pytest.mark.parametrize("pattern", ["***", "a/****", "a**", "**a", "a**/b", "[", "[]", "[!]", "[a", "a[", "a/[!]"])
def test_a_pattern_that_uv_refuses_has_a_mistake(pattern: str) -> None:
    assert find_mistake(pattern)


@pytest.mark.parametrize(
    "pattern", ["", "**", "a/**/b", "**/a", "a/**", "*", "a*b*", "[]]", "[!]]", "[[]", "[*]", "[a-]", "{a,b}", "a]"]
)
def test_other_patterns_have_none(pattern: str) -> None:
    assert find_mistake(pattern) is None
