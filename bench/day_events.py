"""A day of what happens to repositories with the App: pushes, pull requests, checks of others, comments, turns, looks.

Believed, not measured, since nobody publishes it; each number can be changed. Accounts are many small ones and few large
ones (a Pareto distribution), repositories differ in how much happens there (lognormal), hours follow people's days in three
parts of the world, turns come by the schedules as the product reads them. Everything is drawn from a seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from bot.jobs.clock.cadence import find_next_turn

#: A Monday, when the default schedule has its window.
DAY = datetime(2026, 11, 30, tzinfo=UTC)

#: Events of an average repository in a day. A word of others' checks is a status, check run or check suite that ended. A push
#: touches a manifest or lock; what a code push moved is found by the next hourly look.
PER_DAY: Mapping[str, float] = {
    "push": 0.3,
    "code push": 2.0,
    "other push": 6.0,
    "pull request": 3.0,
    "closed": 1.0,
    "check word": 30.0,
    "comment": 4.0,
    "command": 0.05,
}
#: What is answered at the door and makes no job.
IGNORED = ("other push", "code push", "comment")

#: Schedule -> share of the repositories.
SCHEDULES: Mapping[tuple[str, ...], float] = {
    ("weekly",): 0.70,
    ("daily",): 0.15,
    ("monthly",): 0.10,
    ("at any time",): 0.05,
}
#: Seconds after the hour when all is looked at.
LOOK = 17 * 60
#: Of a day's events, by hour in UTC: Asia, Europe, America.
HOURS = (3, 4, 4, 4, 4, 5, 6, 8, 9, 9, 9, 9, 8, 9, 11, 11, 11, 10, 9, 8, 7, 6, 5, 4)


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """``second`` of the day. Looks of the clock are of no repository (0), or of no account either."""

    second: float
    kind: str = field(compare=False)
    account: int = field(compare=False)
    repository: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Population:
    """Repositories by account; both are numbered from 1."""

    accounts: Mapping[int, Sequence[int]]

    @property
    def repositories(self) -> int:
        return sum(map(len, self.accounts.values()))


def draw_population(repositories: int, chance: random.Random) -> Population:
    accounts: dict[int, Sequence[int]] = {}
    number = 1
    while number <= repositories:
        size = min(int(chance.paretovariate(1.05)), repositories // 10 or 1, repositories + 1 - number)
        accounts[len(accounts) + 1] = range(number, number + size)
        number += size
    return Population(accounts)


def draw_day(population: Population, chance: random.Random) -> list[Event]:
    """In the order of time."""
    found = [*_draw_clock(population)]
    for account, repositories in population.accounts.items():
        for repository in repositories:
            activity = chance.lognormvariate(-0.72, 1.2)
            found += _draw_people(account, repository, activity, chance)
            found += _draw_turns(account, repository, chance)
    return sorted(found)


def _draw_people(account: int, repository: int, activity: float, chance: random.Random) -> Iterator[Event]:
    moved = set[int]()
    for kind, rate in PER_DAY.items():
        for _ in range(_draw_count(rate * activity, chance)):
            hour = chance.choices(range(24), HOURS)[0] + chance.random()
            yield Event(3600 * hour, kind, account, repository)
            if kind == "code push":
                moved.add(int(hour - LOOK / 3600) + 1)
    for hour in moved:
        yield Event(3600.0 * hour + LOOK + 2, "moved base", account, repository)


def _draw_count(mean: float, chance: random.Random) -> int:
    """Poisson, by its waiting times; where much happens its spread is of no interest."""
    if mean > 50:
        return round(chance.gauss(mean, mean**0.5))
    count, passed = 0, chance.expovariate(1.0)
    while passed < mean:
        count, passed = count + 1, passed + chance.expovariate(1.0)
    return count


def _draw_turns(account: int, repository: int, chance: random.Random) -> Iterator[Event]:
    schedule = chance.choices([*SCHEDULES], [*SCHEDULES.values()])[0]
    for second in _list_turns(schedule, repository % 60):
        yield Event(second, "turn", account, repository)


@cache
def _list_turns(schedule: tuple[str, ...], minute: int) -> tuple[float, ...]:
    moment, found = DAY - timedelta(seconds=1), list[float]()
    while (turn := find_next_turn(schedule, "UTC", seed=minute, after=moment)) and turn < DAY + timedelta(days=1):
        found.append((turn - DAY).total_seconds())
        moment = turn
    return tuple(found)


def _draw_clock(population: Population) -> Iterator[Event]:
    for hour in range(24):
        yield Event(3600.0 * hour + LOOK, "look", 0, 0)
        yield Event(3600.0 * hour + 47 * 60, "advisories", 0, 0)
        for account in population.accounts:
            yield Event(3600.0 * hour + LOOK + 1, "look at account", account, 0)
