"""Runs on a forge in memory: what is opened, refreshed, left alone, closed, said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.events.jobs import Scope
from bot.ports.forge import CheckConclusion, PullRequestState
from bot.ports.run import BranchName, ConfigState, Problem
from bot.work.installed import list_repositories
from bot.work.publishing.outcome import Outcome
from tests.work.scene import BRANCH, MAIN, Scene, opened, propose, run

BROKEN = Problem(message="no such option", path=".lockbot.json", line=2)


def test_a_run_is_the_same_the_second_time() -> None:
    scene = Scene()
    first = opened(scene)
    assert [one.outcome for one in run(scene).published] == [Outcome.UNCHANGED]
    assert scene.forge.list_pull_requests(PullRequestState.OPEN) == (scene.forge.pull_requests[first.number],)
    assert scene.forge.pull_requests[first.number].labels == ("deps",)


def test_a_run_for_what_is_open_opens_nothing_and_clones_nothing() -> None:
    scene = Scene(proposals=(propose(),))
    assert run(scene, Scope.OPEN).note == "no pull request is open"
    assert scene.asked == []


def test_a_run_for_what_is_open_leaves_the_rest_unopened() -> None:
    scene = Scene()
    opened(scene)
    scene.proposals = (propose("3.0"), propose(branch=BranchName("lockbot/other")))
    assert [one.outcome for one in run(scene, Scope.OPEN).published] == [Outcome.REFRESHED, Outcome.NOT_OPEN]
    assert scene.forge.pull_requests[1].title == "Update alpha to 3.0"


def test_another_apps_pull_request_on_the_branch_is_not_ours() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.pull_requests[pull.number] = replace(pull, author="other[bot]")
    scene.proposals = ()
    run(scene)
    assert scene.forge.pull_requests[pull.number].state is PullRequestState.OPEN


def test_what_lockbot_closed_itself_may_come_again() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.proposals = ()
    run(scene)
    assert scene.forge.pull_requests[pull.number].state is PullRequestState.CLOSED
    scene.proposals = (propose(),)
    assert [one.outcome for one in run(scene).published] == [Outcome.OPENED]


def test_what_a_person_closed_does_not_come_again() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.close(pull.number, by="ada")
    assert [one.outcome for one in run(scene).published] == [Outcome.SNOOZED]


def test_a_closed_pull_request_without_our_block_does_not_count() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.edit_pull_request(pull.number, title="x", body="somebody emptied it")
    scene.forge.close(pull.number, by="ada")
    del scene.forge.branches[BRANCH]
    assert [one.outcome for one in run(scene).published] == [Outcome.OPENED]


def test_labels_are_put_on_when_it_is_opened_and_never_again() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.pull_requests[pull.number] = replace(scene.forge.pull_requests[pull.number], labels=())
    scene.proposals = (propose("3.0", labels=("deps", "new")),)
    run(scene)
    assert scene.forge.pull_requests[pull.number].labels == ()


def test_what_a_configuration_says_without_effect_is_reported_once() -> None:
    warning = Problem(message="automerge: has no effect in lockbot yet", path=".lockbot.json", line=3)
    scene = Scene(config=ConfigState(path=".lockbot.json", warnings=(warning,)), proposals=(propose(),))
    run(scene)
    run(scene)
    ((report, _),) = scene.forge.checks
    assert report.conclusion is CheckConclusion.NEUTRAL
    assert report.title == ".lockbot.json is valid; 1 entry without effect"
    assert report.problems == (warning,)


def test_a_proposal_may_be_opened_as_a_draft() -> None:
    scene = Scene(proposals=(replace(propose(), draft=True),))
    run(scene)
    assert [one.draft for one in scene.forge.pull_requests.values()] == [True]


def test_a_run_tells_when_something_will_be_old_enough() -> None:
    scene = Scene(ripe_at=12.0)
    assert run(scene).ripe_at == 12.0


def test_a_broken_configuration_is_reported_once() -> None:
    scene = Scene(config=ConfigState(path=".lockbot.json", problems=(BROKEN,)), proposals=(propose(),))
    run(scene)
    run(scene)
    ((report, _),) = scene.forge.checks
    assert (report.commit, report.conclusion, report.problems) == (scene.base, CheckConclusion.FAILURE, (BROKEN,))
    assert "proposes nothing" in report.summary
    assert scene.forge.pull_requests == {}


def test_the_last_valid_configuration_stays_in_force() -> None:
    scene = Scene()
    for text in ("good", "bad 1", "bad 2"):
        scene.forge.commit(MAIN, {".lockbot.json": text}, author="octo")
    good = scene.forge.list_file_history(".lockbot.json", scene.forge.branches[MAIN], limit=9)[-1]
    scene.config, scene.valid = ConfigState(path=".lockbot.json", problems=(BROKEN,)), frozenset({"good"})
    scene.proposals = (propose(),)
    assert [one.outcome for one in run(scene).published] == [Outcome.OPENED]
    assert [one.config.text if one.config else None for one in scene.asked] == [None, "bad 2", "bad 1", "good"]
    assert f"The configuration of {good}".lower() in scene.forge.checks[0][0].summary.lower()


@pytest.mark.parametrize("changes", [{"archived": True}, {"disabled": True}])
def test_an_archived_repository_is_left_alone(changes: dict[str, bool]) -> None:
    scene = Scene(proposals=(propose(),))
    scene.forge.repository = replace(
        scene.forge.repository, archived=changes.get("archived", False), disabled="disabled" in changes
    )
    assert "archived or disabled" in run(scene).note
    assert list_repositories(scene.app, None) == ()


def test_a_repository_that_is_gone_is_to_be_forgotten() -> None:
    scene = Scene()
    scene.forge.gone = True
    assert run(scene).gone


def test_problems_are_reported_once_and_the_rest_goes_on() -> None:
    problem = Problem(message="not TOML", path="lib/pyproject.toml", line=3)
    scene = Scene(proposals=(propose(),), problems=(problem,))
    assert [one.outcome for one in run(scene).published] == [Outcome.OPENED]
    run(scene)
    ((report, _),) = scene.forge.checks
    assert (report.conclusion, report.problems) == (CheckConclusion.NEUTRAL, (problem,))
    assert "`lib/pyproject.toml`, line 3: not TOML" in report.summary


def test_warnings_are_told_where_problems_are_and_once() -> None:
    warning = Problem(message="@octo 'x' is not known", path="pyproject.toml", line=3)
    scene = Scene(proposals=(propose(),), warnings=(warning,))
    assert [one.outcome for one in run(scene).published] == [Outcome.OPENED]
    run(scene)
    ((report, _),) = scene.forge.checks
    assert (report.conclusion, report.problems, report.warnings) == (CheckConclusion.NEUTRAL, (), (warning,))
    assert (report.title, "`pyproject.toml`, line 3" in report.summary) == ("1 warning", True)
    assert "@octo" not in report.summary


def test_a_summary_is_cut_to_what_a_check_run_may_hold_and_told_once() -> None:
    scene = Scene(problems=(Problem(message="é" * 40_000, path="uv.lock"),))
    run(scene)
    run(scene)
    ((report, _),) = scene.forge.checks
    assert 65_000 < len(report.summary.encode()) <= 65_535
    assert report.summary.endswith("more than a check run may hold.")
