"""A small index server on the loopback interface, for tests: what it answers and what it was asked are plain values."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.loopback import NOT_FOUND, Answer, Asked, Loopback, with_range

JSON = "application/vnd.pypi.simple.v1+json"


@dataclass(slots=True, kw_only=True)
class Reply:
    """``statuses``: what the first answers are, before it becomes ``status``. ``ranges``: whether ranges are served;
    ``suffix_status``: the answer to ranges that count from the end, ``head_status``: to questions for the headers alone.
    ``secret``: who sends no such authorization is told that there is nothing.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    ranges: bool = False
    suffix_status: int | None = None
    head_status: int | None = None
    secret: str | None = None
    before: Callable[[], object] | None = None


class IndexServer(Loopback):
    """Serves ``replies`` by path; everything else is 404."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.replies: dict[str, Reply] = {}
        self.asked: list[Asked] = []

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def page(self, name: str, files: Sequence[Mapping[str, object]], **headers: str) -> Reply:
        """Serve a JSON page at ``/simple/<name>/``; header names with ``_`` for ``-``."""
        body = json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": files}).encode()
        reply = self.serve(f"/simple/{name}/", body, Content_Type=JSON)
        reply.headers |= {key.replace("_", "-"): value for key, value in headers.items()}
        return reply

    def serve(self, path: str, body: bytes, *, status: int = 200, ranges: bool = False, **headers: str) -> Reply:
        reply = Reply(
            body=body, status=status, ranges=ranges, headers={key.replace("_", "-"): v for key, v in headers.items()}
        )
        self.replies[path] = reply
        return reply

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        reply = self.replies.get(asked.path)
        if reply is None:
            return NOT_FOUND
        if reply.secret is not None and asked.headers.get("authorization") != reply.secret:
            return NOT_FOUND
        if reply.before is not None:
            reply.before()
        return _decide(reply, asked)


def _decide(reply: Reply, asked: Asked) -> Answer:
    status = reply.statuses.pop(0) if reply.statuses else reply.status
    if reply.suffix_status is not None and asked.headers.get("range", "").startswith("bytes=-"):
        status = reply.suffix_status
    if reply.head_status is not None and asked.method == "HEAD":
        status = reply.head_status
    if status != 200:
        return Answer(status=status, headers=reply.headers)
    etag, modified = reply.headers.get("ETag"), reply.headers.get("Last-Modified")
    known = asked.headers
    if (etag and known.get("if-none-match") == etag) or (modified and known.get("if-modified-since") == modified):
        return Answer(status=304, headers=reply.headers)
    whole = Answer(body=reply.body, headers=reply.headers)
    return with_range(whole, asked) if reply.ranges else whole


@contextmanager
def running_server() -> Iterator[IndexServer]:
    with IndexServer() as server:
        yield server
