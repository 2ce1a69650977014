"""Messages of the forge that come before there is a server: they wait until they can be checked and kept."""

from __future__ import annotations

import asyncio

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

#: Seconds that a message waits; a forge waits ten for its answer.
_PATIENCE = 8.0
_MOST = 32


class Held:
    def __init__(self) -> None:
        self._settled = asyncio.Event()
        self._live: ASGIApp | None = None
        self._waiting = 0

    def settle(self, live: ASGIApp | None) -> None:
        """``live`` takes all of them; None: they are not for this server."""
        self._live = live
        self._settled.set()

    async def respond(self) -> Response:
        if self._waiting >= _MOST:
            return refuse()
        self._waiting += 1
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._settled.wait()
        except (TimeoutError, asyncio.CancelledError):
            # Cancelled by a server that stops.
            return refuse()
        finally:
            self._waiting -= 1
        return _Handed(self._live) if self._live is not None else refuse()


class _Handed(Response):
    """An answer that another application gives."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__()
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def refuse() -> Response:
    return JSONResponse(
        {"error": "no App is set up yet; redeliver"},
        status_code=503,
        headers={"Retry-After": "10", "Connection": "close"},
    )
