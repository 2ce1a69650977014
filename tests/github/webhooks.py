"""Webhook payloads and their delivery, signed as GitHub signs them. Field names follow GitHub's published examples."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.github import views
from tests.github.gitstore import ZERO
from tests.github.model import Account
from tests.github.wire import Json

if TYPE_CHECKING:
    from tests.github.model import Alert, CheckRun, Comment, Installation, Pull, Repository, Thread
    from tests.github.world import World


@dataclass(kw_only=True)
class Delivery:
    guid: str
    event: str
    body: bytes
    statuses: list[int]
    made: datetime = field(default_factory=lambda: datetime.now(UTC))


def make_delivery(event: str, payload: Json) -> Delivery:
    return Delivery(guid=str(uuid.uuid4()), event=event, body=json.dumps(payload).encode(), statuses=[])


def sign(body: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def send(delivery: Delivery, url: str, secret: str, *, signature: str | None = None) -> int:
    """One POST; the status, or 0 when nobody answered."""
    parts = urlsplit(url)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/0000000",
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Hook-ID": "1",
    }
    if signature or secret:
        headers["X-Hub-Signature-256"] = signature or sign(delivery.body, secret)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("POST", parts.path, delivery.body, headers)
        status = connection.getresponse().status
    except OSError:
        status = 0
    finally:
        connection.close()
    delivery.statuses.append(status)
    return status


def installation_payload(hub: World, action: str, one: Installation, sender: Account) -> Json:
    return {
        "action": action,
        "installation": views.installation(one, hub.app.id, hub.app.slug) | {"events": list(hub.app.events)},
        "repositories": [views.listed_repository(hub.repositories[number]) for number in sorted(one.repositories)],
        "requester": None,
        "sender": views.account(sender),
    }


def repositories_payload(
    hub: World, one: Installation, added: list[Repository], removed: list[Repository], sender: Account
) -> Json:
    return {
        "action": "added" if added else "removed",
        "installation": views.installation(one, hub.app.id, hub.app.slug),
        "repository_selection": "selected",
        "repositories_added": [views.listed_repository(repo) for repo in added],
        "repositories_removed": [views.listed_repository(repo) for repo in removed],
        "requester": None,
        "sender": views.account(sender),
    }


def push_payload(
    hub: World, repo: Repository, ref: str, before: str | None, after: str | None, sender: Account
) -> Json:
    commits = []
    if before and after:
        for sha in reversed(repo.git.log(f"{before}..{after}", limit=2048)):
            commit = repo.git.read_commit(sha)
            changes = repo.git.diff(commit.parents[0], sha) if commit.parents else []
            commits.append(
                {
                    "id": sha,
                    "tree_id": commit.tree,
                    "message": commit.message,
                    "timestamp": commit.date,
                    "added": [path for letter, path in changes if letter == "A"],
                    "removed": [path for letter, path in changes if letter == "D"],
                    "modified": [path for letter, path in changes if letter in "MT"],
                }
            )
    return {
        "ref": ref,
        "before": before or ZERO,
        "after": after or ZERO,
        "created": before is None,
        "deleted": after is None,
        "forced": bool(before and after and not repo.git.is_ancestor(before, after)),
        "commits": commits,
        "head_commit": commits[-1] if commits else None,
        "pusher": {"name": sender.login, "email": sender.email},
        **_place(hub, repo, sender),
    }


def pull_payload(hub: World, repo: Repository, action: str, one: Pull, sender: Account, **more: object) -> Json:
    shown = views.pull(one, repo, hub.url, hub.repositories)
    return {"action": action, "number": one.number, "pull_request": shown, **more, **_place(hub, repo, sender)}


def issue_payload(hub: World, repo: Repository, action: str, one: Thread, sender: Account, **more: object) -> Json:
    return {"action": action, "issue": _issue(one, repo, hub.url), **more, **_place(hub, repo, sender)}


def _issue(one: Thread, repo: Repository, web: str) -> Json:
    """Who closed it is told when it is asked for alone."""
    return {name: value for name, value in views.issue(one, repo, web).items() if name != "closed_by"}


def comment_payload(
    hub: World, repo: Repository, action: str, comment: Comment, sender: Account, **more: object
) -> Json:
    thread = repo.find_thread(comment.issue)
    assert thread is not None
    return {
        "action": action,
        "issue": _issue(thread, repo, hub.url),
        "comment": views.comment(comment, hub.url, repo),
        **more,
        **_place(hub, repo, sender),
    }


def check_payload(hub: World, repo: Repository, action: str, run: CheckRun, sender: Account) -> Json:
    pulls = [{"number": one.number} for one in repo.open_pulls() if one.head_sha == run.head_sha]
    shown = views.check_run(run, hub.app.id) | {"pull_requests": pulls, "check_suite": {"id": 1}}
    return {"action": action, "check_run": shown, **_place(hub, repo, sender)}


def suite_payload(hub: World, repo: Repository, action: str, sha: str, sender: Account) -> Json:
    pulls = [{"number": one.number} for one in repo.open_pulls() if one.head_sha == sha]
    suite = {"id": 1, "head_sha": sha, "head_branch": None, "pull_requests": pulls}
    return {"action": action, "check_suite": suite, **_place(hub, repo, sender)}


def status_payload(hub: World, repo: Repository, sha: str, context: str, state: str, sender: Account) -> Json:
    return {"id": 1, "sha": sha, "state": state, "context": context, **_place(hub, repo, sender)}


def group_payload(hub: World, repo: Repository, one: Pull, ref: str, sha: str, base: str) -> Json:
    group = {
        "head_sha": sha,
        "head_ref": ref,
        "base_sha": base,
        "base_ref": f"refs/heads/{one.base}",
        "head_commit": {"id": sha},
    }
    return {"action": "checks_requested", "merge_group": group, **_place(hub, repo, one.author)}


def alert_payload(hub: World, repo: Repository, action: str, one: Alert) -> Json:
    sender = Account(id=1, login="github", type="Organization")
    return {"action": action, "alert": views.alert(one), **_place(hub, repo, sender)}


def repository_payload(hub: World, repo: Repository, action: str, sender: Account, **more: object) -> Json:
    return {"action": action, **more, **_place(hub, repo, sender)}


def _place(hub: World, repo: Repository, sender: Account) -> Json:
    return {
        "repository": views.repository(repo, hub.url),
        "installation": {"id": hub.installation_of(repo), "node_id": "I_1"},
        "sender": views.account(sender),
    }
