"""Options that all tests share."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings

from tests.postgres import Postgres
from tests.runs.server import free_port

#: Laws are tried on the same examples in each run, so that one that breaks does so where the change was made, and no
#: machine's slowness is a fault. ``--hypothesis-profile=random`` tries new ones.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None)
settings.load_profile("fixed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-snapshots",
        action="store_true",
        help="write what lockbot says now into expectations (of scenarios: once uv agreed); never in CI",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--rewrite-snapshots") and os.environ.get("CI"):
        raise pytest.UsageError("--rewrite-snapshots is for people: in CI, expectations are what they are")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One for all tests that don't kill it; each empties it first."""
    with Postgres(free_port()) as server:
        yield server


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collected tests and imported modules stay to the end: looking for garbage among them costs and finds none."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        # As rarely as in the program itself.
        gc.set_threshold(100_000, 20, 50)
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """The interpreter would look through all of it once more before it ends."""
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whole runs first where workers share the tests by file: one that starts last leaves the others idle."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith("tests/runs/"))
