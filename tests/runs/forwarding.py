"""A forward proxy on loopback that wants a password, and alone knows where hosts are: what does not go through it fails."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

USER, PASSWORD = "through", "pa55-of-the-proxy"
_WANTED = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@dataclass(slots=True)
class ForwardProxy:
    """``places``: port on this machine by host. ``asked``: method, host and path of what was let through; ``refused``: of what
    was not."""

    places: Mapping[str, int]
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    address: str = ""

    @property
    def url(self) -> str:
        return f"http://{USER}:{PASSWORD}@{self.address}"


@contextmanager
def forwarding(places: Mapping[str, int]) -> Iterator[ForwardProxy]:
    proxy = ForwardProxy(places)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(proxy))
    server.daemon_threads = True
    proxy.address = f"127.0.0.1:{server.server_port}"
    thread = Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(proxy: ForwardProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self._read_body()
            parts = urlsplit(self.path)
            if self.headers.get("Proxy-Authorization") != _WANTED:
                # git asks without the password first.
                return self._answer(407, [("Proxy-Authenticate", 'Basic realm="proxy"')], b"")
            port = proxy.places.get(parts.hostname or "")
            if port is None:
                proxy.refused.append(self.path)
                return self._answer(502, [], b"unknown host")
            proxy.asked.append((self.command, parts.hostname or "", parts.path))
            target = parts._replace(scheme="", netloc="").geturl()
            kept = {name: value for name, value in self.headers.items() if not name.lower().startswith("proxy-")}
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
                connection.request(self.command, target, body=body, headers=kept)
                with closing(connection.getresponse()) as answer:
                    dropped = ("transfer-encoding", "content-length", "connection")
                    headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in dropped]
                    return self._answer(answer.status, headers, answer.read())

        def _read_body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", "0")))
            parts = []
            while size := int(self.rfile.readline().strip() or b"0", 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            del self.headers["Transfer-Encoding"]
            return b"".join(parts)

        def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = forward  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    return Handler
