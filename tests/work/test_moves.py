"""What the base moved, remembered from run to run."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from bot.forge.memory import MemoryForge
from bot.ports.run import Sha
from bot.work.publishing.moves import KnownMoves
from bot.work.publishing.target import Target
from tests.work.scene import MAIN, Scene


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Sha, Sha]]:
    found: list[tuple[Sha, Sha]] = []
    real = MemoryForge.compare

    def compare(forge: MemoryForge, first: Sha, second: Sha) -> Any:
        found.append((first, second))
        return real(forge, first, second)

    monkeypatch.setattr(MemoryForge, "compare", compare)
    return found


def target_of(scene: Scene) -> Target:
    return Target(forge=scene.forge, identity=scene.app.identity, base=scene.base, base_branch=MAIN)


def go_on(scene: Scene, target: Target, path: str) -> Target:
    return replace(target, base=scene.forge.commit(MAIN, {path: f"{len(scene.forge.commits)}"}, author="ada"))


def test_many_commits_cost_one_comparison_a_run(asked: list[tuple[Sha, Sha]]) -> None:
    scene, known = Scene(), KnownMoves()
    targets = [target_of(scene)]
    for path in ("a", "b", "c", "d"):
        targets.append(go_on(scene, targets[-1], path))
        for count, one in enumerate(targets[:-1]):
            assert known.find(targets[-1], one.base) == frozenset("abcd"[count : len(targets) - 1])
    assert asked == [(one.base, other.base) for one, other in itertools.pairwise(targets)]


def test_nothing_moved_is_asked_of_nobody(asked: list[tuple[Sha, Sha]]) -> None:
    target = target_of(Scene())
    assert KnownMoves().find(target, target.base) == frozenset()
    assert asked == []


def test_a_base_that_was_set_back_can_not_be_told(asked: list[tuple[Sha, Sha]]) -> None:
    scene, known = Scene(), KnownMoves()
    first = target_of(scene)
    second = go_on(scene, first, "a")
    assert known.find(second, first.base) == frozenset("a")
    assert known.find(first, second.base) is None
    third = go_on(scene, second, "b")
    assert known.find(third, first.base) == frozenset("ab")
    assert known.find(first, third.base) is None
    assert known.find(first, Sha("0" * 40)) is None
    assert asked
