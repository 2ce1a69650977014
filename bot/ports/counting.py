"""Where edges count what a job uses of the world; ``bot.ports.usage`` is what it comes to.

Who runs a job opens a meter around it; edges count into the one that is open where they are called. It travels with the
context (``contextvars``), so that nothing is handed from function to function; where no meter is open, counting does
nothing. Threads that work for a job carry its context (``bot.threads``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Protocol


class ForgeApi(StrEnum):
    REST = "rest"
    GRAPHQL = "graphql"


class IndexOutcome(StrEnum):
    """``NETWORK``: an answer came, ``REVALIDATED``: what is kept still holds (304), ``MEMORY`` and ``DISK``: nobody had to be
    asked, ``FAILED``: no answer, or one that is the server's failure. Each attempt counts."""

    NETWORK = "network"
    REVALIDATED = "revalidated"
    MEMORY = "memory"
    DISK = "disk"
    FAILED = "failed"


class Counting(Protocol):
    """What is counted into. Counting is safe between threads; stages are entered by the job's own thread."""

    def add_forge(self, api: ForgeApi) -> None: ...

    def add_allowance(self, installation: int, resource: str, limit: int, remaining: int) -> None: ...

    def add_index(self, outcome: IndexOutcome) -> None: ...

    def stage(self, name: str) -> AbstractContextManager[None]: ...


_OPEN: ContextVar[Counting | None] = ContextVar("lockbot_counting", default=None)


@contextmanager
def counting_into(counting: Counting) -> Iterator[None]:
    """Within, and in threads that carry this context, what edges count goes there."""
    token = _OPEN.set(counting)
    try:
        yield
    finally:
        _OPEN.reset(token)


def count_forge(api: ForgeApi) -> None:
    """A request to the forge was sent."""
    counting = _OPEN.get()
    if counting is not None:
        counting.add_forge(api)


def count_allowance(installation: int, resource: str, limit: int, remaining: int) -> None:
    """The forge said what is left of an installation's limit of requests to one of its resources."""
    counting = _OPEN.get()
    if counting is not None:
        counting.add_allowance(installation, resource, limit, remaining)


def count_index(outcome: IndexOutcome) -> None:
    """An index was asked, or need not be."""
    counting = _OPEN.get()
    if counting is not None:
        counting.add_index(outcome)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """The seconds within are of this stage, but for those of stages within it."""
    counting = _OPEN.get()
    if counting is None:
        yield
        return
    with counting.stage(name):
        yield
