"""Jobs that end between two requests, and what people do in that moment. Runs of whole servers: ``bench/kills.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest

from bot.events.jobs import CommandJob
from bot.forge.memory import MemoryForge
from bot.orders import find_orders
from bot.ports.forge import PullRequestState, Reaction
from bot.ports.steps import PlainSteps, StepRunner
from bot.work.commands.obeying import command_job
from tests.work.scene import BRANCH, MAIN, REF, Scene, opened, propose, run, said

T = TypeVar("T")


class Killed(BaseException):
    """The process is no more."""


@dataclass
class KilledAfter:
    """Ends before the outcome of a step is recorded."""

    step: str

    def run(self, name: str, kind: type[T], action: Callable[[], T]) -> T:
        value = PlainSteps().run(name, kind, action)
        if name == self.step:
            raise Killed
        return value


def rebase(scene: Scene, number: int, steps: StepRunner | None = None) -> int:
    """A command that is given, its number; with ``steps`` that is where its first attempt ends."""
    comment = scene.forge.add_comment(number, "/lockbot rebase", author="octo")
    job = CommandJob(repository=REF, number=number, comment=comment.id, author="octo", orders=find_orders(comment.body))
    if steps is not None:
        with pytest.raises(Killed):
            command_job(scene.ports, job, steps, "guid")
    command_job(scene.ports, job, scene.steps, "guid")
    return comment.id


def test_a_command_that_is_resumed_after_it_closed_the_pull_request_is_answered() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.proposals = ()
    comment = rebase(scene, pull.number, KilledAfter("rebase"))
    assert scene.forge.pull_requests[pull.number].state is PullRequestState.CLOSED
    assert scene.forge.reactions[comment] == [Reaction.EYES, Reaction.THUMBS_UP]
    assert len(said(scene, pull.number)) == 1


def test_a_command_on_what_a_person_closed_says_what_makes_it_again() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.close(pull.number, by="ada")
    assert scene.forge.reactions[rebase(scene, pull.number)] == [Reaction.CONFUSED]
    (text,) = said(scene, pull.number)
    assert "`/lockbot recreate` makes a closed one again" in text


def test_a_rebase_that_is_resumed_after_it_replaced_commits_still_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.amend(BRANCH, {"mine.txt": "x"}, by="ada")
    scene.forge.commit(MAIN, {"uv.lock": "alpha 1.1\n"}, author="octo")
    run(scene)
    (away,) = said(scene, pull.number)
    assert "I stay away" in away
    edit, attempts = MemoryForge.edit_comment, iter(range(10))

    def end_at_first(forge: MemoryForge, comment: int, body: str) -> None:
        if next(attempts) == 0:
            raise Killed
        edit(forge, comment, body)

    monkeypatch.setattr(MemoryForge, "edit_comment", end_at_first)
    comment = rebase(scene, pull.number, scene.steps)
    told = said(scene, pull.number)
    assert told[0].startswith("The commits of others were replaced by `/lockbot rebase`")
    assert scene.forge.reactions[comment] == [Reaction.EYES, Reaction.THUMBS_UP]


def test_what_is_written_while_labels_are_put_on_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(proposals=(propose(),))
    label = MemoryForge.add_labels

    def write_meanwhile(forge: MemoryForge, number: int, labels: tuple[str, ...]) -> None:
        label(forge, number, labels)
        body = forge.get_pull_request(number).body
        forge.edit_pull_request(number, body=f"Ours to judge.\n\n{body}")

    monkeypatch.setattr(MemoryForge, "add_labels", write_meanwhile)
    run(scene)
    (pull,) = scene.forge.list_pull_requests(PullRequestState.OPEN)
    assert pull.body.startswith("Ours to judge.\n")
    assert '"labels":["deps"]' in pull.body
