"""Whole bodies, as files that a person can read: ``--rewrite-snapshots`` writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bodies.scene import MemoryNotes, find_proposal, run
from tests.bodies.worlds import WORLDS
from tests.github.rendering import render

SNAPSHOTS = Path(__file__).parents[1] / "snapshots" / "bodies"


@pytest.mark.parametrize("name", WORLDS)
def test_a_body_reads_as_it_did(name: str, request: pytest.FixtureRequest) -> None:
    world = WORLDS[name]
    report, _ = run({"pyproject.toml": world.manifest, **world.files}, world.fill, notes=MemoryNotes(world.notes))
    proposal = find_proposal(report, world.branch)
    text = f"# {proposal.title}\n\n{proposal.body}"
    path = SNAPSHOTS / f"{name}.md"
    if request.config.getoption("--rewrite-snapshots"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


def test_every_snapshot_is_of_a_world() -> None:
    assert {path.stem for path in SNAPSHOTS.iterdir()} == set(WORLDS)


@pytest.mark.parametrize("name", WORLDS)
def test_nothing_lives_but_what_lockbot_built(name: str) -> None:
    rendered = render((SNAPSHOTS / f"{name}.md").read_text("utf-8"))
    hosts = ("https://pypi.org/project/", "https://github.com/encode/httpx/", "https://github.com/pallets/flask")
    allowed = (*hosts, "https://flask.test/changes/", "../blob/HEAD/")
    assert [text for kind, text in rendered.live if kind == "a" and not text.startswith(allowed)] == []
    assert {found for found in rendered.live if found[0] != "a"} == {("comment", " lockbot-box: rebase ")}
