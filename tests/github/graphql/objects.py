"""The objects that queries show, field by field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.github import merging
from tests.github.graphql.wire import Asking, Failed
from tests.github.model import Account, CheckRun, Pull, Repository
from tests.github.views import stamp
from tests.github.wire import ApiError, Json


@dataclass(kw_only=True)
class At:
    """A thing of a repository, of the type ``kind``."""

    kind: str
    repository: Repository
    one: Any


Resolve: TypeAlias = Callable[[Asking, Any, Json], Any]


def show_account(repository: Repository, one: Account) -> At:
    return At(kind=one.type, repository=repository, one=one)


# --- pages ----------------------------------------------------------------------------------------


def _page(rows: list[Any], arguments: Json) -> Json:
    """A connection; the cursor of a row is its place."""
    if ("first" in arguments) == ("last" in arguments):
        raise Failed(
            "You must provide a `first` or `last` value to properly paginate the connection.", "MISSING_PAGINATION"
        )
    count: int = arguments["first"] if "first" in arguments else arguments["last"]
    if not 1 <= count <= 100:
        raise Failed(
            f"Requesting {count} records on the connection exceeds the limit of 100 records.", "EXCESSIVE_PAGINATION"
        )
    start = int(arguments["after"]) if arguments.get("after") else 0
    stop = min(len(rows), start + count)
    if "last" in arguments:
        start, stop = max(0, len(rows) - count), len(rows)
    return {
        "nodes": rows[start:stop],
        "totalCount": len(rows),
        "pageInfo": {
            "hasNextPage": stop < len(rows),
            "hasPreviousPage": start > 0,
            "startCursor": str(start),
            "endCursor": str(stop) if stop > start else None,
        },
    }


def _order(rows: list[Any], arguments: Json) -> list[Any]:
    newest = (arguments.get("orderBy") or {}).get("direction", "ASC") == "DESC"
    return sorted(rows, key=lambda one: one.number, reverse=newest)


# --- repositories ---------------------------------------------------------------------------------


def _repository(asking: Asking, _source: None, arguments: Json) -> At:
    owner, name = arguments["owner"], arguments["name"]
    missing = Failed(f"Could not resolve to a Repository with the name '{owner}/{name}'.", "NOT_FOUND")
    found = asking.hub.find_repository(owner, name)
    if found is None:
        raise missing
    try:
        asking.caller.check(found, "metadata", "read")
    except ApiError:
        raise missing from None
    return At(kind="Repository", repository=found, one=found)


def _default_branch(asking: Asking, at: At, _arguments: Json) -> At | None:
    asking.caller.check(at.repository, "contents", "read")
    return _ref(at.repository, at.repository.default_branch)


def _ref(repository: Repository, name: str) -> At | None:
    return At(kind="Ref", repository=repository, one=name) if repository.git.branch(name) else None


def _state(one: Pull) -> str:
    return "MERGED" if one.merged else one.state.upper()


def _pull_requests(asking: Asking, at: At, arguments: Json) -> Json:
    asking.caller.check(at.repository, "pull_requests", "read")
    states = arguments.get("states") or ["OPEN", "CLOSED", "MERGED"]
    rows = [one for one in at.repository.pulls.values() if _state(one) in states]
    for argument, field in (("headRefName", "head"), ("baseRefName", "base")):
        if arguments.get(argument):
            rows = [one for one in rows if getattr(one, field) == arguments[argument]]
    if arguments.get("labels"):
        rows = [one for one in rows if set(arguments["labels"]) & set(one.labels)]
    return _page([_show_pull(at.repository, one) for one in _order(rows, arguments)], arguments)


def _show_pull(repository: Repository, one: Pull) -> At:
    return At(kind="PullRequest", repository=repository, one=one)


def _pull_request(asking: Asking, at: At, arguments: Json) -> At:
    asking.caller.check(at.repository, "pull_requests", "read")
    found = at.repository.pulls.get(arguments["number"])
    if found is None:
        words = f"Could not resolve to a PullRequest with the number of {arguments['number']}."
        raise Failed(words, "NOT_FOUND")
    return _show_pull(at.repository, found)


def _issues(asking: Asking, at: At, arguments: Json) -> Json:
    asking.caller.check(at.repository, "issues", "read")
    wanted = arguments.get("filterBy") or {}
    rows = list(at.repository.issues.values()) if at.repository.has_issues else []
    if "createdBy" in wanted:
        rows = [one for one in rows if one.author.login == wanted["createdBy"]]
    if wanted.get("states"):
        rows = [one for one in rows if one.state.upper() in wanted["states"]]
    shown = [At(kind="Issue", repository=at.repository, one=one) for one in _order(rows, arguments)]
    return _page(shown, arguments)


def _issue(asking: Asking, at: At, arguments: Json) -> At:
    asking.caller.check(at.repository, "issues", "read")
    found = at.repository.issues.get(arguments["number"])
    if found is None:
        raise Failed(f"Could not resolve to an Issue with the number of {arguments['number']}.", "NOT_FOUND")
    return At(kind="Issue", repository=at.repository, one=found)


def _issue_or_pull(asking: Asking, at: At, arguments: Json) -> At:
    number = arguments["number"]
    if number in at.repository.pulls:
        return _pull_request(asking, at, arguments)
    if number in at.repository.issues:
        return _issue(asking, at, arguments)
    raise Failed(f"Could not resolve to an issue or pull request with the number of {number}.", "NOT_FOUND")


def _edits(_asking: Asking, at: At, arguments: Json) -> Json | None:
    """The newest first, and behind them all the first text: that it was written counts once it was changed."""
    one = at.one
    rows = [(moment, who) for moment, who in reversed(one.edits)] + ([(one.created, one.author)] if one.edits else [])
    shown = [{"editedAt": stamp(moment), "editor": show_account(at.repository, who)} for moment, who in rows]
    return _page(shown, arguments)


def _object(asking: Asking, at: At, arguments: Json) -> At | None:
    asking.caller.check(at.repository, "contents", "read")
    sha = at.repository.git.find(arguments.get("oid") or arguments["expression"])
    if sha is None:
        return None
    kind = {"commit": "Commit", "blob": "Blob", "tree": "Tree"}[at.repository.git.type_of(sha) or ""]
    return At(kind=kind, repository=at.repository, one=sha)


def _parents(_asking: Asking, at: At, arguments: Json) -> Json:
    parents = at.repository.git.read_commit(at.one).parents
    return _page([_commit(at.repository, sha) for sha in parents], arguments)


def _commit(repository: Repository, sha: str) -> At:
    return At(kind="Commit", repository=repository, one=sha)


# --- issues and pull requests ---------------------------------------------------------------------


def _labels(_asking: Asking, at: At, arguments: Json) -> Json:
    rows = [At(kind="Label", repository=at.repository, one=name) for name in at.one.labels]
    return _page(rows, arguments)


def _comments(asking: Asking, at: At, arguments: Json) -> Json:
    rows = asking.hub.comments_on(at.repository, at.one.number)
    return _page([At(kind="IssueComment", repository=at.repository, one=one) for one in rows], arguments)


def _closed_at(_asking: Asking, at: At, _arguments: Json) -> str | None:
    return stamp(at.one.created) if at.one.state == "closed" else None


def _author(_asking: Asking, at: At, _arguments: Json) -> At:
    return show_account(at.repository, at.one.author)


def _editor(_asking: Asking, at: At, _arguments: Json) -> At | None:
    return show_account(at.repository, at.one.editor) if at.one.editor is not None else None


def _head_ref(asking: Asking, at: At, _arguments: Json) -> At | None:
    home = asking.hub.repositories.get(at.one.head_repository)
    return _ref(home, at.one.head) if home else None


def _head_repository(asking: Asking, at: At, _arguments: Json) -> At | None:
    home = asking.hub.repositories.get(at.one.head_repository)
    return At(kind="Repository", repository=home, one=home) if home else None


def _mergeable(_asking: Asking, at: At, _arguments: Json) -> str:
    if not at.repository.mergeable_known:
        return "UNKNOWN"
    return "CONFLICTING" if merging.has_conflicts(at.repository, at.one) else "MERGEABLE"


def _merge_status(_asking: Asking, at: At, _arguments: Json) -> str:
    return merging.find_state(at.repository, at.one)


def _last_commits(_asking: Asking, at: At, arguments: Json) -> Json:
    git = at.repository.git
    shas = list(reversed(git.log(f"{at.one.base_sha}..{at.one.head_sha}"))) or [at.one.head_sha]
    return _page([{"commit": _commit(at.repository, sha)} for sha in shas], arguments)


def _auto_merge(_asking: Asking, at: At, _arguments: Json) -> Json | None:
    return {"mergeMethod": at.one.auto_merge.upper()} if at.one.auto_merge else None


def _reaction_groups(asking: Asking, at: At, _arguments: Json) -> list[Json]:
    contents = ("THUMBS_UP", "THUMBS_DOWN", "LAUGH", "HOORAY", "CONFUSED", "HEART", "ROCKET", "EYES")
    words = {"+1": "THUMBS_UP", "-1": "THUMBS_DOWN"}
    bot = asking.caller.actor.login
    mine = {words.get(content, content.upper()) for login, content in at.one.reactions if login == bot}
    return [{"content": content, "viewerHasReacted": content in mine} for content in contents]


# --- checks ---------------------------------------------------------------------------------------


def _rollup(asking: Asking, at: At, _arguments: Json) -> At | None:
    runs = merging.list_checks(at.repository, at.one)
    statuses = merging.list_statuses(at.repository, at.one)
    return At(kind="StatusCheckRollup", repository=at.repository, one=at.one) if runs or statuses else None


def _contexts(asking: Asking, at: At, arguments: Json) -> Json:
    runs = merging.list_checks(at.repository, at.one)
    statuses = merging.list_statuses(at.repository, at.one)
    for rows, permission in ((runs, "checks"), (statuses, "statuses")):
        if rows:
            asking.caller.check(at.repository, permission, "read")
    shown = [At(kind="CheckRun", repository=at.repository, one=one) for one in runs]
    shown += [At(kind="StatusContext", repository=at.repository, one=one) for one in statuses]
    return _page(shown, arguments)


def _check_suites(asking: Asking, at: At, arguments: Json) -> Json:
    """Of each App that is installed there is one, also before it has made any run."""
    asking.caller.check(at.repository, "checks", "read")
    wanted = arguments.get("filterBy") or {}
    if set(wanted) != {"appId"}:
        raise NotImplementedError("check suites are shown of one App")
    is_ours = wanted["appId"] == asking.hub.app.id
    return _page([At(kind="CheckSuite", repository=at.repository, one=at.one)] if is_ours else [], arguments)


def _check_runs(asking: Asking, at: At, arguments: Json) -> Json:
    asking.caller.check(at.repository, "checks", "read")
    name = (arguments.get("filterBy") or {}).get("checkName")
    runs = [one for one in merging.list_checks(at.repository, at.one) if one.app == asking.hub.app.slug]
    shown = [one for one in runs if name in (None, one.name)]
    return _page([At(kind="CheckRun", repository=at.repository, one=one) for one in shown], arguments)


def _is_required(_asking: Asking, at: At, arguments: Json) -> bool:
    if "pullRequestNumber" not in arguments and "pullRequestId" not in arguments:
        raise Failed("A pull request is needed to tell whether it is required")
    pull = at.repository.pulls[arguments["pullRequestNumber"]]
    name = at.one.name if isinstance(at.one, CheckRun) else at.one.context
    return name in merging.protection_of(at.repository, pull).checks


def _login(_asking: Asking, at: At, _arguments: Json) -> str:
    """An App's account by its slug alone."""
    return str(at.one.login).removesuffix("[bot]")


def _of(name: str) -> Resolve:
    return lambda _asking, at, _arguments: getattr(at.one, name)


def _constant(value: Any) -> Resolve:
    return lambda _asking, _at, _arguments: value


def _upper(name: str) -> Resolve:
    def resolve(_asking: Asking, at: At, _arguments: Json) -> str | None:
        value = getattr(at.one, name)
        return value.upper() if value else None

    return resolve


def _allows(method: str) -> Resolve:
    return lambda _asking, at, _arguments: method in at.one.merge_methods


FIELDS: dict[str, Resolve] = {
    "Query.repository": _repository,
    # A bot's name comes whole here, though not as the author of anything.
    "Query.viewer": lambda asking, _source, _: {"login": asking.caller.actor.login},
    "Repository.id": lambda _asking, at, _: f"R_{at.one.id}",
    "Repository.name": _of("name"),
    "Repository.nameWithOwner": _of("full_name"),
    "Repository.mergeCommitAllowed": _allows("merge"),
    "Repository.squashMergeAllowed": _allows("squash"),
    "Repository.rebaseMergeAllowed": _allows("rebase"),
    "Repository.isArchived": _of("archived"),
    "Repository.isDisabled": _of("disabled"),
    "Repository.isPrivate": _of("private"),
    "Repository.isFork": lambda _asking, at, _: at.one.fork_of is not None,
    "Repository.hasIssuesEnabled": _of("has_issues"),
    "Repository.autoMergeAllowed": _of("allow_auto_merge"),
    "Repository.defaultBranchRef": _default_branch,
    "Repository.pullRequests": _pull_requests,
    "Repository.pullRequest": _pull_request,
    "Repository.issues": _issues,
    "Repository.issue": _issue,
    "Repository.issueOrPullRequest": _issue_or_pull,
    "Repository.object": _object,
    "Repository.ref": lambda _asking, at, arguments: _ref(
        at.repository, arguments["qualifiedName"].removeprefix("refs/heads/")
    ),
    "Ref.name": lambda _asking, at, _: at.one,
    "Ref.target": lambda _asking, at, _: _commit(at.repository, at.repository.git.branch(at.one) or ""),
    "GitObject.oid": lambda _asking, at, _: at.one,
    "Blob.text": lambda _asking, at, _: at.repository.git.read_blob(at.one).decode(),
    "Commit.tree": lambda _asking, at, _: At(
        kind="Tree", repository=at.repository, one=at.repository.git.read_commit(at.one).tree
    ),
    "Commit.parents": _parents,
    "Commit.message": lambda _asking, at, _: at.repository.git.read_commit(at.one).message,
    "Commit.statusCheckRollup": _rollup,
    "Commit.checkSuites": _check_suites,
    "CheckSuite.checkRuns": _check_runs,
    "StatusCheckRollup.contexts": _contexts,
    "CheckRun.name": _of("name"),
    "CheckRun.status": _upper("status"),
    "CheckRun.conclusion": _upper("conclusion"),
    "CheckRun.isRequired": _is_required,
    "CheckRun.checkSuite": lambda _asking, at, _: {"app": {"slug": at.one.app}},
    "StatusContext.context": _of("context"),
    "StatusContext.state": _upper("state"),
    "StatusContext.isRequired": _is_required,
    "StatusContext.creator": lambda _asking, at, _: show_account(at.repository, at.one.creator),
    "PullRequest.id": lambda _asking, at, _: f"PR_{at.one.id}",
    "PullRequest.number": _of("number"),
    "PullRequest.title": _of("title"),
    "PullRequest.body": _of("body"),
    "PullRequest.state": lambda _asking, at, _: _state(at.one),
    "PullRequest.isDraft": _of("draft"),
    "PullRequest.isCrossRepository": lambda _asking, at, _: at.one.head_repository != at.repository.id,
    "PullRequest.maintainerCanModify": _of("maintainer_can_modify"),
    "PullRequest.author": _author,
    "PullRequest.createdAt": lambda _asking, at, _: stamp(at.one.created),
    "PullRequest.updatedAt": lambda _asking, at, _: stamp(at.one.updated or at.one.created),
    "PullRequest.closedAt": _closed_at,
    "PullRequest.baseRefName": _of("base"),
    "PullRequest.baseRefOid": _of("base_sha"),
    "PullRequest.headRef": _head_ref,
    "PullRequest.headRefName": _of("head"),
    "PullRequest.headRefOid": _of("head_sha"),
    "PullRequest.headRepository": _head_repository,
    "PullRequest.mergeable": _mergeable,
    "PullRequest.mergeStateStatus": _merge_status,
    "PullRequest.reviewDecision": lambda _asking, at, _: merging.decide_review(at.repository, at.one),
    "PullRequest.autoMergeRequest": _auto_merge,
    "PullRequest.commits": _last_commits,
    "PullRequest.labels": _labels,
    "PullRequest.comments": _comments,
    "PullRequest.userContentEdits": _edits,
    "Issue.id": lambda _asking, at, _: f"I_{at.one.id}",
    "Issue.number": _of("number"),
    "Issue.title": _of("title"),
    "Issue.body": _of("body"),
    "Issue.state": _upper("state"),
    "Issue.author": _author,
    "Issue.closedAt": _closed_at,
    "Issue.closed": lambda _asking, at, _: at.one.state == "closed",
    "Issue.labels": _labels,
    "Issue.comments": _comments,
    "Issue.userContentEdits": _edits,
    "Label.name": lambda _asking, at, _: at.one,
    # A BigInt is sent as text.
    "IssueComment.fullDatabaseId": lambda _asking, at, _: str(at.one.id),
    "IssueComment.body": _of("body"),
    "IssueComment.createdAt": lambda _asking, at, _: stamp(at.one.created),
    "IssueComment.lastEditedAt": lambda _asking, at, _: stamp(at.one.edited) if at.one.edited else None,
    "IssueComment.author": _author,
    "IssueComment.editor": _editor,
    "IssueComment.reactionGroups": _reaction_groups,
    "Actor.login": _login,
}
