"""A fixed sample of random requirements files, compiled by lockbot and by the real uv (``bench/compiles.py`` makes more)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.compiles import made, verdict
from tests.compile.compiling import CompilingUv, compile_with_lockbot


@pytest.mark.uv
@pytest.mark.parametrize("batch", range(5))
def test_uv_compiles_random_requirements_alike(batch: int, compiling_uv: CompilingUv, tmp_path: Path) -> None:
    for number in range(batch * 20, batch * 20 + 20):
        one = made(7, number)
        theirs = compiling_uv.compile(one.repository, one.words, tmp_path / str(number))
        ours = compile_with_lockbot(one.repository, one.words)
        said = f"{number}: {' '.join(one.words)}\n{theirs.said}\n{ours.said}"
        assert verdict(theirs, ours) not in ("code", "differs"), said
