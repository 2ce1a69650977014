"""Onboarding pull requests as whole texts; ``--rewrite-snapshots`` writes them anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.ports.run import (
    BranchName,
    ConfigState,
    HeldBack,
    LeftAlone,
    LockChange,
    LockChangeKind,
    Problem,
    Proposal,
    RunReport,
    Sha,
    Suggestion,
    UpdateKind,
    UpdateLine,
)
from bot.report.onboarding import onboarding_body

SNAPSHOTS = Path(__file__).parents[1] / "snapshots" / "onboarding"


def moved(package: str, before: str, after: str, kind: UpdateKind = UpdateKind.MINOR) -> UpdateLine:
    return UpdateLine(package=package, kind=kind, before=before, after=after, manifest="pyproject.toml")


def changed(package: str, before: str, after: str) -> LockChange:
    return LockChange(
        lockfile="uv.lock", package=package, kind=LockChangeKind.CHANGED, before=before, after=after, direct=True
    )


def proposed(branch: str, title: str, *updates: UpdateLine) -> Proposal:
    return Proposal(
        branch=BranchName(f"lockbot/{branch}"),
        group=branch,
        title=title,
        body="",
        commit_message="",
        updates=updates,
        lock_changes=tuple(changed(one.package, one.before or "", one.after) for one in updates),
    )


REPORT = RunReport(
    base=Sha("0" * 40),
    base_branch=BranchName("main"),
    config=ConfigState(is_stated=False),
    found=("pyproject.toml", "scripts/report.py"),
    left_alone=(LeftAlone(path="tests/data/pyproject.toml", reason="ignorePaths has **/tests/**"),),
    proposals=(
        proposed(
            "non-major",
            "Update non-major dependencies",
            *(moved(name, "1.0", "1.1") for name in ("anyio", "attrs", "httpx", "jinja2", "orjson", "rich", "typer")),
        ),
        proposed("major-pandas", "Update pandas to v3", moved("pandas", "2.3.1", "3.0.2", UpdateKind.MAJOR)),
    ),
    held_back=(HeldBack(package="numpy", current="1.26.4", latest="2.4.0", reason="numba requires numpy < 2.1"),),
)
USUAL = Suggestion(path=".lockbot.json", text="{}\n")
TRANSLATED = Suggestion(
    path=".lockbot.json",
    text="{}\n",
    source="renovate.json",
    left=(Problem(message="customManagers: lockbot has no such thing", path="renovate.json", line=7),),
)
HOSTILE = Problem(message="<img src=x> @octocat #12", path="a`b|c.json", line=1, hint="https://invalid.test")
CASES = {
    "usual": (REPORT, USUAL, False),
    "translated": (REPORT, TRANSLATED, False),
    "edited": (replace(REPORT, config=ConfigState(schedule=("before 4am on monday",))), USUAL, True),
    "nothing-to-do": (replace(REPORT, proposals=(), held_back=(), left_alone=()), USUAL, False),
    "not-solved": (
        replace(
            REPORT, proposals=(), held_back=(), left_alone=(), problems=(Problem(message="no answer", path="uv.lock"),)
        ),
        USUAL,
        False,
    ),
    "broken": (replace(REPORT, config=ConfigState(problems=(HOSTILE,)), proposals=()), TRANSLATED, True),
}


@pytest.mark.parametrize("name", CASES)
def test_the_text_is_as_expected(name: str, request: pytest.FixtureRequest) -> None:
    report, suggestion, edited = CASES[name]
    found, expected = onboarding_body(report, suggestion, edited=edited), SNAPSHOTS / f"{name}.md"
    if request.config.getoption("--rewrite-snapshots"):
        expected.write_text(found, "utf-8")
    assert found == expected.read_text("utf-8")
