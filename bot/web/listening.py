"""The listening side of the server: uvicorn, and connections that send no request.

uvicorn waits for ever for the first line of a request, and takes any number of connections; here both have a limit, and
beyond the number of connections the one that has sent no request for longest is closed for the newcomer.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.web.limits.stopping import Stopping

#: Bytes; those of a forge take about one thousand.
_HEADERS = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    host: str
    port: int


class DoorProtocol(H11Protocol):
    """``header_patience``: seconds until the headers of a request are there, or what follows a refused one is over.
    ``request_patience``: seconds for one request in all, its answer taken.
    ``most``: connections; a process may have about a thousand files open."""

    header_patience: ClassVar[float] = 10.0
    request_patience: ClassVar[float] = 60.0
    most: ClassVar[int] = 400

    _timer: asyncio.TimerHandle | None = None
    _was_busy: bool = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._restart_timer(busy=False)
        if len(self.connections) > self.most:
            others = (one for one in self.connections if isinstance(one, DoorProtocol) and not one._was_busy)
            min(others, key=DoorProtocol._ends_at)._end()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        """Each change between waiting and busy begins a deadline; bytes alone move none."""
        busy = self.cycle is not None and not self.cycle.response_complete
        if busy is not self._was_busy:
            self._restart_timer(busy=busy)

    def _restart_timer(self, *, busy: bool) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._was_busy = busy
        self._timer = self.loop.call_later(self.request_patience if busy else self.header_patience, self._end)

    def _ends_at(self) -> float:
        return self._timer.when() if self._timer is not None else 0.0

    def _end(self) -> None:
        self.transport.abort()


class _Listener(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, stopping: Stopping) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def shutdown(self, sockets: Any = None) -> None:
        self._stopping.begin()
        await super().shutdown(sockets)


def make_listener(app: ASGIApp, address: Address, protocol: type[DoorProtocol] = DoorProtocol) -> uvicorn.Server:
    """To be run; it returns when told to stop by a signal, which it raises again."""
    stopping = Stopping(app)
    config = uvicorn.Config(
        stopping,
        host=address.host,
        port=address.port,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        # It warns of each request that is none; anybody could fill the log with them.
        log_level="error",
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=_HEADERS,
        # A body that has stopped must not keep the server from stopping.
        timeout_graceful_shutdown=5,
    )
    return _Listener(config, stopping)
