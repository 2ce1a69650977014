"""Pull requests, comments, labels, reactions, check runs."""

from __future__ import annotations

from tests.github import views
from tests.github.git_data import diff_view
from tests.github.model import CheckRun, Comment, Pull
from tests.github.routes import Call, route
from tests.github.wire import ApiError, Json, Reply, custom, invalid, need, not_found, page

_REACTIONS = frozenset({"+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"})
_CONCLUSIONS = frozenset(
    {"action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out"}
)
_BODY_LIMIT = 65536
_ANNOTATIONS = 50
_SUMMARY_LIMIT = 65535


def _pull(call: Call) -> Pull:
    number = call.parts["number"]
    found = call.repository.pulls.get(int(number)) if number.isdigit() else None
    if found is None:
        raise not_found()
    return found


def _view(call: Call, one: Pull) -> Json:
    return views.pull(one, call.repository, call.hub.url)


def create_pull(call: Call) -> Reply:
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
    if any(one.head == branch and one.base == base for one in repository.open_pulls()):
        raise custom("PullRequest", f"A pull request already exists for {repository.owner.login}:{branch}.")
    if not repository.git.log(f"{base_sha}..{head_sha}"):
        raise custom("PullRequest", f"No commits between {base} and {branch}")
    if body.get("draft") and not repository.has_drafts:
        raise custom("PullRequest", "Draft pull requests are not supported in this repository.")
    one = call.hub.add_pull(
        repository, head=branch, base=base, title=title, body=body.get("body") or "", author=call.hub.app.bot
    )
    one.draft = bool(body.get("draft"))
    return Reply(status=201, body=_view(call, one))


def _check_length(text: str | None) -> None:
    if text is not None and len(text) > _BODY_LIMIT:
        raise invalid("PullRequest", "body", "too_long", f"body is too long (maximum is {_BODY_LIMIT} characters)")


def list_pulls(call: Call) -> Reply:
    query = call.request.query
    state = query.get("state", "open")
    rows = [one for one in call.repository.pulls.values() if state in ("all", one.state)]
    if "head" in query and ":" in query["head"]:
        owner, _, branch = query["head"].partition(":")
        rows = [one for one in rows if one.head == branch and owner == call.repository.owner.login]
    if "base" in query:
        rows = [one for one in rows if one.base == query["base"]]
    newest = query.get("direction", "desc") == "desc"
    rows.sort(key=lambda one: one.number, reverse=newest)
    return page(call.request, call.hub.url, [_view(call, one) for one in rows])


def get_pull(call: Call) -> Reply:
    return Reply(body=_view(call, _pull(call)))


def edit_pull(call: Call) -> Reply:
    one, body = _pull(call), call.request.json()
    _check_length(body.get("body"))
    if "state" in body and body["state"] not in ("open", "closed"):
        raise invalid("PullRequest", "state")
    if "title" in body:
        one.title = need(body, "title")
    if "body" in body:
        one.body = body["body"] or ""
    if body.get("state") == "closed" and one.state == "open":
        call.hub.close_pull(call.repository, one, call.hub.app.bot)
    elif body.get("state") == "open" and one.state == "closed":
        if one.merged or call.repository.git.branch(one.head) is None:
            raise custom("PullRequest", "state cannot be changed.")
        if call.repository.git.branch(one.head) != one.head_sha:
            raise custom(
                "PullRequest", f"state cannot be changed. The {one.head} branch was force-pushed or recreated."
            )
        one.state, one.closed_by = "open", None
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
    return page(call.request, call.hub.url, diff_view(call.repository, start, one.head_sha))


# --- issues ---------------------------------------------------------------------------------------


def list_comments(call: Call) -> Reply:
    one = _pull(call)
    rows = [
        views.comment(comment, call.hub.url, call.repository)
        for comment in call.repository.comments.values()
        if comment.issue == one.number
    ]
    return page(call.request, call.hub.url, rows)


def create_comment(call: Call) -> Reply:
    one, text = _pull(call), need(call.request.json(), "body")
    if not text.strip():
        raise custom("IssueComment", "body can't be blank")
    comment = call.hub.add_comment(call.repository, one.number, text, call.hub.app.bot)
    return Reply(status=201, body=views.comment(comment, call.hub.url, call.repository))


def _comment(call: Call) -> Comment:
    found = call.repository.comments.get(int(call.parts["comment"])) if call.parts["comment"].isdigit() else None
    if found is None:
        raise not_found()
    return found


def edit_comment(call: Call) -> Reply:
    comment = _comment(call)
    comment.body = need(call.request.json(), "body")
    return Reply(body=views.comment(comment, call.hub.url, call.repository))


def create_reaction(call: Call) -> Reply:
    comment, content = _comment(call), need(call.request.json(), "content")
    if content not in _REACTIONS:
        raise invalid("Reaction", "content")
    mine = (call.hub.app.bot.login, content)
    status = 200 if mine in comment.reactions else 201
    if status == 201:
        comment.reactions.append(mine)
    return Reply(
        status=status,
        body={"id": comment.reactions.index(mine) + 1, "content": content, "user": views.account(call.hub.app.bot)},
    )


def list_reactions(call: Call) -> Reply:
    rows = [
        {"id": n, "content": content, "user": {"login": login}}
        for n, (login, content) in enumerate(_comment(call).reactions, 1)
    ]
    return page(call.request, call.hub.url, rows)


def add_labels(call: Call) -> Reply:
    one = _pull(call)
    names = need(call.request.json(), "labels", "array")
    if any(not isinstance(name, str) or not name or len(name) > 50 for name in names):
        raise invalid("Label", "name")
    for name in names:
        call.repository.labels.add(name)
        if name not in one.labels:
            one.labels.append(name)
    return Reply(body=[views.label(name) for name in one.labels])


def list_labels(call: Call) -> Reply:
    return page(call.request, call.hub.url, [views.label(name) for name in _pull(call).labels])


def remove_label(call: Call) -> Reply:
    one = _pull(call)
    if call.parts["name"] not in one.labels:
        raise ApiError(404, "Label does not exist")
    one.labels.remove(call.parts["name"])
    return Reply(body=[views.label(name) for name in one.labels])


def get_issue(call: Call) -> Reply:
    return Reply(body=views.issue_of(_pull(call), call.repository, call.hub.url))


# --- checks ---------------------------------------------------------------------------------------


def create_check(call: Call) -> Reply:
    body = call.request.json()
    name, sha = need(body, "name"), need(body, "head_sha")
    if call.repository.git.type_of(sha) != "commit":
        raise ApiError(422, f"No commit found for SHA: {sha}")
    run = CheckRun(
        id=call.hub.next_id(),
        name=name,
        head_sha=sha,
        status="queued",
        conclusion=None,
        title="",
        summary="",
        annotations=[],
    )
    _apply_check(run, body)
    call.repository.checks[run.id] = run
    return Reply(status=201, body=views.check_run(run, call.hub.app.id, call.hub.app.slug))


def _apply_check(run: CheckRun, body: Json) -> None:
    run.status = body.get("status", run.status)
    if "conclusion" in body:
        if body["conclusion"] not in _CONCLUSIONS:
            raise invalid("CheckRun", "conclusion")
        run.conclusion, run.status = body["conclusion"], "completed"
    if run.status == "completed" and run.conclusion is None:
        raise ApiError(422, "Invalid request.\n\nconclusion must be set when status is completed.")
    if "output" in body:
        output = body["output"]
        run.title, run.summary = need(output, "title"), need(output, "summary")
        if len(run.summary) > _SUMMARY_LIMIT:
            raise ApiError(422, f"Invalid request.\n\nOnly {_SUMMARY_LIMIT} characters are allowed.")
        run.annotations += _check_annotations(output.get("annotations", []))


def _check_annotations(rows: list[Json]) -> list[dict[str, object]]:
    if len(rows) > _ANNOTATIONS:
        raise ApiError(422, f"Invalid request.\n\nNo more than {_ANNOTATIONS} annotations are allowed.")
    for row in rows:
        need(row, "path")
        need(row, "message")
        need(row, "start_line", "integer")
        need(row, "end_line", "integer")
        if row.get("annotation_level") not in ("notice", "warning", "failure"):
            raise invalid("CheckAnnotation", "annotation_level")
    return list(rows)


def edit_check(call: Call) -> Reply:
    number = call.parts["check"]
    run = call.repository.checks.get(int(number)) if number.isdigit() else None
    if run is None:
        raise not_found()
    _apply_check(run, call.request.json())
    return Reply(body=views.check_run(run, call.hub.app.id, call.hub.app.slug))


def list_checks(call: Call) -> Reply:
    sha = call.repository.git.find(f"{call.parts['ref']}^{{commit}}")
    if sha is None:
        raise ApiError(422, f"No commit found for SHA: {call.parts['ref']}")
    query = call.request.query
    rows = [one for one in call.repository.checks.values() if one.head_sha == sha]
    if "check_name" in query:
        rows = [one for one in rows if one.name == query["check_name"]]
    if query.get("app_id", str(call.hub.app.id)) != str(call.hub.app.id):
        rows = []
    if query.get("filter", "latest") == "latest":
        rows = sorted({one.name: one for one in rows}.values(), key=lambda one: one.id)
    shown = [views.check_run(one, call.hub.app.id, call.hub.app.slug) for one in reversed(rows)]
    return page(call.request, call.hub.url, shown, "check_runs")


ROUTES = (
    route("POST", "/pulls", "pull_requests", "write", create_pull),
    route("GET", "/pulls", "pull_requests", "read", list_pulls),
    route("GET", "/pulls/{number}", "pull_requests", "read", get_pull),
    route("PATCH", "/pulls/{number}", "pull_requests", "write", edit_pull),
    route("GET", "/pulls/{number}/commits", "pull_requests", "read", list_pull_commits),
    route("GET", "/pulls/{number}/files", "pull_requests", "read", list_pull_files),
    # On a pull request these are open to pull_requests or issues; the App holds the first.
    route("GET", "/issues/{number}", "pull_requests", "read", get_issue),
    route("GET", "/issues/{number}/comments", "pull_requests", "read", list_comments),
    route("POST", "/issues/{number}/comments", "pull_requests", "write", create_comment),
    route("PATCH", "/issues/comments/{comment}", "pull_requests", "write", edit_comment),
    route("GET", "/issues/comments/{comment}/reactions", "pull_requests", "read", list_reactions),
    route("POST", "/issues/comments/{comment}/reactions", "pull_requests", "write", create_reaction),
    route("GET", "/issues/{number}/labels", "pull_requests", "read", list_labels),
    route("POST", "/issues/{number}/labels", "pull_requests", "write", add_labels),
    route("DELETE", "/issues/{number}/labels/{name+}", "pull_requests", "write", remove_label),
    route("POST", "/check-runs", "checks", "write", create_check),
    route("PATCH", "/check-runs/{check}", "checks", "write", edit_check),
    route("GET", "/commits/{ref}/check-runs", "checks", "read", list_checks),
)
