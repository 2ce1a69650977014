"""Options of pull requests, from the file to the proposal, through a whole run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from bot.ports.handling import Handling, Importance, Labels, Limits, Merging, People
from bot.ports.run import RunReport
from tests.plan.scenario import make_scenario
from tests.plan.scenario_runs import run_scenario

REPOSITORY = {
    "why": "One minor update and one major, in a lock that can be refreshed.",
    "root": {"requires": ["alpha>=1.0", "beta>=1.0"]},
    "locked": {"alpha": "1.0", "beta": "1.0", "gamma": "1.0"},
    "packages": {
        "alpha": {"versions": {"1.0": {}, "2.0": {}}},
        "beta": {"versions": {"1.0": {"requires": ["gamma"]}, "1.1": {"requires": ["gamma"]}}},
        "gamma": {"versions": {"1.0": {}, "1.1": {}}},
    },
}


def report(base_branch: str | None = None, **config: object) -> RunReport:
    scenario = make_scenario(REPOSITORY, Path("whole.toml"))
    files = {**scenario.files, ".lockbot.json": json.dumps(config)}
    return run_scenario(replace(scenario, files=files), base_branch=base_branch)[1]


RULES = [
    {"matchUpdateTypes": ["minor"], "automerge": True, "assignees": ["ada"], "prBodyNotes": ["Try it on staging."]},
    {"matchUpdateTypes": ["major"], "dependencyDashboardApproval": True, "prPriority": 3},
]


def test_each_proposal_has_what_its_rules_say() -> None:
    found = report(packageRules=RULES, lockFileMaintenance={"reviewers": ["team:web"]}, rebaseWhen="auto")
    assert {one.branch: (one.importance, one.handling) for one in found.proposals} == {
        "lockbot/non-major": (
            Importance.NON_MAJOR,
            Handling(merging=Merging(wanted=True), people=People(assignees=("ada",))),
        ),
        "lockbot/major-alpha": (Importance.MAJOR, Handling(needs_approval=True, priority=3)),
        "lockbot/lock-maintenance": (Importance.MAINTENANCE, Handling(people=People(reviewers=("team:web",)))),
    }


def test_notes_stand_in_the_bodies_of_what_they_are_about() -> None:
    found = report(packageRules=RULES, prBodyNotes=["Ours."])
    told = {
        one.branch: [note for note in ("Ours.", "Try it on staging.") if note in one.body] for one in found.proposals
    }
    assert told == {
        "lockbot/non-major": ["Ours.", "Try it on staging."],
        "lockbot/major-alpha": ["Ours."],
        "lockbot/lock-maintenance": ["Ours."],
    }


def test_what_holds_for_all_of_them_is_told_to_the_worker() -> None:
    state = report(
        prConcurrentLimit=3,
        prHourlyLimit=2,
        baseBranchPatterns=["$default", "dev"],
        branchPrefix="deps/",
        keepUpdatedLabel="fresh",
    ).config
    assert (state.limits, state.bases, state.prefix) == (Limits(open=3, hourly=2), ("$default", "dev"), "deps/")
    assert state.labels == Labels(keep="fresh", stop="stop-updating")


def test_what_is_for_another_base_names_it() -> None:
    found = report("release/1.x", commitMessageSuffix="[deps]")
    assert [(one.branch, one.title) for one in found.proposals] == [
        ("lockbot/release/1.x-non-major", "Update beta to 1.1 [deps] (release/1.x)"),
        ("lockbot/release/1.x-major-alpha", "Update alpha to v2 [deps] (release/1.x)"),
        ("lockbot/release/1.x-lock-maintenance", "Lock file maintenance [deps] (release/1.x)"),
    ]
    assert all(one.commit_message.startswith(f"{one.title}\n") for one in found.proposals)
    assert [one.group for one in found.proposals] == ["non-major", "major-alpha", "lock-maintenance"]
