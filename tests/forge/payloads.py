"""Small webhook payloads in GitHub's shape, of our own making."""

from __future__ import annotations

from typing import Any

REPOSITORY = {"id": 42, "full_name": "octo/app", "default_branch": "main"}
INSTALLATION = {"id": 7}
BOT = {"login": "lockbot[bot]", "type": "Bot"}
ADA = {"login": "ada", "type": "User"}


def push(**changes: Any) -> dict[str, Any]:
    return {
        "ref": "refs/heads/main",
        "before": "0" * 40,
        "after": "a" * 40,
        "deleted": False,
        "commits": [{"id": "a" * 40, "added": ["x.py"], "removed": [], "modified": ["uv.lock"]}],
        "repository": REPOSITORY,
        "installation": INSTALLATION,
        "sender": ADA,
    } | changes


def installation(action: str = "created", **changes: Any) -> dict[str, Any]:
    return {
        "action": action,
        "installation": INSTALLATION,
        "repositories": [{"id": 42, "full_name": "octo/app"}, {"id": 43, "full_name": "octo/lib"}],
        "sender": ADA,
    } | changes


def installation_repositories(action: str) -> dict[str, Any]:
    rows = [{"id": 44, "full_name": "octo/new"}]
    return {
        "action": action,
        "installation": INSTALLATION,
        "repositories_added": rows if action == "added" else [],
        "repositories_removed": rows if action == "removed" else [],
    }


def pull_request(action: str = "closed", **changes: Any) -> dict[str, Any]:
    pull = {
        "number": 5,
        "merged": False,
        "user": BOT,
        "head": {"ref": "lockbot/non-major", "repo": {"id": 42, "full_name": "octo/app"}},
    } | changes
    return {"action": action, "pull_request": pull, "repository": REPOSITORY, "installation": INSTALLATION}


def issue_comment(body: str | None = "/lockbot rebase", *, action: str = "created", **changes: Any) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "action": action,
        "issue": {"number": 5, "state": "open", "user": BOT, "pull_request": {"url": "…"}},
        "comment": {"id": 99, "body": body, "user": ADA},
        "repository": REPOSITORY,
        "installation": INSTALLATION,
    }
    for name, value in changes.items():
        payload[name] = payload[name] | value
    return payload


def check_suite(action: str) -> dict[str, Any]:
    suite = {"id": 1, "head_sha": "a" * 40, "status": "completed", "conclusion": "success"}
    return {"action": action, "check_suite": suite, "repository": REPOSITORY, "installation": INSTALLATION}


def status(state: str) -> dict[str, Any]:
    said = {"id": 1, "sha": "a" * 40, "state": state, "context": "ci"}
    return {**said, "repository": REPOSITORY, "installation": INSTALLATION}


def review(action: str = "submitted", **changes: Any) -> dict[str, Any]:
    pull = {"number": 5, "user": BOT, "head": {"sha": "a" * 40}} | changes
    said = {"action": action, "review": {"id": 1, "state": "approved"}, "pull_request": pull}
    return {**said, "repository": REPOSITORY, "installation": INSTALLATION}
