"""What is merged by itself, by the forge or by lockbot, and what never is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.events.jobs import MergeJob
from bot.ports.forge import (
    AppIdentity,
    HeadCheck,
    HeadCheckState,
    MergeMethod,
    MergeState,
    Permission,
    PullRequest,
    PullRequestState,
    ReviewDecision,
)
from bot.ports.handling import Handling, MergeStrategy, Merging, Obstacle, People
from bot.ports.run import BranchName, Proposal, Sha
from bot.work.job import JobDone
from bot.work.merge_job import Tended, choose_wishes, merge_job
from bot.work.publishing.body_block import AutoMerge, find_block, replace_block
from bot.work.publishing.merging import MergeWays, choose_method, find_obstacle, merge_on_request
from bot.work.publishing.target import Target
from tests.work.scene import BRANCH, MAIN, REF, Scene, propose, run

APP = AppIdentity(slug="lockbot", login="lockbot[bot]")
EVERY = (MergeMethod.MERGE, MergeMethod.SQUASH, MergeMethod.REBASE)
PASSED, FAILED, PENDING, IGNORED = (
    HeadCheckState.PASSED, HeadCheckState.FAILED, HeadCheckState.PENDING, HeadCheckState.IGNORED,
)  # fmt: skip


def merged_by_itself(version: str = "2.0", people: People = People(), **said: Any) -> Proposal:  # noqa: B008
    return replace(propose(version), handling=Handling(merging=Merging(wanted=True, **said), people=people))


def merging(*, auto_merge: bool = False, **said: Any) -> Scene:
    scene = Scene(proposals=(merged_by_itself(**said),))
    scene.forge.repository = replace(scene.forge.repository, allows_auto_merge=auto_merge, merge_methods=EVERY)
    return scene


def pulled(scene: Scene) -> PullRequest:
    return scene.forge.pull_requests[1]


def told(scene: Scene, done: JobDone, head: Sha | None = None) -> Tended:
    """A check or a review tells of a head."""
    job = MergeJob(repository=REF, head=head)
    return merge_job(scene.ports, job, choose_wishes(done.merging, job))


def check(
    name: str = "tests", state: HeadCheckState = PASSED, *, creator: str = "ci", required: bool = False
) -> HeadCheck:
    return HeadCheck(name=name, creator=creator, state=state, required=required)


def state(*checks: HeadCheck, **said: Any) -> MergeState:
    plain: dict[str, Any] = {
        "is_known": True, "can_merge": True, "is_clean": True, "is_behind": False, "has_conflicts": False,
        "review_decision": None,
    }  # fmt: skip
    return MergeState(head=Sha("a" * 40), checks=checks, **(plain | said))


# --- decisions ------------------------------------------------------------------------------------

#: The state, and what stands in the way, with tests and with ``ignoreTests``.
OBSTACLES = [
    (state(check()), None, None),
    (state(), Obstacle.NO_CHECK, None),
    (state(check(creator="lockbot")), Obstacle.NO_CHECK, None),
    (state(check(creator="lockbot[bot]")), Obstacle.NO_CHECK, None),
    (state(check(creator="")), Obstacle.NO_CHECK, None),
    (state(check(state=IGNORED)), Obstacle.NO_CHECK, None),
    (state(check(), check("lint", FAILED)), Obstacle.CHECK_FAILED, None),
    (state(check(), check("lint", PENDING)), Obstacle.CHECK_RUNNING, None),
    (state(check(), check("docs", IGNORED)), None, None),
    (
        state(check(), check("must", FAILED, required=True), can_merge=False),
        Obstacle.CHECK_FAILED,
        Obstacle.CHECK_FAILED,
    ),
    (
        state(check(), check("must", PENDING, required=True), can_merge=False),
        Obstacle.CHECK_RUNNING,
        Obstacle.CHECK_RUNNING,
    ),
    (state(check(), review_decision=ReviewDecision.APPROVED), None, None),
    (state(check(), review_decision=ReviewDecision.REVIEW_REQUIRED, can_merge=False), Obstacle.REVIEW, Obstacle.REVIEW),
    # The App may be let past it, and is not to be.
    (state(check(), review_decision=ReviewDecision.REVIEW_REQUIRED), Obstacle.REVIEW, Obstacle.REVIEW),
    (
        state(check(), review_decision=ReviewDecision.CHANGES_REQUESTED),
        Obstacle.CHANGES_REQUESTED,
        Obstacle.CHANGES_REQUESTED,
    ),
    (state(check(), is_behind=True, can_merge=False), Obstacle.BEHIND, Obstacle.BEHIND),
    (state(check(), has_conflicts=True, can_merge=False), Obstacle.CONFLICTS, Obstacle.CONFLICTS),
    (state(check(), is_known=False), Obstacle.UNKNOWN, Obstacle.UNKNOWN),
    (state(check(), can_merge=False), Obstacle.REFUSED, Obstacle.REFUSED),
]


@pytest.mark.parametrize(("found", "careful", "careless"), OBSTACLES)
def test_what_stands_in_the_way(found: MergeState, careful: Obstacle | None, careless: Obstacle | None) -> None:
    assert find_obstacle(found, APP, ignores_tests=False) is careful
    assert find_obstacle(found, APP, ignores_tests=True) is careless


@pytest.mark.parametrize(
    ("strategy", "methods", "chosen"),
    [
        (MergeStrategy.AUTO, EVERY, MergeMethod.SQUASH),
        (MergeStrategy.AUTO, (MergeMethod.REBASE, MergeMethod.MERGE), MergeMethod.MERGE),
        (MergeStrategy.AUTO, (MergeMethod.REBASE,), MergeMethod.REBASE),
        (MergeStrategy.AUTO, (), None),
        (MergeStrategy.SQUASH, (MergeMethod.MERGE,), None),
        (MergeStrategy.MERGE, EVERY, MergeMethod.MERGE),
        (MergeStrategy.FAST_FORWARD, EVERY, MergeMethod.REBASE),
        (MergeStrategy.REBASE_MERGE, EVERY, MergeMethod.REBASE),
        (MergeStrategy.REBASE, EVERY, MergeMethod.REBASE),
    ],
)
def test_how_it_is_merged(
    strategy: MergeStrategy, methods: tuple[MergeMethod, ...], chosen: MergeMethod | None
) -> None:
    assert choose_method(strategy, MergeWays(auto_merge=False, methods=methods)) is chosen


# --- by lockbot -----------------------------------------------------------------------------------


def test_without_any_check_it_is_not_merged_and_waits_for_one() -> None:
    scene = merging()
    done = run(scene)
    assert [(one.number, one.head) for one in done.merging] == [(1, pulled(scene).head)]
    scene.forge.set_check(pulled(scene).head, "tests")
    assert told(scene, done, pulled(scene).head) == Tended(note="lockbot/non-major merged", ended=(1,))
    assert (pulled(scene).state, scene.forge.closers[1]) == (PullRequestState.MERGED, APP.login)


def test_a_word_about_another_commit_changes_nothing() -> None:
    scene = merging()
    done = run(scene)
    assert choose_wishes(done.merging, MergeJob(repository=REF, head=scene.base)) == ()
    assert choose_wishes(done.merging, MergeJob(repository=REF, number=9)) == ()
    assert choose_wishes(done.merging, MergeJob(repository=REF, number=1)) == done.merging


@pytest.mark.parametrize("failed", [FAILED, PENDING])
def test_it_waits_for_every_check(failed: HeadCheckState) -> None:
    scene = merging()
    done = run(scene)
    scene.forge.set_check(pulled(scene).head, "tests")
    scene.forge.set_check(pulled(scene).head, "lint", failed)
    assert told(scene, done).ended == ()
    assert pulled(scene).state is PullRequestState.OPEN
    scene.forge.set_check(pulled(scene).head, "lint")
    assert told(scene, done).ended == (1,)


def test_tests_may_be_ignored() -> None:
    scene = merging(ignores_tests=True)
    done = run(scene)
    assert (pulled(scene).state, done.merging) == (PullRequestState.MERGED, ())


def test_the_next_run_looks_too() -> None:
    scene = merging()
    run(scene)
    scene.forge.set_check(pulled(scene).head, "tests")
    run(scene)
    assert pulled(scene).state is PullRequestState.MERGED


def test_what_others_moved_is_not_merged() -> None:
    scene = merging()
    done = run(scene)
    head = scene.forge.commit(BRANCH, {"evil.py": "x"}, author="eve")
    scene.forge.set_check(head, "tests")
    assert "moved by others" in told(scene, done).note
    run(scene)
    assert pulled(scene).state is PullRequestState.OPEN


def test_a_body_that_calls_it_lockbots_is_not_believed() -> None:
    scene = merging()
    done = run(scene)
    head = scene.forge.commit(BRANCH, {"evil.py": "x"}, author="eve")
    scene.forge.set_check(head, "tests")
    block = find_block(pulled(scene).body)
    assert block is not None
    scene.forge.edit_pull_request(
        1, body=replace_block(pulled(scene).body, block.model_copy(update={"heads": (head,)}), 60_000)
    )
    told(scene, done)
    run(scene)
    assert pulled(scene).state is PullRequestState.OPEN


def test_one_that_was_rebuilt_since_is_merged() -> None:
    scene = merging()
    done = run(scene)
    scene.proposals = (merged_by_itself("3.0"),)
    run(scene)
    scene.forge.set_check(pulled(scene).head, "tests")
    assert told(scene, done).ended == (1,)


@pytest.mark.parametrize("how", ["draft", "another base", "closed"])
def test_what_is_not_ready_is_not_merged(how: str) -> None:
    scene = merging()
    done = run(scene)
    scene.forge.set_check(pulled(scene).head, "tests")
    scene.forge.commit(MAIN, {"x": "y"}, author="octo")
    scene.forge.branches[BranchName("other")] = scene.base
    changes: dict[str, dict[str, Any]] = {
        "draft": {"draft": True},
        "another base": {"base_branch": BranchName("other")},
        "closed": {"state": PullRequestState.CLOSED},
    }
    scene.forge.pull_requests[1] = replace(pulled(scene), **changes[how])
    told(scene, done)
    assert pulled(scene).state is not PullRequestState.MERGED


def test_a_review_that_is_required_is_waited_for() -> None:
    scene = merging()
    scene.forge.reviews_required = True
    done = run(scene)
    scene.forge.set_check(pulled(scene).head, "tests")
    assert "review required" in told(scene, done).note
    scene.forge.review(1, ReviewDecision.APPROVED)
    assert told(scene, done).ended == (1,)


def test_outside_of_its_schedule_it_waits() -> None:
    scene = merging(schedule=("before 4am",))
    done = run(scene)
    scene.is_open = False
    scene.forge.set_check(pulled(scene).head, "tests")
    assert "outside of the schedule" in told(scene, done).note
    scene.is_open = True
    assert told(scene, done).ended == (1,)


def test_a_way_that_the_repository_does_not_let_is_a_problem() -> None:
    scene = merging(strategy=MergeStrategy.REBASE)
    scene.forge.repository = replace(scene.forge.repository, merge_methods=(MergeMethod.MERGE,))
    run(scene)
    (problem,) = scene.forge.checks[0][0].problems
    assert problem.message == "pull request 1 is not merged: the repository does not let it be merged by rebase"


@pytest.mark.parametrize("lacking", ["statuses"])
def test_an_app_that_may_not_read_checks_merges_nothing_and_says_so(lacking: str) -> None:
    scene = merging(ignores_tests=True)
    scene.forge.lacking = (f"{lacking}: read",)
    run(scene)
    (problem,) = [one for report, _ in scene.forge.checks for one in report.problems]
    assert problem.message.startswith("pull request 1 is not merged: ")
    assert pulled(scene).state is PullRequestState.OPEN


# --- by the forge ---------------------------------------------------------------------------------


def guarded(**said: Any) -> Scene:
    """Auto-merge is allowed, and waits for a check of somebody else."""
    scene = merging(auto_merge=True, **said)
    scene.forge.required_checks = frozenset({"tests"})
    return scene


def begun(scene: Scene) -> JobDone:
    done = run(scene)
    scene.forge.set_check(pulled(scene).head, "tests", PENDING)
    told(scene, done)
    return done


def test_the_forge_merges_where_it_waits_for_a_check() -> None:
    scene = guarded()
    begun(scene)
    assert pulled(scene).auto_merge
    scene.forge.set_check(pulled(scene).head, "tests")
    assert pulled(scene).state is PullRequestState.MERGED


def test_it_is_not_left_to_the_forge_where_that_waits_for_no_check() -> None:
    scene = merging(auto_merge=True)
    scene.forge.reviews_required = True
    run(scene)
    assert not pulled(scene).auto_merge
    scene.forge.review(1, ReviewDecision.APPROVED)
    run(scene)
    assert pulled(scene).state is PullRequestState.OPEN


def test_with_tests_ignored_it_is() -> None:
    scene = merging(auto_merge=True, ignores_tests=True)
    scene.forge.reviews_required = True
    run(scene)
    assert pulled(scene).auto_merge


@pytest.mark.parametrize("said", [{"on_platform": False}, {"schedule": ("at night",)}])
def test_it_is_left_to_lockbot_where_the_configuration_says_so(said: dict[str, Any]) -> None:
    scene = guarded(**said)
    begun(scene)
    assert not pulled(scene).auto_merge


def test_whoever_turns_it_off_has_it_stay_off() -> None:
    scene = guarded()
    done = begun(scene)
    scene.forge.disable_auto_merge(1)
    scene.forge.set_check(pulled(scene).head, "tests")
    assert told(scene, done).ended == (1,)
    run(scene)
    assert (pulled(scene).state, pulled(scene).auto_merge) == (PullRequestState.OPEN, False)


def test_a_branch_that_others_move_is_taken_from_the_forge() -> None:
    scene = guarded()
    done = begun(scene)
    head = scene.forge.commit(BRANCH, {"evil.py": "x"}, author="eve")
    assert pulled(scene).auto_merge
    told(scene, done, None)
    assert not pulled(scene).auto_merge
    scene.forge.set_check(head, "tests")
    assert pulled(scene).state is PullRequestState.OPEN


def test_so_is_one_that_is_no_longer_to_be_merged_by_itself_but_not_what_people_turned_on() -> None:
    scene = guarded()
    begun(scene)
    scene.proposals = (propose(),)
    run(scene)
    assert not pulled(scene).auto_merge
    scene.forge.enable_auto_merge(1, pulled(scene).head, MergeMethod.MERGE)
    run(scene)
    assert pulled(scene).auto_merge


def test_a_crash_while_it_is_turned_on_is_no_persons_word(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = guarded()
    done = run(scene)
    scene.forge.set_check(pulled(scene).head, "tests", PENDING)
    with monkeypatch.context() as patched:
        patched.setattr(type(scene.forge), "enable_auto_merge", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            told(scene, done)
    told(scene, done)
    block = find_block(pulled(scene).body)
    assert (pulled(scene).auto_merge, block and block.merging) == (True, AutoMerge.ON)


def test_people_are_asked_when_a_check_fails() -> None:
    scene = guarded(people=People(assignees=("ada",), reviewers=("ada",)))
    scene.forge.permissions["ada"] = Permission.WRITE
    done = begun(scene)
    assert (pulled(scene).assignees, pulled(scene).auto_merge) == ((), True)
    scene.forge.set_check(pulled(scene).head, "tests", FAILED)
    told(scene, done)
    told(scene, done)
    assert (pulled(scene).assignees, pulled(scene).reviewers) == (("ada",), ("ada",))


# --- on request -----------------------------------------------------------------------------------


def target(scene: Scene) -> Target:
    return Target(forge=scene.forge, identity=scene.app.identity, base=scene.base, base_branch=MAIN)


def ways(scene: Scene) -> MergeWays:
    repository = scene.forge.repository
    return MergeWays(auto_merge=repository.allows_auto_merge, methods=repository.merge_methods)


def asked(scene: Scene) -> Scene:
    scene.proposals = (propose(),)
    run(scene)
    return scene


def test_on_request_it_is_merged_at_once_where_anybody_could() -> None:
    scene = asked(merging())
    result = merge_on_request(target(scene), 1, ways(scene))
    assert (result.merged, pulled(scene).state) == (scene.forge.branches[MAIN], PullRequestState.MERGED)
    assert merge_on_request(target(scene), 1, ways(scene)) == result


def test_on_request_the_forge_is_told_to_where_it_is_not_ready() -> None:
    scene = asked(guarded())
    assert merge_on_request(target(scene), 1, ways(scene)).on_platform
    run(scene)
    assert pulled(scene).auto_merge, "what was asked for stays, though the configuration asks for nothing"
    scene.forge.set_check(pulled(scene).head, "tests")
    assert pulled(scene).state is PullRequestState.MERGED


def test_on_request_nothing_is_bypassed() -> None:
    scene = asked(merging())
    scene.forge.reviews_required = True
    assert merge_on_request(target(scene), 1, ways(scene)).obstacle is Obstacle.REVIEW
    scene.forge.pull_requests[1] = replace(pulled(scene), draft=True)
    assert merge_on_request(target(scene), 1, ways(scene)).obstacle is Obstacle.DRAFT
    assert pulled(scene).state is PullRequestState.OPEN
