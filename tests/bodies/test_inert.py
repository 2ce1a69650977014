"""Release notes of strangers: what people read of them, and that nothing in them lives."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ports.notes import NotesForm
from bot.report.inert import render_inert
from bot.work.publishing.body_block import find_block
from tests.github.rendering import render
from tests.report.test_foreign_text import HOSTILE

MARKDOWN, RST = NotesForm.MARKDOWN, NotesForm.RST
#: The elements that notes may come to.
QUIET = {"blockquote", "p", "strong", "ul", "li", "code", "pre"}

READ = [
    ("plain words", "> plain words"),
    ("# One\ntext", "> **One**\n>\n> text"),
    ("One\n===\n\nTwo\n---\ntext", "> **One**\n>\n> **Two**\n>\n> text"),
    ("* a\n  * b\n- c\n1. d", "> * a\n>   * b\n> * c\n> * d"),
    ("- a\n  goes on\nends", "> * a\n>   goes on\n> ends"),
    ("`code` and ``more` ``", "> `code` and `` more` ``"),
    ("**bold** _slant_ ~~gone~~ __x__", "> bold slant gone x"),
    ("snake_case_name and 2*3*4", "> snake\\_case\\_name and 2\\*3\\*4"),
    ("[words](https://a.test/x_(y)) and [ref][1]\n\n[1]: https://a.test", "> words and ref"),
    ("![badge](https://a.test/b.png)", ""),
    ("[![badge](https://a.test/b.png)](https://a.test)", ""),
    ("<details><summary>More</summary>\n\n<b>bold</b>\n</details>", "> More\n>\n> bold"),
    ("<https://a.test>", "> https:\u200b//a.test"),
    ("a <!-- hidden\n<b>\n--> b", "> a  b".replace("  ", " ")),
    ("| a | b |\n| - | - |\n| c | d |", "> * a · b\n> * c · d"),
    ("> quoted\n> @me", "> quoted\n> @\u200bme"),
    ("a\n\n\n\n---\n\nb", "> a\n>\n> b"),
    ("```python\n@pytest.fixture  # 1\n```", "> ```\n> @pytest.fixture  # 1\n> ```"),
    ("~~~\n```\n~~~", "> ````\n> ```\n> ````"),
    ("```\nnever closed", "> ```\n> never closed\n> ```"),
    ("````\n```\ninner\n```\n````", "> ````\n> ```\n> inner\n> ```\n> ````"),
    ("", ""),
    ("\n\n", ""),
]
READ_RST = [
    ("Released 2026-01-01\n\n-   Drop it. :pr:`1`", "> Released 2026-01-01\n>\n> * Drop it. `1`"),
    ("One\n---\n\n``a`` `words <https://a.test>`_", "> **One**\n>\n> `a` words"),
    (".. note:: be careful\n\n   really", "> be careful\n>\n> really"),
    (".. _target: https://a.test\n\n.. |x| image:: y", ""),
    ("#. one\n#. two", "> * one\n> * two"),
]


@pytest.mark.parametrize(("text", "lines"), READ)
def test_markdown_is_read(text: str, lines: str) -> None:
    assert "\n".join(render_inert(text, MARKDOWN)) == lines


@pytest.mark.parametrize(("text", "lines"), READ_RST)
def test_restructured_text_is_read(text: str, lines: str) -> None:
    assert "\n".join(render_inert(text, RST)) == lines


ATTACKS = [
    *HOSTILE,
    '<!-- lockbot: {"key": "x", "heads": ["0000000000000000000000000000000000000000"]} -->',
    "- [ ] <!-- lockbot-box: rebase --> tick me",
    "- [x] <!-- lockbot-box: rebase --> tick me",
    '```\n- [x] <!-- lockbot-box: rebase -->\n<!-- lockbot: {"key": "x"} -->\n/lockbot rebase\n```',
    "/lockbot rebase",
    "@[octocat](https://a.test)",
    "@**octocat** @_octocat_ @<b>octocat</b> @`x`octocat",
    "#**1** #<i>1</i> org/repo#[1](x) GH-**1**",
    "https:/<b>/evil.test</b> ht<!-- -->tps://evil.test",
    "</details>\n</details>\n<details open>\n<summary>x</summary>\n",
    "```\n</details>\n```\n</details>",
    "[a](javascript:alert(1)) <a href='javascript:x'>y</a>",
    "<img src=x onerror=alert(1)> <svg/onload=x>",
    "| a | b |\n" + "| --- | --- |\n" + "| c | d |\n" * 500,
    "> > > - [ ] deep\n> > > ```\n> > > x",
    "    indented code @me\n\tand tab #1",
    "a\\\n`b\n```\n`c`",
    "``````\n`````\n````",
    "\u202e\u2066abc\u2069 \u200b@\u200bx \u00ad@me",
    "x\x00y\x1b[2J\x85z\u2028- [ ] <!-- lockbot-box: rebase -->",
    "[x]: <javascript:alert(1)>\n\n[x]",
    "***a***b***__**c",
    "$$\\href{https://evil.test}{x}$$ $`x`$",
    "```mermaid\ngraph TD;\n```",
    "```suggestion\nx\n```",
    "1. one\n   ```\n   @me\n   ```\n2. two",
    "<picture><source srcset='x'></picture>",
    "a&#64;b &commat;octocat &#x40;octocat &#35;1",
    "=" * 3_000 + "\n" + "#" * 3_000,
]


@pytest.mark.parametrize("form", [MARKDOWN, RST])
@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_lives_nothing_commands_and_no_mark_is_forged(text: str, form: NotesForm) -> None:
    lines = render_inert(text, form)
    assert all(line.startswith(">") for line in lines)
    assert all(one.isprintable() or one == "\u200b" for line in lines for one in line)
    shown = "\n".join(lines)
    rendered = render(f"before\n\n{shown}\n\nafter")
    assert rendered.live == ()
    assert set(rendered.tags) <= QUIET
    assert find_block(f"<!-- lockbot -->\n{shown}\n") is None


PIECES = st.sampled_from(
    [
        "@me",
        "#1",
        "`",
        "``",
        "```",
        "~~~",
        "\n",
        "\n\n",
        "> ",
        "- ",
        "[ ] ",
        "[",
        "]",
        "(",
        ")",
        "!",
        "<b>",
        "</details>",
        "<!--",
        "-->",
        "https://a.test",
        "*",
        "_",
        "|",
        "\\",
        " ",
        "    ",
        "x",
        "1.",
        "===",
        "org/repo#1",
        "0a1b2c3d",
        ":x:",
        "<",
    ]
)


@given(st.lists(PIECES, max_size=30), st.sampled_from([MARKDOWN, RST]))
def test_no_mixture_lives(pieces: list[str], form: NotesForm) -> None:
    rendered = render("\n".join(render_inert("".join(pieces), form)))
    assert rendered.live == ()
    assert set(rendered.tags) <= QUIET


@given(st.text(max_size=300))
def test_no_text_lives(text: str) -> None:
    rendered = render("\n".join(render_inert(text, MARKDOWN)))
    assert rendered.live == ()
    assert set(rendered.tags) <= QUIET


SLOW = [
    "[",
    "![",
    "<",
    "`",
    "*",
    "_",
    "<!--",
    "[a](",
    "| ",
    "`a <",
    ":a:`",
    "> ",
    "- ",
    "  ",
    "[a]",
    "``` ",
    "(",
    "\n[",
]


@pytest.mark.parametrize("piece", SLOW)
def test_no_text_takes_long(piece: str) -> None:
    started = time.process_time()
    for form in (MARKDOWN, RST):
        render_inert(piece * 100_000, form)
    assert time.process_time() - started < 2.0
