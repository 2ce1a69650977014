"""Webhook payloads and their delivery, signed as GitHub signs them. Field names follow GitHub's published examples."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.github import views
from tests.github.gitstore import ZERO
from tests.github.wire import Json

if TYPE_CHECKING:
    from tests.github.hub import Hub
    from tests.github.model import Account, Comment, Installation, Pull, Repository


@dataclass(kw_only=True)
class Delivery:
    guid: str
    event: str
    body: bytes
    statuses: list[int]


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
        "X-Hub-Signature-256": signature or sign(delivery.body, secret),
    }
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


def installation_payload(hub: Hub, action: str, one: Installation, sender: Account) -> Json:
    return {
        "action": action,
        "installation": views.installation(one, hub.app.id, hub.app.slug) | {"events": list(hub.app.events)},
        "repositories": [views.listed_repository(hub.repositories[number]) for number in sorted(one.repositories)],
        "requester": None,
        "sender": views.account(sender),
    }


def repositories_payload(
    hub: Hub, one: Installation, added: list[Repository], removed: list[Repository], sender: Account
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


def push_payload(hub: Hub, repo: Repository, ref: str, before: str | None, after: str | None, sender: Account) -> Json:
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
        "repository": views.repository(repo, hub.url),
        "installation": {"id": hub.installation_of(repo), "node_id": "I_1"},
        "sender": views.account(sender),
    }


def pull_payload(hub: Hub, repo: Repository, action: str, one: Pull, sender: Account) -> Json:
    return {
        "action": action,
        "number": one.number,
        "pull_request": views.pull(one, repo, hub.url),
        "repository": views.repository(repo, hub.url),
        "installation": {"id": hub.installation_of(repo), "node_id": "I_1"},
        "sender": views.account(sender),
    }


def comment_payload(hub: Hub, repo: Repository, one: Pull, comment: Comment) -> Json:
    return {
        "action": "created",
        "issue": views.issue_of(one, repo, hub.url),
        "comment": views.comment(comment, hub.url, repo),
        "repository": views.repository(repo, hub.url),
        "installation": {"id": hub.installation_of(repo), "node_id": "I_1"},
        "sender": views.account(comment.author),
    }
