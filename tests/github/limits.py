"""Conditional requests and rate limits, as GitHub documents them ("Best practices", "Rate limits for the REST API").

An answer's ETag goes with the credential as well: with another token it is another answer. An answer of 304 is not
counted; whoever is above the limit gets 403 until the hour is over.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.github.model import Installation
from tests.github.wire import DOCS, Reply, Request

if TYPE_CHECKING:
    from tests.github.hub import Hub


def tag(request: Request, reply: Reply) -> Reply:
    """304 where the asker has the same answer already."""
    if request.method != "GET" or reply.status != 200 or not request.path.startswith("/api/"):
        return reply
    content = reply.raw if reply.raw is not None else json.dumps(reply.body).encode()
    whose = request.headers.get("authorization", "") + request.headers.get("accept", "")
    etag = f'W/"{hashlib.sha256(whose.encode() + content).hexdigest()}"'
    if request.headers.get("if-none-match") == etag:
        return Reply(status=304, raw=b"", headers={"ETag": etag})
    reply.headers["ETag"] = etag
    return reply


def count(hub: Hub, request: Request, fault: Reply | None) -> Reply | None:
    """The refusal where nothing is left; None: go on."""
    installation = _find_installation(hub, request)
    if fault is not None or installation is None:
        return fault
    if installation.used.get(_resource(request), 0) < installation.limit:
        return None
    message = f"API rate limit exceeded for installation ID {installation.id}."
    return Reply(status=403, body={"message": message, "documentation_url": DOCS, "status": "403"})


def describe(hub: Hub, request: Request, reply: Reply) -> None:
    installation, resource = _find_installation(hub, request), _resource(request)
    if installation is None:
        return
    if reply.status != 304:
        installation.used[resource] = installation.used.get(resource, 0) + 1
    used = min(installation.used.get(resource, 0), installation.limit)
    reset = (datetime.now(UTC) + timedelta(hours=1)).replace(minute=0, second=0)
    for name, value in (
        ("limit", installation.limit),
        ("remaining", installation.limit - used),
        ("used", used),
        ("reset", int(reset.timestamp())),
        ("resource", resource),
    ):
        reply.headers.setdefault(f"X-RateLimit-{name.title()}", str(value))


def _resource(request: Request) -> str:
    return "graphql" if request.path.endswith("/graphql") else "core"


def _find_installation(hub: Hub, request: Request) -> Installation | None:
    """Whose budget it is: that of the installation, whatever token of it is used."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    token = hub.tokens.get(value.strip()) if request.path.startswith("/api/") and kind else None
    return None if token is None else token.grants or hub.installations.get(token.installation)
