"""A repository that takes its worker down each time is set aside, and others are served."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runs.conftest import FIRST, Stage, own_stage
from tests.runs.server import eventually

pytestmark = pytest.mark.crash


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with own_stage(tmp_path) as one:
        yield one


def jobs(stage: Stage, *arguments: str) -> str:
    """What ``lockbot jobs`` prints, on the database of the server."""
    command = [sys.executable, "-m", "bot", "jobs", *arguments]
    done = subprocess.run(command, env=stage.server.environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_repository_that_kills_its_worker_is_set_aside_and_others_are_served(stage: Stage) -> None:
    killer = stage.hub.add_repository("octo/killer", FIRST)
    world = stage.server.folder / "world.json"
    latest = {"latest": {"alpha": "2.0"}, "labels": []}
    world.write_text(json.dumps(latest | {"kills": ["octo/killer"]}))
    stage.hub.install(killer)
    eventually(lambda: stage.server.jobs().get("set aside"), "the killer is set aside")
    other = stage.hub.add_repository("octo/other", FIRST)
    stage.hub.install(other)
    eventually(lambda: other.pulls, "the other repository gets its pull request")
    stage.server.settle()

    assert killer.pulls == {}
    (check,) = killer.checks.values()
    assert (check.name, check.conclusion, check.title) == (
        "lockbot failure",
        "neutral",
        "lockbot set this commit aside",
    )
    assert "lockbot_worker_restarts_total 2.0" in stage.server.get("/metrics")[1]
    assert stage.server.jobs()["set aside"] == 1
    assert '"event": "job set aside"' in stage.server.log()

    head = killer.git.branch("main") or ""
    assert jobs(stage).startswith("octo/killer  set aside 20")
    assert jobs(stage).endswith(f": took its worker down at {head[:12]}")
    world.write_text(json.dumps(latest))
    assert jobs(stage, "--retry", "octo/killer") == "octo/killer is tried again"
    eventually(lambda: killer.pulls, "the killer, mended, gets its pull request")
    stage.server.settle()
    assert jobs(stage) == ""
