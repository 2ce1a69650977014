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


PLACE = {"repository": REPOSITORY, "installation": INSTALLATION, "sender": ADA}
HEAD = {"ref": "lockbot/non-major", "sha": "b" * 40, "repo": {"id": 42, "full_name": "octo/app"}}
BASE = {"ref": "main", "sha": "a" * 40, "repo": {"id": 42, "full_name": "octo/app"}}


def pull_request(
    action: str = "closed", *, edited: dict[str, Any] | None = None, sender: Any = ADA, **changes: Any
) -> dict[str, Any]:
    pull = {
        "number": 5,
        "state": "closed" if action == "closed" else "open",
        "merged": False,
        "draft": False,
        "body": "after",
        "user": BOT,
        "head": HEAD,
        "base": BASE,
    } | changes
    return {"action": action, "pull_request": pull, "changes": edited or {}, **PLACE, "sender": sender}


def issue_comment(
    body: str | None = "/lockbot rebase", *, action: str = "created", before: str | None = None, **changes: Any
) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "action": action,
        "issue": {"number": 5, "state": "open", "user": BOT, "pull_request": {"url": "…"}},
        "comment": {"id": 99, "body": body, "user": ADA},
        "changes": {} if before is None else {"body": {"from": before}},
        **PLACE,
    }
    for name, value in changes.items():
        payload[name] = None if value is None else payload[name] | value
    return payload


def issues(action: str, *, edited: dict[str, Any] | None = None, sender: Any = ADA, **changes: Any) -> dict[str, Any]:
    issue = {"number": 8, "state": "open", "user": BOT, "body": "after"} | changes
    return {"action": action, "issue": issue, "changes": edited or {}, **PLACE, "sender": sender}


def check_run(action: str = "rerequested") -> dict[str, Any]:
    run = {"id": 1, "head_sha": "b" * 40, "name": "lockbot", "pull_requests": [{"number": 5}]}
    return {"action": action, "check_run": run, **PLACE}


def check_suite(action: str = "rerequested") -> dict[str, Any]:
    return {"action": action, "check_suite": {"id": 1, "head_sha": "b" * 40, "pull_requests": []}, **PLACE}


def merge_group(action: str = "checks_requested") -> dict[str, Any]:
    group = {"head_sha": "b" * 40, "base_sha": "a" * 40, "base_ref": "refs/heads/main", "head_ref": "refs/heads/q"}
    return {"action": action, "merge_group": group, **PLACE}


def dependabot_alert(action: str = "created") -> dict[str, Any]:
    return {"action": action, "alert": {"number": 3}, **PLACE}


def repository(action: str, **changes: Any) -> dict[str, Any]:
    return {"action": action, "changes": changes, **PLACE}


def status(state: str) -> dict[str, Any]:
    return {"id": 1, "sha": "a" * 40, "state": state, "context": "ci", **PLACE}


def review(action: str = "submitted", **changes: Any) -> dict[str, Any]:
    payload = pull_request(action, **{"head": {"ref": "lockbot/x", "sha": "a" * 40}} | changes)
    return payload | {"review": {"id": 1, "state": "approved"}}
