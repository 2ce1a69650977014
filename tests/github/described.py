"""Requests held against GitHub's own description of its API, as far as it is in ``facts/operations.json``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tests.github.wire import ApiError, Json, Request

_FACTS = Path(__file__).parent / "facts" / "operations.json"
#: What any path may answer, listed there or not: who asks is wrong, or how.
_ALWAYS = frozenset({304, 400, 401, 403, 404, 422})


@cache
def read_operations() -> dict[str, Json]:
    return json.loads(_FACTS.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def find_faults(path: str, request: Request) -> list[str]:
    """What the description has against a request; ``path`` is the one there, with its braces."""
    operation = read_operations().get(f"{request.method} {path}")
    if operation is None:
        return [f"{path} is not among the facts: python -m bench.github_facts"]
    return [*_check_query(operation, request.query), *_check_body(operation, request)]


def find_odd_status(path: str, request: Request, status: int) -> list[str]:
    operation = read_operations().get(f"{request.method} {path}", {"statuses": []})
    listed = status in operation["statuses"] or status in _ALWAYS
    return [] if listed else [f"the stand-in answers {status}, which GitHub does not list there"]


def _check_query(operation: Json, query: dict[str, str]) -> list[str]:
    known = operation["query"]
    faults = [f"unknown parameter {name!r}" for name in query if name not in known]
    faults += [f"the parameter {name!r} is missing" for name in operation["required"] if name not in query]
    for name, text in query.items():
        if name in known:
            faults += _validate(known[name], _coerce(known[name], text), name)
    return faults


def _coerce(schema: Json, text: str) -> Any:
    kinds = schema.get("type", "string")
    if "integer" in kinds and text.lstrip("-").isdigit():
        return int(text)
    if "boolean" in kinds and text in ("true", "false"):
        return text == "true"
    return text


def _check_body(operation: Json, request: Request) -> list[str]:
    try:
        body = request.json()
    except ApiError as error:
        return [str(error)]
    if operation["body"] is None:
        return ["a body where none is described"] if body else []
    return _validate(operation["body"], body, "body")


def _validate(schema: Json, value: Any, place: str) -> list[str]:
    errors = Draft202012Validator(schema).iter_errors(value)
    return [f"{'.'.join(map(str, (place, *error.path)))}: {error.message[:300]}" for error in errors]
