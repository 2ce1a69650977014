"""A repository without a configuration is asked first, once; until it has one nothing else is opened."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.events.jobs import Scope
from bot.ports.forge import PullRequest, PullRequestState
from bot.ports.run import ConfigState, Problem, RunReport, RunRequest, Suggestion
from bot.report.pulls.branch import ONBOARDING_BRANCH
from bot.work.job import JobPorts
from bot.work.publishing.outcome import Outcome
from tests.work.scene import BRANCH, MAIN, Scene, act, opened, propose, run

CONFIGURE = ONBOARDING_BRANCH
SUGGESTED = '{\n  "extends": ["config:recommended"]\n}\n'


class Unconfigured(Scene):
    """``.lockbot.json`` on the base is what states a configuration; ``asks``: whether the operator has onboarding."""

    asks = True

    @property
    def ports(self) -> JobPorts:
        return replace(super().ports, onboarding=self.asks)

    def run(self, request: RunRequest) -> RunReport:
        text = self.forge.find_file(".lockbot.json", request.base)
        self.config = ConfigState(path=".lockbot.json") if text is not None else ConfigState(is_stated=False)
        if request.config is not None and "broken" in request.config.text:
            problem = Problem(message="that is no option", path=".lockbot.json", line=1)
            self.config = ConfigState(path=".lockbot.json", problems=(problem,))
        report = replace(super().run(request), found=self.solved)
        if not request.suggest or self.config.is_stated:
            return report
        return replace(report, suggestion=Suggestion(path=".lockbot.json", text=SUGGESTED))


@pytest.fixture
def scene() -> Unconfigured:
    made = Unconfigured()
    made.proposals = (propose(),)
    return made


def asked(scene: Scene) -> PullRequest:
    run(scene)
    (one,) = scene.forge.list_pull_requests(PullRequestState.OPEN)
    assert one.head_branch == CONFIGURE
    return one


def state_configuration(scene: Scene) -> None:
    scene.forge.commit(MAIN, {"uv.lock": "alpha 1.0\n", ".lockbot.json": "{}\n"}, author="octo")


def test_the_configuration_is_asked_for_and_nothing_else_is_opened(scene: Unconfigured) -> None:
    pull = asked(scene)
    assert pull.title == "Configure lockbot"
    assert "Update alpha to 2.0" in pull.body
    assert scene.forge.find_file(".lockbot.json", pull.head) == SUGGESTED


def test_asking_again_changes_nothing(scene: Unconfigured) -> None:
    asked(scene)
    assert act(scene) == [(CONFIGURE, Outcome.UNCHANGED)]


def test_outside_of_the_schedule_it_is_asked_all_the_same(scene: Unconfigured) -> None:
    scene.is_open = False
    asked(scene)


def test_a_push_alone_asks_nothing(scene: Unconfigured) -> None:
    run(scene, Scope.OPEN)
    assert scene.forge.list_pull_requests(PullRequestState.OPEN) == ()


def test_where_there_is_nothing_to_keep_current_nobody_is_asked(scene: Unconfigured) -> None:
    scene.solved = ()
    assert act(scene) == []


def test_a_preview_follows_what_could_move(scene: Unconfigured) -> None:
    number = asked(scene).number
    scene.proposals = (propose("3.0"),)
    assert act(scene) == [(CONFIGURE, Outcome.REFRESHED)]
    assert "Update alpha to 3.0" in scene.forge.get_pull_request(number).body


def test_once_it_is_merged_the_work_begins(scene: Unconfigured) -> None:
    number = asked(scene).number
    scene.forge.merge(number, by="ada")
    assert act(scene) == [(BRANCH, Outcome.OPENED)]


def test_a_configuration_written_by_hand_closes_it(scene: Unconfigured) -> None:
    number = asked(scene).number
    state_configuration(scene)
    assert act(scene) == [(BRANCH, Outcome.OPENED), (CONFIGURE, Outcome.RETIRED)]
    assert scene.forge.get_pull_request(number).state is PullRequestState.CLOSED


def test_closed_by_a_person_it_means_not_here(scene: Unconfigured) -> None:
    scene.forge.close(asked(scene).number, by="ada")
    scene.asked.clear()
    assert act(scene) == []
    assert scene.asked == []


def test_after_a_refusal_a_configuration_begins_the_work(scene: Unconfigured) -> None:
    scene.forge.close(asked(scene).number, by="ada")
    state_configuration(scene)
    assert act(scene) == [(BRANCH, Outcome.OPENED)]


@pytest.mark.parametrize("closed", [False, True])
def test_an_earlier_pull_request_counts_as_a_configuration(scene: Unconfigured, closed: bool) -> None:
    scene.asks = False
    pull = opened(scene)
    if closed:
        scene.forge.close(pull.number, by="ada")
    scene.asks = True
    assert act(scene) == [(BRANCH, Outcome.SNOOZED if closed else Outcome.UNCHANGED)]


def test_a_fork_is_not_asked(scene: Unconfigured) -> None:
    scene.forge.repository = replace(scene.forge.repository, fork=True)
    assert act(scene) == []


def test_a_fork_with_a_configuration_is_worked_on(scene: Unconfigured) -> None:
    scene.forge.repository = replace(scene.forge.repository, fork=True)
    state_configuration(scene)
    assert act(scene) == [(BRANCH, Outcome.OPENED)]


def edit(scene: Scene, text: str) -> None:
    scene.forge.commit(CONFIGURE, {"uv.lock": "alpha 1.0\n", ".lockbot.json": text}, author="ada")


def test_what_people_write_into_it_stays_and_is_what_the_preview_shows(scene: Unconfigured) -> None:
    number = asked(scene).number
    edit(scene, '{"labels": ["x"]}')
    assert act(scene) == [(CONFIGURE, Outcome.EDITED)]
    pull = scene.forge.get_pull_request(number)
    assert scene.forge.find_file(".lockbot.json", pull.head) == '{"labels": ["x"]}'
    assert "People have changed the file" in pull.body
    assert scene.asked[-1].config is not None
    assert scene.asked[-1].config.text == '{"labels": ["x"]}'
    assert scene.forge.list_comments(number) == ()


def test_a_mistake_of_theirs_is_shown(scene: Unconfigured) -> None:
    number = asked(scene).number
    edit(scene, "broken")
    run(scene)
    assert "that is no option" in scene.forge.get_pull_request(number).body
