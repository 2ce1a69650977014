"""A fixed sample of ``bench/kill_alone.py``: the command that publishes without a server, killed and begun again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.kill_alone import Requests, open_ground, play_round
from tests.runs.publishing import Desk


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Requests]]:
    with open_ground(tmp_path_factory.mktemp("ground")) as one:
        yield one


@pytest.mark.crash
@pytest.mark.parametrize("seed", [16])
def test_a_command_that_is_killed_and_begun_again_ends_as_if_nobody_had(
    ground: tuple[Desk, Requests], seed: int
) -> None:
    played = play_round(seed, *ground)
    assert played.failures == [], (played.kills, played.told)
    assert played.kills
