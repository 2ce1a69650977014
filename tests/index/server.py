"""A small index server on the loopback interface, for tests: what it answers and what it was asked are plain values."""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

JSON = "application/vnd.pypi.simple.v1+json"

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    path: str
    headers: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class Reply:
    """``statuses``: what the first answers are, before it becomes ``status``. ``ranges``: whether ranges are served."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    ranges: bool = False
    before: Callable[[], object] | None = None


class IndexServer:
    """Serves ``replies`` by path; everything else is 404."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.replies: dict[str, Reply] = {}
        self.asked: list[Asked] = []
        self._scheme = "http" if tls is None else "https"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(poll_interval=0.01), daemon=True)

    def __enter__(self) -> IndexServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def root(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

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

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.asked.append(
                    Asked(path=self.path, headers={key.lower(): value for key, value in self.headers.items()})
                )
                reply = server.replies.get(self.path, Reply(status=404))
                if reply.before is not None:
                    reply.before()
                status, body, headers = _decide(reply, {k.lower(): v for k, v in self.headers.items()})
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Tests look at ``asked`` instead."""

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:
                    self.close_connection = True

        return Handler


def _decide(reply: Reply, asked: Mapping[str, str]) -> tuple[int, bytes, dict[str, str]]:
    status = reply.statuses.pop(0) if reply.statuses else reply.status
    headers = dict(reply.headers)
    if status != 200:
        return status, b"", headers
    etag, modified = headers.get("ETag"), headers.get("Last-Modified")
    if (etag and asked.get("if-none-match") == etag) or (modified and asked.get("if-modified-since") == modified):
        return 304, b"", headers
    span = _RANGE.fullmatch(asked.get("range", "")) if reply.ranges else None
    if span is None:
        return 200, reply.body, headers
    size = len(reply.body)
    start, end = (int(span[1]), int(span[2]) + 1) if span[1] else (max(0, size - int(span[2])), size)
    headers["Content-Range"] = f"bytes {start}-{min(end, size) - 1}/{size}"
    return 206, reply.body[start:end], headers


@contextmanager
def running_server() -> Iterator[IndexServer]:
    with IndexServer() as server:
        yield server
