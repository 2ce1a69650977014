"""GitHub's payloads -> events."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.errors import InputError
from bot.events.event import (
    AlertRaised,
    BasePushed,
    BodyEdited,
    CheckRerequested,
    CommentEdited,
    CommentWritten,
    Event,
    HeadChanged,
    HeadJudged,
    Ignored,
    InstallationResumed,
    IssueClosed,
    PullRequestClosed,
    QueueEntered,
    RepositoriesAdded,
    RepositoriesRemoved,
    RepositoryChanged,
)
from bot.forge.github.webhooks.events import parse_event
from bot.ports.forge import RepositoryRef
from bot.ports.run import BranchName, Sha
from tests.forge import payloads

APP = RepositoryRef(installation=7, id=42, owner="octo", name="app")
LIB = RepositoryRef(installation=7, id=43, owner="octo", name="lib")
NEW = RepositoryRef(installation=7, id=44, owner="octo", name="new")
HEAD = Sha("a" * 40)


OTHER = Sha("b" * 40)
WORDS = {"body": {"from": "before"}}
WRITTEN = CommentWritten(repository=APP, number=5, comment=99, author="ada", text="", owner="lockbot[bot]")
EDITED = BodyEdited(
    repository=APP,
    number=8,
    editor="ada",
    before="before",
    after="after",
    is_pull_request=False,
    owner="lockbot[bot]",
)
CLOSED = IssueClosed(repository=APP, number=8, closer="ada", closer_is_bot=False, owner="lockbot[bot]", is_gone=False)
BY_BOT: Any = {"closer": "lockbot[bot]", "closer_is_bot": True}
CHANGED = HeadChanged(
    repository=APP,
    number=5,
    head=OTHER,
    head_branch=BranchName("lockbot/non-major"),
    head_repository="octo/app",
    base_branch=BranchName("main"),
    owner="lockbot[bot]",
    owner_is_bot=True,
    sender="ada",
    is_draft=False,
)
RERUN = CheckRerequested(repository=APP, commit=OTHER, name="lockbot", numbers=(5,), sender="ada")


def parse(event: str, payload: Any) -> Event | Ignored:
    return parse_event(event, json.dumps(payload).encode())


@pytest.mark.parametrize(
    ("event", "payload", "expected"),
    [
        ("installation", payloads.installation(), RepositoriesAdded(repositories=(APP, LIB))),
        ("installation", payloads.installation("deleted"), RepositoriesRemoved(installation=7, repositories=None)),
        ("installation", payloads.installation("suspend"), RepositoriesRemoved(installation=7, repositories=None)),
        ("installation", payloads.installation("unsuspend"), InstallationResumed(installation=7)),
        (
            "installation_repositories",
            payloads.installation_repositories("added"),
            RepositoriesAdded(repositories=(NEW,)),
        ),
        (
            "installation_repositories",
            payloads.installation_repositories("removed"),
            RepositoriesRemoved(installation=7, repositories=(NEW,)),
        ),
        (
            "push",
            payloads.push(),
            BasePushed(repository=APP, head=HEAD, touched=frozenset({"x.py", "uv.lock"}), is_whole=True),
        ),
        (
            "push",
            payloads.push(commits=[{"id": "b", "added": [], "removed": [], "modified": [".lockbot.json"]}]),
            BasePushed(repository=APP, head=HEAD, touched=frozenset({".lockbot.json"}), is_whole=True),
        ),
        (
            "push",
            payloads.push(commits=[{"id": "b", "removed": [".github/.lockbot.json"]}]),
            BasePushed(repository=APP, head=HEAD, touched=frozenset({".github/.lockbot.json"}), is_whole=True),
        ),
        (
            "pull_request",
            payloads.pull_request(),
            PullRequestClosed(repository=APP, number=5, branch=BranchName("lockbot/non-major"), merged=False),
        ),
        ("issue_comment", payloads.issue_comment(), replace(WRITTEN, text="/lockbot rebase")),
        ("issue_comment", payloads.issue_comment(None), WRITTEN),
        (
            "issue_comment",
            payloads.issue_comment(issue={"pull_request": None, "state": "closed", "user": payloads.ADA}),
            replace(
                WRITTEN, text="/lockbot rebase", is_pull_request=False, is_open=False, owner="ada", owner_is_bot=False
            ),
        ),
        (
            "issue_comment",
            payloads.issue_comment("new\r\n", action="edited", before="old", sender={"login": "eve"}),
            CommentEdited(
                repository=APP,
                number=5,
                comment=99,
                author="ada",
                editor="eve",
                before="old",
                after="new\n",
                owner="lockbot[bot]",
            ),
        ),
        (
            "pull_request",
            payloads.pull_request("edited", edited=WORDS),
            replace(EDITED, number=5, is_pull_request=True),
        ),
        ("issues", payloads.issues("edited", edited=WORDS), EDITED),
        ("issues", payloads.issues("closed", state="closed"), CLOSED),
        ("issues", payloads.issues("deleted", sender=payloads.BOT), replace(CLOSED, **BY_BOT, is_gone=True)),
        ("issues", payloads.issues("transferred"), replace(CLOSED, is_gone=True)),
        *(
            ("pull_request", payloads.pull_request(action), CHANGED)
            for action in ("opened", "synchronize", "reopened", "ready_for_review")
        ),
        ("pull_request", payloads.pull_request("edited", edited={"base": {"ref": {"from": "old"}}}), CHANGED),
        (
            "pull_request",
            payloads.pull_request(
                "opened", user=payloads.ADA, draft=True, head={"ref": "x", "sha": "c" * 40, "repo": None}
            ),
            replace(
                CHANGED,
                head=Sha("c" * 40),
                head_branch=BranchName("x"),
                head_repository=None,
                owner="ada",
                owner_is_bot=False,
                is_draft=True,
            ),
        ),
        (
            "merge_group",
            payloads.merge_group(),
            QueueEntered(repository=APP, head=OTHER, base=HEAD, base_branch=BranchName("main")),
        ),
        ("check_run", payloads.check_run(), RERUN),
        ("check_suite", payloads.check_suite(), replace(RERUN, name=None, numbers=())),
        ("check_suite", payloads.check_suite("completed"), HeadJudged(repository=APP, head=Sha("b" * 40))),
        ("status", payloads.status("success"), HeadJudged(repository=APP, head=HEAD)),
        ("status", payloads.status("failure"), HeadJudged(repository=APP, head=HEAD)),
        ("pull_request_review", payloads.review("submitted"), HeadJudged(repository=APP, head=HEAD)),
        ("pull_request_review", payloads.review("dismissed"), HeadJudged(repository=APP, head=HEAD)),
        (
            "push",
            payloads.push(ref="refs/heads/release/1.x"),
            BasePushed(
                repository=APP,
                head=HEAD,
                touched=frozenset({"x.py", "uv.lock"}),
                is_whole=True,
                branch=BranchName("release/1.x"),
            ),
        ),
        (
            "push",
            payloads.push(ref="refs/heads/release/1.x", sender=payloads.BOT, commits=[]),
            BasePushed(
                repository=APP, head=HEAD, touched=frozenset(), is_whole=False, branch=BranchName("release/1.x")
            ),
        ),
        *(
            ("dependabot_alert", payloads.dependabot_alert(action), AlertRaised(repository=APP, number=3))
            for action in ("created", "reopened", "reintroduced", "auto_reopened", "dismissed", "auto_dismissed")
        ),
        *(
            ("repository", payloads.repository(action), RepositoryChanged(repository=APP))
            for action in ("renamed", "unarchived", "privatized", "publicized")
        ),
        (
            "repository",
            payloads.repository("edited", default_branch={"from": "master"}),
            RepositoryChanged(repository=APP),
        ),
    ],
)
def test_an_event_that_is_used(event: str, payload: Any, expected: Event) -> None:
    assert parse(event, payload) == expected


ONE = {"id": "b", "modified": ["README.md"]}


@pytest.mark.parametrize(
    ("changes", "is_whole"),
    [
        ({"commits": [ONE, ONE]}, True),
        ({"commits": []}, False),
        ({"commits": [ONE], "forced": True}, False),
        ({"commits": [ONE], "created": True}, False),
        ({"commits": [ONE, {"id": "a merge, or more than is told"}]}, False),
        ({"commits": [ONE] * 2047}, True),
        ({"commits": [ONE] * 2048}, False),
        ({"commits": [{"id": "b", "added": [f"{number}.md" for number in range(1000)]}]}, False),
    ],
)
def test_a_push_that_may_have_changed_more_than_it_names_says_so(changes: dict[str, Any], is_whole: bool) -> None:
    event = parse("push", payloads.push(**changes))
    assert isinstance(event, BasePushed)
    assert event.is_whole is is_whole


@pytest.mark.parametrize(
    ("event", "payload", "reason"),
    [
        ("ping", {"zen": "…"}, "event not used"),
        ("a_new_one", ["not even an object"], "event not used"),
        ("installation", payloads.installation("renamed"), "installation renamed"),
        ("installation_repositories", payloads.installation_repositories("other"), "installation_repositories other"),
        ("push", payloads.push(ref="refs/tags/main"), "leaves no branch"),
        ("push", payloads.push(deleted=True), "leaves no branch"),
        ("pull_request", payloads.pull_request("labeled"), "pull_request labeled"),
        ("pull_request", payloads.pull_request("synchronize", state="closed"), "is closed"),
        ("pull_request", payloads.pull_request("edited", edited={"title": {"from": "x"}}), "no text"),
        ("pull_request", payloads.pull_request("edited", edited=WORDS, sender=payloads.BOT), "by a bot"),
        ("pull_request", payloads.pull_request("edited", edited=WORDS, sender=None), "by a bot"),
        ("pull_request", payloads.pull_request("edited", edited=WORDS, user=payloads.ADA), "of a person"),
        ("pull_request", payloads.pull_request(user=payloads.ADA), "of a person"),
        ("pull_request", payloads.pull_request(head={**payloads.HEAD, "repo": None}), "fork"),
        (
            "pull_request",
            payloads.pull_request(head={**payloads.HEAD, "repo": {"id": 9, "full_name": "a/b"}}),
            "fork",
        ),
        ("pull_request", payloads.pull_request(user=None), "of a person"),
        ("issue_comment", payloads.issue_comment(action="deleted"), "issue_comment deleted"),
        ("issue_comment", payloads.issue_comment(action="edited"), "no text"),
        ("issue_comment", payloads.issue_comment(action="edited", before="x", sender=payloads.BOT), "by a bot"),
        ("issue_comment", payloads.issue_comment(comment={"user": payloads.BOT}), "of a bot"),
        ("issue_comment", payloads.issue_comment(comment={"user": None}), "account that is gone"),
        ("issues", payloads.issues("opened"), "issues opened"),
        ("issues", payloads.issues("closed", user=payloads.ADA), "of a person"),
        ("issues", payloads.issues("edited", edited=WORDS, user=None), "of a person"),
        ("issues", payloads.issues("edited", edited=WORDS, sender=payloads.BOT), "by a bot"),
        ("check_run", payloads.check_run("created"), "check_run created"),
        ("check_suite", payloads.check_suite("requested"), "check_suite requested"),
        ("status", payloads.status("pending"), "pending"),
        ("pull_request_review", payloads.review("edited"), "pull_request_review edited"),
        ("pull_request_review", payloads.review(user=payloads.ADA), "of a person"),
        ("push", payloads.push(ref="refs/heads/lockbot/x", created=True, sender=payloads.BOT), "of its own"),
        ("push", payloads.push(ref="refs/heads/lockbot/x", forced=True, sender=payloads.BOT), "of its own"),
        ("merge_group", payloads.merge_group("destroyed"), "merge_group destroyed"),
        ("dependabot_alert", payloads.dependabot_alert("fixed"), "dependabot_alert fixed"),
        ("repository", payloads.repository("edited", description={"from": "x"}), "repository edited"),
        ("repository", payloads.repository("archived"), "repository archived"),
    ],
)
def test_an_event_that_is_ignored(event: str, payload: Any, reason: str) -> None:
    ignored = parse(event, payload)
    assert isinstance(ignored, Ignored)
    assert reason in ignored.reason


@pytest.mark.parametrize(
    ("event", "payload", "words"),
    [
        ("push", {}, "push payload: ref: Field required"),
        ("push", payloads.push(installation=None), "push payload: installation"),
        ("push", [], "push payload"),
        ("issue_comment", payloads.issue_comment(comment={"id": "x"}), "issue_comment payload: comment.id"),
        ("pull_request", payloads.pull_request(number=None), "pull_request payload: pull_request.number"),
    ],
)
def test_a_payload_out_of_shape_is_told(event: str, payload: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse(event, payload)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"ref": 1e999}'])
def test_a_body_that_is_no_json_is_told(body: bytes) -> None:
    with pytest.raises(InputError, match="push payload"):
        parse_event("push", body)
