"""A fixed sample of ``bench/kills.py``: servers killed in the middle of stories; nothing is lost, nothing is doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.kills import play_round

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("seed", [2002, 1000])
def test_a_story_with_kills_in_it_ends_as_it_should(tmp_path: Path, seed: int) -> None:
    played = play_round(seed, tmp_path, most=12)
    assert played.failures == [], (played.kills, played.told)
    assert played.kills
