"""What every forge promises of check runs and alerts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.ports.forge import AlertState, Check, CheckConclusion, CheckReport, ForgeForbidden
from bot.ports.run import Problem
from tests.forge.test_contract import head
from tests.forge.worlds import World


def report(
    world: World, conclusion: CheckConclusion | None, *, problems: int = 0, summary: str = "Text"
) -> CheckReport:
    found = tuple(Problem(message=f"wrong {line}", path="uv.lock", line=line + 1) for line in range(problems))
    return CheckReport(
        commit=head(world), name="lockbot", conclusion=conclusion, title="Title", summary=summary, problems=found
    )


def newest(world: World) -> Check:
    (one,) = world.forge.list_checks(head(world), "lockbot")
    return one


@pytest.mark.parametrize("conclusion", list(CheckConclusion))
def test_a_check_that_runs_is_ended(world: World, conclusion: CheckConclusion) -> None:
    world.forge.write_check(report(world, None))
    running = newest(world)
    assert (running.is_running, running.conclusion) == (True, None)
    world.forge.write_check(report(world, conclusion))
    ended = newest(world)
    assert (ended.id, ended.is_running, ended.conclusion) == (running.id, False, conclusion)


@pytest.mark.parametrize("conclusion", [None, CheckConclusion.FAILURE])
def test_what_is_said_twice_is_said_once(world: World, conclusion: CheckConclusion | None) -> None:
    for _ in range(2):
        world.forge.write_check(report(world, conclusion, problems=3))
        first = newest(world)
    assert (newest(world).id, newest(world).annotations) == (first.id, 3)


def test_a_good_word_takes_the_place_of_a_bad_one(world: World) -> None:
    world.forge.write_check(report(world, CheckConclusion.FAILURE, problems=2))
    world.forge.write_check(report(world, CheckConclusion.SUCCESS))
    assert (newest(world).conclusion, newest(world).annotations) == (CheckConclusion.SUCCESS, 0)


@pytest.mark.parametrize("count", [49, 50, 51, 120])
@pytest.mark.parametrize("was_running", [True, False])
def test_every_annotation_arrives_however_many(world: World, count: int, was_running: bool) -> None:
    if was_running:
        world.forge.write_check(report(world, None))
    world.forge.write_check(report(world, CheckConclusion.FAILURE, problems=count))
    assert (newest(world).annotations, world.annotations(newest(world).id)) == (count, count)
    assert newest(world).conclusion is CheckConclusion.FAILURE


def test_a_commit_of_a_fork_is_checked_too(world: World) -> None:
    one = world.open_from_fork({"x.py": "x"}, login="eve", lets_in=False)
    world.forge.write_check(replace(report(world, CheckConclusion.SKIPPED), commit=one.head))
    (found,) = world.forge.list_checks(one.head, "lockbot")
    assert found.conclusion is CheckConclusion.SKIPPED


def test_where_checks_are_not_granted_they_are_forbidden(world: World) -> None:
    world.withhold("checks")
    with pytest.raises(ForgeForbidden):
        world.forge.write_check(report(world, CheckConclusion.SUCCESS))


# --- alerts ---------------------------------------------------------------------------------------


def test_alerts_are_told_newest_first(world: World) -> None:
    world.raise_alert("jinja2")
    world.raise_alert("left-pad", ecosystem="npm")
    world.raise_alert("urllib3", AlertState.FIXED)
    world.raise_alert("requests", AlertState.DISMISSED)
    alerts = world.forge.list_alerts()
    assert alerts is not None
    assert [(one.package, one.state) for one in alerts] == [
        ("requests", AlertState.DISMISSED),
        ("jinja2", AlertState.OPEN),
    ]
    one = alerts[1]
    assert (one.number, one.ecosystem, one.manifest, one.advisory) == (1, "pip", "uv.lock", "GHSA-xxxx-xxxx-xxxx")
    assert (one.vulnerable, one.patched, one.severity) == ("< 2.0", "2.0", "high")


def test_alerts_are_read_to_the_last_page(world: World) -> None:
    for number in range(205):
        world.raise_alert(f"package{number}")
    assert [one.number for one in world.forge.list_alerts() or ()] == list(range(205, 0, -1))


def test_no_alerts_are_told_where_they_are_off_or_not_granted(world: World) -> None:
    world.raise_alert("jinja2")
    world.withhold("vulnerability_alerts")
    assert world.forge.list_alerts() is None


def test_no_alerts_are_told_where_they_are_off(world: World) -> None:
    world.turn_alerts_off()
    assert world.forge.list_alerts() is None
