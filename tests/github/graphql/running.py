"""GraphQL: documents are validated and run by graphql-core against the part of GitHub's own schema that lockbot uses
(``facts/schema.graphql``). What the schema does not have fails as GitHub fails it: 200, no data, an error with a code.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from graphql.execution import ExecutionResult

from tests.github.auth import find_caller
from tests.github.graphql.mutations import MUTATIONS
from tests.github.graphql.objects import FIELDS, At
from tests.github.graphql.wire import Asking, Failed
from tests.github.rendering import list_shown
from tests.github.wire import ApiError, Json, Reply, Request

if TYPE_CHECKING:
    from tests.github.hub import Hub

_SCHEMA = Path(__file__).parent.parent / "facts" / "schema.graphql"
_CODES = {
    "Cannot query field": "undefinedField",
    "Unknown argument": "argumentNotAccepted",
    "Unknown type": "undefinedType",
    "Syntax Error": "parseError",
    "Variable": "variableMismatch",
}


@cache
def read_schema() -> GraphQLSchema:
    return build_schema(_SCHEMA.read_text(encoding="utf-8"))


def answer(hub: Hub, request: Request) -> Reply:
    caller = find_caller(hub.tokens, hub.installations, request)
    body = request.json()
    asking = Asking(hub=hub, caller=caller)
    reply, wrong = run(asking, body.get("query", ""), body.get("variables") or {})
    hub.note_wrong(request, wrong)
    hub.shown += list_shown(request)
    return Reply(body=reply)


def run(asking: Asking, text: str, variables: Json) -> tuple[Json, list[str]]:
    """The answer, and what the schema has against the document."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return _refuse([error])
    errors = validate(read_schema(), document)
    if errors:
        return _refuse(errors)
    done = execute_sync(
        read_schema(),
        document,
        context_value=asking,
        variable_values=variables,
        field_resolver=_resolve,
        type_resolver=_name_type,
    )
    assert isinstance(done, ExecutionResult)
    if done.data is None and done.errors and all(one.path is None for one in done.errors):
        return _refuse(done.errors)
    return _complete(done)


def _refuse(errors: list[GraphQLError]) -> tuple[Json, list[str]]:
    rows = [{"message": one.message, "extensions": {"code": _find_code(one.message)}} for one in errors]
    return {"errors": rows}, [one.message for one in errors]


def _find_code(message: str) -> str:
    return next((code for words, code in _CODES.items() if message.startswith(words)), "argumentLiteralsIncompatible")


def _complete(done: ExecutionResult) -> tuple[Json, list[str]]:
    rows, wrong = [], []
    for one in done.errors or ():
        cause = one.original_error
        if isinstance(cause, Failed):
            rows.append({"message": str(cause), "path": one.path} | ({"type": cause.kind} if cause.kind else {}))
        elif isinstance(cause, ApiError):
            kind = {404: "NOT_FOUND", 403: "FORBIDDEN"}.get(cause.status, "UNPROCESSABLE")
            rows.append({"message": str(cause), "path": one.path, "type": kind})
        else:
            # Asked for, and rightly so, but not made here yet; or an answer that the schema does not allow.
            wrong.append(f"the stand-in can't answer {one.path}: {one.message}")
            rows.append({"message": one.message, "path": one.path})
    return {"data": done.data} | ({"errors": rows} if rows else {}), wrong


def _resolve(source: Any, info: GraphQLResolveInfo[Asking], **arguments: Any) -> Any:
    if info.parent_type.name == "Mutation":
        return {"clientMutationId": None} | MUTATIONS[info.field_name](info.context, arguments["input"])
    if isinstance(source, Mapping) and info.field_name in source:
        return source[info.field_name]
    names = (info.parent_type.name, *(one.name for one in info.parent_type.interfaces))
    for name in names:
        handler = FIELDS.get(f"{name}.{info.field_name}")
        if handler is not None:
            return handler(info.context, source, arguments)
    raise NotImplementedError(f"{info.parent_type.name}.{info.field_name} has no resolver")


def _name_type(value: Any, _info: GraphQLResolveInfo[Asking], _abstract: Any) -> str:
    assert isinstance(value, At)
    return value.kind
