"""Another bot beside lockbot: its repository is told once, on whatever pull request comes first."""

from __future__ import annotations

from dataclasses import replace

from bot.ports.forge import PullRequest, PullRequestState
from bot.ports.run import BranchName, OtherBot, RunReport, RunRequest
from bot.work.publishing.body_block import find_block
from tests.work.scene import Scene, propose, run

RENOVATE = OtherBot(name="Renovate", path="renovate.json", manages=("pyproject.toml",), remedy="turn it off")
DEPENDABOT = OtherBot(name="Dependabot", path=".github/dependabot.yml", manages=("a.toml",), remedy="remove it")


class TwoBots(Scene):
    others: tuple[OtherBot, ...] = (RENOVATE,)

    def run(self, request: RunRequest) -> RunReport:
        return replace(super().run(request), other_bots=self.others)


def told(scene: Scene) -> list[str]:
    """The comments of all pull requests that tell of other bots."""
    comments = [one for number in scene.forge.pull_requests for one in scene.forge.list_comments(number)]
    return [one.body for one in comments if "<!-- lockbot: beside " in one.body]


def open_ones(scene: Scene) -> tuple[PullRequest, ...]:
    return scene.forge.list_pull_requests(PullRequestState.OPEN)


def test_it_is_told_on_one_of_several_pull_requests() -> None:
    scene = TwoBots(proposals=(propose(), propose(branch=BranchName("lockbot/major-beta"))))
    run(scene)
    run(scene)
    (text,) = told(scene)
    assert "Renovate updates `pyproject.toml` too (`renovate.json`)" in text
    assert "To leave that to lockbot, turn it off." in text
    assert {block.told for one in open_ones(scene) if (block := find_block(one.body))} == {("renovate.json",)}


def test_it_is_not_told_again_when_that_pull_request_is_closed_and_others_come() -> None:
    scene = TwoBots(proposals=(propose(),))
    run(scene)
    scene.forge.close_pull_request(open_ones(scene)[0].number)
    scene.proposals = (propose(branch=BranchName("lockbot/major-beta")),)
    run(scene)
    scene.proposals = (propose("3.0"), propose("2.5", branch=BranchName("lockbot/major-beta")))
    run(scene)
    assert len(told(scene)) == 1


def test_an_open_pull_request_is_told_on_when_another_bot_comes_later() -> None:
    scene = TwoBots(proposals=(propose(),))
    scene.others = ()
    run(scene)
    assert told(scene) == []
    scene.others = (RENOVATE,)
    run(scene)
    scene.others = (RENOVATE, DEPENDABOT)
    run(scene)
    run(scene)
    assert ["Renovate" in text for text in told(scene)] == [True, False]


def test_people_who_close_and_merge_and_edit_change_nothing_of_it() -> None:
    scene = TwoBots(proposals=(propose(),))
    run(scene)
    one = open_ones(scene)[0]
    scene.forge.edit_pull_request(one.number, body="A note.\n\n" + one.body)
    scene.proposals = (propose("3.0"),)
    run(scene)
    assert len(told(scene)) == 1
    assert open_ones(scene)[0].body.startswith("A note.")


def test_without_other_bots_nothing_is_said_and_nothing_asked() -> None:
    scene = Scene(proposals=(propose(),))
    run(scene)
    assert told(scene) == []
    assert find_block(open_ones(scene)[0].body).told == ()  # type: ignore[union-attr]
