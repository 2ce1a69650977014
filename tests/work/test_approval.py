"""What is opened when somebody asks for it only, and a repository that people paused."""

from __future__ import annotations

from dataclasses import replace

from bot.events.jobs import Scope
from bot.ports.forge import PullRequestState
from bot.ports.handling import Handling, Limits
from bot.ports.run import ConfigState, Proposal, RunReport
from bot.work.publishing.closed import ClosedBefore
from bot.work.publishing.occasion import Wishes, find_occasion
from bot.work.publishing.outcome import Outcome
from bot.work.publishing.publish import publish_proposal
from bot.work.publishing.target import Target
from tests.work.scene import BRANCH, MAIN, Scene, one_outcome, propose, run

WANTED = Wishes(opened=frozenset({BRANCH}))


def asked_for() -> Proposal:
    return replace(propose(), handling=Handling(needs_approval=True))


def publish(scene: Scene, wishes: Wishes, *, has_room: bool = True) -> Outcome:
    """One proposal as a run publishes it for which people asked for something."""
    target = Target(forge=scene.forge, identity=scene.app.identity, base=scene.base, base_branch=MAIN)
    report = RunReport(base=scene.base, base_branch=MAIN, proposals=scene.proposals)
    pulls = scene.forge.list_pull_requests(PullRequestState.OPEN)
    occasion = find_occasion(target, Scope.ALL, report, {BRANCH: ClosedBefore()}, pulls, wishes)
    return publish_proposal(target, scene.proposals[0], occasion, has_room=has_room).outcome


def test_it_waits_until_somebody_asks_for_it() -> None:
    scene = Scene(proposals=(asked_for(),))
    assert one_outcome(scene) is Outcome.UNAPPROVED
    assert publish(scene, WANTED) is Outcome.OPENED


def test_once_open_it_is_refreshed_like_any_other() -> None:
    scene = Scene(proposals=(propose(),))
    run(scene)
    scene.proposals = (replace(propose("3.0"), handling=Handling(needs_approval=True)),)
    assert one_outcome(scene) is Outcome.REFRESHED


def test_a_run_that_opens_nothing_says_so_too() -> None:
    scene = Scene(proposals=(propose(),))
    run(scene)
    scene.forge.close(1, by="ada")
    scene.proposals = (asked_for(),)
    assert one_outcome(scene) is Outcome.SNOOZED


def test_what_needs_approval_takes_nobodys_place() -> None:
    other = replace(asked_for(), branch=BRANCH)
    scene = Scene(proposals=(other,), config=ConfigState(limits=Limits(open=1)))
    done = run(scene)
    assert ([row.outcome for row in done.published], done.waiting) == ([Outcome.UNAPPROVED], ())


def test_what_somebody_asks_for_is_opened_beyond_the_limit() -> None:
    scene = Scene(proposals=(propose(),))
    assert publish(scene, Wishes(), has_room=False) is Outcome.LIMITED
    assert publish(scene, WANTED, has_room=False) is Outcome.OPENED


def test_in_a_paused_repository_nothing_is_opened_or_refreshed() -> None:
    scene = Scene(proposals=(propose(),))
    assert publish(scene, Wishes(paused=True)) is Outcome.PAUSED
    run(scene)
    scene.proposals = (propose("3.0"),)
    head = scene.forge.branches[BRANCH]
    assert publish(scene, Wishes(paused=True, opened=frozenset({BRANCH}))) is Outcome.PAUSED
    assert scene.forge.branches[BRANCH] == head
