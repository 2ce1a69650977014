"""How much is spent on a commit, and that it ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.errors import IndexFailure
from bot.index.memory import PYPI, MemoryIndex
from bot.judging.judge import judge_commit
from bot.judging.patience import FOR_STRANGERS, FOR_WRITERS, Hourglass, HurriedIndex
from bot.ports.judging import Standing
from tests.judging.scenario import read_case

STALE = Path(__file__).parent / "scenarios" / "stranger-stale.toml"


@dataclass
class HandClock:
    now: float = 0.0
    step: float = 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def test_strangers_are_given_less() -> None:
    assert FOR_STRANGERS.seconds < FOR_WRITERS.seconds
    assert FOR_STRANGERS.units < FOR_WRITERS.units
    assert FOR_STRANGERS.search.decisions < FOR_WRITERS.search.decisions
    assert FOR_STRANGERS.search.seconds < FOR_WRITERS.search.seconds


def test_an_index_answers_until_the_time_is_up() -> None:
    clock = HandClock()
    index = MemoryIndex()
    index.add("a", "1.0")
    hurried = HurriedIndex(port=index, hourglass=Hourglass(patience=FOR_STRANGERS, clock=clock, began=clock()))
    page = hurried.get_page(PYPI, "a")
    assert page is not None
    clock.now = FOR_STRANGERS.seconds
    with pytest.raises(IndexFailure, match="reading took longer than the 25 seconds of a check"):
        hurried.get_page(PYPI, "a")


def test_a_search_is_given_what_is_left() -> None:
    clock = HandClock()
    hourglass = Hourglass(patience=FOR_STRANGERS, clock=clock, began=clock())
    assert hourglass.limits() == FOR_STRANGERS.search
    clock.now = FOR_STRANGERS.seconds - 3
    assert hourglass.limits().seconds == 3


def test_a_commit_that_takes_too_long_is_not_known_to_be_wrong() -> None:
    case = read_case(STALE)
    edges = replace(case.edges, clock=HandClock(step=FOR_STRANGERS.seconds))
    (verdict,) = judge_commit(case.request, edges).verdicts
    assert verdict.standing is Standing.UNKNOWN
    assert "of a check" in verdict.reason or "gave up" in verdict.reason
