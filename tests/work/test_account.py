"""What is read of an account and a history: presets and defaults of other repositories, how commits are worded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.ports.forge import ForgeUnavailable, RepositoryRef
from bot.ports.presets import PresetFile
from bot.ports.run import RunReport, RunRequest
from bot.work.account import AccountPresets, Memory, read_subjects
from tests.work.scene import MAIN, REF, Scene, run

PRESETS = RepositoryRef(installation=REF.installation, id=77, owner=REF.owner, name="presets")
DEFAULTS = RepositoryRef(installation=REF.installation, id=78, owner=REF.owner, name=".github")
ELSEWHERE = RepositoryRef(installation=REF.installation, id=79, owner="evil", name="presets")


def presets_of(scene: Scene, memory: Memory, ref: RepositoryRef = REF) -> AccountPresets:
    return AccountPresets(app=scene.app, ref=ref, memory=memory, now=scene.clock.now())


def test_a_preset_is_the_first_of_its_files_on_its_branch() -> None:
    scene = Scene()
    scene.app.add_repository(PRESETS).commit(MAIN, {"b.json": "{}", "c.json": "[]"}, author="octo")
    presets = presets_of(scene, Memory())
    named = f"{REF.owner}/presets"
    assert presets.find(PresetFile(repository=named, paths=("a.json", "b.json", "c.json"))) == "{}"
    assert presets.find(PresetFile(repository=named, paths=("b.json",), tag="v9")) is None
    assert presets.find(PresetFile(repository=f"{REF.owner}/none", paths=("b.json",))) is None


def test_nothing_is_read_of_another_account() -> None:
    scene = Scene()
    scene.app.add_repository(ELSEWHERE).commit(MAIN, {"default.json": "{}"}, author="octo")
    assert presets_of(scene, Memory()).find(PresetFile(repository="evil/presets", paths=("default.json",))) is None


def test_defaults_are_the_accounts_and_remembered_for_a_while() -> None:
    scene, memory = Scene(), Memory()
    assert presets_of(scene, memory).find_defaults() is None
    forge = scene.app.add_repository(DEFAULTS)
    forge.commit(MAIN, {".lockbot.json": "{}"}, author="octo")
    assert presets_of(scene, memory).find_defaults() is None
    scene.clock.moment += timedelta(minutes=11)
    assert presets_of(scene, memory).find_defaults() == (f"{REF.owner}/.github", "{}")
    assert presets_of(scene, memory, DEFAULTS).find_defaults() is None


def test_how_a_commit_and_those_before_it_are_worded_is_asked_once() -> None:
    scene, memory = Scene(), Memory()
    head = scene.forge.amend(MAIN, {"a": "1"}, by="octo", message="fix: one\n\nMore.")
    assert read_subjects(scene.forge, head, memory, scene.clock.now()) == ("fix: one",)
    scene.forge.commits.clear()
    assert read_subjects(scene.forge, head, memory, scene.clock.now()) == ("fix: one",)


def test_a_run_is_given_them() -> None:
    scene = Scene()
    run(scene)
    (request,) = scene.asked
    assert request.presets is not None
    assert request.presets.account == REF.owner
    assert request.subjects is not None
    assert len(request.subjects()) == 1


def test_a_forge_that_is_down_ends_the_run_and_breaks_no_configuration() -> None:
    scene = Scene()

    def broken(request: RunRequest) -> RunReport:
        raise ForgeUnavailable("down")

    scene.run = broken  # type: ignore[method-assign]
    with pytest.raises(ForgeUnavailable):
        run(scene)
