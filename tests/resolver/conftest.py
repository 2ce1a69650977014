"""The real uv, for the tests that hold lockbot against it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.resolver.index_host import IndexHost
from tests.resolver.locked_cases import OfflineUv
from tests.resolver.scenario_runs import Uv, find_uv


@pytest.fixture(scope="session")
def uv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uv]:
    program = find_uv()
    if program is None:
        pytest.skip("uv is not installed")
    with IndexHost() as host:
        yield Uv(program, host, tmp_path_factory.mktemp("uv"))


@pytest.fixture(scope="session")
def offline_uv(tmp_path_factory: pytest.TempPathFactory) -> OfflineUv:
    return OfflineUv(tmp_path_factory.mktemp("uv-cache"))
