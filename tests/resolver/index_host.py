"""An index host on the loopback interface: pages, metadata files, and archives with range requests (RFC 9110)."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from tests.resolver.universe import Served, Site

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class IndexHost:
    """Serves one site after the other, each below a path of its own, so that no cache mixes them up."""

    def __init__(self) -> None:
        self._sites: dict[str, Site] = {}
        self._count = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(poll_interval=0.01), daemon=True)

    def __enter__(self) -> IndexHost:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def open_place(self) -> str:
        """The URL under which the sites of one scenario will be."""
        self._count += 1
        return f"http://127.0.0.1:{self._server.server_port}/{self._count}"

    def put(self, place: str, site: Site) -> None:
        self._sites[place.rpartition("/")[2]] = site

    def find(self, path: str) -> Served | None:
        _, place, rest = path.split("/", 2) if path.count("/") > 1 else ("", "", "")
        return self._sites.get(place, {}).get(f"/{rest}")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                served = host.find(self.path)
                if served is None:
                    self._answer(404, b"", {})
                    return
                status, body, headers = _cut(served.body, self.headers.get("Range"))
                self._answer(status, body, {"Content-Type": served.kind, "Accept-Ranges": "bytes", **headers})

            def do_HEAD(self) -> None:
                self.do_GET()

            def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Cache-Control", "no-store")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """A failure shows in what uv says."""

        return Handler


def _cut(body: bytes, asked: str | None) -> tuple[int, bytes, dict[str, str]]:
    span = _RANGE.fullmatch(asked or "")
    if span is None or span[0] == "bytes=-":
        return 200, body, {}
    size = len(body)
    start = int(span[1]) if span[1] else max(0, size - int(span[2]))
    end = min(int(span[2]) + 1, size) if span[1] and span[2] else size
    return 206, body[start:end], {"Content-Range": f"bytes {start}-{end - 1}/{size}"}
