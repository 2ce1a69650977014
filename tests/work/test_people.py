"""Who is asked about a pull request, and that they are asked once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.events.jobs import Scope
from bot.forge.memory import MemoryForge
from bot.ports.forge import ForgeForbidden, Permission, PullRequest, PullRequestState
from bot.ports.handling import Handling, Merging, People
from bot.work.publishing.outcome import Outcome
from tests.work.scene import MAIN, Scene, propose, run

OWNERS = "* @ada\nuv.lock @grace @octo/platform lock@example.com\n"


def asking(people: People, merging: Merging = Merging()) -> Scene:  # noqa: B008
    scene = Scene(proposals=(replace(propose(), handling=Handling(people=people, merging=merging)),))
    for login in ("ada", "grace", "eve"):
        scene.forge.permissions[login] = Permission.READ
    scene.forge.teams |= {"platform", "web"}
    return scene


def pulled(scene: Scene) -> PullRequest:
    (pull,) = scene.forge.list_pull_requests(PullRequestState.OPEN)
    return pull


@pytest.mark.parametrize(
    ("people", "assignees", "reviewers"),
    [
        (People(), (), ()),
        (People(assignees=("ada", "eve")), ("ada", "eve"), ()),
        (People(reviewers=("grace", "team:web", "octo/platform")), (), ("grace", "team:web", "team:platform")),
        (People(owners_assigned=True), ("grace",), ()),
        (People(assignees=("ada",), owners_assigned=True), ("ada", "grace"), ()),
        (People(reviewers=("ada",), owners_review=True), (), ("ada", "grace", "team:platform")),
    ],
)
def test_people_are_asked_when_it_is_opened(
    people: People, assignees: tuple[str, ...], reviewers: tuple[str, ...]
) -> None:
    scene = asking(people)
    scene.forge.commit(MAIN, {".github/CODEOWNERS": OWNERS}, author="octo")
    assert [row.refused for row in run(scene).published] == [()]
    assert (pulled(scene).assignees, pulled(scene).reviewers) == (assignees, reviewers)


@pytest.mark.parametrize("path", [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"])
def test_owners_are_read_where_github_reads_them(path: str) -> None:
    scene = asking(People(owners_assigned=True))
    scene.forge.commit(MAIN, {path: "uv.lock @eve\n"}, author="octo")
    run(scene)
    assert pulled(scene).assignees == ("eve",)


def test_of_several_files_the_first_counts() -> None:
    scene = asking(People(owners_assigned=True))
    scene.forge.commit(MAIN, {"CODEOWNERS": "* @eve\n", ".github/CODEOWNERS": "* @ada\n"}, author="octo")
    run(scene)
    assert pulled(scene).assignees == ("ada",)


def test_whom_people_take_off_stays_off() -> None:
    scene = asking(People(assignees=("ada",), reviewers=("eve",)))
    run(scene)
    pull = pulled(scene)
    scene.forge.pull_requests[pull.number] = replace(pull, assignees=(), reviewers=())
    scene.forge.assigned[pull.number] = ()
    scene.proposals = (replace(propose("3.0"), handling=scene.proposals[0].handling),)
    assert [row.outcome for row in run(scene).published] == [Outcome.REFRESHED]
    assert (pulled(scene).assignees, pulled(scene).reviewers) == ((), ())


def test_whom_the_forge_refuses_is_told_once_and_holds_up_nobody() -> None:
    scene = asking(People(assignees=("ada", "stranger"), reviewers=("eve", "team:nobody")))
    run(scene)
    run(scene, Scope.OPEN)
    assert (pulled(scene).assignees, pulled(scene).reviewers) == (("ada",), ("eve",))
    ((report, _),) = scene.forge.checks
    assert [one.message for one in report.problems] == [
        "pull request 1 was opened without asking stranger, team:nobody: GitHub refuses"
    ]


def test_an_app_that_may_ask_nobody_opens_it_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*_: object) -> tuple[str, ...]:
        raise ForgeForbidden("no permission")

    monkeypatch.setattr(MemoryForge, "add_assignees", forbid)
    scene = asking(People(assignees=("ada",), reviewers=("eve",)))
    assert [(row.outcome, row.refused) for row in run(scene).published] == [(Outcome.OPENED, ("ada",))]
    assert pulled(scene).reviewers == ("eve",)


def test_a_crash_before_anybody_was_asked_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = asking(People(assignees=("ada",)))
    with monkeypatch.context() as patched:
        patched.setattr("bot.work.publishing.introducing.ask_people", lambda *_: 1 / 0)
        with pytest.raises(Exception, match="ZeroDivisionError"):
            run(scene)
    assert pulled(scene).assignees == ()
    assert [row.outcome for row in run(scene).published] == [Outcome.UNCHANGED]
    assert pulled(scene).assignees == ("ada",)


@pytest.mark.parametrize(
    ("people", "asked"), [(People(assignees=("ada",)), ()), (People(assignees=("ada",), when_merging=True), ("ada",))]
)
def test_about_what_merges_by_itself_nobody_is_asked_unless_said(people: People, asked: tuple[str, ...]) -> None:
    scene = asking(people, Merging(wanted=True))
    run(scene)
    assert pulled(scene).assignees == asked


def test_they_are_asked_once_it_is_no_longer_to_be_merged_by_itself() -> None:
    scene = asking(People(assignees=("ada",)), Merging(wanted=True))
    run(scene)
    scene.proposals = (replace(propose(), handling=Handling(people=People(assignees=("ada",)))),)
    run(scene)
    assert pulled(scene).assignees == ("ada",)
