"""The mutations: ``updateRefs`` (all or nothing, with leases), a commit on a branch, and what is done to pull requests."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from tests.github import merging
from tests.github.git_data import WEB_FLOW, find_workflow, refuse_workflow
from tests.github.gitstore import ZERO, Person
from tests.github.graphql.wire import Asking, Failed
from tests.github.model import Pull, Repository
from tests.github.pulls import BODY_LIMIT
from tests.github.wire import ApiError, Json

_SHA = re.compile(r"[0-9a-f]{40}")
_REFUSED = "Resource not accessible by integration"

Mutate: TypeAlias = Callable[[Asking, Json], Json]


def _missing(node: str) -> Failed:
    return Failed(f"Could not resolve to a node with the global id of '{node}'.", "NOT_FOUND")


def _check(asking: Asking, repository: Repository, permission: str, missing: Failed) -> None:
    try:
        asking.caller.check(repository, permission, "write")
    except ApiError as error:
        raise (missing if error.status == 404 else Failed(_REFUSED, "FORBIDDEN")) from None


# --- refs -----------------------------------------------------------------------------------------


def update_refs(asking: Asking, value: Json) -> Json:
    node = value["repositoryId"]
    repository = next((one for one in asking.hub.repositories.values() if f"R_{one.id}" == node), None)
    if repository is None:
        raise _missing(node)
    _check(asking, repository, "contents", _missing(node))
    for update in value["refUpdates"]:
        _check_update(repository, update)
        _check_workflows(asking, repository, update["afterOid"])
    for update in value["refUpdates"]:
        _apply(asking, repository, update)
    return {}


def _check_update(repository: Repository, update: Json) -> None:
    name, after = update["name"], update["afterOid"]
    if not name.startswith("refs/"):
        raise Failed(f"Reference name '{name}' is not fully qualified")
    if not all(_SHA.fullmatch(update.get(part, ZERO)) for part in ("beforeOid", "afterOid")):
        raise Failed(f"{update} does not name objects")
    now = repository.git.refs(name).get(name, ZERO)
    if update.get("beforeOid", now) != now:
        raise Failed(f"Reference {name} is at {now} but expected {update['beforeOid']}")
    if after != ZERO and repository.git.type_of(after) is None:
        raise Failed(f"Object {after} does not exist")
    if now != ZERO and after != ZERO and not update.get("force") and not repository.git.is_ancestor(now, after):
        raise Failed("Update is not a fast forward")


def _check_workflows(asking: Asking, repository: Repository, sha: str) -> None:
    """What an App may not run it may not write: GitHub looks at what the commit changes."""
    path = find_workflow(repository, sha) if sha != ZERO else None
    if path is not None and not asking.caller.may_write_workflows:
        raise Failed(refuse_workflow(asking.caller, path), "FORBIDDEN")


def _apply(asking: Asking, repository: Repository, update: Json) -> None:
    name, after = update["name"], update["afterOid"]
    before = repository.git.refs(name).get(name)
    if after == ZERO:
        repository.git.delete_ref(name)
    else:
        repository.git.update_ref(name, after)
    asking.hub.moved(repository, name, before, None if after == ZERO else after, asking.caller.actor)


def commit_on_branch(asking: Asking, value: Json) -> Json:
    """A fork's branch is open to who may write where its pull request goes, if its author lets maintainers in."""
    branch = value["branch"]
    full_name, name = branch.get("repositoryNameWithOwner", ""), branch.get("branchName", "")
    repository = asking.hub.find_repository(*full_name.split("/", 1)) if "/" in full_name else None
    if repository is None:
        raise Failed(f"Could not resolve to a Repository with the name '{full_name}'.", "NOT_FOUND")
    if not _is_let_in(asking, repository, name):
        _check(asking, repository, "contents", Failed(_REFUSED, "FORBIDDEN"))
    git, head = repository.git, repository.git.branch(name)
    if head is None:
        raise Failed(f"No such branch {name}", "NOT_FOUND")
    if head != value["expectedHeadOid"]:
        words = f'Expected branch to point to "{value["expectedHeadOid"]}" but it did not. Pull and try again.'
        raise Failed(words, "STALE_DATA")
    bot, message = asking.caller.actor, value["message"]
    text = "\n\n".join(one for one in (message["headline"], message.get("body")) if one)
    tree = git.write_tree(head, _list_changes(repository, value.get("fileChanges") or {}))
    sha = git.write_commit(tree, [head], text, Person(name=bot.login, email=bot.email), WEB_FLOW)
    repository.verified.add(sha)
    _check_workflows(asking, repository, sha)
    git.update_ref(f"refs/heads/{name}", sha)
    asking.hub.moved(repository, f"refs/heads/{name}", head, sha, bot)
    return {"commit": {"oid": sha}}


def _is_let_in(asking: Asking, fork: Repository, branch: str) -> bool:
    def comes_from_there(one: Pull) -> bool:
        return (one.head_repository, one.head) == (fork.id, branch) and one.maintainer_can_modify

    homes = [home for home in asking.hub.repositories.values() if any(map(comes_from_there, home.open_pulls()))]
    return any(asking.caller.may_write_contents(home) for home in homes)


def _list_changes(repository: Repository, changes: Json) -> list[tuple[str, str, str | None]]:
    rows: list[tuple[str, str, str | None]] = [(one["path"], "100644", None) for one in changes.get("deletions", ())]
    for one in changes.get("additions", ()):
        content = base64.b64decode(one["contents"], validate=True)
        rows.append((one["path"], "100644", repository.git.write_blob(content)))
    return rows


# --- pull requests --------------------------------------------------------------------------------


def _find_pull(asking: Asking, value: Json) -> tuple[Repository, Pull]:
    node = value["pullRequestId"]
    for repository in asking.hub.repositories.values():
        for one in repository.pulls.values():
            if f"PR_{one.id}" == node:
                _check(asking, repository, "pull_requests", _missing(node))
                return repository, one
    raise _missing(node)


def update_pull_request(asking: Asking, value: Json) -> Json:
    repository, one = _find_pull(asking, value)
    text = value.get("body")
    if text is not None and len(text) > BODY_LIMIT:
        raise Failed(f"Body is too long (maximum is {BODY_LIMIT} characters)")
    asking.hub.edit_thread(repository, one, asking.caller.actor, title=value.get("title"), body=text)
    return {}


def enable_auto_merge(asking: Asking, value: Json) -> Json:
    repository, one = _find_pull(asking, value)
    _check(asking, repository, "contents", _missing(value["pullRequestId"]))
    method = value.get("mergeMethod", "MERGE").lower()
    refused = merging.refuse_auto_merge(repository, one, method, value.get("expectedHeadOid"))
    if refused is not None:
        raise Failed(refused)
    one.auto_merge = method
    asking.hub.tell_pull(repository, "auto_merge_enabled", one, asking.caller.actor)
    return {}


def disable_auto_merge(asking: Asking, value: Json) -> Json:
    repository, one = _find_pull(asking, value)
    if one.auto_merge is None:
        raise Failed("Can't disable auto-merge for this pull request.")
    one.auto_merge = None
    asking.hub.tell_pull(repository, "auto_merge_disabled", one, asking.caller.actor)
    return {}


def convert_to_draft(asking: Asking, value: Json) -> Json:
    repository, one = _find_pull(asking, value)
    if not repository.has_drafts:
        raise Failed("Draft pull requests are not supported in this repository.")
    one.draft = True
    asking.hub.tell_pull(repository, "converted_to_draft", one, asking.caller.actor)
    return {}


def mark_ready(asking: Asking, value: Json) -> Json:
    repository, one = _find_pull(asking, value)
    one.draft = False
    asking.hub.tell_pull(repository, "ready_for_review", one, asking.caller.actor)
    return {}


MUTATIONS: Mapping[str, Mutate] = {
    "updatePullRequest": update_pull_request,
    "updateRefs": update_refs,
    "createCommitOnBranch": commit_on_branch,
    "enablePullRequestAutoMerge": enable_auto_merge,
    "disablePullRequestAutoMerge": disable_auto_merge,
    "convertPullRequestToDraft": convert_to_draft,
    "markPullRequestReadyForReview": mark_ready,
}
