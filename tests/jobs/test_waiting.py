"""What waits from one job to the next: for room, for an hour to be over, for a check before a merge, for the right branch."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.events.event import BasePushed, HeadJudged
from bot.events.jobs import ClosedJob, CommandJob, MergeJob, RunJob, Scope, SweepJob
from bot.events.planning import plan_jobs
from bot.jobs.clock.schedule import Scheduler
from bot.ports.forge import MergeMethod, Permission, PullRequestState
from bot.ports.handling import Handling, Limits, MergeStrategy, Merging, People
from bot.ports.run import BranchName, ConfigState, Problem, Sha
from bot.work.publishing.merging import MergeWish
from tests.jobs.test_queue import Place, place
from tests.jobs.test_workflows import AT, RUN, Bench, bench
from tests.work.scene import MAIN, NOW, REF, propose

__all__ = ["bench", "place"]

PUSHED = RunJob(repository=REF, scope=Scope.OPEN)
OTHER = BranchName("lockbot/other")
WISH = MergeWish(
    branch=OTHER,
    base=MAIN,
    number=5,
    head=Sha("a" * 40),
    is_sure=True,
    merging=Merging(wanted=True, strategy=MergeStrategy.SQUASH, schedule=("before 4am",)),
    people=People(reviewers=("team:web",)),
    timezone="Europe/Berlin",
)


# --- room -----------------------------------------------------------------------------------------


def crowded(bench: Bench, **limits: int) -> int:
    """A run whose second proposal waits; the number of the first one's pull request."""
    bench.scene.config = ConfigState(path=".lockbot.json", limits=Limits(**limits))
    bench.scene.proposals = (propose(), replace(propose(branch=OTHER), files=propose().files))
    bench.scene.forge.moment = bench.scene.clock.now()
    bench.do(RUN)
    (number,) = bench.scene.forge.pull_requests
    return number


@pytest.mark.parametrize("merged", [False, True])
def test_a_pull_request_fewer_starts_a_run_for_what_waits(bench: Bench, merged: bool) -> None:
    number = crowded(bench, open=1)
    assert bench.registry.list_waiting(REF.id) == (OTHER,)
    bench.scene.forge.close(number, by="ada")
    if merged:
        closed = bench.scene.forge.pull_requests[number]
        bench.scene.forge.pull_requests[number] = replace(closed, state=PullRequestState.MERGED)
        bench.scene.proposals = bench.scene.proposals[1:]
    note = bench.do(ClosedJob(repository=REF, number=number), name="closed")
    assert note.endswith("; there is room for what waits")
    assert bench.followed.stored["room:closed"] == (PUSHED,)
    bench.pass_time(100)
    assert "lockbot/other opened" in bench.do(PUSHED, received=AT + 100, name="room:closed:42")
    assert bench.registry.list_waiting(REF.id) == ()


def test_where_nothing_waits_none_is_started(bench: Bench) -> None:
    bench.do(RUN)
    bench.scene.forge.close(1, by="ada")
    assert "room" not in bench.do(ClosedJob(repository=REF, number=1), name="closed")
    assert bench.followed.stored == {}


def test_a_push_opens_what_waits_for_room_too(bench: Bench) -> None:
    """A merge is a push; where no pull request is left open there is something to do all the same."""
    number = crowded(bench, open=1)
    bench.scene.forge.close(number, by="ada")
    bench.pass_time(100)
    assert "lockbot/other opened" in bench.do(PUSHED, received=AT + 100, name="push")


def test_a_command_forgets_nothing_of_what_waits(bench: Bench) -> None:
    crowded(bench, open=1)
    bench.registry.record_waiting(REF.id, (OTHER,), 12.0)
    bench.scene.is_open = False
    bench.pass_time(100)
    bench.do(PUSHED, received=AT + 100, name="push")
    assert bench.registry.list_waiting(REF.id) == (OTHER,)


def test_when_the_hour_is_over_one_run_is_started(place: Place) -> None:
    place.registry.remember([REF], NOW)
    place.registry.record_config(REF.id, ConfigState(schedule=("* 3 29 2 *",)))
    place.registry.record_waiting(REF.id, (OTHER,), (NOW + timedelta(hours=1)).timestamp())
    machines = [Scheduler(place.queue, place.registry, place.clock) for _ in range(2)]
    counts = []
    for minutes in (59, 60, 61, 120):
        place.clock.moment = NOW + timedelta(minutes=minutes)
        for machine in machines:
            machine.tick()
        counts.append(place.queue.count_jobs()["waiting"])
    assert counts == [0, 1, 1, 1]
    assert place.registry.list_waiting(REF.id) == (OTHER,)


def test_an_hour_that_is_over_is_used(bench: Bench) -> None:
    crowded(bench, hourly=1, open=0)
    bench.pass_time(3600)
    bench.scene.forge.moment = bench.scene.clock.now()
    assert bench.registry.take_rooms(bench.scene.clock.now().timestamp()) == {REF.id}
    assert "lockbot/other opened" in bench.do(PUSHED, received=AT + 3600, name="hour")


# --- merging --------------------------------------------------------------------------------------


def test_what_waits_to_be_merged_is_kept_as_it_was_wished(place: Place) -> None:
    other = replace(WISH, number=6)
    place.registry.record_merging(REF.id, [WISH, other])
    assert place.registry.list_merging(REF.id) == (WISH, other)
    assert place.registry.find_merging([REF.id, 7]) == {REF.id}
    place.registry.drop_merging(REF.id, [5])
    assert place.registry.list_merging(REF.id) == (other,)
    place.registry.record_merging(REF.id, [])
    assert place.registry.find_merging([REF.id]) == frozenset()


def merging(bench: Bench) -> Sha:
    """A pull request that is to be merged; where it is."""
    repository = bench.scene.forge.repository
    bench.scene.forge.repository = replace(repository, merge_methods=(MergeMethod.SQUASH,))
    bench.scene.proposals = (replace(propose(), handling=Handling(merging=Merging(wanted=True))),)
    bench.do(RUN)
    return bench.scene.forge.pull_requests[1].head


def test_a_check_that_passed_has_it_merged(bench: Bench) -> None:
    head = merging(bench)
    bench.scene.forge.set_check(head, "tests")
    jobs = plan_jobs(HeadJudged(repository=REF, head=head))
    assert jobs == (MergeJob(repository=REF, head=head),)
    assert bench.do(MergeJob(repository=REF, head=head), name="suite") == "lockbot/non-major merged"
    assert bench.scene.forge.pull_requests[1].state is PullRequestState.MERGED
    assert bench.registry.list_merging(REF.id) == ()


def test_a_word_about_any_other_commit_asks_the_forge_nothing(bench: Bench) -> None:
    merging(bench)
    bench.scene.forge.gone = True
    note = bench.do(MergeJob(repository=REF, head=Sha("1" * 40)), name="suite")
    assert note == "nothing waits to be merged there"


def test_the_hourly_sweep_looks_at_all_that_waits(bench: Bench) -> None:
    head = merging(bench)
    bench.do(SweepJob(installation=REF.installation), name="sweep:1:7")
    assert bench.followed.stored["merge:sweep:1:7"] == (MergeJob(repository=REF),)
    bench.scene.forge.set_check(head, "tests")
    assert bench.do(MergeJob(repository=REF), name="hour") == "lockbot/non-major merged"


def test_a_command_that_rebuilds_the_branch_has_the_new_head_waited_for(bench: Bench) -> None:
    merging(bench)
    bench.scene.forge.permissions["ada"] = Permission.WRITE
    comment = bench.scene.forge.add_comment(1, "/lockbot rebase", author="ada").id
    bench.scene.proposals = (replace(propose("3.0"), handling=bench.scene.proposals[0].handling),)
    bench.do(CommandJob(repository=REF, number=1, comment=comment, author="ada", command="rebase"), name="command")
    head = bench.scene.forge.pull_requests[1].head
    assert [(one.head, one.is_sure) for one in bench.registry.list_merging(REF.id)] == [(head, True)]
    bench.scene.forge.set_check(head, "tests")
    assert bench.do(MergeJob(repository=REF, head=head), name="suite") == "lockbot/non-major merged"


def test_it_is_not_merged_under_a_run(bench: Bench) -> None:
    head = merging(bench)
    bench.scene.forge.set_check(head, "tests")
    bench.running("other")
    bench.registry.take_turn_of("repository:42", "other")
    assert "another job" in bench.do(MergeJob(repository=REF, head=head), name="suite")


def test_a_repository_that_is_gone_has_nothing_to_merge(bench: Bench) -> None:
    head = merging(bench)
    bench.scene.forge.gone = True
    assert bench.do(MergeJob(repository=REF, head=head), name="suite") == "the repository is gone"
    assert bench.registry.list_merging(REF.id) == ()


# --- base branches --------------------------------------------------------------------------------


def pushed(branch: str | None, *paths: str) -> object:
    event = BasePushed(
        repository=REF,
        head=Sha("a" * 40),
        touched=frozenset(paths),
        is_whole=True,
        branch=None if branch is None else BranchName(branch),
    )
    jobs = plan_jobs(event)
    return jobs[0] if isinstance(jobs, tuple) else jobs.reason


def test_a_push_to_any_branch_asks_for_a_run_where_it_touches_what_is_read() -> None:
    assert pushed("release", "uv.lock") == RunJob(repository=REF, scope=Scope.OPEN, branch=BranchName("release"))
    assert pushed("release", "README.md") == "push touches no manifest, lock or configuration"
    assert pushed(None, ".lockbot.json") == RunJob(repository=REF, scope=Scope.ALL)
    assert pushed("release", ".lockbot.json") != RunJob(repository=REF, scope=Scope.ALL), "it is not obeyed there"


@pytest.mark.parametrize(
    ("bases", "branch", "is_run"),
    [
        ((), "release", False),
        (("release",), "release", True),
        (("/^rel/",), "release", True),
        (("/^rel/",), "topic", False),
        (("$default",), "release", False),
        (("/.*/",), "lockbot/non-major", False),
    ],
)
def test_only_where_updates_are_proposed_a_push_starts_one(
    bench: Bench, bases: tuple[str, ...], branch: str, is_run: bool
) -> None:
    bench.scene.config = ConfigState(path=".lockbot.json", bases=bases)
    bench.scene.forge.branches[BranchName("release")] = bench.scene.base
    bench.do(RUN)
    asked = len(bench.scene.asked)
    bench.pass_time(100)
    job = RunJob(repository=REF, scope=Scope.OPEN, branch=BranchName(branch))
    note = bench.do(job, received=AT + 100, name="push")
    assert (note != "nothing is proposed for that branch", len(bench.scene.asked) > asked) == (is_run, is_run)


def test_a_broken_configuration_leaves_the_base_branches_as_they_were(place: Place) -> None:
    place.registry.remember([REF], NOW)
    place.registry.record_config(REF.id, ConfigState(bases=("dev",), prefix="bot/"))
    broken = ConfigState(problems=(problem(),))
    place.registry.record_config(REF.id, broken)
    assert place.registry.find_bases(REF.id) == (("dev",), "bot/")
    place.registry.record_config(REF.id, ConfigState())
    assert place.registry.find_bases(REF.id) == ((), "")


def problem() -> Problem:
    return Problem(message="no such option", path=".lockbot.json")
