"""Server-sent events (HTML standard, 9.2): parts of pages that change while they are looked at."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping

from starlette.responses import StreamingResponse


def render_event(name: str, fields: Mapping[str, str] | None = None) -> str:
    """One event; its data is JSON, or empty where there are no ``fields``."""
    data = "" if fields is None else json.dumps(dict(fields))
    return f"event: {name}\ndata: {data}\n\n"


def render_pause(milliseconds: int) -> str:
    """How long a browser waits before it opens the next stream."""
    return f"retry: {milliseconds}\n\n"


def stream(events: AsyncIterator[str]) -> StreamingResponse:
    """Each as it comes, which proxies on the way must not gather."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)
