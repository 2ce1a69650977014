"""Answers by key, each asked for once: futures that all threads share, the least recently used forgotten first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

from bot.values import value

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@value(frozen=False)
class _Entry(Generic[V]):
    future: Future[V]
    asked_at: float
    run: int
    weight: int = 0


@value
class Claim(Generic[V]):
    """``future`` is to be waited for; where ``is_new``, the caller must see to it that it is fulfilled.

    ``previous``: the outdated answer that the new one replaces.
    """

    future: Future[V]
    is_new: bool
    previous: V | None = None


class Once(Generic[K, V]):
    """``weigh`` gives an answer's size in bytes, ``capacity`` bounds their sum; answers still awaited do not count.

    An answer counts as current for ``fresh_for`` seconds and until ``begin_run``; a failure no longer than that.
    """

    def __init__(
        self, *, capacity: int, weigh: Callable[[V], int], fresh_for: float, clock: Callable[[], float]
    ) -> None:
        self._capacity = capacity
        self._weigh = weigh
        self._fresh_for = fresh_for
        self._clock = clock
        self._entries: OrderedDict[K, _Entry[V]] = OrderedDict()
        self._lock = threading.Lock()
        self._run = 0
        self._weight = 0

    def begin_run(self) -> None:
        """From now on, answers given before are outdated."""
        with self._lock:
            self._run += 1

    def forget_failures(self) -> None:
        """Ask again for what failed, when it is next wanted."""
        with self._lock:
            failed = [key for key, entry in self._entries.items() if _has_failed(entry.future)]
            for key in failed:
                del self._entries[key]

    def claim(self, key: K) -> Claim[V]:
        with self._lock:
            now = self._clock()
            entry = self._entries.get(key)
            if entry is not None and self._is_current(entry, now):
                self._entries.move_to_end(key)
                return Claim(future=entry.future, is_new=False)
            previous = self._drop(key)
            future: Future[V] = Future()
            self._entries[key] = _Entry(future=future, asked_at=now, run=self._run)
        future.add_done_callback(lambda done: self._settled(key, done))
        return Claim(future=future, is_new=True, previous=previous)

    def _is_current(self, entry: _Entry[V], now: float) -> bool:
        if not entry.future.done():
            return True
        return not entry.future.cancelled() and entry.run == self._run and now - entry.asked_at < self._fresh_for

    def _drop(self, key: K) -> V | None:
        entry = self._entries.pop(key, None)
        if entry is None or _has_failed(entry.future):
            return None
        self._weight -= entry.weight
        return entry.future.result()

    def _settled(self, key: K, done: Future[V]) -> None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.future is not done or done.cancelled() or done.exception() is not None:
                return
            entry.weight = self._weigh(done.result())
            self._weight += entry.weight
            self._shrink(key)

    def _shrink(self, keep: K) -> None:
        if self._weight <= self._capacity:
            return
        for key in [key for key, entry in self._entries.items() if entry.weight and key != keep]:
            self._weight -= self._entries.pop(key).weight
            if self._weight <= self._capacity:
                return


def _has_failed(future: Future[V]) -> bool:
    return future.done() and (future.cancelled() or future.exception() is not None)
