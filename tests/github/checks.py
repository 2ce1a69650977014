"""Check runs of the App."""

from __future__ import annotations

from tests.github import views
from tests.github.model import CheckRun
from tests.github.routes import Call, route
from tests.github.wire import ApiError, Json, Reply, invalid, need, not_found, page

_CONCLUSIONS = frozenset(
    {"action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out"}
)
_ANNOTATIONS = 50
_SUMMARY_LIMIT = 65535


def create_check(call: Call) -> Reply:
    if call.caller.is_person:
        raise ApiError(403, "You must authenticate via a GitHub App.")
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
        app=call.caller.token.app,
    )
    _apply_check(run, body)
    call.repository.checks[run.id] = run
    call.hub.tell_check(call.repository, "created", run, call.caller.actor)
    return Reply(status=201, body=views.check_run(run, call.hub.app.id))


def _apply_check(run: CheckRun, body: Json) -> None:
    run.status = body.get("status", run.status)
    if run.status != "completed":
        run.conclusion = None
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
    number = call.parts["check_run_id"]
    run = call.repository.checks.get(int(number)) if number.isdigit() else None
    if run is None:
        raise not_found()
    if run.app != call.caller.token.app:
        raise ApiError(403, "Invalid app_id. Check runs can be modified only by the GitHub App that created them.")
    _apply_check(run, call.request.json())
    if run.status == "completed":
        call.hub.tell_check(call.repository, "completed", run, call.caller.actor)
    return Reply(body=views.check_run(run, call.hub.app.id))


def list_checks(call: Call) -> Reply:
    sha = call.repository.git.find(f"{call.parts['ref']}^{{commit}}")
    if sha is None:
        raise ApiError(422, f"No commit found for SHA: {call.parts['ref']}")
    query = call.request.query
    rows = [one for one in call.repository.checks.values() if one.head_sha == sha]
    if "check_name" in query:
        rows = [one for one in rows if one.name == query["check_name"]]
    if "app_id" in query:
        own = query["app_id"] == str(call.hub.app.id)
        rows = [one for one in rows if own and one.app == call.hub.app.slug]
    if query.get("filter", "latest") == "latest":
        rows = sorted({(one.app, one.name): one for one in rows}.values(), key=lambda one: one.id)
    shown = [views.check_run(one, call.hub.app.id) for one in reversed(rows)]
    return page(call.request, call.hub.url, shown, "check_runs")


ROUTES = (
    route("POST", "/check-runs", "checks", "write", create_check),
    route("PATCH", "/check-runs/{check_run_id}", "checks", "write", edit_check),
    route("GET", "/commits/{ref}/check-runs", "checks", "read", list_checks),
)
