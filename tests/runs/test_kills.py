"""A fixed sample of ``bench/kills.py``: servers killed in the middle of stories; nothing is lost, nothing is doubled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.kills import play_round
from tests.postgres import Postgres
from tests.runs.server import free_port


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    """One that is killed."""
    with Postgres(free_port()) as one:
        yield one


@pytest.mark.crash
@pytest.mark.parametrize("seed", [1004, 2003])
def test_a_story_with_kills_in_it_ends_as_it_should(tmp_path: Path, seed: int) -> None:
    played = play_round(seed, tmp_path)
    assert played.failures == [], (played.kills, played.told)
    assert played.kills


@pytest.mark.postgres
@pytest.mark.parametrize("seed", [3010])
def test_a_story_in_which_postgres_is_killed_too_ends_as_it_should(
    tmp_path: Path, database: Postgres, seed: int
) -> None:
    played = play_round(seed, tmp_path, postgres=database)
    assert played.failures == [], (played.kills, played.told)
    assert any(one.startswith(("database", "all")) for one in played.kills)
