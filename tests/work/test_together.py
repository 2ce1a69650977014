"""Several open pull requests are brought up to date together; a run may end anywhere in it, and people go on meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from bot.forge.memory import MemoryForge
from bot.ports.forge import ForgeUnavailable, PullRequest, PullRequestEdit, PullRequestState
from bot.ports.run import BranchName, FileChange, Proposal
from bot.work.publishing.body_block import find_block
from bot.work.publishing.outcome import Outcome
from tests.work.scene import MAIN, Scene, act, propose, run, said

NAMES = ("alpha", "beta", "gamma")
#: What the forge is asked for, in the order of a run.
WRITES = ("write_commit", "edit_pull_requests", "move_branches")


def propose_one(name: str, version: str) -> Proposal:
    one = propose(version, BranchName(f"lockbot/{name}"))
    (update,) = one.updates
    files = (FileChange(path=f"{name}.txt", text=f"{version}\n"),)
    return replace(
        one, title=f"Update {name}", body=f"{name} {version}\n", updates=(replace(update, package=name),), files=files
    )


def say(scene: Scene, version: str) -> None:
    scene.proposals = tuple(propose_one(name, version) for name in NAMES)


@pytest.fixture
def scene() -> Scene:
    one = Scene()
    say(one, "2.0")
    assert {outcome for _, outcome in act(one)} == {Outcome.OPENED}
    say(one, "3.0")
    return one


def pulls(scene: Scene) -> list[PullRequest]:
    return sorted(scene.forge.list_pull_requests(PullRequestState.OPEN), key=lambda one: one.head_branch)


def is_whole(scene: Scene, version: str) -> bool:
    """Every branch is one commit on the base with its content, and every text says so and knows that head alone."""
    for name, one in zip(NAMES, pulls(scene), strict=True):
        block, head = find_block(one.body), scene.forge.commits[one.head]
        assert block is not None
        assert head.info.parents == (scene.forge.branches[MAIN],)
        assert head.files[f"{name}.txt"].text == f"{version}\n"
        assert (block.heads, f"{name} {version}" in one.body) == ((one.head,), True)
        assert said(scene, one.number) == []
    return True


class Ending:
    """Ends runs at the ``number``-th call of a method, before or after it was done."""

    def __init__(self, name: str, number: int, *, is_done: bool) -> None:
        self.name, self.left, self.is_done = name, number, is_done
        self.real: Callable[..., Any] = getattr(MemoryForge, name)

    def __call__(self, forge: MemoryForge, *arguments: Any, **options: Any) -> Any:
        self.left -= 1
        if self.left != 0:
            return self.real(forge, *arguments, **options)
        if self.is_done:
            self.real(forge, *arguments, **options)
        raise ForgeUnavailable("the run ends here")


def play(monkeypatch: pytest.MonkeyPatch, name: str, action: Callable[..., Any], scene: Scene) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(MemoryForge, name, lambda forge, *rest, **options: action(forge, *rest, **options))
        with suppress(ForgeUnavailable):
            run(scene)


POINTS = [*product(WRITES, (1, 2), (False, True))]


def test_all_are_brought_up_to_date(scene: Scene) -> None:
    assert {outcome for _, outcome in act(scene)} == {Outcome.REFRESHED}
    assert is_whole(scene, "3.0")
    assert {outcome for _, outcome in act(scene)} == {Outcome.UNCHANGED}


@pytest.mark.parametrize(("name", "number", "is_done"), POINTS)
@pytest.mark.parametrize(("again", "second", "done_again"), POINTS[::3])
def test_runs_that_end_anywhere_freeze_nothing(
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    number: int,
    is_done: bool,
    again: str,
    second: int,
    done_again: bool,
) -> None:
    play(monkeypatch, name, Ending(name, number, is_done=is_done), scene)
    scene.forge.commit(MAIN, {f"{one}.txt": "1.5\n" for one in NAMES}, author="octo")
    play(monkeypatch, again, Ending(again, second, is_done=done_again), scene)
    assert Outcome.EDITED not in {outcome for _, outcome in act(scene)}
    assert is_whole(scene, "3.0")


def before(name: str, action: Callable[[], None]) -> Callable[..., Any]:
    """Something that happens once, right before the forge does a thing."""
    real, waiting = getattr(MemoryForge, name), [action]

    def play_it(forge: MemoryForge, *arguments: Any, **options: Any) -> Any:
        while waiting:
            waiting.pop()()
        return real(forge, *arguments, **options)

    return play_it


@pytest.mark.parametrize("name", WRITES)
def test_a_branch_that_a_person_moves_meanwhile_is_theirs(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    branch = BranchName("lockbot/beta")

    def push() -> None:
        scene.forge.commit(branch, {"fix.py": "by hand"}, author="ada")

    play(monkeypatch, name, before(name, push), scene)
    found = dict(act(scene))
    assert found.pop(branch) is Outcome.EDITED
    assert set(found.values()) == {Outcome.UNCHANGED}
    assert scene.forge.commits[scene.forge.branches[branch]].files["fix.py"].text == "by hand"
    others = [one for one in pulls(scene) if one.head_branch != branch]
    assert [f"{one.title[7:]} 3.0" in one.body for one in others] == [True, True]


@pytest.mark.parametrize("name", WRITES[::2])
def test_what_somebody_writes_meanwhile_stays(scene: Scene, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    number = pulls(scene)[1].number

    def write() -> None:
        now = scene.forge.pull_requests[number]
        scene.forge.pull_requests[number] = replace(now, title="Mine", body=f"Do not merge on a Friday.\n\n{now.body}")

    play(monkeypatch, name, before(name, write), scene)
    now = scene.forge.pull_requests[number]
    assert now.title == "Mine"
    assert now.body.startswith("Do not merge on a Friday.\n\n")
    assert "beta 3.0" in now.body


def test_one_that_is_closed_meanwhile_holds_up_no_other(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    number = pulls(scene)[1].number
    head = scene.forge.pull_requests[number].head
    play(monkeypatch, "write_commit", before("write_commit", lambda: scene.forge.close(number, by="ada")), scene)
    assert [f"{one.title[7:]} 3.0" in one.body for one in pulls(scene)] == [True, True]
    assert scene.forge.branches[BranchName("lockbot/beta")] == head


def test_what_the_forge_refuses_is_told_and_holds_up_no_other(scene: Scene) -> None:
    scene.forge.writes_workflows = False
    bad = replace(scene.proposals[1], files=(FileChange(path=".github/workflows/ci.yml", text="on: push\n"),))
    scene.proposals = (scene.proposals[0], bad, scene.proposals[2])
    found = dict(act(scene))
    assert found.pop(bad.branch) is Outcome.REFUSED
    assert set(found.values()) == {Outcome.REFRESHED}


def test_texts_alone_follow_together(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    run(scene)
    scene.proposals = tuple(replace(one, body=f"{one.body}More.\n") for one in scene.proposals)
    heads = [one.head for one in pulls(scene)]

    edited: list[int] = []

    def note(forge: MemoryForge, edits: Sequence[PullRequestEdit]) -> None:
        edited.append(len(edits))
        for one in edits:
            forge.edit_pull_request(one.number, title=one.title, body=one.body)

    with monkeypatch.context() as patched:
        patched.setattr(MemoryForge, "edit_pull_requests", note)
        assert {outcome for _, outcome in act(scene)} == {Outcome.REFRESHED}
    assert (edited[-1], sum(edited)) == (3, 3)
    assert [one.head for one in pulls(scene)] == heads
    assert all("More." in one.body for one in pulls(scene))
