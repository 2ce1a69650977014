"""A pool of threads that work in the context of who asked: what is counted and logged there counts for their job."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


class CarryingPool(ThreadPoolExecutor):
    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        # A copy for each: one context can't be entered by two threads at a time.
        return super().submit(copy_context().run, partial(fn, *args, **kwargs))
