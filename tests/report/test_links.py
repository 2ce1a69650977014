"""Addresses of strangers that lockbot links to: what they may be, and that they leave no trace on a forge."""

from __future__ import annotations

import pytest

from bot.report.markdown import find_safe_link, link
from tests.github.rendering import render

FORGES = ("github.com", "git.example.org")

SAFE = [
    ("https://docs.test/changes", "https://docs.test/changes"),
    ("http://docs.test/a?b=c#d", "http://docs.test/a?b=c#d"),
    ("https://github.com/org/a", "https://github.com/org/a"),
    ("http://www.github.com/org/a/", "https://github.com/org/a"),
    ("https://github.com/org/a/blob/main/CHANGES.md", "https://github.com/org/a/blob/main/CHANGES.md"),
    ("https://github.com/org/a/releases/tag/v1", "https://github.com/org/a/releases/tag/v1"),
    ("https://github.com/org/a/compare/v1...v2", "https://github.com/org/a/compare/v1...v2"),
    ("https://github.com/org/a/issues/1", "https://github.com/org/a"),
    ("https://github.com/org/a/pull/1#issuecomment-1", "https://github.com/org/a"),
    ("https://github.com/org/a/commit/0123456789", "https://github.com/org/a"),
    ("https://GITHUB.com/org/a/discussions/1", "https://github.com/org/a"),
    ("https://git.example.org/org/a/issues/1", "https://git.example.org/org/a"),
    ("https://git.example.org:8443/org/a/issues/1", "https://git.example.org:8443/org/a"),
    ("https://github.com/org/a/x/../issues/1", "https://github.com/org/a"),
    ("https://github.com/org/a/blob/../issues/1", "https://github.com/org/a/blob/issues/1"),
]
REFUSED = [
    "javascript:alert(1)",
    "data:text/html,x",
    "ftp://a.test/",
    "file:///etc/passwd",
    "//a.test/x",
    "https://user:secret@a.test/",
    "https://github.com/org",
    "https://github.com/org/%00",
    "https://[::1]/",
    "https://[bad",
    "https://localhost/",
    "https://a.test:port/",
    "https://xn--/ü.test" + "x" * 600,
    "https://ü.test/",
    "",
]


@pytest.mark.parametrize(("url", "safe"), SAFE)
def test_a_link_leads_where_it_may(url: str, safe: str) -> None:
    assert find_safe_link(url, FORGES) == safe


@pytest.mark.parametrize("url", REFUSED)
def test_other_addresses_are_not_linked_to(url: str) -> None:
    assert find_safe_link(url, FORGES) is None


@pytest.mark.parametrize(
    "path",
    ["a)b", "a b", "a|b", 'a"b', "a>b<c", "a`b", "a\\b", "a]b[c", "a\nb", "&copy;", "*_~", "a(b)c", "ü", "\u202e"],
)
def test_an_address_can_not_leave_its_link(path: str) -> None:
    rendered = render(f"| {link('x', f'https://a.test/{path}')} |\n| --- |\n| y |")
    (live,) = rendered.live
    assert live[0] == "a"
    assert live[1].startswith("https://a.test/")
    assert rendered.text.split() == ["x", "y"]
