"""A fixture for folders whose tests run a hub: a request that GitHub doesn't know fails the test that sent it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.github.hub import check_all


@pytest.fixture(autouse=True)
def requests_are_described() -> Iterator[None]:
    yield
    check_all()
