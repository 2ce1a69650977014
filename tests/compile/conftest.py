"""The real uv, for the tests that hold compiled requirements against it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.compile.compiling import CompilingUv
from tests.real_uv import need_uv
from tests.resolver.index_host import IndexHost


@pytest.fixture(scope="session")
def compiling_uv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CompilingUv]:
    program = need_uv()
    with IndexHost() as host:
        yield CompilingUv(program, host, tmp_path_factory.mktemp("compiling"))
