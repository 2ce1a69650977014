"""Laws of reading and writing locks, on random values and on what the resolver makes of random universes."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from bot.lockfile.reader import parse_lock
from bot.lockfile.writer import render_lock
from tests.laws.random_locks import LockMaker
from tests.laws.random_universes import random_universe
from tests.resolver.scenario_runs import run_lockbot


@pytest.mark.parametrize("batch", range(10))
def test_a_lock_is_read_as_it_was_written(batch: int) -> None:
    for number in range(40):
        lock = LockMaker(Random(f"{batch} {number}")).lock()
        text = render_lock(lock)
        assert parse_lock(text, "uv.lock") == lock
        assert render_lock(parse_lock(text, "uv.lock")) == text


@pytest.mark.parametrize("batch", range(5))
def test_a_lock_of_a_universe_is_written_as_it_was_read(batch: int, tmp_path: Path) -> None:
    for number in range(8):
        text = run_lockbot(random_universe(Random(f"{batch} {number}")).scenario(tmp_path)).lock
        if text is not None:
            assert render_lock(parse_lock(text, "uv.lock")) == text
