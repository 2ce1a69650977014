"""Tables where they fit, lists where they don't, and nothing cut that people copy."""

from __future__ import annotations

import pytest

from bot.report.screens.rows import Column, render_rows
from bot.report.screens.screen import Screen

COLUMNS = (Column(head="Branch"), Column(head="Title", flows=True, least=10), Column(head="Files"))
BRANCH = "lockbot/a-branch-with-a-name-that-is-long"


@pytest.mark.parametrize("width", [None, 20, 40, 72, 80, 200])
def test_what_does_not_flow_is_never_cut(width: int | None) -> None:
    rows = [(BRANCH, "A title of several words", "a/pyproject.toml\nuv.lock"), ("b", "Short", "uv.lock")]
    shown = "\n".join(render_rows(COLUMNS, rows, Screen(width=width)))
    assert BRANCH in shown
    assert "a/pyproject.toml" in shown


def test_a_table_folds_only_what_flows() -> None:
    rows = [("b1", "A title of several words", "uv.lock")]
    assert list(render_rows(COLUMNS, rows, Screen(width=30))) == [
        "Branch  Title          Files",
        "------  -------------  -------",
        "b1      A title of     uv.lock",
        "        several words",
    ]


def test_what_does_not_fit_becomes_a_list() -> None:
    rows = [("b1\n(created)", "A title of several words", "a.lock\nb.lock"), ("b2", "", "c.lock")]
    assert list(render_rows(COLUMNS, rows, Screen(width=24))) == [
        "b1 (created)",
        "  title: A title of",
        "         several words",
        "  files: a.lock",
        "         b.lock",
        "",
        "b2",
        "  files: c.lock",
    ]


def test_sentences_stand_below_their_row_where_they_make_the_table_too_wide() -> None:
    columns = (Column(head="Package"), Column(head="Newest"), Column(head="Held by", flows=True, least=24))
    rows = [("alpha", "2.0", "its requirement alpha<2 (pyproject.toml:7)"), ("beta", "1.1", "-"), ("zeta", "3", "")]
    assert list(render_rows(columns, rows, Screen(width=32))) == [
        "Package  Newest",
        "-------  ------",
        "alpha    2.0",
        "    held by: its requirement",
        "      alpha<2 (pyproject.toml:7)",
        "beta     1.1",
        "zeta     3",
    ]


def test_in_a_pipe_a_row_is_one_line_or_a_list() -> None:
    flat = list(render_rows(COLUMNS, [("b", "A title " * 30, "f")], Screen()))
    assert (len(flat), flat[2].count("A title")) == (3, 30)
    assert next(render_rows(COLUMNS, [("b", "t", "f\ng")], Screen())) == "b"


def test_wide_characters_take_two_places() -> None:
    lines = list(render_rows((Column(head="A"), Column(head="B")), [("日本", "x"), ("ab", "y")], Screen(width=80)))
    assert lines == ["A     B", "----  -", "日本  x", "ab    y"]


def test_what_moves_the_cursor_is_shown_and_headings_may_be_bold() -> None:
    lines = list(render_rows((Column(head="A"),), [("\x1b[2J",)], Screen(width=80, colors=True)))
    assert lines == ["\x1b[1mA\x1b[0m", "\x1b[2m-------\x1b[0m", "\\x1b[2J"]
