"""A real server on loopback, and clients that do not send what they should."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn

from bot.forge.github.webhooks.doorway import GitHubDoorway
from bot.web.bodies import BodyLimits
from bot.web.listening import Address, DoorProtocol, make_listener
from bot.web.metrics import Metrics
from bot.web.server import WebParts, make_server
from tests.github.webhooks import sign
from tests.runs.server import eventually, free_port
from tests.web.test_server import PUSH, SECRET, FakeQueue

#: A test that waits for longer than this for an answer has failed.
PATIENCE = 60.0


class Quick(DoorProtocol):
    header_patience = 0.2
    request_patience = 3600.0


class Calm(DoorProtocol):
    header_patience = 3600.0
    most = 3


class Hasty(DoorProtocol):
    request_patience = 0.2


@contextmanager
def served(protocol: type[DoorProtocol], bodies: BodyLimits) -> Iterator[tuple[int, uvicorn.Server]]:
    app = make_server(
        WebParts(queue=FakeQueue(), doorway=GitHubDoorway(secret=SECRET), metrics=Metrics(), bodies=bodies)
    )
    port = free_port()
    server = make_listener(app, Address(host="127.0.0.1", port=port), protocol)
    thread = threading.Thread(target=server.run)
    thread.start()
    eventually(lambda: server.started, "the server listens")
    try:
        yield port, server
    finally:
        server.should_exit = True
        thread.join()


def connect(port: int, data: bytes = b"") -> socket.socket:
    one = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    one.sendall(data)
    return one


def read_all(one: socket.socket) -> bytes:
    """What comes until the other side closes."""
    found = b""
    with one:
        while True:
            try:
                chunk = one.recv(65536)
            except ConnectionResetError:
                return found
            if not chunk:
                return found
            found += chunk


def message(body: bytes = PUSH, *, length: int | None = None) -> bytes:
    headers = {
        "Host": "lockbot",
        "Content-Type": "application/json",
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-Hub-Signature-256": sign(body, SECRET),
        "Content-Length": str(len(body) if length is None else length),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /webhook HTTP/1.1\r\n{lines}\r\n".encode() + body


def status(answer: bytes) -> int:
    return int(answer.split()[1]) if answer else 0


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"POST /webhook HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        # A request that was refused, whose body then drips.
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nx",
        # Another request on a connection that is kept alive.
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /he",
    ],
)
def test_a_connection_without_a_request_is_closed(begun: bytes) -> None:
    with served(Quick, BodyLimits()) as (port, _):
        read_all(connect(port, begun))


def test_headers_without_end_are_refused() -> None:
    with served(Calm, BodyLimits()) as (port, _):
        answer = read_all(connect(port, b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000))
    assert status(answer) in (0, 400, 431)


def test_a_request_that_never_ends_is_cut_off() -> None:
    with served(Hasty, BodyLimits(patience=3600.0)) as (port, _):
        assert read_all(connect(port, message(length=len(PUSH) + 1))) == b""


def test_a_body_that_stops_gets_an_answer_and_is_closed() -> None:
    with served(Calm, BodyLimits(patience=0.2)) as (port, _):
        assert status(read_all(connect(port, message(length=len(PUSH) + 1)))) == 408


def test_connections_that_wait_make_room_for_newcomers() -> None:
    with served(Calm, BodyLimits()) as (port, server):
        waiting = [connect(port) for _ in range(3)]
        eventually(lambda: len(server.server_state.connections) == 3, "three wait")
        newcomer = connect(port, message().replace(b"Host:", b"Connection: close\r\nHost:"))
        assert status(read_all(newcomer)) == 202
        assert read_all(waiting[0]) == b""
        for one in waiting[1:]:
            one.close()


def test_a_stop_waits_for_no_body_that_has_stopped() -> None:
    with served(Calm, BodyLimits(patience=3600.0)) as (port, server):
        stopped = connect(port, message(length=len(PUSH) + 1))
        eventually(lambda: server.server_state.tasks, "the body is waited for")
        server.should_exit = True
        assert status(read_all(stopped)) == 503


def test_many_bodies_that_stop_hold_little() -> None:
    """Sixty bodies of nearly the largest size: no more is read of them than the limits say."""
    large = GitHubDoorway(secret=SECRET).max_body
    limits = BodyLimits(patience=3600.0, dawdling=3600.0)
    with served(DoorProtocol, limits) as (port, server):
        opened = [connect(port, message(b"", length=large)) for _ in range(60)]
        answers = [status(read_all(one)) for one in opened[2:]]
        assert answers == [503] * 58
        eventually(lambda: len(server.server_state.connections) == 2, "only what is being read stays open")
        for one in opened[:2]:
            one.close()
