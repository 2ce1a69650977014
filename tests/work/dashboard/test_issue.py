"""The dashboard issue on a forge in memory: found again, written when it changes, closed and opened by the right ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.orders import Order
from bot.ports.forge import ForgeForbidden, ForgeUnavailable, Issue
from bot.ports.run import ConfigState, Problem, Width
from bot.work.dashboard.board import find_board, write_board
from bot.work.dashboard.facts import Findings
from bot.work.dashboard.issue import KnownIssues, change_state
from bot.work.dashboard.state import Ignored, find_state, ignore, pause, unignore, want_opened
from tests.work.dashboard.findings import (
    BROKEN,
    OTHER,
    Wall,
    findings,
    not_open,
    opened,
    with_options,
)

Asked = list[str]
BOX = f"- [ ] <!-- lockbot-box: open {OTHER} -->"
TICKED = BOX.replace("[ ]", "[x]")
ROW = Ignored(package="alpha", width=Width.ALL, by="octo", pull_request=7)


@pytest.fixture
def wall() -> Wall:
    return Wall()


def counted(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What is asked of the issues from now on."""
    asked: Asked = []
    kind = type(wall.forge)

    def watch(name: str, real: Callable[..., object]) -> None:
        def call(*args: object, **words: object) -> object:
            # The twin asks itself.
            if not asked or asked[-1] != "edit_issue" or name != "get_issue":
                asked.append(name)
            return real(*args, **words)

        monkeypatch.setattr(kind, name, call)

    for name in ("list_own_issues", "get_issue", "open_issue", "edit_issue"):
        watch(name, getattr(kind, name))
    return asked


def test_it_is_opened_with_what_the_configuration_says(wall: Wall) -> None:
    given = with_options(
        findings(opened()), title="Ours", header="Ask **us**.", footer="The end.", labels=("deps", "ours")
    )
    assert wall.write(given) == "dashboard #1 opened"
    assert (wall.issue.title, wall.issue.labels, wall.issue.author) == ("Ours", ("deps", "ours"), "lockbot[bot]")
    assert wall.issue.body.startswith("<!-- lockbot-dashboard -->\n\nAsk **us**.\n\n## Open")
    assert "The end.\n\n<!-- lockbot-dashboard: {" in wall.issue.body


def test_nothing_new_is_not_written_and_costs_one_request(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    wall.write(findings(opened()))
    asked = counted(wall, monkeypatch)
    assert wall.write(findings(opened())) == ""
    assert asked == ["get_issue"]


def test_another_worker_finds_it_by_one_request(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    wall.write(findings(opened()))
    wall.memory = KnownIssues()
    asked = counted(wall, monkeypatch)
    assert wall.write(findings(opened())) == ""
    assert asked == ["list_own_issues"]


def test_it_is_read_again_before_it_is_written(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    wall.write(findings(not_open()))
    asked = counted(wall, monkeypatch)
    assert wall.write(findings(opened())) == "dashboard #1 written"
    assert asked == ["get_issue", "get_issue", "edit_issue"]


def test_a_repository_of_which_there_is_nothing_to_tell_gets_none(wall: Wall) -> None:
    assert wall.write(findings(detected=())) == ""
    assert not wall.forge.issues


def test_one_that_is_gone_is_opened_anew(wall: Wall) -> None:
    wall.write(findings(opened()))
    del wall.forge.issues[1]
    assert wall.write(findings(opened())) == "dashboard #2 opened"


def test_one_that_goes_while_a_run_goes_on_is_opened_anew(wall: Wall) -> None:
    wall.write(findings(not_open()))
    board = find_board(wall.home, has_issues=True)
    del wall.forge.issues[1]
    assert write_board(board, findings(opened())) == "dashboard #2 opened"


STRANGERS = [
    Issue(number=1, title="Dependency Dashboard", body="text", is_open=True, author="lockbot[bot]"),
    Issue(
        number=1,
        title="t",
        body="<!-- lockbot-dashboard -->\n\n<!-- lockbot-dashboard: {} -->",
        is_open=True,
        author="mona",
    ),
]


@pytest.mark.parametrize("stranger", STRANGERS)
def test_other_issues_are_left_alone(wall: Wall, stranger: Issue) -> None:
    wall.forge.add_issue(stranger.title, stranger.body, author=stranger.author)
    before = dict(wall.forge.issues)
    assert wall.write(findings(opened())) == "dashboard #2 opened"
    assert wall.forge.issues[1] == before[1]


def test_of_several_the_oldest_open_one_counts(wall: Wall) -> None:
    wall.write(findings(opened()))
    body = wall.issue.body
    for number in (2, 3):
        wall.forge.add_issue("Dependency Dashboard", body, author="lockbot[bot]")
        wall.forge.edit_issue(number, is_open=True)
    wall.forge.edit_issue(1, is_open=False)
    wall.memory = KnownIssues()
    board = find_board(wall.home, has_issues=True)
    assert board.dashboard is not None
    assert board.dashboard.number == 2


def test_of_two_that_are_opened_at_once_the_later_one_is_closed(wall: Wall) -> None:
    board = find_board(wall.home, has_issues=True)
    other = Wall(app=wall.app, memory=KnownIssues())
    other.forge, other.base = wall.forge, wall.base
    assert other.write(findings(opened())) == "dashboard #1 opened"
    assert write_board(board, findings(opened())) == "dashboard #2 closed for #1"
    assert {number: one.is_open for number, one in wall.forge.issues.items()} == {1: True, 2: False}
    assert (wall.write(findings(opened())), other.write(findings(opened()))) == ("", "")


# --- while a run goes on --------------------------------------------------------------------------


def test_a_tick_during_a_run_stays(wall: Wall) -> None:
    wall.write(findings(not_open()))
    board = find_board(wall.home, has_issues=True)
    wall.edit(BOX, TICKED)
    assert write_board(board, findings(not_open(), problems=(Problem(message="new"),))) == "dashboard #1 written"
    assert TICKED in wall.issue.body
    assert "- new" in wall.issue.body


def test_what_is_said_during_a_run_stays(wall: Wall) -> None:
    wall.write(findings(not_open()))
    board = find_board(wall.home, has_issues=True)
    change_state(wall.home, lambda state: want_opened(ignore(state, ROW), (OTHER,)))
    write_board(board, findings(not_open(), problems=(Problem(message="new"),)))
    state = find_state(wall.issue.body)
    assert state is not None
    assert (state.ignored, state.opened) == ((ROW,), (OTHER,))
    assert "alpha: every version, by `octo`" in wall.issue.body


def test_a_tick_is_gone_with_its_box(wall: Wall) -> None:
    wall.write(findings(not_open()))
    wall.edit(BOX, TICKED)
    wall.write(findings(opened()))
    assert "[x]" not in wall.issue.body


def test_words_of_people_stay_around(wall: Wall) -> None:
    wall.write(findings(not_open()))
    wall.edit("<!-- lockbot-dashboard -->", "See **the wiki**.\n\n<!-- lockbot-dashboard -->")
    wall.write(findings(opened()))
    assert wall.issue.body.startswith("See **the wiki**.\n\n<!-- lockbot-dashboard -->\n\n")


def test_words_of_people_count_for_the_size(wall: Wall) -> None:
    wall.write(findings(not_open()))
    wall.forge.limits = replace(wall.forge.limits, body=len(wall.issue.body) + 3000)
    wall.edit("<!-- lockbot-dashboard -->", "w" * 2900 + "\n\n<!-- lockbot-dashboard -->")
    wall.write(findings(not_open(), problems=tuple(Problem(message="p" * 50, path=f"f{at}") for at in range(90))))
    assert len(wall.issue.body) <= wall.forge.limits.body
    assert " more rows, for which an issue has no room" in wall.issue.body


def test_a_title_of_a_person_stays(wall: Wall) -> None:
    wall.write(findings(opened()))
    wall.forge.edit_issue(1, title="Was sich bewegt")
    wall.write(with_options(findings(opened()), title="Another"))
    assert wall.issue.title == "Was sich bewegt"


def test_a_title_of_the_configuration_changes_with_it(wall: Wall) -> None:
    wall.write(findings(opened()))
    for title in ("Another", "A third"):
        wall.write(with_options(findings(opened()), title=title))
        assert wall.issue.title == title


def test_the_configuration_breaks_and_the_title_stays(wall: Wall) -> None:
    wall.write(with_options(findings(opened()), title="Ours"))
    broken = findings(config=ConfigState(problems=(BROKEN,)), detected=())
    wall.write(replace(broken, broken=(BROKEN,)))
    assert wall.issue.title == "Ours"
    assert "## Problems\n\n- **Not valid:** `.lockbot.json`, line 3: no option (leave it out)" in wall.issue.body
    wall.write(with_options(findings(opened()), title="Ours"))
    assert wall.issue.title == "Ours"


# --- closed and opened ----------------------------------------------------------------------------


def test_one_that_a_person_closed_stays_so_and_is_kept_up_to_date(wall: Wall) -> None:
    wall.write(findings(not_open()))
    wall.forge.edit_issue(1, is_open=False)
    assert wall.write(findings(opened())) == "dashboard #1 written"
    assert not wall.issue.is_open
    assert "## Open" in wall.issue.body
    assert wall.write(findings(opened())) == ""


OFF = [
    with_options(findings(opened()), wanted=False),
    findings(config=ConfigState(enabled=False), detected=()),
]


@pytest.mark.parametrize("off", OFF)
def test_what_is_turned_off_is_closed_and_comes_again(wall: Wall, off: Findings) -> None:
    wall.write(findings(opened()))
    change_state(wall.home, lambda state: pause(state, "octo"))
    wall.write(off)
    was_open = wall.issue.is_open
    assert wall.write(off) == ""
    wall.write(findings(opened()))
    assert (was_open, wall.issue.is_open) == (False, True)
    state = find_state(wall.issue.body)
    assert state is not None
    assert state.paused == "octo"


@pytest.mark.parametrize("off", OFF)
def test_what_is_turned_off_opens_none(wall: Wall, off: Findings) -> None:
    assert wall.write(off) == ""
    assert not wall.forge.issues


def test_what_was_closed_by_a_person_does_not_come_again(wall: Wall) -> None:
    wall.write(findings(opened()))
    wall.forge.edit_issue(1, is_open=False)
    wall.write(OFF[0])
    wall.write(findings(opened()))
    assert not wall.issue.is_open


def test_with_autoclose_it_is_open_while_there_is_something_to_do(wall: Wall) -> None:
    calm, busy = (with_options(one, autoclose=True) for one in (findings(), findings(opened())))
    assert wall.write(calm) == ""
    assert wall.write(busy) == "dashboard #1 opened"
    wall.write(calm)
    was_open = wall.issue.is_open
    wall.write(busy)
    assert (was_open, wall.issue.is_open) == (False, True)


def test_with_autoclose_one_that_a_person_closed_stays_so(wall: Wall) -> None:
    busy, calm = (with_options(one, autoclose=True) for one in (findings(opened()), findings()))
    wall.write(busy)
    wall.forge.edit_issue(1, is_open=False)
    wall.write(calm)
    wall.write(busy)
    assert not wall.issue.is_open


# --- commands -------------------------------------------------------------------------------------


def test_what_is_said_is_told_at_once(wall: Wall) -> None:
    wall.write(findings(not_open()))
    changed = change_state(wall.home, lambda known: ignore(known, ROW))
    assert changed is not None
    assert changed.ignored == (ROW,)
    box = "- [ ] <!-- lockbot-box: unignore alpha -->"
    assert f"{box} alpha: every version, by `octo` in [pull request 7](../pull/7)" in wall.issue.body
    change_state(wall.home, lambda known: unignore(known, "alpha"))
    assert "## Ignored" not in wall.issue.body


def test_the_tick_of_what_is_obeyed_goes(wall: Wall) -> None:
    wall.write(findings(not_open()))
    wall.edit(BOX, TICKED)
    change_state(wall.home, lambda known: known, (Order(word="open", argument=OTHER),))
    assert BOX in wall.issue.body


def test_a_change_that_changes_nothing_is_not_written(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    wall.write(findings(not_open()))
    asked = counted(wall, monkeypatch)
    assert change_state(wall.home, lambda state: state) is not None
    assert asked == ["get_issue"]


def test_ticks_stay_when_something_is_said(wall: Wall) -> None:
    wall.write(findings(not_open()))
    wall.edit(BOX, TICKED)
    change_state(wall.home, lambda state: pause(state, "octo"))
    assert TICKED in wall.issue.body


def test_without_a_dashboard_nothing_is_kept(wall: Wall) -> None:
    assert change_state(wall.home, lambda state: pause(state, "octo")) is None
    assert not wall.forge.issues


def test_a_memory_that_leaves_no_room_for_more_words_is_kept_all_the_same(wall: Wall) -> None:
    wall.write(findings(not_open()))
    wall.forge.limits = replace(wall.forge.limits, body=len(wall.issue.body) + 150)
    changed = change_state(wall.home, lambda known: ignore(known, ROW))
    assert find_state(wall.issue.body) == changed
    assert "## Ignored" not in wall.issue.body


# --- where there can be none ----------------------------------------------------------------------


def test_without_issues_a_check_run_says_the_same_once(wall: Wall) -> None:
    wall.forge.repository = replace(wall.forge.repository, has_issues=False)
    assert wall.write(findings(opened())) == "dashboard written as a check run"
    assert wall.write(findings(opened())) == ""
    ((report, _),) = wall.forge.checks
    assert (report.name, report.title, report.commit) == ("lockbot dashboard", "1 open", wall.base)
    assert report.summary.startswith("Issues are turned off in this repository")
    assert "- Update alpha to 2.0 (#7)" in report.summary
    assert "lockbot-box" not in report.summary
    assert not wall.forge.issues


def test_without_the_permission_a_check_run_says_so(wall: Wall) -> None:
    wall.forge.lacking = ("issues: write",)
    assert wall.write(findings(opened())) == "dashboard written as a check run"
    ((report, _),) = wall.forge.checks
    assert report.summary.startswith("This App may not write issues here")


def test_where_issues_may_only_be_read_a_check_run_says_so(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_words: object) -> None:
        raise ForgeForbidden("Resource not accessible by integration")

    monkeypatch.setattr(type(wall.forge), "open_issue", refuse)
    assert wall.write(findings(opened())) == "dashboard written as a check run"


def test_nothing_to_tell_is_no_check_run_either(wall: Wall) -> None:
    wall.forge.repository = replace(wall.forge.repository, has_issues=False)
    assert wall.write(findings(detected=())) == ""
    assert wall.write(OFF[0]) == ""
    assert not wall.forge.checks


def test_a_forge_that_does_not_answer_is_asked_again_later(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_words: object) -> None:
        raise ForgeUnavailable("502")

    monkeypatch.setattr(type(wall.forge), "open_issue", fail)
    with pytest.raises(ForgeUnavailable):
        wall.write(findings(opened()))


def test_numbers_that_were_used_long_ago_are_forgotten() -> None:
    known = KnownIssues()
    for at in range(1001):
        known.note(at, at)
    assert (known.find(0), known.find(1), known.find(1000)) == (None, 1, 1000)
    known.note(1000, None)
    assert known.find(1000) is None
