"""What people order, in a whole server beside the stand-in for GitHub: comments, edits, boxes, strangers, replays, kills."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.orders import render_box
from tests.github.model import Comment, Issue, Pull, Repository
from tests.github.wire import Reply
from tests.runs.conftest import Stage, own_stage
from tests.runs.server import eventually
from tests.runs.test_lost import let_the_hour_come, lose

BRANCH = "lockbot/all-non-major"
GOOD, BAD = ["eyes", "+1"], ["eyes", "confused"]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Stage]:
    with own_stage(tmp_path) as one:
        yield one


def reactions(comment: Comment) -> list[str]:
    return [content for _, content in comment.reactions]


def dashboard(repository: Repository) -> Issue:
    (one,) = repository.issues.values()
    return one


def said(stage: Stage, repository: Repository, number: int) -> list[str]:
    return [one.body for one in stage.hub.comments_on(repository, number) if one.author is stage.hub.app.bot]


def order(stage: Stage, repository: Repository, number: int, *lines: str, login: str = "octo") -> Comment:
    comment = stage.hub.comment(repository, number, "\n".join(f"/lockbot {one}" for one in lines), login=login)
    stage.server.settle()
    return comment


def set_up(stage: Stage, files: dict[str, str] | None = None, **latest: str) -> tuple[Repository, Pull]:
    repository = stage.add_repository(files)
    if latest:
        stage.say_latest(apart=False, **latest)
    return repository, stage.install(repository)


def pins(repository: Repository, branch: str = BRANCH) -> str | None:
    head = repository.git.branch(branch)
    return repository.git.files(head)["pins.toml"] if head is not None else None


# --- each command ---------------------------------------------------------------------------------


def test_ignoring_holds_in_the_pull_request_and_in_every_run_after_it(stage: Stage) -> None:
    repository, pull = set_up(stage, alpha="2.0", beta="3.0")
    comment = order(stage, repository, pull.number, "ignore this version beta")
    assert reactions(comment) == GOOD
    assert pins(repository) == "alpha==2.0\nbeta==1.0\n"
    (text,) = said(stage, repository, pull.number)
    assert "I propose `beta` again when there is something newer than `3.0`." in text
    assert "lockbot-box: unignore beta" in dashboard(repository).body
    stage.hub.push(repository, {"pins.toml": "alpha==1.5\nbeta==1.0\n"})
    stage.server.settle()
    assert pins(repository) == "alpha==2.0\nbeta==1.0\n"
    order(stage, repository, pull.number, "unignore beta")
    assert pins(repository) == "alpha==2.0\nbeta==3.0\n"


def test_a_pull_request_of_which_nothing_is_left_is_closed(stage: Stage) -> None:
    repository, pull = set_up(stage)
    comment = order(stage, repository, pull.number, "ignore this dependency")
    assert (reactions(comment), pull.state, repository.git.branch(BRANCH)) == (GOOD, "closed", None)
    assert any("`alpha` is ignored" in one for one in said(stage, repository, pull.number))
    order(stage, repository, dashboard(repository).number, "unignore alpha")
    assert [one.state for one in repository.pulls.values()] == ["closed", "open"]


def test_what_a_person_closed_is_made_again(stage: Stage) -> None:
    repository, pull = set_up(stage)
    stage.hub.close(repository, pull.number, login="ada")
    stage.server.settle()
    comment = order(stage, repository, pull.number, "recreate")
    assert reactions(comment) == GOOD
    states = {number: one.state for number, one in repository.pulls.items()}
    assert list(states.values()) == ["closed", "open"]
    assert said(stage, repository, pull.number)[-1].count(f"#{max(states)}") == 1


def test_a_paused_pull_request_is_left_alone(stage: Stage) -> None:
    repository, pull = set_up(stage)
    assert reactions(order(stage, repository, pull.number, "pause")) == GOOD
    before = pull.head_sha
    stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==3.0\n"})
    stage.server.settle()
    assert pull.head_sha == before
    assert reactions(order(stage, repository, pull.number, "resume")) == GOOD
    assert pins(repository) == "alpha==2.0\nbeta==3.0\n"


def test_a_paused_repository_is_left_alone(stage: Stage) -> None:
    repository, pull = set_up(stage)
    number = dashboard(repository).number
    assert reactions(order(stage, repository, number, "pause")) == GOOD
    assert "octo" in dashboard(repository).body
    before = pull.head_sha
    stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==3.0\n"})
    stage.server.settle()
    assert pull.head_sha == before
    assert reactions(order(stage, repository, number, "resume")) == GOOD
    assert pins(repository) == "alpha==2.0\nbeta==3.0\n"


def test_a_package_is_explained(stage: Stage) -> None:
    repository, pull = set_up(stage)
    comment = order(stage, repository, pull.number, "explain")
    (text,) = said(stage, repository, pull.number)
    assert reactions(comment) == GOOD
    assert "```\npins.toml pins it\nnobody else asks for it\n```" in text


def test_what_is_ready_is_merged_and_its_branch_goes(stage: Stage) -> None:
    repository, pull = set_up(stage)
    comment = order(stage, repository, pull.number, "merge")
    assert (reactions(comment), pull.merged, repository.git.branch(BRANCH)) == (GOOD, True, None)
    assert pins(repository, "main") == "alpha==2.0\nbeta==1.0\n"


def test_help_is_shown_to_the_author_of_any_pull_request(stage: Stage) -> None:
    repository, _ = set_up(stage)
    stage.hub.push(repository, {"fix.txt": "x"}, branch="fix", login="ada")
    theirs = stage.hub.open_pull(repository, head="fix", title="Fix", login="ada")
    comment = order(stage, repository, theirs.number, "help", "rebase", login="ada")
    (text,) = said(stage, repository, theirs.number)
    assert reactions(comment) == BAD
    assert "`/lockbot help`" in text
    assert "`/lockbot rebase`: only people with write access to this repository can order this." in text


def test_the_app_is_addressed_by_its_name_as_well(stage: Stage) -> None:
    repository, pull = set_up(stage)
    told = [stage.command(repository, pull, "octo", f"@{name} help") for name in ("lockbot-test", "octo")]
    assert [reactions(one) for one in told] == [GOOD, []]


# --- who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [None, "read", "triage"])
def test_a_stranger_orders_nothing_anywhere(stage: Stage, role: str | None) -> None:
    repository, pull = set_up(stage)
    if role is not None:
        stage.hub.add_collaborator(repository, "mallory", role)
    board = dashboard(repository)
    before = (pull.state, pull.body, pull.head_sha, board.body)
    lines = ("rebase", "ignore", "merge", "pause", "explain", "unignore alpha")
    comments = [order(stage, repository, number, *lines, login="mallory") for number in (pull.number, board.number)]
    assert (pull.state, pull.body, pull.head_sha, board.body) == before
    assert [reactions(one) for one in comments] == [[], []]
    for number in (pull.number, board.number):
        (text,) = said(stage, repository, number)
        assert "Only people with write access" in text


@pytest.mark.parametrize(("author", "editor"), [("mallory", "octo"), ("octo", "mallory")])
def test_an_edited_comment_needs_two_who_may(stage: Stage, author: str, editor: str) -> None:
    repository, pull = set_up(stage)
    comment = stage.hub.comment(repository, pull.number, "looks good", login=author)
    stage.hub.edit_comment(repository, comment.id, "looks good\n/lockbot pause", login=editor)
    stage.server.settle()
    assert reactions(comment) == []
    assert '"paused":null' in pull.body.replace("\\u002d", "-")


def test_of_an_edited_comment_only_new_lines_are_obeyed(stage: Stage) -> None:
    repository, pull = set_up(stage)
    comment = order(stage, repository, pull.number, "pause")
    order(stage, repository, pull.number, "resume")
    stage.hub.add_collaborator(repository, "grace", "write")
    text = "Please:\n/lockbot pause\n/lockbot explain alpha"
    stage.hub.edit_comment(repository, comment.id, text, login="grace")
    stage.server.settle()
    assert '"paused":null' in pull.body
    assert len(said(stage, repository, pull.number)) == 2
    assert "`/lockbot explain alpha`" in said(stage, repository, pull.number)[0]


def test_bots_order_nothing(stage: Stage) -> None:
    repository, pull = set_up(stage)
    stage.hub.add_collaborator(repository, "renovate[bot]", "admin")
    comment = stage.hub.comment(repository, pull.number, "/lockbot pause", login="renovate[bot]")
    stage.server.settle()
    assert (reactions(comment), said(stage, repository, pull.number)) == ([], [])


# --- boxes ----------------------------------------------------------------------------------------


def draw(stage: Stage, repository: Repository, number: int, word: str, argument: str = "") -> None:
    """Put a box in front of what is there."""
    thread = repository.find_thread(number)
    assert thread is not None
    body = thread.body.replace("\r\n", "\n")
    stage.hub.edit(repository, number, body=f"{render_box('Do it', word, argument)}\n\n{body}", login="octo")


def test_the_box_of_a_pull_request_rebases(stage: Stage) -> None:
    repository, pull = set_up(stage)
    draw(stage, repository, pull.number, "rebase")
    base = stage.hub.push(repository, {"README.md": "more"}, quiet=True)
    stage.hub.tick(repository, pull.number, "lockbot-box: rebase", login="octo")
    stage.server.settle()
    assert repository.git.read_commit(pull.head_sha).parents == (base,)
    assert "[x]" not in pull.body
    assert said(stage, repository, pull.number) == []


def test_a_box_that_a_stranger_ticked_does_nothing(stage: Stage) -> None:
    repository, pull = set_up(stage)
    stage.hub.add_collaborator(repository, "mallory", "triage")
    draw(stage, repository, pull.number, "rebase")
    before = pull.head_sha
    stage.hub.push(repository, {"README.md": "more"}, quiet=True)
    stage.hub.tick(repository, pull.number, "lockbot-box: rebase", login="mallory")
    stage.server.settle()
    assert pull.head_sha == before
    assert "[x]" not in pull.body
    (text,) = said(stage, repository, pull.number)
    assert "Only people with write access" in text


def test_boxes_of_the_dashboard_act(stage: Stage) -> None:
    repository, pull = set_up(stage)
    stage.hub.close(repository, pull.number, login="ada")
    stage.server.settle()
    stage.hub.push(repository, {".lockbot.json": "{}"})
    stage.server.settle()
    board = dashboard(repository)
    stage.hub.tick(repository, board.number, f"lockbot-box: recreate {BRANCH}", login="octo")
    stage.server.settle()
    assert [one.state for one in repository.pulls.values()] == ["closed", "open"]
    assert f"recreate {BRANCH}" not in board.body
    assert "[x]" not in board.body


# --- what happens to messages and servers ---------------------------------------------------------


def test_nothing_is_obeyed_twice_however_often_it_is_told(stage: Stage) -> None:
    repository, pull = set_up(stage)
    comment = order(stage, repository, pull.number, "pause", "resume")
    stage.hub.edit_comment(repository, comment.id, f"{comment.body}\n/lockbot explain alpha", login="octo")
    stage.server.settle()
    before = (pull.body, reactions(comment), said(stage, repository, pull.number), len(stage.server.rows("job ended")))
    for delivery in list(stage.hub.deliveries):
        if delivery.event in ("issue_comment", "pull_request", "issues"):
            stage.hub.redeliver(delivery)
    stage.server.settle()
    assert (pull.body, reactions(comment), said(stage, repository, pull.number)) == before[:3]


def test_what_nobody_told_of_is_found_within_the_hour(stage: Stage) -> None:
    repository, pull = set_up(stage)
    board = dashboard(repository)
    heard = order(stage, repository, pull.number, "help")
    closed, gone = set_up(stage)
    stage.hub.close(closed, gone.number, login="ada")
    stage.server.settle()
    given: list[Comment] = []

    def act() -> None:
        stage.hub.edit_comment(repository, heard.id, "/lockbot help\n/lockbot pause", login="octo")
        given.append(stage.hub.comment(repository, board.number, "/lockbot ignore beta", login="octo"))
        given.append(stage.hub.comment(closed, gone.number, "/lockbot recreate", login="octo"))
        given.append(stage.hub.comment(closed, gone.number, "@lockbot-test help", login="octo"))

    lose(stage, act)
    for hour in ("orders-1", "orders-2"):
        let_the_hour_come(stage, hour)
        assert [reactions(one) for one in given] == [GOOD] * 3
        assert '"paused":"octo"' in pull.body
        assert "lockbot-box: unignore beta" in board.body
        assert [one.state for one in closed.pulls.values()] == ["closed", "open"]
        assert len(said(stage, repository, pull.number)) == 1


@pytest.mark.parametrize("path", [r"PATCH .*/pulls/\d+$", r"GET .*/permission$", r"POST .*/comments$"])
def test_a_bad_moment_of_github_delays_an_order(stage: Stage, path: str) -> None:
    repository, pull = set_up(stage)
    stage.hub.fail_next(path, Reply(status=502, raw=b"oops"))
    comment = order(stage, repository, pull.number, "pause")
    eventually(lambda: reactions(comment) == GOOD, "the order is obeyed")
    stage.server.settle()
    assert '"paused":"octo"' in pull.body
    assert len(said(stage, repository, pull.number)) == 1


def test_without_the_permission_for_issues_ignoring_says_what_to_write(stage: Stage) -> None:
    repository = stage.add_repository()
    stage.hub.install(repository, without="issues")
    pull = eventually(lambda: next(iter(repository.pulls.values()), None), "a pull request is opened")
    stage.server.settle()
    order(stage, repository, pull.number, "ignore this dependency")
    assert repository.issues == {}
    assert pull.state == "open"
    (text,) = said(stage, repository, pull.number) or [""]
    assert '"matchPackageNames"' in text


@pytest.mark.crash
@pytest.mark.parametrize("path", [r"POST .*/reactions$", r"PATCH .*/issues/\d+$", r"POST .*/issues/\d+/comments$"])
def test_an_order_survives_a_kill_behind_any_request(own: Stage, path: str) -> None:
    repository, pull = set_up(own, alpha="2.0", beta="3.0")
    killed: list[int] = []

    def kill() -> None:
        killed.extend(own.server.worker_ids())
        for one in killed:
            os.kill(one, signal.SIGKILL)

    own.hub.after(path, kill)
    comment = own.hub.comment(repository, pull.number, "/lockbot ignore beta\n/lockbot explain alpha", login="octo")
    eventually(lambda: reactions(comment) == GOOD, "the orders are obeyed")
    own.server.settle()
    assert killed
    assert pins(repository) == "alpha==2.0\nbeta==1.0\n"
    assert len(said(own, repository, pull.number)) == 1
    assert '"package":"beta"' in dashboard(repository).body
