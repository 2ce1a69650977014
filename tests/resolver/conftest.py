"""The real uv, for the tests that hold lockbot against it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.real_uv import need_uv
from tests.resolver.index_host import IndexHost
from tests.resolver.locked_cases import OfflineUv
from tests.resolver.scenario_runs import Uv


@pytest.fixture(scope="session")
def uv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uv]:
    program = need_uv()
    with IndexHost() as host:
        yield Uv(program, host, tmp_path_factory.mktemp("uv"))


@pytest.fixture(scope="session")
def offline_uv(tmp_path_factory: pytest.TempPathFactory) -> OfflineUv:
    return OfflineUv(tmp_path_factory.mktemp("uv-cache"))
