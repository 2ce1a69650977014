"""What nobody told of is found by a look and done on the spot; a clock's run is a turn within the schedule."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.events.jobs import ClosedJob, CommandJob, Scope, SweepJob
from bot.forge.memory import MemoryForgeApp
from bot.ports.forge import AppIdentity, Permission, Reaction
from bot.ports.steps import PlainSteps
from bot.work.alone.jobs import do_job, find_unheard, is_own_word
from bot.work.alone.turn import find_scope
from tests.work.scene import BRANCH, MAIN, NOW, REF, Scene, opened

PERSON = AppIdentity(slug="ada", login="ada", is_shared=True)


@pytest.fixture(params=[True, False], ids=["person", "app"])
def scene(request: pytest.FixtureRequest) -> Scene:
    return Scene(app=MemoryForgeApp(identity=PERSON) if request.param else MemoryForgeApp())


def write(scene: Scene, number: int, text: str, author: str) -> int:
    comment = scene.forge.add_comment(number, text, author=author)
    scene.forge.written[comment.id] = NOW
    return comment.id


def hear(scene: Scene) -> list[str]:
    done = []
    for job in find_unheard(scene.ports, REF):
        done += [what.note for _, what in do_job(scene.ports, job, PlainSteps(), "here")]
    return done


def test_an_order_is_heard_once(scene: Scene) -> None:
    pull = opened(scene)
    comment = write(scene, pull.number, "/lockbot help", "octo")
    assert hear(scene) == ["help"]
    assert scene.forge.reactions[comment] == [Reaction.EYES, Reaction.THUMBS_UP]
    assert hear(scene) == []


def test_a_stranger_is_answered_and_not_obeyed(scene: Scene) -> None:
    pull = opened(scene)
    scene.forge.permissions["eve"] = Permission.READ
    write(scene, pull.number, "/lockbot rebase", "eve")
    before = dict(scene.forge.branches)
    hear(scene)
    said = len(scene.forge.list_comments(pull.number))
    hear(scene)
    assert (len(scene.forge.list_comments(pull.number)), scene.forge.branches) == (said, before)


def test_lockbots_own_words_order_nothing_where_a_person_speaks_for_it(scene: Scene) -> None:
    pull = opened(scene)
    login = scene.app.identity.login
    scene.forge.permissions["ada"] = Permission.ADMIN
    write(scene, pull.number, "Done.\n\n/lockbot rebase\n<!-- lockbot: answer 1 -->", login)
    assert hear(scene) == []
    assert is_own_word(PERSON, "ada", "<!-- lockbot: left alone -->")
    assert not is_own_word(PERSON, "ada", "/lockbot rebase")
    assert not is_own_word(PERSON, "bob", "<!-- lockbot: left alone -->")


def test_the_person_behind_the_token_may_order() -> None:
    scene = Scene(app=MemoryForgeApp(identity=PERSON))
    scene.forge.permissions["ada"] = Permission.WRITE
    pull = opened(scene)
    write(scene, pull.number, "/lockbot help", "ada")
    assert hear(scene) == ["help"]


def test_what_was_edited_since_it_was_answered_is_left_to_who_is_told_of_it(scene: Scene) -> None:
    pull = opened(scene)
    comment = write(scene, pull.number, "/lockbot help", "octo")
    assert hear(scene) == ["help"]
    scene.forge.editors[comment] = "octo"
    assert hear(scene) == []


@pytest.mark.parametrize(("editor", "done"), [("octo", "help"), ("eve", "stranger")])
def test_what_was_edited_and_never_taken_up_is_obeyed_for_both(scene: Scene, editor: str, done: str) -> None:
    pull = opened(scene)
    scene.forge.permissions["eve"] = Permission.READ
    comment = write(scene, pull.number, "/lockbot help", "octo")
    scene.forge.editors[comment] = editor
    assert hear(scene) == [done]
    said = scene.forge.list_comments(pull.number)
    assert len(said) == 2
    hear(scene)
    assert scene.forge.list_comments(pull.number) == said


@pytest.mark.parametrize(
    ("given", "minutes", "done"),
    [
        # A workflow may be at it.
        ([Reaction.EYES], 1, []),
        ([Reaction.EYES], 10, ["help"]),
        ([Reaction.EYES, Reaction.THUMBS_UP], 10, []),
        ([Reaction.CONFUSED], 10, []),
        ([], 30 * 24 * 60, ["help"]),
        ([], 50 * 24 * 60, []),
    ],
)
def test_what_was_begun_and_not_ended_is_heard_again(
    scene: Scene, given: list[Reaction], minutes: int, done: list[str]
) -> None:
    pull = opened(scene)
    comment = write(scene, pull.number, "/lockbot help", "octo")
    scene.forge.written[comment] = NOW - timedelta(minutes=minutes)
    scene.forge.reactions[comment] = list(given)
    assert hear(scene) == done
    assert hear(scene) == []


def test_branches_of_closed_pull_requests_are_tidied_up(scene: Scene) -> None:
    pull = opened(scene)
    scene.forge.close(pull.number, by="octo")
    (job,) = find_unheard(scene.ports, REF)
    assert job == ClosedJob(repository=REF, number=pull.number)
    hear(scene)
    assert BRANCH not in scene.forge.branches
    assert hear(scene) == []


def test_what_follows_from_an_order_is_done_and_ends(scene: Scene) -> None:
    pull = opened(scene)
    write(scene, pull.number, "/lockbot ignore this version", "octo")
    (job,) = find_unheard(scene.ports, REF)
    assert isinstance(job, CommandJob)
    done = list(do_job(scene.ports, job, PlainSteps(), "here"))
    assert 1 <= len(done) <= 20
    assert list(do_job(scene.ports, SweepJob(installation=7), PlainSteps(), "here")) == []


@pytest.mark.parametrize(
    ("schedule", "own", "is_open", "scope"),
    [
        ("", "", True, Scope.TURN),
        ("before 5am", "", True, Scope.TURN),
        ("before 5am", "", False, Scope.ALL),
        ("before 5am", "on monday", True, Scope.TURN),
        ("", "on monday", True, Scope.ALL),
    ],
)
def test_a_clocks_run_is_a_turn_within_the_schedule(schedule: str, own: str, is_open: bool, scope: Scope) -> None:
    scene = Scene(is_open=is_open)
    rule = f', "packageRules": [{{"matchPackageNames": ["alpha"], "schedule": ["{own}"]}}]' if own else ""
    stated = f'"schedule": ["{schedule}"]' if schedule else '"enabled": true'
    scene.forge.commit(MAIN, {".lockbot.json": f"{{{stated}{rule}}}"}, author="octo")
    assert find_scope(scene.ports, scene.forge) is scope


def test_a_configuration_that_is_broken_has_no_turn() -> None:
    scene = Scene()
    scene.forge.commit(MAIN, {".lockbot.json": "{"}, author="octo")
    assert find_scope(scene.ports, scene.forge) is Scope.ALL
