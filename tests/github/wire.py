"""Requests, replies, GitHub's error bodies and pagination."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias
from urllib.parse import urlencode

Json: TypeAlias = dict[str, Any]

DOCS = "https://docs.github.com/rest"


class ApiError(Exception):
    def __init__(
        self, status: int, message: str, errors: list[Json] | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {"message": message, "documentation_url": DOCS, "status": str(status)}
        self.headers = headers or {}
        if errors is not None:
            self.body["errors"] = errors


def not_found() -> ApiError:
    return ApiError(404, "Not Found")


def invalid(resource: str, name: str, code: str = "invalid", message: str | None = None) -> ApiError:
    error = {"resource": resource, "field": name, "code": code}
    return ApiError(422, "Validation Failed", [error | ({"message": message} if message else {})])


def custom(resource: str, message: str) -> ApiError:
    return ApiError(422, "Validation Failed", [{"resource": resource, "code": "custom", "message": message}])


@dataclass(kw_only=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Json:
        if not self.body:
            return {}
        try:
            value = json.loads(self.body)
        except ValueError:
            raise ApiError(400, "Problems parsing JSON") from None
        if not isinstance(value, dict):
            raise ApiError(400, "Body should be a JSON object")
        return value


class Broken(StrEnum):
    """How a connection breaks: nothing comes at all, or half of the body."""

    RESET = "reset"
    CUT = "cut"


@dataclass(kw_only=True)
class Reply:
    status: int = 200
    body: Any = None
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    broken: Broken | None = None


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "object": (dict,),
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
}


def need(body: Json, name: str, kind: str = "string") -> Any:
    """A required field of a body; GitHub answers 422 when it is missing or of another type."""
    if name not in body:
        raise ApiError(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
    value = body[name]
    if not isinstance(value, _TYPES[kind]):
        raise ApiError(422, f"Invalid request.\n\nFor '{name}', {json.dumps(value)[:80]} is not a {kind}.")
    return value


def page(request: Request, base_url: str, rows: list[Any], wrap: str | None = None) -> Reply:
    """One page of ``rows`` with a Link header; ``wrap`` puts them under that name beside ``total_count``."""
    try:
        size, number = int(request.query.get("per_page", "30")), int(request.query.get("page", "1"))
    except ValueError:
        raise ApiError(422, "Invalid request.") from None
    size, number = max(1, min(size, 100)), max(1, number)
    last = max(1, -(-len(rows) // size))
    shown = rows[(number - 1) * size : number * size]

    def link(to: int, rel: str) -> str:
        return f'<{base_url}{request.path}?{urlencode({**request.query, "per_page": size, "page": to})}>; rel="{rel}"'

    links = []
    if number < last:
        links += [link(number + 1, "next"), link(last, "last")]
    if number > 1:
        links += [link(1, "first"), link(number - 1, "prev")]
    headers = {"Link": ", ".join(links)} if links else {}
    return Reply(body={"total_count": len(rows), wrap: shown} if wrap else shown, headers=headers)
