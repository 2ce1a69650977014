"""What may be open at once and within an hour, what waits for that, and in which order it is opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.events.jobs import RunJob, Scope
from bot.ports.forge import CheckConclusion, PullRequestState
from bot.ports.handling import Handling, Importance, Limits
from bot.ports.run import BranchName, ConfigState, Problem, Proposal
from bot.work.job import JobDone
from bot.work.publishing.outcome import Outcome
from bot.work.publishing.queueing import Room, order_key
from bot.work.runs import run_job
from tests.work.scene import NOW, REF, Scene, act, propose, run


def one(name: str, importance: Importance = Importance.NON_MAJOR, priority: int = 0) -> Proposal:
    made = propose(branch=BranchName(f"lockbot/{name}"))
    files = tuple(replace(file, path=f"{name}.lock") for file in made.files)
    return replace(made, files=files, importance=importance, handling=Handling(priority=priority))


def limited(count: int = 0, hourly: int = 0) -> ConfigState:
    return ConfigState(path=".lockbot.json", limits=Limits(open=count, hourly=hourly))


def named(*proposals: Proposal) -> list[str]:
    return [str(one.branch) for one in proposals]


def again(scene: Scene, done: JobDone, scope: Scope = Scope.OPEN) -> JobDone:
    """The run that follows, which is told what waited."""
    job = RunJob(repository=REF, scope=scope, waiting=done.waiting)
    return run_job(scene.ports, job, scene.steps, "guid")


MAJOR, ALL, LOCKS = one("major", Importance.MAJOR), one("all"), one("locks", Importance.MAINTENANCE)
FIX = one("fix", Importance.SECURITY)


def test_the_most_important_are_opened_first() -> None:
    scene = Scene(proposals=(LOCKS, MAJOR, ALL), config=limited(2))
    done = run(scene)
    assert [(row.branch, row.outcome) for row in done.published] == [
        ("lockbot/all", Outcome.OPENED),
        ("lockbot/major", Outcome.OPENED),
        ("lockbot/locks", Outcome.LIMITED),
    ]
    assert (done.waiting, done.room_at) == (("lockbot/locks",), None)


def test_security_goes_beyond_every_limit_and_takes_nobodys_place() -> None:
    scene = Scene(proposals=(ALL, MAJOR, FIX), config=limited(1, hourly=1))
    assert act(scene) == [
        ("lockbot/fix", Outcome.OPENED),
        ("lockbot/all", Outcome.OPENED),
        ("lockbot/major", Outcome.LIMITED),
    ]
    assert [outcome for _, outcome in act(scene)] == [Outcome.UNCHANGED, Outcome.UNCHANGED, Outcome.LIMITED]


@pytest.mark.parametrize(
    ("proposals", "ordered"),
    [
        ((LOCKS, MAJOR, ALL, FIX), ["fix", "all", "major", "locks"]),
        ((ALL, one("b"), one("a")), ["all", "b", "a"]),
        ((ALL, one("wanted", Importance.MAJOR, 5), FIX), ["fix", "wanted", "all"]),
        ((one("unloved", priority=-1), LOCKS), ["locks", "unloved"]),
        ((one("fix-1", Importance.SECURITY, -9), one("fix-2", Importance.SECURITY, 9)), ["fix-1", "fix-2"]),
    ],
)
def test_the_order(proposals: tuple[Proposal, ...], ordered: list[str]) -> None:
    assert named(*sorted(proposals, key=order_key)) == [f"lockbot/{name}" for name in ordered]


@pytest.mark.parametrize(("most", "outcomes"), [(0, ["opened"] * 7), (5, ["opened"] * 5 + ["waits for others"] * 2)])
def test_as_many_as_the_configuration_says(most: int, outcomes: list[str]) -> None:
    scene = Scene(proposals=tuple(one(f"g{number}") for number in range(7)), config=limited(most))
    assert [outcome for _, outcome in act(scene)] == outcomes


def test_five_unless_it_says_something() -> None:
    assert ConfigState().limits == Limits(open=5, hourly=0)


def test_what_waits_is_told_once_on_the_commit() -> None:
    scene = Scene(proposals=(ALL, MAJOR, LOCKS), config=limited(1))
    run(scene)
    run(scene)
    ((report, _),) = scene.forge.checks
    assert (report.name, report.conclusion, report.title) == (
        "lockbot queue", CheckConclusion.NEUTRAL, "2 proposals wait for others",
    )  # fmt: skip
    assert report.summary == (
        "* `lockbot/major`\n* `lockbot/locks`\n\nSo many pull requests as may be at once are open: 1. The first of these is "
        "opened when one of them is merged or closed (`prConcurrentLimit` in the configuration)."
    )


@pytest.mark.parametrize("how", ["closed by a person", "merged"])
def test_the_run_after_one_is_gone_opens_what_waited(how: str) -> None:
    scene = Scene(proposals=(ALL, MAJOR, LOCKS), config=limited(1))
    done = run(scene)
    (pull,) = scene.forge.list_pull_requests(PullRequestState.OPEN)
    if how == "merged":
        scene.forge.pull_requests[pull.number] = replace(pull, state=PullRequestState.MERGED)
        scene.proposals = (MAJOR, LOCKS)
    else:
        scene.forge.close(pull.number, by="ada")
    done = again(scene, done)
    assert [(row.branch, row.outcome) for row in done.published][-2:] == [
        ("lockbot/major", Outcome.OPENED), ("lockbot/locks", Outcome.LIMITED),
    ]  # fmt: skip
    assert done.waiting == ("lockbot/locks",)


def test_the_run_after_opens_nothing_that_did_not_wait() -> None:
    scene = Scene(proposals=(ALL, MAJOR), config=limited(1))
    done = run(scene)
    (pull,) = scene.forge.list_pull_requests(PullRequestState.OPEN)
    scene.forge.pull_requests[pull.number] = replace(pull, state=PullRequestState.MERGED)
    scene.proposals = (one("new"), MAJOR)
    assert [(row.branch, row.outcome) for row in again(scene, done).published] == [
        ("lockbot/new", Outcome.NOT_OPEN), ("lockbot/major", Outcome.OPENED),
    ]  # fmt: skip


def test_outside_of_the_schedule_it_goes_on_waiting() -> None:
    scene = Scene(proposals=(ALL, MAJOR), config=replace(limited(1), schedule=("before 4am",)))
    done = run(scene, Scope.TURN)
    (pull,) = scene.forge.list_pull_requests(PullRequestState.OPEN)
    scene.forge.close(pull.number, by="ada")
    scene.is_open = False
    done = again(scene, done)
    assert [row.outcome for row in done.published] == [Outcome.NOT_OPEN, Outcome.NOT_OPEN]
    assert done.waiting == ("lockbot/major",)
    scene.is_open = True
    assert again(scene, done).published[1].outcome is Outcome.OPENED


def test_a_broken_configuration_makes_nothing_forgotten() -> None:
    scene = Scene(proposals=(ALL, MAJOR), config=limited(1))
    done = run(scene)
    scene.config = replace(scene.config, problems=(broken(),))
    assert again(scene, done).waiting == done.waiting


def broken() -> Problem:
    return Problem(message="no such option", path=".lockbot.json", line=2)


def test_what_is_no_longer_proposed_makes_room_in_the_same_run() -> None:
    scene = Scene(proposals=(ALL, MAJOR), config=limited(1))
    run(scene)
    scene.proposals = (MAJOR,)
    assert act(scene) == [("lockbot/major", Outcome.OPENED), ("lockbot/all", Outcome.RETIRED)]


def test_within_an_hour_no_more_than_that() -> None:
    scene = Scene(proposals=(ALL, MAJOR, LOCKS), config=limited(hourly=1))
    scene.forge.moment = NOW
    done = run(scene)
    assert [row.outcome for row in done.published] == [Outcome.OPENED, Outcome.LIMITED, Outcome.LIMITED]
    assert done.room_at == (NOW + timedelta(hours=1)).timestamp()
    assert "So many pull requests as may be in an hour were opened in this one: 1." in scene.forge.checks[0][0].summary
    scene.clock.moment = scene.forge.moment = NOW + timedelta(minutes=59)
    assert [row.outcome for row in again(scene, done).published][1:] == [Outcome.LIMITED, Outcome.LIMITED]
    scene.clock.moment = scene.forge.moment = NOW + timedelta(hours=1)
    assert [row.outcome for row in again(scene, done).published][1:] == [Outcome.OPENED, Outcome.LIMITED]


def test_one_that_was_closed_within_the_hour_counts_for_it() -> None:
    scene = Scene(proposals=(ALL, MAJOR), config=limited(hourly=1))
    scene.forge.moment = NOW
    done = run(scene)
    (pull,) = scene.forge.list_pull_requests(PullRequestState.OPEN)
    scene.forge.close(pull.number, by="ada")
    assert again(scene, done).waiting == ("lockbot/major",)


def test_a_run_that_was_interrupted_counts_what_it_opened_once() -> None:
    room = Room(limits=Limits(open=2), open=frozenset({7}))
    assert room.without(ALL, 7, is_new=True).is_for(MAJOR)
    assert not room.without(ALL, 8, is_new=True).is_for(MAJOR)
    assert room.without(ALL, None, is_new=False) == room
