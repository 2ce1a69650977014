"""Whether a pull request may be merged ("About protected branches"), its merge, and the merge that GitHub makes by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.github.gitstore import GitFailed, Person
from tests.github.model import Account, CheckRun, Protection, Pull, Repository, Status
from tests.github.routes import Call, route
from tests.github.wire import ApiError, Reply

if TYPE_CHECKING:
    from tests.github.world import World

_PASSED = ("success", "neutral", "skipped")


def list_checks(repository: Repository, sha: str) -> list[CheckRun]:
    """The newest of each name and App."""
    rows = {(one.app, one.name): one for one in repository.checks.values() if one.head_sha == sha}
    return list(rows.values())


def list_statuses(repository: Repository, sha: str) -> list[Status]:
    return list(repository.statuses.get(sha, {}).values())


def protection_of(repository: Repository, one: Pull) -> Protection:
    return repository.protection if one.base == repository.default_branch else Protection()


def decide_review(repository: Repository, one: Pull) -> str | None:
    """None: nobody has to approve."""
    wanted = protection_of(repository, one).reviews
    if "CHANGES_REQUESTED" in one.reviews.values():
        return "CHANGES_REQUESTED" if wanted else None
    if not wanted:
        return None
    return "APPROVED" if list(one.reviews.values()).count("APPROVED") >= wanted else "REVIEW_REQUIRED"


def find_state(repository: Repository, one: Pull) -> str:
    """GitHub's ``mergeStateStatus``."""
    rules = protection_of(repository, one)
    results = {run.name: run.conclusion in _PASSED for run in list_checks(repository, one.head_sha)}
    results |= {status.context: status.state == "success" for status in list_statuses(repository, one.head_sha)}
    if not repository.mergeable_known:
        return "UNKNOWN"
    if has_conflicts(repository, one):
        return "DIRTY"
    if one.draft:
        return "DRAFT"
    if decide_review(repository, one) not in (None, "APPROVED") or not all(results.get(name) for name in rules.checks):
        return "BLOCKED"
    if rules.strict and not repository.git.is_ancestor(_base(repository, one), one.head_sha):
        return "BEHIND"
    return "CLEAN" if all(results.values()) else "UNSTABLE"


def has_conflicts(repository: Repository, one: Pull) -> bool:
    try:
        repository.git.merge_tree(one.head_sha, _base(repository, one))
    except GitFailed:
        return True
    return False


def _base(repository: Repository, one: Pull) -> str:
    sha = repository.git.branch(one.base)
    assert sha is not None
    return sha


# --- merging --------------------------------------------------------------------------------------


def merge(world: World, repository: Repository, one: Pull, method: str, who: Account) -> str:
    git, before = repository.git, _base(repository, one)
    tree = git.merge_tree(one.head_sha, before)
    person = Person(name=who.login, email=who.email)
    parents = [before, one.head_sha] if method == "merge" else [before]
    sha = git.write_commit(tree, parents, one.title, person, person)
    git.update_ref(f"refs/heads/{one.base}", sha)
    one.merged, one.merge_commit = True, sha
    world.close_pull(repository, one, who)
    world.moved(repository, f"refs/heads/{one.base}", before, sha, who)
    return sha


def merge_what_may(world: World, repository: Repository) -> None:
    """Auto-merge: at once when nothing is in the way any more."""
    for one in repository.open_pulls():
        if one.auto_merge is not None and find_state(repository, one) in ("CLEAN", "UNSTABLE"):
            merge(world, repository, one, one.auto_merge, world.app.bot)
            return


def refuse_auto_merge(repository: Repository, one: Pull, method: str, head: str | None) -> str | None:
    """The words in which GitHub does."""
    if one.state != "open":
        return "Can't enable auto-merge for this pull request: Pull request is closed"
    if not repository.allow_auto_merge:
        return "Auto merge is not allowed for this repository"
    if method not in repository.merge_methods:
        return f"Merge method {method} is not allowed for this repository"
    if head is not None and head != one.head_sha:
        return "Head sha does not match the expected head sha"
    state = find_state(repository, one).lower()
    return f"Pull request is in {state} status" if state in ("clean", "unstable", "draft") else None


def merge_pull(call: Call) -> Reply:
    number = call.parts["pull_number"]
    one = call.repository.pulls.get(int(number)) if number.isdigit() else None
    if one is None:
        raise ApiError(404, "Not Found")
    body = call.request.json()
    method = body.get("merge_method", "merge")
    if "sha" in body and not re.fullmatch(r"[0-9a-f]{40}", body["sha"]):
        raise ApiError(422, "sha is not a commit")
    if one.state != "open":
        raise ApiError(405, "Pull Request is not mergeable")
    if body.get("sha", one.head_sha) != one.head_sha:
        raise ApiError(409, "Head branch was modified. Review and try the merge again.")
    if method not in call.repository.merge_methods:
        raise ApiError(405, f"{method.title()} merges are not allowed on this repository.")
    if find_state(call.repository, one) not in ("CLEAN", "UNSTABLE"):
        raise ApiError(405, "Pull Request is not mergeable")
    sha = merge(call.hub, call.repository, one, method, call.caller.actor)
    return Reply(body={"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


ROUTES = (route("PUT", "/pulls/{pull_number}/merge", "contents", "write", merge_pull),)
