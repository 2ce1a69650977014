"""``lockbot obey`` with events that are none, or are somebody else's: one sentence, before anybody is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.commands.obey import obey
from bot.errors import InputError
from bot.events.event import BodyEdited, CommentWritten, Ignored
from bot.forge.github.webhooks.workflow import find_repository, parse_workflow_event

PLACE = {"repository": {"id": 1, "full_name": "octo/app"}}


def comment(author: str = "ada", kind: str = "User", owner: str = "ada", body: str = "/lockbot help") -> bytes:
    payload = {
        **PLACE,
        "action": "created",
        "issue": {"number": 3, "user": {"login": owner, "type": "User"}},
        "comment": {"id": 9, "body": body, "user": {"login": author, "type": kind}},
        "sender": {"login": author, "type": kind},
    }
    return json.dumps(payload).encode()


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (None, [], "the event can't be read"),
        ("{", [], "not a JSON object (hand over the file of GITHUB_EVENT_PATH)"),
        ("[" * 100_000, [], "not a JSON object"),
        ("[]", [], "not a JSON object"),
        ("{}", [], "the event names no repository"),
        (json.dumps(PLACE), ["--repository", "octo/else"], "the event is about octo/app, not about octo/else"),
        (json.dumps(PLACE), [], "there is no token to publish with"),
    ],
)
def test_what_is_no_event_ends_with_2(content: str | None, options: list[str], said: str, tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    if content is not None:
        event.write_text(content)
    environment = {"GITHUB_TOKEN": "", "LOCKBOT_TOKEN": "", "GITHUB_EVENT_PATH": str(event), "GITHUB_EVENT_NAME": "x"}
    done = CliRunner(env=environment).invoke(obey, [str(tmp_path), *options])
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_without_an_event_it_says_where_to_name_one(tmp_path: Path) -> None:
    done = CliRunner(env={"GITHUB_EVENT_PATH": None}).invoke(obey, [str(tmp_path)])
    assert (done.exit_code, "name its file with --event, or set GITHUB_EVENT_PATH" in done.stderr) == (2, True)


def test_events_of_workflows_are_those_of_webhooks_without_an_installation() -> None:
    found = parse_workflow_event("issue_comment", comment(), "lockbot[bot]")
    assert isinstance(found, CommentWritten)
    assert (found.author, found.text, found.owner_is_bot, found.repository.full_name) == (
        "ada",
        "/lockbot help",
        False,
        "octo/app",
    )
    assert find_repository(comment()) == "octo/app"


def test_what_the_persons_account_opened_may_be_lockbots() -> None:
    found = parse_workflow_event("issue_comment", comment(owner="ada"), "ada")
    assert isinstance(found, CommentWritten)
    assert found.owner_is_bot
    edited = {
        **PLACE,
        "action": "edited",
        "issue": {"number": 3, "body": "b", "user": {"login": "ada", "type": "User"}},
        "changes": {"body": {"from": "a"}},
        "sender": {"login": "bob", "type": "User"},
    }
    assert isinstance(parse_workflow_event("issues", json.dumps(edited).encode(), "ada"), BodyEdited)
    assert isinstance(parse_workflow_event("issues", json.dumps(edited).encode(), "eve"), Ignored)


@pytest.mark.parametrize("name", ["push", "schedule", "workflow_dispatch", "", "deployment"])
def test_other_events_order_nothing(name: str) -> None:
    assert isinstance(parse_workflow_event(name, b"{}", "ada"), Ignored)


def test_bots_order_nothing_and_what_is_half_there_is_refused() -> None:
    assert isinstance(parse_workflow_event("issue_comment", comment("dependabot[bot]", "Bot"), "ada"), Ignored)
    with pytest.raises(InputError, match="issue_comment payload"):
        parse_workflow_event("issue_comment", json.dumps(PLACE).encode(), "ada")
