"""Comments and boxes -> what is ordered."""

from __future__ import annotations

import pytest
from cmarkgfm import markdown_to_html_with_extensions
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st

from bot.orders import (
    MOST,
    Order,
    clear_boxes,
    find_new_orders,
    find_newly_ticked,
    find_orders,
    find_ticked,
    render_box,
)

REBASE = Order(word="rebase")


def told(text: str) -> list[str]:
    return [f"{one.handle}:{one.word} {one.argument}".rstrip() for one in find_orders(text)]


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        ("/lockbot rebase", [":rebase"]),
        ("/lockbot   Rebase  ", [":rebase"]),
        ("/lockbot\trebase", [":rebase"]),
        ("/lockbot rebase.", [":rebase"]),
        ("/lockbot rebase please", [":rebase please"]),
        ("/lockbot ignore  this   Major  Foo-Bar ", [":ignore this Major Foo-Bar"]),
        ("/lockbot", [":"]),
        ("@lockbot rebase", ["lockbot:rebase"]),
        ("@Lock-Bot[bot] rebase", ["lock-bot:rebase"]),
        ("@ada", ["ada:"]),
        ("Hi!\r\n/lockbot rebase\r\nthanks", [":rebase"]),
        ("Hi!\r/lockbot rebase", [":rebase"]),
        ("/lockbot ignore a\n/lockbot ignore b\n\n/lockbot rebase", [":ignore a", ":ignore b", ":rebase"]),
        ("/lockbot rebase\n/lockbot  REBASE", [":rebase"]),
        # What stands before it is over.
        ("```\ncode\n```\n/lockbot rebase", [":rebase"]),
        ("> quoted\n\n/lockbot rebase", [":rebase"]),
        ("> quoted\n>\n/lockbot rebase", [":rebase"]),
        ("<!-- hidden -->\n/lockbot rebase", [":rebase"]),
        ("<details>\n\n/lockbot rebase\n</details>", [":rebase"]),
        ("<https://example.org>\n/lockbot rebase", [":rebase"]),
        ("a <!-- b --> c\n/lockbot rebase", [":rebase"]),
        ("    code\n/lockbot rebase", [":rebase"]),
        ("- a list\n/lockbot rebase", [":rebase"]),
        # Not the beginning of a line.
        ("please /lockbot rebase", []),
        (" /lockbot rebase", []),
        ("/lockbotrebase", []),
        ("/lockbot: rebase", []),
        ("@lockbot: rebase", []),
        ("@team/lockbot rebase", []),
        ("a\u2028/lockbot rebase", []),
        ("a\x0c/lockbot rebase", []),
        # Quoted.
        ("> /lockbot rebase", []),
        (">/lockbot rebase", []),
        ("> a long line that a mail program has\n/lockbot merge", []),
        ("> > deeper\n/lockbot merge", []),
        # Code.
        ("```\n/lockbot rebase\n```", []),
        ("```\n/lockbot rebase", []),
        ("````\n```\n/lockbot rebase\n````", []),
        ("```\n~~~\n/lockbot rebase\n```", []),
        ("~~~ text ``` \n/lockbot rebase\n~~~", []),
        ("   ```sh\n/lockbot rebase\n   ```", []),
        ("    /lockbot rebase", []),
        ("\t/lockbot rebase", []),
        ("<pre>\n\n/lockbot rebase\n</pre>", []),
        # Not shown.
        ("<!--\n/lockbot rebase\n\n/lockbot merge\n-->", []),
        ("a <!-- b\n/lockbot rebase\n-->", []),
        ("<div>\n/lockbot rebase\n</div>", []),
        ("/lockbot " + "a" * 300, []),
        ("", []),
    ],
)
def test_an_order_is_a_line_that_is_shown_and_begins_with_it(text: str, orders: list[str]) -> None:
    assert told(text) == orders


def test_of_one_comment_so_many_orders_count() -> None:
    text = "\n".join(f"/lockbot ignore package-{number}" for number in range(MOST + 5))
    assert len(find_orders(text)) == MOST


PIECES = st.sampled_from(
    ["/lockbot rebase", "", "text", "> quote", ">", "```", "~~~", "````", "    code", "- item", "# title", "***", "<div>",
     "</div>", "<pre>", "</pre>", "<!--", "-->", "<!-- a -->", "<b>bold</b> text", "<br>", "1. one", "> ```", "<?", "?>"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=8))
def test_what_is_found_is_what_github_shows(lines: list[str]) -> None:
    """Each line has a number of its own, so that it is found again in what GitHub makes of the text."""
    text = "\n".join(f"{line}-{number}" if line.startswith("/") else line for number, line in enumerate(lines))
    html = markdown_to_html_with_extensions(text, options=Options.CMARK_OPT_UNSAFE, extensions=["table"])
    for one in find_orders(text):
        before = html[: html.index(f"/lockbot {one.word}")]
        for tag in ("blockquote", "pre"):
            assert before.count(f"<{tag}>") <= before.count(f"</{tag}>"), text
        assert before.rfind("<!--") <= before.rfind("-->"), text


# --- edited comments ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "orders"),
    [
        ("hello", "hello\n/lockbot rebase", [REBASE]),
        ("/lockbot rebase", "/lockbot rebase\nthanks", []),
        ("/lockbot rebase", "/lockbot   rebase", []),
        ("/lockbot rebase", "/lockbot pause\n/lockbot rebase", [Order(word="pause")]),
        ("```\n/lockbot rebase\n```", "/lockbot rebase", [REBASE]),
        ("/lockbot rebase", "", []),
    ],
)
def test_of_an_edit_only_what_is_new_counts(before: str, after: str, orders: list[Order]) -> None:
    assert list(find_new_orders(before, after)) == orders


# --- boxes ----------------------------------------------------------------------------------------

OPEN = Order(word="open", argument="lockbot/major-foo")


def tick(body: str) -> str:
    return body.replace("[ ]", "[x]")


def test_a_box_is_found_once_it_is_ticked_and_cleared_again() -> None:
    body = f"Hi\r\n\r\n{render_box('Rebase', 'rebase')}\r\n{render_box('Open', 'open', 'lockbot/major-foo')}\r\n"
    assert find_ticked(body) == ()
    assert find_newly_ticked(body, tick(body)) == (REBASE, OPEN)
    assert clear_boxes(tick(body), [REBASE, OPEN]) == body
    assert find_ticked(clear_boxes(tick(body), [OPEN])) == (REBASE,)


@pytest.mark.parametrize(
    ("before", "after", "orders"),
    [
        ("- [ ] <!-- lockbot-box: rebase --> a", "- [X] <!-- lockbot-box: rebase --> a", [REBASE]),
        ("- [x] <!-- lockbot-box: rebase --> a", "- [x] <!-- lockbot-box: rebase --> b", []),
        ("- [x] <!-- lockbot-box: rebase --> a", "- [ ] <!-- lockbot-box: rebase --> a", []),
        ("", "  * [x] <!-- lockbot-box: rebase --> a", [REBASE]),
        ("", "- [x] rebase", []),
        ("", "<!-- lockbot-box: rebase -->", []),
        ("", "- [x] <!-- lockbot-box: REBASE --> a", []),
    ],
)
def test_a_box_counts_when_it_is_newly_ticked(before: str, after: str, orders: list[Order]) -> None:
    assert list(find_newly_ticked(before, after)) == orders


def test_other_boxes_keep_their_ticks() -> None:
    body = "- [x] tests\n- [x] <!-- lockbot-box: rebase --> Rebase\n"
    assert clear_boxes(body, [REBASE]) == "- [x] tests\n- [ ] <!-- lockbot-box: rebase --> Rebase\n"
