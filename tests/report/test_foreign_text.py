"""Foreign text in Markdown, held against GitHub's own renderer and what GitHub makes of the text afterwards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.report.markdown import code, details, escape, table
from tests.github.rendering import render

HOSTILE = [
    "@org/team please look",
    "&#64;org/team",
    "&commat;octocat",
    "fixes #1, org/repo#12 and GH-3",
    "&#35;1",
    "<!-- lockbot: {} -->",
    "<!--",
    "<script>alert(1)</script>",
    "<img src=https://evil.test/x.png>",
    "![x](https://evil.test/x.png)",
    "[click](https://evil.test)",
    "[x]: https://evil.test",
    "<https://evil.test>",
    "https://evil.test/?q=1",
    "HTTP://EVIL.TEST",
    "www.evil.test",
    "me@evil.test",
    "mailto:me@evil.test",
    "a | b",
    "`code` and ``more``",
    "``` fence",
    "~~~ fence",
    "# heading",
    "1. list",
    "1) list",
    "- list",
    "+ list",
    "> quote",
    "=== rule",
    "--- rule",
    "*emphasis* _too_ ~~gone~~",
    "</details></td></table>",
    "line\n\n# two",
    "line\r\n* two",
    "line\u2028two",
    "\x1b[31mred\x1b[0m",
    "\u202egnp.exe",
    "\ufeffmark",
    "caf\udce9/pyproject.toml",
    "ends with \\",
    "$x^2$ and $$y$$",
    ":tada:",
    "a5c3785ed8d6a35868bc169f07e40e889087fd2e",
    "org/repo@a5c3785ed8d6",
    "[^1] and [^1]: note",
    "[ ] task",
    "&lt;b&gt;",
    "",
]
_BREAKS = frozenset("\u200b")


def seen(text: str) -> str:
    return "".join(one for one in text if one not in _BREAKS)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_it_comes_alive(text: str) -> None:
    for write in (escape, code):
        rendered = render(write(text))
        assert rendered.live == ()
        assert set(rendered.tags) <= {"p", "code"}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_table_keeps_its_cells(text: str) -> None:
    rendered = render(table(("A", "B"), [(escape(text), code(text))]))
    assert rendered.live == ()
    assert [tag for tag in rendered.tags if tag != "code"] == [
        *("table", "thead", "tr", "th", "th"),
        *("tbody", "tr", "td", "td"),
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_list_and_a_fold_stay_what_they_are(text: str) -> None:
    rendered = render(details("Summary", f"* {escape(text)}\n* {code(text)}"))
    assert rendered.live == ()
    assert [tag for tag in rendered.tags if tag != "code"] == ["details", "summary", "ul", "li", "li"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("requires demo[cpu] >=1,<2 (pyproject.toml:5)", "requires demo[cpu] >=1,<2 (pyproject.toml:5)"),
        ("a  b\nc", "a b c"),
        ("@org/team", "@org/team"),
        ("&amp; <b>", "&amp; <b>"),
        ("\x1b[31m", "\\x1b[31m"),
        ("caf\udce9", "caf\\xe9"),
        ("\u202e", "\\u202e"),
        ("grüße, 你好", "grüße, 你好"),
        ("1.0 - 2.0", "1.0 - 2.0"),
        ("-1", "-1"),
    ],
)
def test_people_read_what_was_written(text: str, shown: str) -> None:
    assert seen(render(escape(text)).text.strip()) == shown


@pytest.mark.parametrize("text", ["a`b", "``", "`a", "a`", "a``b`c", "x|y", "<b>", "&amp;", "@org"])
def test_a_code_span_shows_every_character(text: str) -> None:
    assert render(table(("A",), [(code(text),)])).text.split("A", 1)[1].strip() == text


@given(st.text(alphabet=st.sampled_from("@#:/.<>!&;-_*`~|[]()\\$ \n1aGHghw"), max_size=24))
def test_no_short_text_comes_alive(text: str) -> None:
    for write in (escape, code):
        rendered = render(f"* {write(text)}\n")
        assert rendered.live == ()
        assert set(rendered.tags) <= {"ul", "li", "code"}


@given(st.text(max_size=60))
def test_no_text_comes_alive(text: str) -> None:
    rendered = render(f"before {escape(text)} after")
    assert rendered.live == ()
    assert set(rendered.tags) <= {"p"}


def test_the_renderer_finds_what_is_alive() -> None:
    live = render("@org/team, &#64;me, #1, GH-2, https://a.test, <!-- x -->, `@no`, [a](b), 0a1b2c3, :x:").live
    assert {kind for kind, _ in live} == {"mention", "issue", "short issue", "a", "comment", "commit", "emoji"}
    assert [text for kind, text in live if kind == "mention"] == ["@org/team", "@me"]
