"""What a worker does on a bad day: one job at a place, budgets, what was given up, what no message told of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest

from bot.events.jobs import CheckJob, ClosedJob, CommandJob, MergeJob, RunJob, Scope, SweepJob
from bot.jobs.queue.envelope import Envelope, Lane
from bot.jobs.queue.names import name_job
from bot.jobs.workflows.endings import Attempt
from bot.jobs.workflows.workflow import perform
from bot.orders import Order
from bot.ports.forge import ForgeUnavailable, Permission, PullRequest, PullRequestState, Reaction
from bot.ports.run import BranchName, Sha
from bot.ports.steps import PlainSteps
from bot.report.pulls.branch import ONBOARDING_BRANCH
from bot.work.lost import Seen
from tests.jobs.test_workflows import AT, RUN, Asked, Bench, bench, fail_with
from tests.work.scene import BRANCH, MAIN, REF

__all__ = ["bench"]

T = TypeVar("T")
PUSHED = RunJob(repository=REF, scope=Scope.OPEN)
SWEEP = SweepJob(installation=REF.installation)
TOPIC = BranchName("topic")


def pull_request(bench: Bench) -> int:
    bench.do(RUN)
    return next(iter(bench.scene.forge.pull_requests))


# --- one at a time --------------------------------------------------------------------------------


def test_two_jobs_of_a_repository_are_never_at_work_at_once(bench: Bench) -> None:
    bench.enter(RUN)
    bench.running("other")
    assert bench.registry.take_turn_of("repository:42", "other")
    assert bench.solve(RUN) == "waits for 1 s: another job is at work there"
    envelope, delay = bench.followed.again["guid/solve#1.1"]
    assert (envelope.job, envelope.attempt, envelope.waits, envelope.lane, delay) == (RUN, 1, 1, Lane.SOLVING, 1.0)
    assert bench.scene.asked == []
    bench.registry.give_back_turn_of("repository:42", "other")
    assert "opened" in bench.solve(RUN, name="guid#1.1")


@pytest.mark.parametrize("status", ["SUCCESS", "ERROR", "ENQUEUED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"])
def test_a_job_that_no_longer_runs_holds_no_place(bench: Bench, status: str) -> None:
    """Its worker was killed before it could give the place back."""
    bench.running("other")
    bench.registry.take_turn_of("repository:42", "other")
    bench.set_status("other", status)
    assert "opened" in bench.do(RUN)


def test_a_resumed_job_still_has_its_place(bench: Bench) -> None:
    bench.running("guid/solve")
    bench.registry.take_turn_of("repository:42", "guid/solve")
    assert "opened" in bench.do(RUN)


@pytest.mark.parametrize("works", [True, False])
def test_the_place_is_free_when_a_job_ends(bench: Bench, works: bool) -> None:
    if not works:
        fail_with(bench, ForgeUnavailable("502"))
    bench.do(RUN)
    bench.running("other")
    assert bench.registry.take_turn_of("repository:42", "other")


def test_a_closed_pull_request_is_not_tidied_under_a_run(bench: Bench) -> None:
    number = pull_request(bench)
    bench.scene.forge.close_pull_request(number)
    bench.running("other")
    bench.registry.take_turn_of("repository:42", "other")
    assert "another job" in bench.do(ClosedJob(repository=REF, number=number), name="closed")
    assert BRANCH in bench.scene.forge.branches


# --- bursts ---------------------------------------------------------------------------------------


def test_a_run_that_waits_covers_what_comes_after_it(bench: Bench) -> None:
    bench.pass_time(10)
    assert bench.enter(RUN, received=AT + 10) == "to be solved"
    bench.set_status("guid/solve", "ENQUEUED")
    for number, job in enumerate((RUN, PUSHED, RUN)):
        assert bench.enter(job, received=AT + 10 + number, name=f"push-{number}") == "covered by a later run"
    bench.running("guid/solve")
    assert bench.enter(RUN, received=AT + 20, name="after it began") == "to be solved"


def test_a_small_run_that_waits_does_not_cover_a_whole_one(bench: Bench) -> None:
    pull_request(bench)
    bench.pass_time(100)
    bench.enter(PUSHED, received=AT + 100, name="small")
    bench.set_status("small/solve", "ENQUEUED")
    assert bench.enter(PUSHED, received=AT + 101, name="second") == "covered by a later run"
    assert bench.enter(RUN, received=AT + 101, name="whole") == "to be solved"


def test_a_run_that_found_its_place_taken_still_covers(bench: Bench) -> None:
    bench.enter(RUN)
    bench.running("other")
    bench.registry.take_turn_of("repository:42", "other")
    bench.solve(RUN)
    bench.set_status("guid/solve#1.1", "DELAYED")
    assert bench.enter(RUN, received=AT + 1, name="next") == "covered by a later run"


def test_a_command_is_acknowledged_before_its_turn_comes(bench: Bench) -> None:
    asked = Asked.make(bench)
    assert bench.enter(asked.job, name="command") == "acknowledged"
    assert asked.reactions == [Reaction.EYES]
    assert bench.followed.again["command/solve"][0].lane is Lane.SOLVING


def test_a_stranger_and_an_unknown_word_never_reach_the_second_lane(bench: Bench) -> None:
    asked = Asked.make(bench)
    dance = replace(asked.job, orders=(Order(word="dance"),))
    assert bench.enter(dance, name="dance") == "unknown"
    bench.scene.forge.permissions["ada"] = Permission.READ
    assert bench.enter(asked.job, name="stranger") == "stranger"
    assert not {"dance/solve", "stranger/solve"} & set(bench.followed.again)


# --- budgets --------------------------------------------------------------------------------------


def test_little_budget_is_kept_for_people(bench: Bench) -> None:
    asked = Asked.make(bench)
    solved = len(bench.scene.asked)
    bench.scene.app.rests[REF.installation] = AT + 600
    note = bench.enter(replace(RUN, repository=replace(REF, id=60 * 7)), name="turn")
    assert note == "waits for 600 s: little is left of the installation's rate limit"
    assert bench.followed.again["turn#1.1"][0].attempt == 1
    assert len(bench.scene.asked) == solved
    bench.do(asked.job)
    assert len(bench.scene.asked) == solved + 1


def test_who_waits_for_the_same_moment_comes_back_one_after_another(bench: Bench) -> None:
    bench.scene.app.rests[REF.installation] = AT + 600
    for number in range(60):
        bench.enter(replace(RUN, repository=replace(REF, id=number)), name=f"turn-{number}")
    assert {delay for _, delay in bench.followed.again.values()} == {600.0 + number for number in range(60)}


def test_another_installation_goes_on_and_so_does_this_one_when_its_time_has_come(bench: Bench) -> None:
    bench.scene.app.rests |= {REF.installation: AT - 1, REF.installation + 1: AT + 600}
    assert "opened" in bench.do(RUN)


def test_a_run_that_uses_the_budget_up_stops_before_its_next_step(bench: Bench) -> None:
    class Spending(PlainSteps):
        def run(self, name: str, kind: type[T], action: Callable[[], T]) -> T:
            value = super().run(name, kind, action)
            if name == "solve":
                bench.scene.app.rests[REF.installation] = AT + 600
            return value

    bench.enter(RUN)
    envelope = Envelope(job=RUN, received=AT, lane=Lane.SOLVING)
    assert "waits for" in perform(bench.parts, Attempt(envelope=envelope, name="guid/solve", started=AT), Spending())
    assert bench.scene.forge.pull_requests == {}
    assert bench.scene.forge.checks == []


# --- given up -------------------------------------------------------------------------------------


def give_up(bench: Bench, job: RunJob, name: str = "guid") -> None:
    fail_with(bench, ForgeUnavailable("502"))
    assert "given up" in bench.solve(job, attempt=6, name=name)


def test_a_run_that_was_given_up_is_begun_again_by_the_next_sweep_and_no_other(bench: Bench) -> None:
    pull_request(bench)
    give_up(bench, PUSHED)
    give_up(bench, RUN, name="second")
    assert bench.do(SWEEP, name="sweep:1:7") == "1 repositories, 0 lost messages, 1 begun again"
    assert bench.followed.stored["again:sweep:1:7"] == (RUN,)
    assert bench.do(SWEEP, name="sweep:2:7") == "1 repositories, 0 lost messages, 0 begun again"


def test_a_sweep_that_is_cut_off_is_harmless(bench: Bench) -> None:
    bench.registry.remember([REF], bench.scene.clock.now())
    bench.registry.record_seen(REF.id, bench.scene.base, whole=True)
    give_up(bench, RUN)
    for _ in range(2):
        bench.do(SWEEP, name="sweep:1:7")
    assert list(bench.followed.stored) == ["again:sweep:1:7"]


# --- lost messages --------------------------------------------------------------------------------


def sweep(bench: Bench) -> dict[str, object]:
    """Jobs by the names under which they are stored."""
    bench.followed.stored.clear()
    bench.do(SWEEP, name="sweep:1:7")
    return {
        name_job(delivery, job): job
        for delivery, jobs in bench.followed.stored.items()
        for job in jobs
        if not delivery.startswith("again:")
    }


def test_where_nothing_was_lost_nothing_is_begun(bench: Bench) -> None:
    pull_request(bench)
    assert sweep(bench) == {}


def test_a_lost_push_is_found_once(bench: Bench) -> None:
    pull_request(bench)
    head = bench.scene.forge.commit(MAIN, {"uv.lock": "alpha 1.1\n"}, author="octo")
    assert sweep(bench) == {f"sweep:{head}:42": PUSHED}
    assert sweep(bench) == {f"sweep:{head}:42": PUSHED}
    bench.pass_time(100)
    bench.do(PUSHED, received=AT + 100, name=f"sweep:{head}:42")
    assert sweep(bench) == {}


def test_a_lost_push_of_the_configuration_asks_for_a_whole_run(bench: Bench) -> None:
    pull_request(bench)
    bench.scene.forge.commit(MAIN, {".lockbot.json": "{}"}, author="octo")
    assert list(sweep(bench).values()) == [RUN]


def test_the_first_push_to_an_empty_repository_is_found(bench: Bench) -> None:
    bench.registry.remember([REF], bench.scene.clock.now())
    assert list(sweep(bench).values()) == [RUN]


def test_a_lost_command_is_found_until_it_is_taken_up(bench: Bench) -> None:
    asked = Asked.make(bench)
    bench.scene.forge.written[asked.job.comment or 0] = bench.scene.clock.now()
    (name,) = sweep(bench)
    assert sweep(bench) == {name: asked.job}
    # The message that comes late after all is the same job.
    assert name_job("guid of the late message", asked.job) == name
    bench.do(asked.job)
    assert sweep(bench) == {}


@pytest.mark.parametrize(
    ("text", "age"),
    [("thank you", timedelta()), ("> /lockbot rebase", timedelta()), ("/lockbot rebase", timedelta(days=7))],
)
def test_what_is_no_command_or_an_old_one_is_left(bench: Bench, text: str, age: timedelta) -> None:
    number = pull_request(bench)
    bench.scene.forge.moment = bench.scene.clock.now() - age
    bench.scene.forge.add_comment(number, text, author="ada")
    assert sweep(bench) == {}


def test_a_branch_that_a_lost_closing_left_is_found(bench: Bench) -> None:
    number = pull_request(bench)
    bench.scene.forge.close_pull_request(number)
    job = ClosedJob(repository=REF, number=number)
    assert sweep(bench) == {f"sweep:{PullRequestState.CLOSED}:42:{number}": job}
    bench.do(job, name="closed")
    assert BRANCH not in bench.scene.forge.branches
    assert sweep(bench) == {}


# --- heads ----------------------------------------------------------------------------------------


def head_of(bench: Bench, *, age: timedelta = timedelta(hours=1), login: str = "ada") -> PullRequest:
    """A pull request of which nobody told."""
    forge = bench.scene.forge
    forge.moment = bench.scene.clock.now() - age
    forge.branches[TOPIC] = forge.branches[MAIN]
    forge.commit(TOPIC, {"README.md": "hello\n"}, author=login)
    return forge.open_for(TOPIC, MAIN, author=login)


def hour(bench: Bench) -> str:
    return f"{bench.scene.clock.now():%Y-%m-%dT%H}"


def name_of(bench: Bench, one: PullRequest) -> str:
    return f"sweep:{one.number}:{one.head}:{hour(bench)}:42:{one.head}"


def test_a_head_of_which_nobody_told_is_checked(bench: Bench) -> None:
    bench.do(RUN)
    one = head_of(bench)
    job = CheckJob(repository=REF, number=one.number, head=one.head)
    assert sweep(bench) == {name_of(bench, one): job}
    assert bench.enter(job, name="check") == "nothing to check is changed"
    assert sweep(bench) == {}


def test_a_head_whose_check_came_to_nothing_has_a_name_for_each_hour(bench: Bench) -> None:
    bench.do(RUN)
    one = head_of(bench)
    (first,) = sweep(bench)
    assert [*sweep(bench)] == [first] == [name_of(bench, one)]
    bench.pass_time(3600)
    assert [*sweep(bench)] == [name_of(bench, one)] != [first]


@pytest.mark.parametrize("age", [timedelta(minutes=4), timedelta(days=7)])
def test_a_head_of_just_now_or_of_long_ago_is_left(bench: Bench, age: timedelta) -> None:
    bench.do(RUN)
    head_of(bench, age=age)
    assert sweep(bench) == {}


def test_where_checks_may_not_be_made_heads_are_left(bench: Bench) -> None:
    bench.do(RUN)
    head_of(bench)
    bench.scene.forge.lacking = ("checks: write",)
    assert sweep(bench) == {}


def test_an_own_head_of_which_nobody_told_is_checked_and_no_longer_merged_if_a_person_moved_it(bench: Bench) -> None:
    number = pull_request(bench)
    forge = bench.scene.forge
    forge.moment = bench.scene.clock.now() - timedelta(hours=1)
    head = forge.commit(BRANCH, {"README.md": "by hand\n"}, author="ada")
    found = sweep(bench)
    assert found == {
        name_of(bench, forge.pull_requests[number]): CheckJob(repository=REF, number=number, head=head),
        f"sweep:{number}:{head}:{hour(bench)}:42": MergeJob(repository=REF, number=number),
    }


def test_a_first_configuration_that_a_person_changed_unheard_is_planned_with(bench: Bench) -> None:
    forge = bench.scene.forge
    bench.do(RUN)
    forge.moment = bench.scene.clock.now() - timedelta(hours=1)
    forge.branches[ONBOARDING_BRANCH] = forge.branches[MAIN]
    head = forge.commit(ONBOARDING_BRANCH, {".lockbot.json": "{}"}, author="ada")
    one = forge.open_for(ONBOARDING_BRANCH, MAIN, author="lockbot[bot]")
    assert [*sweep(bench).values()] == [
        CheckJob(repository=REF, number=one.number, head=head),
        RunJob(repository=REF, scope=Scope.OPEN),
    ]


def test_the_hourly_sweep_is_one_for_each_installation(bench: Bench) -> None:
    other = replace(REF, id=50, installation=8)
    bench.registry.remember([REF, other], bench.scene.clock.now())
    assert bench.do(SweepJob(), name="sweep:1") == "2 installations"
    assert bench.followed.stored == {
        "sweep:1:7": (SweepJob(installation=7),),
        "sweep:1:8": (SweepJob(installation=8),),
    }


def test_what_a_run_saw_is_remembered_whatever_it_came_to(bench: Bench) -> None:
    base, other = bench.scene.base, Sha("1" * 40)
    bench.do(RUN)
    assert bench.registry.list_seen([REF.id]) == {REF.id: Seen(head=base, whole=base)}
    bench.registry.record_seen(REF.id, other, whole=True)
    bench.pass_time(100)
    bench.do(PUSHED, received=AT + 100, name="small")
    assert bench.registry.list_seen([REF.id]) == {REF.id: Seen(head=base, whole=other)}
    bench.do(RUN, received=AT + 100, name="whole")
    assert bench.registry.list_seen([REF.id]) == {REF.id: Seen(head=base, whole=base)}


def test_a_lost_push_of_the_configuration_is_found_behind_one_that_was_heard(bench: Bench) -> None:
    pull_request(bench)
    bench.scene.forge.commit(MAIN, {".lockbot.json": "{}"}, author="octo")
    head = bench.scene.forge.commit(MAIN, {"uv.lock": "alpha 1.1\n"}, author="octo")
    bench.pass_time(100)
    bench.do(PUSHED, received=AT + 100, name="heard")
    assert sweep(bench) == {f"sweep:{head}:42": RUN}
    bench.do(RUN, received=AT + 100, name=f"sweep:{head}:42")
    assert sweep(bench) == {}


def test_a_sweep_compares_configurations_once(bench: Bench) -> None:
    pull_request(bench)
    head = bench.scene.forge.commit(MAIN, {"uv.lock": "alpha 1.1\n"}, author="octo")
    bench.pass_time(100)
    bench.do(PUSHED, received=AT + 100, name="heard")
    assert sweep(bench) == {}
    assert bench.registry.list_seen([REF.id]) == {REF.id: Seen(head=head, whole=head)}


def test_what_is_heard_first_of_a_repository_stands_for_a_lost_installation(bench: Bench) -> None:
    assert bench.enter(PUSHED) == "to be solved"
    assert bench.followed.again["guid/solve"][0].job == RUN
    assert bench.enter(PUSHED, name="second") == "no pull request is open"


def test_of_commands_on_one_pull_request_one_at_a_time_is_looked_at(bench: Bench) -> None:
    asked = Asked.make(bench)
    bench.running("other")
    assert bench.registry.take_turn_of(f"words:{REF.id}:{asked.job.number}", "other")
    assert "another job is at work there" in bench.enter(asked.job, name="command")
    assert bench.scene.forge.reactions == {}
    bench.ended("other")
    assert bench.enter(asked.job, name="command#1.1") == "acknowledged"


def test_what_a_comment_orders_has_one_name(bench: Bench) -> None:
    job = CommandJob(repository=REF, number=1, comment=2, author="ada", orders=(Order(word="rebase"),))
    names = {name_job(delivery, job) for delivery in ("one", "two", "sweep:2")}
    assert len(names) == 1
    other = replace(job, orders=(*job.orders, Order(word="x" * 100_000)))
    assert name_job("one", other) not in names
    assert len(name_job("one", other)) < 100


def test_each_tick_of_a_box_is_a_job_of_its_own(bench: Bench) -> None:
    job = CommandJob(repository=REF, number=1, author="ada", orders=(Order(word="rebase"),))
    assert len({name_job(delivery, job) for delivery in ("one", "two", "one")}) == 2


def test_each_order_of_a_comment_is_obeyed_once_in_whatever_job_it_comes(bench: Bench) -> None:
    asked = Asked.make(bench)
    rebase, pause = Order(word="rebase"), Order(word="pause")
    first = replace(asked.job, orders=(rebase,))
    assert bench.enter(first, name="command:1") == "acknowledged"
    assert bench.enter(replace(first, orders=(rebase, pause)), name="command:2") == "acknowledged"
    assert bench.followed.again["command:2/solve"][0].job == replace(first, orders=(pause,))
    assert bench.enter(replace(first, orders=(pause, rebase)), name="command:3") == "obeyed already"
    # Another attempt of the first, and one that the operator asked for.
    for name in ("command:1#2", "command:1!20261122T120000"):
        assert bench.enter(first, name=name) == "acknowledged"
    # After a month nobody remembers it.
    bench.registry.drop_orders(bench.scene.clock.now().timestamp() + 1)
    assert bench.enter(first, name="command:4") == "acknowledged"


def test_what_a_command_leaves_to_do_is_put_on_the_queue_once(bench: Bench) -> None:
    asked = Asked.make(bench)
    job = replace(asked.job, orders=(Order(word="pause"),))
    for _ in range(2):
        bench.do(job, name="command:1")
    assert bench.followed.stored == {"command:1:then": (RunJob(repository=REF, scope=Scope.OPEN),)}
