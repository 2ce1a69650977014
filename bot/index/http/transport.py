"""One thread that drives libcurl: all transfers side by side, over few connections, HTTP/2 where a server speaks it.

The thread sleeps until a socket is ready, libcurl's clock is due or there is something new to do; it never polls.
"""

from __future__ import annotations

import contextlib
import heapq
import os
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from itertools import count
from typing import Any

import pycurl

from bot.index.http.response import Answer
from bot.index.http.transfer import Transfer

_WAITS_FOR = {
    pycurl.POLL_IN: selectors.EVENT_READ,
    pycurl.POLL_OUT: selectors.EVENT_WRITE,
    pycurl.POLL_INOUT: selectors.EVENT_READ | selectors.EVENT_WRITE,
}


class Transport:
    """``send`` and ``after`` may be called from any thread. Close it: what is under way then is cancelled."""

    def __init__(self, *, requests: int, connections: int) -> None:
        self._requests = requests
        self._gate = threading.Lock()
        self._told: deque[Callable[[], None]] = deque()
        self._promised: set[Future[Any]] = set()
        self._is_closed = False
        self._wakes, self._wake = os.pipe()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wakes, selectors.EVENT_READ)
        self._waiting: deque[Transfer] = deque()
        self._active: dict[pycurl.Curl, Transfer] = {}
        self._naps: list[tuple[float, int, Future[None]]] = []
        self._tickets = count()
        self._due: float | None = None
        self._stalls_at = float("inf")
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, connections)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._thread = threading.Thread(target=self._run, name="index-transport", daemon=True)
        self._thread.start()

    def send(self, transfer: Transfer) -> Future[Answer]:
        """Begin a transfer as soon as its turn comes; gives its future."""
        self._tell(transfer.future, lambda: self._waiting.append(transfer))
        return transfer.future

    def after(self, seconds: float) -> Future[None]:
        """A future that is there after a while."""
        nap: Future[None] = Future()
        entry = (time.monotonic() + seconds, next(self._tickets), nap)
        self._tell(nap, lambda: heapq.heappush(self._naps, entry))
        return nap

    def close(self) -> None:
        """Cancel what is under way and end the thread; more than once does no harm."""
        with self._gate:
            if not self._is_closed:
                os.write(self._wake, b"!")
                self._is_closed = True
        self._thread.join()

    def _tell(self, promise: Future[Any], what: Callable[[], None]) -> None:
        with self._gate:
            if not self._is_closed:
                self._promised.add(promise)
                self._told.append(what)
                if len(self._told) == 1:
                    os.write(self._wake, b"!")
                return
        promise.cancel()

    # --- the thread ---

    def _run(self) -> None:
        try:
            while not self._is_closed:
                self._fill()
                self._turn()
        finally:
            # Also where something unforeseen ended the loop: nobody must wait for ever.
            with self._gate:
                self._is_closed = True
            self._end()

    def _turn(self) -> None:
        """Sleep until there is something to do, and do it."""
        for key, events in self._selector.select(self._patience()):
            if key.fd == self._wakes:
                self._listen()
            else:
                # A selector's flags are libcurl's (``CURL_CSELECT_IN``, ``CURL_CSELECT_OUT``).
                self._multi.socket_action(key.fd, events)
        self._keep_time(time.monotonic())
        self._collect()

    def _listen(self) -> None:
        os.read(self._wakes, 64)
        with self._gate:
            told, self._told = self._told, deque()
        for one in told:
            one()

    def _fill(self) -> None:
        """Hand transfers that wait to libcurl, as far as there is room."""
        while self._waiting and len(self._active) < self._requests:
            transfer = self._waiting.popleft()
            try:
                handle = transfer.make_handle()
            except Exception as problem:  # noqa: BLE001  # it is raised where the answer is waited for
                self._promised.discard(transfer.future)
                transfer.future.set_exception(problem)
                continue
            self._active[handle] = transfer
            self._stalls_at = min(self._stalls_at, transfer.stalls_at())
            self._multi.add_handle(handle)

    def _patience(self) -> float | None:
        """How long to sleep if nothing happens, ``None``: for ever."""
        moments = [self._stalls_at]
        if self._due is not None:
            moments.append(self._due)
        if self._naps:
            moments.append(self._naps[0][0])
        soonest = min(moments)
        return None if soonest == float("inf") else max(0.0, soonest - time.monotonic())

    def _keep_time(self, now: float) -> None:
        if self._due is not None and self._due <= now:
            self._due = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        while self._naps and self._naps[0][0] <= now:
            nap = heapq.heappop(self._naps)[2]
            self._promised.discard(nap)
            nap.set_result(None)
        if self._stalls_at <= now:
            self._end_stalled(now)

    def _end_stalled(self, now: float) -> None:
        for handle in [handle for handle, transfer in self._active.items() if transfer.is_stalled(handle, now)]:
            self._release(handle).stall()
        # One that waits for a connection cannot be told when to look again; a second later will do.
        moments = (max(transfer.stalls_at(), now + 1) for transfer in self._active.values())
        self._stalls_at = min(moments, default=float("inf"))

    def _collect(self) -> None:
        """Settle what libcurl has finished."""
        remaining = 1
        while remaining:
            remaining, done, failed = self._multi.info_read()
            for handle in done:
                self._release(handle).succeed()
            for handle, code, words in failed:
                self._release(handle).fail(code, words)

    def _release(self, handle: pycurl.Curl) -> Transfer:
        transfer = self._active.pop(handle)
        self._promised.discard(transfer.future)
        self._multi.remove_handle(handle)
        handle.close()
        transfer.release()
        return transfer

    def _end(self) -> None:
        for handle in tuple(self._active):
            self._release(handle).future.cancel()
        self._multi.close()
        self._selector.close()
        os.close(self._wake)
        os.close(self._wakes)
        for promise in tuple(self._promised):
            promise.cancel()

    # --- what libcurl asks for ---

    def _watch(self, what: int, descriptor: int, _multi: object, _data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            with contextlib.suppress(KeyError):
                self._selector.unregister(descriptor)
        elif descriptor in self._selector.get_map():
            self._selector.modify(descriptor, _WAITS_FOR[what])
        else:
            self._selector.register(descriptor, _WAITS_FOR[what])

    def _set_timer(self, milliseconds: int) -> None:
        self._due = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000
