"""The dashboard's body: people's own text and ticks stay, whatever is written anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.work.dashboard.body import BEGIN, Parts, parse_body
from bot.work.dashboard.state import DashboardState, render_state

STATE = DashboardState(paused="octo")
BOX = "<!-- lockbot-box: open lockbot/a -->"
OTHER = "<!-- lockbot-box: open lockbot/ab -->"


def test_a_body_is_read_again() -> None:
    body = Parts().render("text\n\nmore", STATE)
    parts = parse_body(body)
    assert (parts.own, parts.state) == ("text\n\nmore", STATE)
    assert parts.render("text\n\nmore", STATE) == body


def test_what_people_write_around_stays() -> None:
    body = f"See the wiki.\n\n{Parts().render('old', STATE)}\n\nAsk **us**.\n"
    again = parse_body(body).render("new", DashboardState())
    assert again.startswith(f"See the wiki.\n\n{BEGIN}\n\nnew\n\n")
    assert again.endswith("-->\n\nAsk **us**.\n")
    assert parse_body(again).render("new", DashboardState()) == again


def test_a_browser_leaves_other_line_ends() -> None:
    body = Parts().render(f"- [x] {BOX} text\n\nmore", STATE)
    assert parse_body(body.replace("\n", "\r\n")) == parse_body(body)


def test_ticks_stay_while_their_boxes_are_there() -> None:
    body = Parts().render(f"- [x] {BOX} old words\n- [ ] {OTHER} a\n- [X] <!-- lockbot-box: open-all -->", STATE)
    text = f"- [ ] {OTHER} a\n- [ ] {BOX} new words\n- [ ] <!-- lockbot-box: rebase-all -->"
    assert parse_body(parse_body(body).render(text, STATE)).own == (
        f"- [ ] {OTHER} a\n- [x] {BOX} new words\n- [ ] <!-- lockbot-box: rebase-all -->"
    )


NO_DASHBOARDS = ["", "text", "<!-- lockbot -->\ntext\n\n<!-- lockbot: {} -->"]


@pytest.mark.parametrize("body", NO_DASHBOARDS)
def test_other_issues_are_no_dashboards(body: str) -> None:
    assert parse_body(body).state is None


#: What people leave of the marks: lockbot's text, and what it remembers.
DAMAGED = [
    (f"{BEGIN}\n\ntext", "text", DashboardState()),
    (f"text\n\n{render_state(STATE)}", "text", STATE),
    (f"above\n\n{BEGIN}\n\ntext", "text", DashboardState()),
    (f"{render_state(STATE)}\n{BEGIN}\n\ntext", "", STATE),
    (f"above\n\n{Parts().render('text', STATE)}\n\n{render_state(STATE)}\n{BEGIN}", "text", STATE),
    (f"{BEGIN}\n\n<!-- lockbot-dashboard: {{broken}} -->", "", DashboardState()),
    (BEGIN, "", DashboardState()),
]


@pytest.mark.parametrize(("body", "own", "state"), DAMAGED)
def test_what_is_left_of_the_marks_is_enough(body: str, own: str, state: DashboardState) -> None:
    parts = parse_body(body)
    assert (parts.own, parts.state) == (own, state)
    again = parts.render("new", state)
    assert parse_body(again).own == "new"
    assert again.count(BEGIN) == again.count("<!-- lockbot-dashboard: {") == 1


@given(before=st.text(max_size=60), own=st.text(max_size=60), after=st.text(max_size=60))
def test_writing_twice_is_writing_once(before: str, own: str, after: str) -> None:
    parts = parse_body(Parts(before=before, after=after).render(own, STATE))
    once = parts.render(parts.own, STATE)
    again = parse_body(once)
    assert again.render(again.own, STATE) == once


@pytest.mark.parametrize("size", [0, 10, 500])
def test_the_room_is_what_people_and_the_block_leave(size: int) -> None:
    parts = parse_body(f"{'a' * size}\n\n{BEGIN}\n\nold\n\n{render_state(STATE)}\n\n{'b' * size}")
    room = parts.room(2000, STATE)
    assert len(parts.render("x" * room, STATE)) == 2000
