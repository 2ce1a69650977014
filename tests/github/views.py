"""How GitHub shows a thing in JSON: the fields that its description requires and that callers read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from tests.github.gitstore import Commit, Person
from tests.github.model import Account, Alert, CheckRun, Comment, Installation, Pull, Repository, Thread
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
        "fork": one.fork_of is not None,
        "has_issues": one.has_issues,
        "default_branch": one.default_branch,
        "archived": one.archived,
        "disabled": one.disabled,
        "visibility": "private" if one.private else "public",
        "allow_auto_merge": one.allow_auto_merge,
        "allow_merge_commit": "merge" in one.merge_methods,
        "allow_squash_merge": "squash" in one.merge_methods,
        "allow_rebase_merge": "rebase" in one.merge_methods,
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


def pull(one: Pull, repo: Repository, web: str, repositories: Mapping[int, Repository]) -> Json:
    head = repositories.get(one.head_repository)
    method = one.auto_merge
    return _thread(one) | {
        "node_id": f"PR_{one.id}",
        "merged_at": stamp(one.created) if one.merged else None,
        "merge_commit_sha": one.merge_commit or one.head_sha,
        "merged": one.merged,
        "draft": one.draft,
        "maintainer_can_modify": one.maintainer_can_modify,
        "requested_reviewers": [account(who) for who in one.reviewers],
        "requested_teams": [{"slug": slug, "name": slug} for slug in one.teams],
        "auto_merge": {"merge_method": method, "enabled_by": account(one.author)} if method else None,
        "html_url": f"{web}/{repo.full_name}/pull/{one.number}",
        "head": _end(head, one.head, one.head_sha, web),
        "base": _end(repo, one.base, one.base_sha, web),
    }


def _thread(one: Thread) -> Json:
    return {
        "id": one.id,
        "number": one.number,
        "state": one.state,
        "locked": False,
        "title": one.title,
        "body": one.body,
        "user": account(one.author),
        "created_at": stamp(one.created),
        "labels": [label(name) for name in one.labels],
        "assignees": [account(who) for who in one.assignees],
    }


def _end(repo: Repository | None, ref: str, sha: str, web: str) -> Json:
    shown = repository(repo, web) if repo else None
    owner = repo.owner.login if repo else "unknown"
    return {
        "label": f"{owner}:{ref}",
        "ref": ref,
        "sha": sha,
        "repo": shown,
        "user": shown["owner"] if shown else None,
    }


def issue(one: Thread, repo: Repository, web: str) -> Json:
    shown = _thread(one) | {
        "node_id": f"I_{one.id}",
        "closed_by": account(one.closed_by) if one.closed_by else None,
        "author_association": "NONE",
    }
    if isinstance(one, Pull):
        shown["pull_request"] = {"url": f"{web}/api/v3/repos/{repo.full_name}/pulls/{one.number}"}
    return shown


def alert(one: Alert) -> Json:
    package = {"ecosystem": one.ecosystem, "name": one.package}
    vulnerability = {
        "package": package,
        "severity": one.severity,
        "vulnerable_version_range": one.vulnerable,
        "first_patched_version": {"identifier": one.patched} if one.patched else None,
    }
    return {
        "number": one.number,
        "state": one.state,
        "dependency": {"package": package, "manifest_path": one.manifest, "scope": "runtime"},
        "security_advisory": {
            "ghsa_id": one.ghsa,
            "cve_id": None,
            "summary": one.summary,
            "severity": one.severity,
        },
        "security_vulnerability": vulnerability,
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


def check_run(one: CheckRun, app_id: int) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "head_sha": one.head_sha,
        "status": one.status,
        "conclusion": one.conclusion,
        "output": {"title": one.title, "summary": one.summary, "text": None, "annotations_count": len(one.annotations)},
        "app": {"id": app_id, "slug": one.app},
    }
