"""Pull requests."""

from __future__ import annotations

from tests.github import views
from tests.github.git_data import diff_view
from tests.github.model import WORKFLOWS, Account, Pull
from tests.github.routes import Call, route
from tests.github.wire import ApiError, Json, Reply, custom, invalid, need, not_found, page

BODY_LIMIT = 65536


def _pull(call: Call) -> Pull:
    number = call.parts["pull_number"]
    found = call.repository.pulls.get(int(number)) if number.isdigit() else None
    if found is None:
        raise not_found()
    return found


def _view(call: Call, one: Pull) -> Json:
    return views.pull(one, call.repository, call.hub.url, call.hub.repositories)


def create_pull(call: Call) -> Reply:
    if call.caller.token.app == WORKFLOWS and not call.repository.actions_may_open_pulls:
        raise ApiError(403, "GitHub Actions is not permitted to create or approve pull requests.")
    body, repository = call.request.json(), call.repository
    head, base, title = need(body, "head"), need(body, "base"), need(body, "title")
    owner, _, branch = head.rpartition(":")
    if owner and owner != repository.owner.login:
        raise invalid("PullRequest", "head")
    head_sha, base_sha = repository.git.branch(branch), repository.git.branch(base)
    if head_sha is None:
        raise invalid("PullRequest", "head")
    if base_sha is None:
        raise invalid("PullRequest", "base")
    if not title.strip():
        raise custom("PullRequest", "title can't be blank")
    _check_length(body.get("body"))
    same = (branch, base, repository.id)
    if any((one.head, one.base, one.head_repository) == same for one in repository.open_pulls()):
        raise custom("PullRequest", f"A pull request already exists for {repository.owner.login}:{branch}.")
    if not repository.git.log(f"{base_sha}..{head_sha}"):
        raise custom("PullRequest", f"No commits between {base} and {branch}")
    if body.get("draft") and not repository.has_drafts:
        raise custom("PullRequest", "Draft pull requests are not supported in this repository.")
    one = call.hub.add_pull(
        repository,
        head=branch,
        base=base,
        title=title,
        body=body.get("body") or "",
        author=call.caller.actor,
        draft=bool(body.get("draft")),
    )
    return Reply(status=201, body=_view(call, one))


def _check_length(text: str | None) -> None:
    if text is not None and len(text) > BODY_LIMIT:
        raise invalid("PullRequest", "body", "too_long", f"body is too long (maximum is {BODY_LIMIT} characters)")


def list_pulls(call: Call) -> Reply:
    query = call.request.query
    state = query.get("state", "open")
    rows = [one for one in call.repository.pulls.values() if state in ("all", one.state)]
    if "head" in query and ":" in query["head"]:
        owner, _, branch = query["head"].partition(":")
        rows = [one for one in rows if one.head == branch and owner == _owner(call, one)]
    if "base" in query:
        rows = [one for one in rows if one.base == query["base"]]
    newest = query.get("direction", "desc") == "desc"
    rows.sort(key=lambda one: one.number, reverse=newest)
    return page(call.request, call.hub.url, [_listed(call, one) for one in rows])


def _owner(call: Call, one: Pull) -> str:
    return call.hub.repositories[one.head_repository].owner.login


def _listed(call: Call, one: Pull) -> Json:
    """A list leaves out what GitHub has to work for."""
    left_out = ("maintainer_can_modify", "merged", "mergeable", "mergeable_state")
    return {name: value for name, value in _view(call, one).items() if name not in left_out}


def get_pull(call: Call) -> Reply:
    return Reply(body=_view(call, _pull(call)))


def edit_pull(call: Call) -> Reply:
    one, body = _pull(call), call.request.json()
    _check_length(body.get("body"))
    if "state" in body and body["state"] not in ("open", "closed"):
        raise invalid("PullRequest", "state")
    title = need(body, "title") if "title" in body else None
    text = (body["body"] or "") if "body" in body else None
    call.hub.edit_thread(call.repository, one, call.caller.actor, title=title, body=text)
    if body.get("state") == "closed" and one.state == "open":
        call.hub.close_pull(call.repository, one, call.caller.actor)
    elif body.get("state") == "open" and one.state == "closed":
        head = call.hub.repositories[one.head_repository].git.branch(one.head)
        if one.merged or head is None:
            raise custom("PullRequest", "state cannot be changed.")
        if head != one.head_sha:
            raise custom(
                "PullRequest", f"state cannot be changed. The {one.head} branch was force-pushed or recreated."
            )
        call.hub.set_issue_state(call.repository, one, "open", call.caller.actor)
    return Reply(body=_view(call, one))


def list_pull_commits(call: Call) -> Reply:
    one = _pull(call)
    git = call.repository.git
    shas = list(reversed(git.log(f"{one.base_sha}..{one.head_sha}")))
    by_email = call.hub.find_account_by_email
    rows = []
    for sha in shas:
        commit = git.read_commit(sha)
        people = by_email(commit.author.email), by_email(commit.committer.email)
        rows.append(views.commit(commit, sha in call.repository.verified, *people))
    return page(call.request, call.hub.url, rows)


def list_pull_files(call: Call) -> Reply:
    one = _pull(call)
    start = call.repository.git.merge_base(one.base_sha, one.head_sha) or one.base_sha
    return page(call.request, call.hub.url, diff_view(call.repository, start, one.head_sha, most=3000))


def request_reviewers(call: Call) -> Reply:
    """All or nobody."""
    one, body = _pull(call), call.request.json()
    people = [_find_reviewer(call, one, login) for login in body.get("reviewers", [])]
    teams = body.get("team_reviewers", [])
    if not set(teams) <= call.repository.teams:
        raise ApiError(422, f"Could not resolve to a node with the global id of '{teams}'.")
    one.reviewers += [who for who in people if who not in one.reviewers]
    one.teams += [slug for slug in teams if slug not in one.teams]
    call.hub.tell_pull(call.repository, "review_requested", one, call.caller.actor)
    return Reply(status=201, body=_listed(call, one))


def _find_reviewer(call: Call, one: Pull, login: str) -> Account:
    if login.lower() == one.author.login.lower():
        raise ApiError(422, "Review cannot be requested from pull request author.")
    known = {name.lower(): name for name in call.repository.permissions}
    if login.lower() not in known:
        raise ApiError(
            422,
            "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not "
            f"a collaborator of the {call.repository.full_name} repository.",
        )
    return call.hub.add_account(known[login.lower()])


ROUTES = (
    route("POST", "/pulls", "pull_requests", "write", create_pull),
    route("GET", "/pulls", "pull_requests", "read", list_pulls),
    route("GET", "/pulls/{pull_number}", "pull_requests", "read", get_pull),
    route("PATCH", "/pulls/{pull_number}", "pull_requests", "write", edit_pull),
    route("GET", "/pulls/{pull_number}/commits", "pull_requests", "read", list_pull_commits),
    route("GET", "/pulls/{pull_number}/files", "pull_requests", "read", list_pull_files),
    route("POST", "/pulls/{pull_number}/requested_reviewers", "pull_requests", "write", request_reviewers),
)
