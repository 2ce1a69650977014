"""Streams end when the server stops: it waits for what is under way, and they would go on until they are cut off."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

_KEY = "lockbot.stopping"


class Stopping:
    """Around the whole application, which thereby learns that the server stops."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._event = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, _KEY: self._event}, receive, send)

    def begin(self) -> None:
        self._event.set()


async def pause(scope: Scope, seconds: float) -> bool:
    """Returns after that long, or as soon as the server stops: whether it does."""
    event: asyncio.Event | None = scope.get(_KEY)
    if event is None:
        await asyncio.sleep(seconds)
        return False
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
