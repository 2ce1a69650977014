"""How GitHub shows a thing in JSON: the fields that its description requires and that callers read."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.github.gitstore import Commit, Person
from tests.github.model import Account, CheckRun, Comment, Installation, Pull, Repository
from tests.github.wire import Json

_STAMP = "%Y-%m-%dT%H:%M:%SZ"


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_STAMP)


def account(one: Account) -> Json:
    return {
        "login": one.login,
        "id": one.id,
        "node_id": f"U_{one.id}",
        "type": one.type,
        "site_admin": False,
    }


def listed_repository(one: Repository) -> Json:
    return {
        "id": one.id,
        "node_id": f"R_{one.id}",
        "name": one.name,
        "full_name": one.full_name,
        "private": one.private,
    }


def repository(one: Repository, web: str) -> Json:
    return listed_repository(one) | {
        "owner": account(one.owner),
        "html_url": f"{web}/{one.full_name}",
        "clone_url": f"{web}/{one.full_name}.git",
        "url": f"{web}/api/v3/repos/{one.full_name}",
        "fork": False,
        "default_branch": one.default_branch,
        "archived": one.archived,
        "disabled": one.disabled,
        "visibility": "private" if one.private else "public",
    }


def installation(one: Installation, app_id: int, slug: str) -> Json:
    return {
        "id": one.id,
        "account": account(one.account),
        "app_id": app_id,
        "app_slug": slug,
        "repository_selection": "selected",
        "permissions": one.permissions,
        "suspended_at": "2026-01-01T00:00:00Z" if one.suspended else None,
    }


def _person(one: Person, date: str) -> Json:
    return {"name": one.name, "email": one.email, "date": date}


def verification(verified: bool) -> Json:
    reason = "valid" if verified else "unsigned"
    return {
        "verified": verified,
        "reason": reason,
        "signature": "sig" if verified else None,
        "payload": None,
        "verified_at": None,
    }


def git_commit(one: Commit, verified: bool) -> Json:
    return {
        "sha": one.sha,
        "node_id": f"C_{one.sha}",
        "author": _person(one.author, one.date),
        "committer": _person(one.committer, one.date),
        "message": one.message,
        "tree": {"sha": one.tree},
        "parents": [{"sha": parent} for parent in one.parents],
        "verification": verification(verified),
    }


def commit(one: Commit, verified: bool, author: Account | None, committer: Account | None) -> Json:
    return {
        "sha": one.sha,
        "node_id": f"C_{one.sha}",
        "commit": {
            "author": _person(one.author, one.date),
            "committer": _person(one.committer, one.date),
            "message": one.message,
            "tree": {"sha": one.tree},
            "comment_count": 0,
            "verification": verification(verified),
        },
        "author": account(author) if author else None,
        "committer": account(committer) if committer else None,
        "parents": [{"sha": parent} for parent in one.parents],
    }


def label(name: str) -> Json:
    return {"id": abs(hash(name)) % 10**8, "name": name, "color": "ededed", "default": False, "description": None}


def pull(one: Pull, repo: Repository, web: str) -> Json:
    shown = repository(repo, web)
    return {
        "id": one.id,
        "node_id": f"PR_{one.id}",
        "number": one.number,
        "state": one.state,
        "locked": False,
        "title": one.title,
        "body": one.body,
        "user": account(one.author),
        "created_at": stamp(one.created),
        "merged_at": stamp(one.created) if one.merged else None,
        "merged": one.merged,
        "draft": one.draft,
        "labels": [label(name) for name in one.labels],
        "html_url": f"{web}/{repo.full_name}/pull/{one.number}",
        "head": {
            "label": f"{repo.owner.login}:{one.head}",
            "ref": one.head,
            "sha": one.head_sha,
            "repo": shown,
            "user": shown["owner"],
        },
        "base": {
            "label": f"{repo.owner.login}:{one.base}",
            "ref": one.base,
            "sha": one.base_sha,
            "repo": shown,
            "user": shown["owner"],
        },
    }


def issue_of(one: Pull, repo: Repository, web: str) -> Json:
    return {
        "id": one.id,
        "number": one.number,
        "state": one.state,
        "title": one.title,
        "body": one.body,
        "user": account(one.author),
        "labels": [label(name) for name in one.labels],
        "closed_by": account(one.closed_by) if one.closed_by else None,
        "pull_request": {"url": f"{web}/api/v3/repos/{repo.full_name}/pulls/{one.number}"},
    }


def comment(one: Comment, web: str, repo: Repository) -> Json:
    return {
        "id": one.id,
        "node_id": f"IC_{one.id}",
        "user": account(one.author),
        "body": one.body,
        "issue_url": f"{web}/api/v3/repos/{repo.full_name}/issues/{one.issue}",
        "author_association": "NONE",
    }


def check_run(one: CheckRun, app_id: int, slug: str) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "head_sha": one.head_sha,
        "status": one.status,
        "conclusion": one.conclusion,
        "output": {"title": one.title, "summary": one.summary, "text": None, "annotations_count": len(one.annotations)},
        "app": {"id": app_id, "slug": slug},
    }
