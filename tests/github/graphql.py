"""GraphQL: queries (``graphql_query``), and the one mutation that is used, checked as GitHub's schema describes it:
``updateRefs`` (all or nothing, with leases). Any other document gets the error that an unknown field gets.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.github.auth import Caller, find_caller
from tests.github.git_data import find_workflow, refuse_workflow
from tests.github.gitstore import ZERO
from tests.github.graphql_query import run_query
from tests.github.model import Repository
from tests.github.wire import ApiError, Json, Reply, Request

if TYPE_CHECKING:
    from tests.github.hub import Hub

_UPDATE_REFS = re.compile(
    r"\s*mutation\s*\w*\s*\(\s*\$(\w+)\s*:\s*UpdateRefsInput!\s*\)\s*\{\s*updateRefs\s*\(\s*input\s*:\s*\$\1\s*\)"
    r"\s*\{\s*clientMutationId\s*\}\s*\}\s*"
)
_UNKNOWN = {
    "message": "Field doesn't exist on type 'Mutation' or document is malformed",
    "extensions": {"code": "undefinedField"},
}
_SHA = re.compile(r"[0-9a-f]{40}")
_INPUT = {"repositoryId", "refUpdates", "clientMutationId"}
_UPDATE = {"name", "afterOid", "beforeOid", "force"}


class _Failed(Exception):
    def __init__(self, message: str, kind: str | None = None) -> None:
        super().__init__(message)
        self.error: Json = {"message": message, "path": ["updateRefs"]} | ({"type": kind} if kind else {})


def answer(hub: Hub, request: Request) -> Reply:
    caller = find_caller(hub.tokens, hub.installations, request)
    body = request.json()
    if body.get("query", "").lstrip().startswith("query"):
        return Reply(body=run_query(hub, caller, body["query"], body.get("variables") or {}))
    match = _UPDATE_REFS.fullmatch(body.get("query", ""))
    if match is None:
        return Reply(body={"errors": [_UNKNOWN]})
    try:
        _update_refs(hub, caller, body.get("variables", {}).get(match.group(1)))
    except _Failed as failed:
        return Reply(body={"data": {"updateRefs": None}, "errors": [failed.error]})
    return Reply(body={"data": {"updateRefs": {"clientMutationId": None}}})


def _update_refs(hub: Hub, caller: Caller, value: Json | None) -> None:
    if not isinstance(value, dict) or set(value) - _INPUT or "repositoryId" not in value or "refUpdates" not in value:
        raise _Failed("Variable $input of type UpdateRefsInput! was provided invalid value")
    repository = _find_repository(hub, caller, value["repositoryId"])
    for update in value["refUpdates"]:
        _check(repository, update)
        _check_workflows(caller, repository, update)
    for update in value["refUpdates"]:
        _apply(hub, repository, update)


def _find_repository(hub: Hub, caller: Caller, node: str) -> Repository:
    repository = next((one for one in hub.repositories.values() if f"R_{one.id}" == node), None)
    missing = _Failed(f"Could not resolve to a node with the global id of '{node}'.", "NOT_FOUND")
    if repository is None:
        raise missing
    try:
        caller.check(repository, "contents", "write")
    except ApiError as error:
        raise (
            missing if error.status == 404 else _Failed("Resource not accessible by integration", "FORBIDDEN")
        ) from None
    return repository


def _check(repository: Repository, update: Json) -> None:
    if (
        set(update) - _UPDATE
        or not isinstance(update.get("name"), str)
        or not _SHA.fullmatch(update.get("afterOid", ""))
    ):
        raise _Failed("Variable $input of type UpdateRefsInput! was provided invalid value for refUpdates")
    name, after = update["name"], update["afterOid"]
    if not name.startswith("refs/"):
        raise _Failed(f"Reference name '{name}' is not fully qualified", "UNPROCESSABLE")
    now = repository.git.refs(name).get(name, ZERO)
    if "beforeOid" in update and update["beforeOid"] != now:
        raise _Failed(f"Reference {name} is at {now} but expected {update['beforeOid']}", "UNPROCESSABLE")
    if after != ZERO and repository.git.type_of(after) is None:
        raise _Failed(f"Object {after} does not exist", "UNPROCESSABLE")
    if now != ZERO and after != ZERO and not update.get("force") and not repository.git.is_ancestor(now, after):
        raise _Failed("Update is not a fast forward", "UNPROCESSABLE")


def _check_workflows(caller: Caller, repository: Repository, update: Json) -> None:
    """What an App may not run it may not write: GitHub looks at what the commit changes."""
    path = find_workflow(repository, update["afterOid"]) if update["afterOid"] != ZERO else None
    if path is not None and not caller.may_write_workflows:
        raise _Failed(refuse_workflow(path), "FORBIDDEN")


def _apply(hub: Hub, repository: Repository, update: Json) -> None:
    name, after = update["name"], update["afterOid"]
    before = repository.git.refs(name).get(name)
    if after == ZERO:
        repository.git.delete_ref(name)
    else:
        repository.git.update_ref(name, after)
    hub.moved(repository, name, before, None if after == ZERO else after, hub.app.bot)
