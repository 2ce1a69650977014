"""What people do on the stand-in -> its webhooks -> events: both ends of the wire speak of the same thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bot.events.event import (
    AlertRaised,
    BodyEdited,
    CheckRerequested,
    CommentEdited,
    CommentWritten,
    Event,
    HeadChanged,
    IssueClosed,
    PullRequestClosed,
    QueueEntered,
    RepositoryChanged,
)
from bot.forge.github.webhooks.events import parse_event
from bot.ports.forge import CheckConclusion, CheckReport, NewPullRequest
from bot.ports.run import BranchName, Sha
from tests.forge.test_contract import MAIN, UPDATE, head, open_pull, push
from tests.forge.worlds import GitHubWorld

#: What is looked for here; pushes and the like follow beside it.
KINDS = (
    AlertRaised,
    BodyEdited,
    CheckRerequested,
    CommentEdited,
    CommentWritten,
    HeadChanged,
    IssueClosed,
    PullRequestClosed,
    QueueEntered,
    RepositoryChanged,
)


def events_of(world: GitHubWorld, act: Callable[[], object]) -> list[Event]:
    before = len(world.hub.deliveries)
    act()
    parsed = (parse_event(one.event, one.body) for one in world.hub.deliveries[before:])
    return [one for one in parsed if isinstance(one, KINDS)]


@pytest.fixture
def world(github_world: GitHubWorld) -> Iterator[GitHubWorld]:
    yield github_world
    for one in github_world.hub.deliveries:
        parse_event(one.event, one.body)


def test_a_pull_request_of_a_person(world: GitHubWorld) -> None:
    hub, repository = world.hub, world.repository
    world.commit("topic", {"x.py": "x"})
    (opened,) = events_of(world, lambda: hub.open_pull(repository, "topic", login="ada", draft=True))
    assert isinstance(opened, HeadChanged)
    assert (opened.owner, opened.owner_is_bot, opened.is_draft) == ("ada", False, True)
    assert (opened.head_branch, opened.head_repository, opened.base_branch) == ("topic", "octo/app", MAIN)
    (ready,) = events_of(world, lambda: hub.mark_ready(repository, opened.number, login="ada"))
    (pushed,) = events_of(world, lambda: world.commit("topic", {"y.py": "y"}, login="eve"))
    assert isinstance(pushed, HeadChanged)
    assert (pushed.head, pushed.sender) == (repository.git.branch("topic"), "eve")
    world.commit("other", {"z.py": "z"})
    (moved,) = events_of(world, lambda: hub.edit(repository, opened.number, base="other", login="ada"))
    assert isinstance(ready, HeadChanged)
    assert isinstance(moved, HeadChanged)
    assert moved.base_branch == "other"
    assert events_of(world, lambda: hub.edit(repository, opened.number, body="Words", login="ada")) == []
    assert events_of(world, lambda: hub.close(repository, opened.number, login="ada")) == []


def test_a_pull_request_from_a_fork(world: GitHubWorld) -> None:
    (opened,) = events_of(world, lambda: world.open_from_fork({"x.py": "x"}, login="eve", lets_in=True))
    assert isinstance(opened, HeadChanged)
    assert opened.head_repository == "eve/app"


def test_a_pull_request_of_the_app(world: GitHubWorld) -> None:
    hub, repository = world.hub, world.repository
    push(world)
    new = NewPullRequest(head=UPDATE, base=MAIN, title="T", body="- [ ] rebase\n")
    (opened,) = events_of(world, lambda: world.forge.open_pull_request(new))
    assert isinstance(opened, HeadChanged)
    assert opened.owner_is_bot
    number = opened.number
    assert events_of(world, lambda: world.forge.edit_pull_request(number, body="- [ ] rebase \n")) == []
    (ticked,) = events_of(world, lambda: hub.tick(repository, number, "rebase", login="ada"))
    assert isinstance(ticked, BodyEdited)
    assert (ticked.before, ticked.after, ticked.editor) == ("- [ ] rebase \n", "- [x] rebase \n", "ada")
    assert (ticked.is_pull_request, ticked.is_open, ticked.owner) == (True, True, hub.app.bot.login)
    (closed,) = events_of(world, lambda: hub.close(repository, number, login="ada"))
    assert closed == PullRequestClosed(repository=world.forge.ref, number=number, branch=UPDATE, merged=False)
    (again,) = events_of(world, lambda: hub.reopen(repository, number, login="ada"))
    assert isinstance(again, HeadChanged)


def test_comments(world: GitHubWorld) -> None:
    hub, repository = world.hub, world.repository
    number, issue = open_pull(world).number, world.open_issue("Of a person", login="eve")
    (said,) = events_of(world, lambda: hub.comment(repository, number, "/lockbot help", login="ada"))
    assert isinstance(said, CommentWritten)
    assert (said.is_pull_request, said.owner_is_bot, said.text) == (True, True, "/lockbot help")
    (edited,) = events_of(world, lambda: hub.edit_comment(repository, said.comment, "/lockbot rebase", login="eve"))
    assert isinstance(edited, CommentEdited)
    assert (edited.author, edited.editor, edited.before, edited.after) == (
        "ada",
        "eve",
        "/lockbot help",
        "/lockbot rebase",
    )
    (other,) = events_of(world, lambda: hub.comment(repository, issue, "hi", login="ada"))
    assert isinstance(other, CommentWritten)
    assert (other.is_pull_request, other.owner, other.owner_is_bot) == (False, "eve", False)
    assert events_of(world, lambda: world.forge.comment(number, "by the App")) == []


def test_issues_of_the_app(world: GitHubWorld) -> None:
    hub, repository, forge = world.hub, world.repository, world.forge
    number = forge.open_issue("Dashboard", "- [ ] open-all\n").number
    (ticked,) = events_of(world, lambda: hub.tick(repository, number, "open-all", login="ada"))
    assert isinstance(ticked, BodyEdited)
    assert (ticked.is_pull_request, ticked.after) == (False, "- [x] open-all\n")
    assert events_of(world, lambda: forge.edit_issue(number, body="- [ ] open-all\n")) == []
    (closed,) = events_of(world, lambda: hub.close_issue(repository, number, login="ada"))
    bot = hub.app.bot.login
    expected = IssueClosed(
        repository=forge.ref, number=number, closer="ada", closer_is_bot=False, owner=bot, is_gone=False
    )
    assert closed == expected
    (gone,) = events_of(world, lambda: hub.delete_issue(repository, number, login="ada"))
    assert isinstance(gone, IssueClosed)
    assert gone.is_gone


def test_checks(world: GitHubWorld) -> None:
    hub, repository, commit = world.hub, world.repository, head(world)
    report = CheckReport(commit=commit, name="lockbot", conclusion=CheckConclusion.SUCCESS, title="T", summary="S")
    assert events_of(world, lambda: world.forge.write_check(report)) == []
    (run,) = repository.checks.values()
    (again,) = events_of(world, lambda: hub.rerun_check(repository, run, login="ada"))
    assert again == CheckRerequested(
        repository=world.forge.ref, commit=commit, name="lockbot", numbers=(), sender="ada"
    )
    (every,) = events_of(world, lambda: hub.rerun_all(repository, commit, login="ada"))
    assert isinstance(every, CheckRerequested)
    assert every.name is None
    number = world.open_pull("topic", {"x.py": "x"}, login="ada").number
    base, made = head(world), [Sha("")]
    (queued,) = events_of(world, lambda: made.append(Sha(hub.queue(repository, number))))
    assert queued == QueueEntered(repository=world.forge.ref, head=made[-1], base=base, base_branch=BranchName("main"))


def test_the_rest(world: GitHubWorld) -> None:
    hub, repository, ref = world.hub, world.repository, world.forge.ref
    assert events_of(world, lambda: world.raise_alert("jinja2")) == [AlertRaised(repository=ref, number=1)]
    changed = [RepositoryChanged(repository=ref)]
    assert events_of(world, lambda: hub.switch_default_branch(repository, "trunk")) == changed
    assert events_of(world, lambda: hub.unarchive(repository)) == changed
