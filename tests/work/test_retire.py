"""A pull request is closed when the run proves that nothing is left of it, each judged by itself."""

from __future__ import annotations

import pytest

from bot.ports.forge import PullRequest, PullRequestState
from bot.ports.run import ConfigState, Problem
from bot.work.publishing.outcome import Outcome
from tests.work.scene import BRANCH, MAIN, Scene, act, opened, run, said

OUTAGE = Problem(message="can't be locked as it stands: the index does not answer", path="uv.lock")
TEMPLATE = Problem(message="not TOML", path="templates/{{ name }}/pyproject.toml")


def is_open(scene: Scene, pull: PullRequest) -> bool:
    return scene.forge.pull_requests[pull.number].state is PullRequestState.OPEN


@pytest.mark.parametrize(
    ("solved", "problems", "open_after"),
    [
        (("uv.lock",), (), False),
        (("uv.lock",), (TEMPLATE,), False),
        (("uv.lock",), (Problem(message="somewhere"),), False),
        ((), (OUTAGE,), True),
        ((), (Problem(message="not TOML", path="pyproject.toml"),), True),
        ((), (Problem(message="somewhere"),), True),
        (("other/uv.lock",), (OUTAGE,), True),
    ],
)
def test_only_its_own_units_keep_it_open(
    solved: tuple[str, ...], problems: tuple[Problem, ...], open_after: bool
) -> None:
    scene = Scene()
    pull = opened(scene)
    scene.proposals, scene.solved, scene.problems = (), solved, problems
    run(scene)
    assert is_open(scene, pull) is open_after


@pytest.mark.parametrize("problems", [(), (TEMPLATE,)])
def test_a_unit_that_is_no_longer_there_wants_nothing(problems: tuple[Problem, ...]) -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.commit(MAIN, {"uv.lock": None}, author="octo")
    scene.proposals, scene.solved, scene.problems = (), (), problems
    run(scene)
    assert not is_open(scene, pull)


def test_without_a_readable_block_any_problem_keeps_it_open() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.edit_pull_request(pull.number, body="emptied")
    scene.proposals, scene.problems = (), (TEMPLATE,)
    run(scene)
    assert is_open(scene, pull)
    scene.problems = ()
    run(scene)
    assert not is_open(scene, pull)


def test_a_branch_that_a_person_works_on_stays_open_and_that_is_said() -> None:
    scene = Scene()
    pull = opened(scene)
    theirs = scene.forge.amend(BRANCH, {"fix.py": "x"}, by="ada")
    scene.proposals = ()
    assert [act(scene) for _ in range(2)] == [[(BRANCH, Outcome.EDITED)]] * 2
    assert (is_open(scene, pull), scene.forge.branches[BRANCH]) == (True, theirs)
    (words,) = said(scene, pull.number)
    assert "nothing is left to do" in words


def test_switching_lockbot_off_leaves_a_persons_branch() -> None:
    scene = Scene()
    pull = opened(scene)
    theirs = scene.forge.amend(BRANCH, {"fix.py": "x"}, by="ada")
    scene.config = ConfigState(path=".lockbot.json", enabled=False)
    run(scene)
    assert (is_open(scene, pull), scene.forge.branches[BRANCH]) == (True, theirs)
