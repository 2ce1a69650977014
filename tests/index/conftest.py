"""Fixtures for the index adapter: a local server, clients on it, a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest

from bot.index.client import IndexClient, IndexSettings
from bot.index.http.fetch import FetchSettings
from bot.resolver.model.index import Index
from tests.index.server import IndexServer, running_server

MakeClient = Callable[..., IndexClient]


@dataclass(slots=True)
class HandClock:
    """``now`` moves by hand; waiting for a moment moves there at once."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    async def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with running_server() as running:
        yield running


@pytest.fixture
def index(server: IndexServer) -> Index:
    return Index(url=f"{server.root}/simple")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def make_client(clock: HandClock) -> Iterator[MakeClient]:
    """Make clients that are closed at the end; keyword arguments are those of ``IndexSettings``."""
    with ExitStack() as stack:

        def make(**settings: object) -> IndexClient:
            fetch = settings.pop("fetch", FetchSettings())
            assert isinstance(fetch, FetchSettings)
            quick = replace(fetch, clock=clock, wait=clock.wait)
            client = IndexClient(IndexSettings(fetch=quick, clock=clock, **settings))  # type: ignore[arg-type]
            return stack.enter_context(client)

        yield make
