"""One browser for all tests; each looks through windows of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.browser.looking import Looking, Serve, launch, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with launch() as browser:
        yield browser


@pytest.fixture
def looking(chromium: Browser) -> Iterator[Looking]:
    """Fails the test where a page complained on the console."""
    looking = Looking(browser=chromium)
    yield looking
    looking.close()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves an application until the test ends."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(served(app))
