"""A dry run reads the real forge, says what it would do, and does nothing."""

from __future__ import annotations

import copy
from dataclasses import replace

from bot.events import RunJob, Scope
from bot.forge.dry_run import DryRunApp
from bot.ports.forge import CheckConclusion, CheckReport, Reaction
from bot.ports.run import BranchName
from bot.work.runs import run_job
from tests.work.scene import BRANCH, REF, Scene, propose


def test_a_whole_run_changes_nothing() -> None:
    notes: list[str] = []
    scene = Scene(proposals=(propose(),))
    before = copy.deepcopy((scene.forge.branches, scene.forge.pull_requests, scene.forge.comments))
    ports = replace(scene.ports, app=DryRunApp(app=scene.app, note=notes.append))
    run_job(ports, RunJob(repository=REF, scope=Scope.ALL), scene.steps, "guid")
    assert (scene.forge.branches, scene.forge.pull_requests, scene.forge.comments) == before
    assert [note.split(":")[0] for note in notes] == [
        f"would commit 1 files on {BRANCH}, from {scene.base}",
        f"would open a pull request for {BRANCH}",
        "would label #0",
        "would edit #0",
    ]


def test_every_other_change_is_noted() -> None:
    notes: list[str] = []
    scene = Scene()
    forge = DryRunApp(app=scene.app, note=notes.append).open_repository(REF)
    forge.delete_branch(BranchName("x"), expected=scene.base)
    forge.close_pull_request(3)
    forge.comment(3, "hello")
    forge.react(9, Reaction.EYES)
    forge.write_check(
        CheckReport(commit=scene.base, name="n", conclusion=CheckConclusion.NEUTRAL, title="1 problem", summary="")
    )
    assert notes == [
        f"would delete x at {scene.base}",
        "would close #3",
        "would comment on #3: hello",
        "would react to comment 9 with eyes",
        f"would report on {scene.base}: 1 problem",
    ]
