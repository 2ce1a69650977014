"""Coroutines advanced by one thread of its own, while the solver thinks: no event loop, as all they wait for are futures.

A coroutine here awaits ``arrival`` of a future and nothing else; where that is there, the thread takes the coroutine up
again. One thread is as good as many for what it does in between (parsing, under the interpreter's lock). What may take
long, such as an archive of a stranger, goes ``apart``. Reading of these files needs to know nothing of it: ``await`` means
"when that is there".
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterable
from concurrent.futures import Future
from contextvars import Context, copy_context
from types import coroutine
from typing import Any, ParamSpec, TypeAlias, TypeVar

from bot.threads import CarryingPool

T = TypeVar("T")
P = ParamSpec("P")

#: A future to fulfil, and what makes the coroutine whose outcome goes there.
Job = tuple[Future[T], Callable[[], Coroutine[Any, Any, T]]]

#: The coroutine runs in the context of who asked: what it counts is theirs.
_Step: TypeAlias = "tuple[Future[Any], Coroutine[Any, Any, Any], Context]"
_APART = 4


@coroutine
def arrival(future: Future[T]) -> Generator[Future[T], None, T]:
    """What the future comes to; for ``await`` in coroutines that a ``Background`` runs."""
    yield future
    return future.result()


class Background:
    """Runs coroutines for other threads. ``close`` ends those that are not done."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ready: deque[_Step] = deque()
        self._later: deque[Callable[[], object]] = deque()
        self._unfinished: set[Future[Any]] = set()
        self._is_closed = False
        self._apart = CarryingPool(_APART, thread_name_prefix="index-apart")
        self._thread = threading.Thread(target=self._run, name="index", daemon=True)
        self._thread.start()

    def start(self, jobs: Iterable[Job[T]]) -> None:
        """Start coroutines whose outcomes go into the given futures; returns at once. After ``close`` they are cancelled."""
        context = copy_context()
        batch: list[_Step] = [(future, make(), context) for future, make in jobs]
        with self._changed:
            if not self._is_closed:
                self._unfinished.update(future for future, _, _ in batch)
                self._ready.extend(batch)
                self._changed.notify()
                return
        for step in batch:
            _abandon(step)

    def later(self, work: Callable[[], object]) -> None:
        """Do it when nothing else is ready, but before ``close`` has ended."""
        with self._changed:
            self._later.append(work)
            self._changed.notify()

    async def apart(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that may take long on a thread of another pool."""
        return await arrival(self._apart.submit(function, *args, **kwargs))

    def close(self) -> None:
        """End what is not done, finish what was put off, and end the threads; more than once does no harm."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()
        self._apart.shutdown(cancel_futures=True)

    def _run(self) -> None:
        try:
            while not self._is_closed:
                self._turn()
            while self._later:
                self._later.popleft()()
        finally:
            # Also where something unforeseen ended the loop: nobody must wait for ever.
            self._end()

    def _turn(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._later or self._is_closed)
            step = self._ready.popleft() if self._ready else None
            work = self._later.popleft() if step is None and self._later else None
        if step is not None:
            self._advance(step)
        elif work is not None:
            work()

    def _end(self) -> None:
        with self._changed:
            self._is_closed = True
        while self._ready:
            _abandon(self._ready.popleft())
        for future in tuple(self._unfinished):
            future.cancel()

    def _advance(self, step: _Step) -> None:
        future, running, context = step
        try:
            awaited: Future[Any] = context.run(running.send, None)
        except StopIteration as end:
            self._unfinished.discard(future)
            future.set_result(end.value)
        except BaseException as problem:  # noqa: BLE001  # it is raised where the future is waited for
            self._unfinished.discard(future)
            future.set_exception(problem)
        else:
            awaited.add_done_callback(lambda _: self._take_up(step))

    def _take_up(self, step: _Step) -> None:
        with self._changed:
            self._ready.append(step)
            self._changed.notify()


def _abandon(step: _Step) -> None:
    future, running, _ = step
    with contextlib.suppress(RuntimeError):  # it would go on although it was told to end
        running.close()
    future.cancel()
