"""A server on the loopback interface, for tests: what it answers is a function of what it is asked."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """``headers`` by their names in lower case."""

    path: str
    headers: Mapping[str, str]
    method: str = "GET"
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


NOT_FOUND = Answer(status=404)


class Loopback:
    """Answers requests with what ``answer`` says, each request in a thread of its own."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._scheme = "http" if tls is None else "https"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(poll_interval=0.01), daemon=True)

    def __enter__(self) -> Self:
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

    def answer(self, asked: Asked) -> Answer:
        """What a path gives."""
        raise NotImplementedError


def _handler(server: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {key.lower(): value for key, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            answer = server.answer(Asked(path=self.path, headers=headers, method=self.command, body=body))
            self.send_response(answer.status)
            for key, value in answer.headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815  # names of the library

        def log_message(self, format: str, *args: object) -> None:
            """What went wrong shows in the test."""

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True

    return Handler


def with_range(whole: Answer, asked: Asked) -> Answer:
    """The part of an answer that a range request asks for, if it is one."""
    span = _RANGE.fullmatch(asked.headers.get("range", ""))
    if span is None or not (span[1] or span[2]):
        return whole
    size = len(whole.body)
    start = int(span[1]) if span[1] else max(0, size - int(span[2]))
    end = min(int(span[2]) + 1, size) if span[1] and span[2] else size
    headers = {**whole.headers, "Content-Range": f"bytes {start}-{end - 1}/{size}"}
    return Answer(status=206, body=whole.body[start:end], headers=headers)
