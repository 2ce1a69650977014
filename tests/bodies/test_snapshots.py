"""Whole bodies, as files that a person can read: ``--rewrite-snapshots`` writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.plan.changes import lock_changes
from bot.plan.policy import Group
from bot.ports.advisories import AdvisoryLine
from bot.report.pulls.body import pull_request_body
from bot.report.pulls.content import Content
from tests.bodies.scene import NOW, MemoryNotes, find_proposal, run
from tests.bodies.worlds import WORLDS
from tests.github.rendering import render
from tests.report.test_wording import line, unit_result

ADVISORIES = (
    AdvisoryLine(
        id="GHSA-cpwx-vrp4-4pq7",
        package="a",
        link="https://github.com/advisories/GHSA-cpwx-vrp4-4pq7",
        summary="Sandbox breakout, see #12 by @octocat <img src=x>",
        severity="HIGH",
        fixed_in=("2",),
    ),
    AdvisoryLine(id="PYSEC-2026-1", package="a", link="https://osv.dev/vulnerability/PYSEC-2026-1"),
)
SECURITY = "security"
SNAPSHOTS = Path(__file__).parents[1] / "snapshots" / "bodies"


@pytest.mark.parametrize("name", WORLDS)
def test_a_body_reads_as_it_did(name: str, request: pytest.FixtureRequest) -> None:
    world = WORLDS[name]
    report, _ = run({"pyproject.toml": world.manifest, **world.files}, world.fill, notes=MemoryNotes(world.notes))
    proposal = find_proposal(report, world.branch)
    compare(name, f"# {proposal.title}\n\n{proposal.body}", request)


def test_a_security_update_reads_as_it_did(request: pytest.FixtureRequest) -> None:
    result = unit_result()
    content = Content(
        group=Group(key="security-a", name="a", single="a", is_security=True),
        updates=[line("a", "1", "2")],
        changes=lock_changes(result),
        results=[result],
        advisories=ADVISORIES,
        config_path=".github/lockbot.json",
        now=NOW,
    )
    compare(SECURITY, pull_request_body(content), request)


def compare(name: str, text: str, request: pytest.FixtureRequest) -> None:
    path = SNAPSHOTS / f"{name}.md"
    if request.config.getoption("--rewrite-snapshots"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


def test_every_snapshot_is_of_a_world() -> None:
    assert {path.stem for path in SNAPSHOTS.iterdir()} == {*WORLDS, SECURITY}


@pytest.mark.parametrize("name", [*WORLDS, SECURITY])
def test_nothing_lives_but_what_lockbot_built(name: str) -> None:
    rendered = render((SNAPSHOTS / f"{name}.md").read_text("utf-8"))
    hosts = ("https://pypi.org/project/", "https://github.com/encode/httpx/", "https://github.com/pallets/flask")
    known = ("https://github.com/advisories", "https://osv.dev/vulnerability/")
    allowed = (*hosts, *known, "https://flask.test/changes/", "../blob/HEAD/")
    assert [text for kind, text in rendered.live if kind == "a" and not text.startswith(allowed)] == []
    assert {found for found in rendered.live if found[0] != "a"} == {("comment", " lockbot-box: rebase ")}
