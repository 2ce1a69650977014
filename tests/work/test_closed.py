"""A person who closes a pull request does not want these updates; what goes beyond them comes again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.events.jobs import Scope
from bot.ports.forge import PullRequest, PullRequestState
from bot.ports.run import LockChange, LockChangeKind, Proposal, UpdateKind, UpdateLine
from bot.work.publishing.body_block import find_block
from bot.work.publishing.outcome import Outcome
from tests.work.scene import BRANCH, Scene, one_outcome, propose, propose_group, run


def close(scene: Scene, proposal: Proposal, by: str = "ada") -> PullRequest:
    """Opened, closed by a person, and tidied up."""
    scene.proposals = (proposal,)
    run(scene, Scope.TURN)
    (pull,) = scene.forge.list_pull_requests(PullRequestState.OPEN)
    scene.forge.close(pull.number, by=by)
    del scene.forge.branches[pull.head_branch]
    return pull


def newest(scene: Scene) -> PullRequest:
    return scene.forge.list_pull_requests(PullRequestState.OPEN)[0]


def transitive(proposal: Proposal, version: str) -> Proposal:
    change = LockChange(lockfile="uv.lock", package="deep", kind=LockChangeKind.CHANGED, before="1", after=version)
    files = tuple(replace(one, text=f"{one.text}deep {version}\n") for one in proposal.files)
    return replace(proposal, lock_changes=(change,), files=files)


@pytest.mark.parametrize("scope", [Scope.ALL, Scope.TURN])
def test_the_transitive_rest_brings_nothing_back(scope: Scope) -> None:
    scene = Scene()
    close(scene, transitive(propose_group(alpha="1.1", beta="1.2"), "2"))
    scene.proposals = (transitive(propose_group(alpha="1.1", beta="1.2"), "3"),)
    assert one_outcome(scene, scope) is Outcome.SNOOZED


@pytest.mark.parametrize("by", ["ada", "another[bot]", "ghost"])
def test_closing_by_any_account_but_ours_counts(by: str) -> None:
    scene = Scene()
    close(scene, propose_group(alpha="1.1"), by)
    assert one_outcome(scene) is Outcome.SNOOZED


def test_what_the_app_closed_itself_may_come_again_whatever_its_body_says() -> None:
    scene = Scene()
    close(scene, propose_group(alpha="1.1"), scene.app.identity.login)
    assert one_outcome(scene) is Outcome.OPENED


def test_what_the_app_had_closed_and_a_person_opened_and_closed_again_counts() -> None:
    scene = Scene()
    pull = close(scene, propose_group(alpha="1.1"))
    block = find_block(pull.body)
    assert block is not None
    retired = scene.forge.pull_requests[pull.number].body.replace('"retired":false', '"retired":true')
    scene.forge.edit_pull_request(pull.number, body=retired)
    assert one_outcome(scene) is Outcome.SNOOZED


def test_a_single_update_that_goes_beyond_comes_again_and_links_the_old_one() -> None:
    scene = Scene()
    pull = close(scene, propose_group(alpha="1.1"))
    scene.proposals = (propose_group(alpha="1.2"),)
    assert one_outcome(scene) is Outcome.OPENED
    assert f"In place of #{pull.number}, which was closed." in newest(scene).body
    scene.proposals = (propose_group(alpha="1.3"),)
    run(scene)
    assert f"In place of #{pull.number}, which was closed." in newest(scene).body


def test_a_group_comes_again_only_at_its_turn_with_what_goes_beyond() -> None:
    scene = Scene()
    close(scene, propose_group(alpha="1.1", beta="1.2"))
    scene.proposals = (propose_group(alpha="1.1", beta="1.3"),)
    assert one_outcome(scene, Scope.ALL) is Outcome.SNOOZED
    assert one_outcome(scene, Scope.TURN) is Outcome.OPENED
    assert scene.forge.find_file("uv.lock", newest(scene).head) == "beta 1.3\n"


def test_what_was_left_out_of_a_group_stays_out_while_it_is_open() -> None:
    scene = Scene()
    close(scene, propose_group(alpha="1.1", beta="1.2"))
    scene.proposals = (propose_group(alpha="1.1", beta="1.3"),)
    run(scene, Scope.TURN)
    scene.proposals = (propose_group(alpha="1.1", beta="1.4"),)
    assert one_outcome(scene, Scope.OPEN) is Outcome.REFRESHED
    assert scene.forge.find_file("uv.lock", newest(scene).head) == "beta 1.4\n"
    scene.forge.close(newest(scene).number, by="ada")
    assert one_outcome(scene, Scope.TURN) is Outcome.SNOOZED


def major(version: str, beside: str = "1.1") -> Proposal:
    rows = (
        UpdateLine(package="alpha", kind=UpdateKind.MAJOR, before="1.0", after=version, manifest="pyproject.toml"),
        UpdateLine(package="beside", kind=UpdateKind.MINOR, before="1.0", after=beside, manifest="pyproject.toml"),
    )
    return replace(propose(version), updates=rows, single="alpha")


@pytest.mark.parametrize(
    ("again", "outcome"),
    [
        (major("2.0"), Outcome.SNOOZED),
        (major("2.4"), Outcome.SNOOZED),
        (major("2.4", beside="1.9"), Outcome.SNOOZED),
        (major("3.0"), Outcome.OPENED),
        (major("1!1.0"), Outcome.OPENED),
    ],
)
def test_a_closed_major_is_the_package_and_its_major(again: Proposal, outcome: Outcome) -> None:
    scene = Scene()
    close(scene, major("2.0"))
    scene.proposals = (again,)
    assert one_outcome(scene) is outcome


def maintenance(text: str) -> Proposal:
    proposal = propose_group(alpha="1.1")
    files = tuple(replace(one, text=text) for one in proposal.files)
    return replace(proposal, group="lock-maintenance", files=files)


def test_closed_lock_maintenance_rests_until_its_next_turn() -> None:
    scene = Scene()
    close(scene, maintenance("a"))
    scene.proposals = (maintenance("b"),)
    assert [one_outcome(scene, Scope.ALL) for _ in range(2)] == [Outcome.SNOOZED] * 2
    assert one_outcome(scene, Scope.TURN) is Outcome.OPENED


def test_lock_maintenance_that_was_closed_long_ago_rests_no_more() -> None:
    scene = Scene()
    close(scene, maintenance("a"))
    scene.proposals = (maintenance("b"),)
    run(scene, Scope.TURN)
    merged = newest(scene)
    scene.forge.pull_requests[merged.number] = replace(merged, state=PullRequestState.MERGED)
    del scene.forge.branches[BRANCH]
    scene.proposals = (maintenance("c"),)
    assert one_outcome(scene, Scope.ALL) is Outcome.OPENED


def test_it_is_reopened_while_its_branch_is_as_it_was_when_it_was_closed() -> None:
    scene = Scene()
    pull = close(scene, propose_group(alpha="1.1"))
    scene.forge.branches[BRANCH] = pull.head
    scene.proposals = (propose_group(alpha="1.2"),)
    assert one_outcome(scene) is Outcome.REFRESHED
    assert newest(scene).number == pull.number
    assert scene.forge.find_file("uv.lock", newest(scene).head) == "alpha 1.2\n"


def test_a_branch_that_moved_after_closing_is_not_reopened_on() -> None:
    scene = Scene()
    pull = close(scene, propose_group(alpha="1.1"))
    scene.forge.branches[BRANCH] = pull.head
    theirs = scene.forge.commit(BRANCH, {"mine.py": "x"}, author="ada")
    scene.proposals = (propose_group(alpha="1.2"),)
    assert one_outcome(scene) is Outcome.FOREIGN
    assert scene.forge.branches[BRANCH] == theirs
    assert scene.forge.list_pull_requests(PullRequestState.OPEN) == ()


def test_a_merged_pull_request_declines_nothing() -> None:
    scene = Scene()
    pull = close(scene, propose_group(alpha="1.1"))
    scene.forge.pull_requests[pull.number] = replace(pull, state=PullRequestState.MERGED)
    assert one_outcome(scene) is Outcome.OPENED
