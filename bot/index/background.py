"""An event loop in one daemon thread, for fetching while the solver thinks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")

Job = tuple[Future[T], Callable[[], Coroutine[None, None, T]]]


class BackgroundLoop:
    """Runs coroutines for other threads. ``close`` cancels what is still running."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._gate = threading.Lock()
        self._is_closed = False
        self._running: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="index", daemon=True)
        self._thread.start()

    def start(self, jobs: Iterable[Job[T]]) -> None:
        """Start coroutines whose outcomes go into the given futures; returns at once. After ``close`` they are cancelled."""
        batch = list(jobs)
        with self._gate:
            if not self._is_closed:
                self._loop.call_soon_threadsafe(self._start, batch)
                return
        for future, _make in batch:
            future.cancel()

    def run(self, coroutine: Coroutine[None, None, T]) -> T:
        """Run one coroutine and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def close(self, finish: Callable[[], Coroutine[None, None, None]]) -> None:
        """Cancel, run ``finish`` last of all, and end the thread; once is enough."""
        with self._gate:
            is_first, self._is_closed = not self._is_closed, True
        if is_first:
            self.run(self._cancel())
            self.run(finish())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _start(self, batch: list[Job[T]]) -> None:
        for future, make in batch:
            task = self._loop.create_task(_settle(future, make))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _cancel(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._loop.shutdown_default_executor()


async def _settle(future: Future[T], make: Callable[[], Coroutine[None, None, T]]) -> None:
    try:
        result = await make()
    except asyncio.CancelledError:
        future.cancel()
        raise
    except BaseException as problem:  # noqa: BLE001  # it is raised where the future is waited for
        future.set_exception(problem)
    else:
        future.set_result(result)
