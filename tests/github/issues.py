"""Issues, and the conversation on issues and pull requests: comments, reactions, labels, assignees."""

from __future__ import annotations

from tests.github import views
from tests.github.model import Comment, Issue, Thread
from tests.github.routes import Call, route
from tests.github.wire import ApiError, Json, Reply, custom, invalid, need, not_found, page

_REACTIONS = frozenset({"+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"})
_BODY_LIMIT = 65536
_ASSIGNEES = 10


def _thread(call: Call) -> Thread:
    number = call.parts["issue_number"]
    found = call.repository.find_thread(int(number)) if number.isdigit() else None
    if found is None:
        raise not_found()
    if isinstance(found, Issue):
        _check_on(call)
    return found


def _check_on(call: Call) -> None:
    if not call.repository.has_issues:
        raise ApiError(410, "Issues has been disabled in this repository.")


def _view(call: Call, one: Thread) -> Json:
    return views.issue(one, call.repository, call.hub.url)


def get_issue(call: Call) -> Reply:
    return Reply(body=_view(call, _thread(call)))


def create_issue(call: Call) -> Reply:
    _check_on(call)
    body = call.request.json()
    title, text, labels = need(body, "title"), body.get("body") or "", body.get("labels", [])
    if not title.strip():
        raise custom("Issue", "title can't be blank")
    _check_length(text)
    one = call.hub.add_issue(call.repository, title=title, body=text, author=call.caller.actor)
    _label(call, one, labels)
    return Reply(status=201, body=_view(call, one))


def _check_length(text: str) -> None:
    if len(text) > _BODY_LIMIT:
        raise invalid("Issue", "body", "too_long", f"body is too long (maximum is {_BODY_LIMIT} characters)")


def edit_issue(call: Call) -> Reply:
    one, body, bot = _thread(call), call.request.json(), call.caller.actor
    text = (body["body"] or "") if "body" in body else None
    _check_length(text or "")
    call.hub.edit_thread(call.repository, one, bot, title=body.get("title"), body=text)
    if "state" in body:
        if body["state"] not in ("open", "closed"):
            raise invalid("Issue", "state")
        call.hub.set_issue_state(call.repository, one, body["state"], bot)
    return Reply(body=_view(call, one))


def add_assignees(call: Call) -> Reply:
    """Who may not be assigned is left out, without a word."""
    one, names = _thread(call), call.request.json().get("assignees", [])
    known = {name.lower(): name for name in call.repository.permissions}
    for login in names:
        who = call.hub.add_account(known[login.lower()]) if login.lower() in known else None
        if who is not None and who not in one.assignees and len(one.assignees) < _ASSIGNEES:
            one.assignees.append(who)
            call.hub.tell(call.repository, "assigned", one, call.caller.actor, assignee=views.account(who))
    return Reply(status=201, body=_view(call, one))


def list_comments(call: Call) -> Reply:
    one = _thread(call)
    rows = [
        views.comment(comment, call.hub.url, call.repository)
        for comment in call.repository.comments.values()
        if comment.issue == one.number
    ]
    return page(call.request, call.hub.url, rows)


def create_comment(call: Call) -> Reply:
    one, text = _thread(call), need(call.request.json(), "body")
    if not text.strip():
        raise custom("IssueComment", "body can't be blank")
    comment = call.hub.add_comment(call.repository, one.number, text, call.caller.actor)
    return Reply(status=201, body=views.comment(comment, call.hub.url, call.repository))


def _comment(call: Call) -> Comment:
    found = call.repository.comments.get(int(call.parts["comment_id"])) if call.parts["comment_id"].isdigit() else None
    if found is None:
        raise not_found()
    return found


def edit_comment(call: Call) -> Reply:
    comment = _comment(call)
    call.hub.change_comment(call.repository, comment, need(call.request.json(), "body"), call.caller.actor)
    return Reply(body=views.comment(comment, call.hub.url, call.repository))


def create_reaction(call: Call) -> Reply:
    comment, content = _comment(call), need(call.request.json(), "content")
    if content not in _REACTIONS:
        raise invalid("Reaction", "content")
    mine = (call.caller.actor.login, content)
    status = 200 if mine in comment.reactions else 201
    if status == 201:
        comment.reactions.append(mine)
    return Reply(
        status=status,
        body={"id": comment.reactions.index(mine) + 1, "content": content, "user": views.account(call.caller.actor)},
    )


def list_reactions(call: Call) -> Reply:
    rows = [
        {"id": n, "content": content, "user": {"login": login}}
        for n, (login, content) in enumerate(_comment(call).reactions, 1)
    ]
    return page(call.request, call.hub.url, rows)


def add_labels(call: Call) -> Reply:
    one = _thread(call)
    names = need(call.request.json(), "labels", "array")
    if any(not isinstance(name, str) or not name or len(name) > 50 for name in names):
        raise invalid("Label", "name")
    _label(call, one, names)
    return Reply(body=[views.label(name) for name in one.labels])


def _label(call: Call, one: Thread, names: list[str]) -> None:
    for name in names:
        call.repository.labels.add(name)
        if name not in one.labels:
            one.labels.append(name)
            call.hub.tell(call.repository, "labeled", one, call.caller.actor, label=views.label(name))


def list_labels(call: Call) -> Reply:
    return page(call.request, call.hub.url, [views.label(name) for name in _thread(call).labels])


def remove_label(call: Call) -> Reply:
    one = _thread(call)
    if call.parts["name"] not in one.labels:
        raise ApiError(404, "Label does not exist")
    one.labels.remove(call.parts["name"])
    return Reply(body=[views.label(name) for name in one.labels])


ROUTES = (
    route("POST", "/issues", "issues", "write", create_issue),
    route("GET", "/issues/{issue_number}", "conversation", "read", get_issue),
    route("PATCH", "/issues/{issue_number}", "conversation", "write", edit_issue),
    route("POST", "/issues/{issue_number}/assignees", "conversation", "write", add_assignees),
    route("GET", "/issues/{issue_number}/comments", "conversation", "read", list_comments),
    route("POST", "/issues/{issue_number}/comments", "conversation", "write", create_comment),
    route("PATCH", "/issues/comments/{comment_id}", "conversation", "write", edit_comment),
    route("GET", "/issues/comments/{comment_id}/reactions", "conversation", "read", list_reactions),
    route("POST", "/issues/comments/{comment_id}/reactions", "conversation", "write", create_reaction),
    route("GET", "/issues/{issue_number}/labels", "conversation", "read", list_labels),
    route("POST", "/issues/{issue_number}/labels", "conversation", "write", add_labels),
    route("DELETE", "/issues/{issue_number}/labels/{name+}", "conversation", "write", remove_label),
)
