"""Calls that wait for a disk, a database or a forge, in threads with a deadline, so that the event loop waits for none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from bot.errors import LockbotError

T = TypeVar("T")


class Silent(LockbotError):
    """What was asked did not answer in time; it may happen yet."""


class Busy(LockbotError):
    """So many calls wait already that one more would wait too long."""


class Threads:
    """Threads of their own for one purpose, so that calls of another kind that hang take none of them. ``most``: calls
    that are under way or wait; None: any number. ``asked`` is who does not answer, when nobody does."""

    def __init__(self, name: str, number: int, *, most: int | None = None, asked: str = "the job database") -> None:
        self._executor = ThreadPoolExecutor(number, thread_name_prefix=name)
        self._asked = asked
        self._most = most
        self._count = 0

    async def run(self, call: Callable[[], T], seconds: float | None = None) -> T:
        """Raises ``Silent`` after that many seconds; the thread may go on by itself. Raises ``Busy`` at once."""
        if self._most is not None and self._count >= self._most:
            raise Busy("too much is asked at a time; try again in a moment")
        future = asyncio.get_running_loop().run_in_executor(self._executor, call)
        self._count += 1
        future.add_done_callback(self._end)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(future)
        except TimeoutError:
            raise Silent(f"{self._asked} did not answer in {seconds} s") from None

    def _end(self, future: asyncio.Future[T]) -> None:
        self._count -= 1
        # Of who waited no longer nobody looks at how it ended.
        if not future.cancelled():
            future.exception()
