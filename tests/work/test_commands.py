"""Commands on a forge in memory: who is obeyed, what is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.events import CommandJob, find_command
from bot.ports.forge import Permission, Reaction
from bot.ports.run import Problem
from bot.work.commands.obeying import COMMANDS, command_job
from bot.work.job import JobDone
from tests.work.scene import REF, Scene, opened, said


def command(scene: Scene, number: int, author: str = "octo", name: str = "rebase") -> tuple[JobDone, int]:
    comment = scene.forge.add_comment(number, f"/lockbot {name}", author=author)
    job = CommandJob(repository=REF, number=number, comment=comment.id, author=author, command=name)
    return command_job(scene.ports, job, scene.steps, "guid"), comment.id


def test_a_command_of_a_stranger_is_answered_once() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.permissions["eve"] = Permission.READ
    results = [command(scene, pull.number, "eve")[0].note for _ in range(3)]
    assert results == ["eve may not give commands"] * 3
    assert len(said(scene, pull.number)) == 1
    assert scene.forge.reactions == {}


def test_a_command_on_a_persons_pull_request_is_nothing() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.pull_requests[pull.number] = replace(pull, author="ada")
    assert command(scene, pull.number)[0].note == "not an open pull request of this App"
    assert (said(scene, pull.number), scene.forge.reactions) == ([], {})


def test_a_rebase_that_can_not_be_solved_says_why_and_keeps_the_branch() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.proposals, scene.problems = (), (Problem(message="PyPI does not answer", path="uv.lock"),)
    scene.solved = ()
    done, comment = command(scene, pull.number)
    assert done.note == "could not be solved"
    assert scene.forge.reactions[comment] == [Reaction.EYES, Reaction.CONFUSED]
    assert "PyPI does not answer" in said(scene, pull.number)[0]
    assert scene.forge.pull_requests[pull.number].head == pull.head


def test_an_answer_is_not_given_twice_when_the_job_runs_again() -> None:
    scene = Scene()
    pull = opened(scene)
    _, comment = command(scene, pull.number)
    job = CommandJob(repository=REF, number=pull.number, comment=comment, author="octo", command="rebase")
    command_job(scene.ports, job, scene.steps, "guid")
    assert len(said(scene, pull.number)) == 1
    assert scene.forge.reactions[comment] == [Reaction.EYES, Reaction.THUMBS_UP]


@pytest.mark.parametrize("word", ["", "dance", "Rebase", "unknown"])
def test_an_unknown_command_is_met_with_a_reaction_alone(word: str) -> None:
    scene = Scene()
    pull = opened(scene)
    done, comment = command(scene, pull.number, name=word)
    assert done.note == "unknown command"
    assert (scene.forge.reactions[comment], said(scene, pull.number)) == ([Reaction.CONFUSED], [])


def test_a_stranger_is_not_told_which_commands_there_are() -> None:
    scene = Scene()
    pull = opened(scene)
    done, _ = command(scene, pull.number, "eve", "dance")
    assert done.note == "eve may not give commands"
    assert "Only people with write access to this repository can give me commands." in said(scene, pull.number)[0]


def test_the_table_has_each_command_once_as_it_is_given() -> None:
    names = [one.name for one in COMMANDS]
    assert names == sorted(set(names))
    assert [find_command(f"/lockbot {name}") for name in names] == names
