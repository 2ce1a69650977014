"""A proxy on the loopback interface that makes tunnels (CONNECT), and knows where each host really is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer


@dataclass(slots=True)
class Proxy:
    """``places``: port on this machine by ``host:port``. ``asked``: first line and headers of each request."""

    places: Mapping[str, int]
    asked: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def running_proxy(places: Mapping[str, int]) -> Iterator[Proxy]:
    proxy = Proxy(places)
    with ThreadingTCPServer(("127.0.0.1", 0), _handler(proxy)) as server:
        server.daemon_threads = True
        proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
        thread.start()
        yield proxy
        server.shutdown()
        thread.join()


def _handler(proxy: Proxy) -> type[StreamRequestHandler]:
    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            lines = list(iter(lambda: self.rfile.readline().decode().strip(), ""))
            proxy.asked.append("\n".join(lines))
            method, target = lines[0].split()[:2]
            if method != "CONNECT" or target not in proxy.places:
                self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", proxy.places[target])) as server:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n")
                back = threading.Thread(target=_pump, args=(server, self.connection), daemon=True)
                back.start()
                _pump(self.connection, server)
                back.join()

    return Handler


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while part := source.recv(1 << 16):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
