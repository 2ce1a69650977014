"""What a server that really runs tells Prometheus: of its workers too, and never less than before."""

from __future__ import annotations

import os
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.runs.conftest import Stage, own_stage
from tests.runs.server import Server, eventually


def read(server: Server, name: str, **labels: str) -> float | None:
    """The sum of all series of that name with these labels; None: there is none."""
    status, text = server.get("/metrics")
    families = text_string_to_metric_families(text) if status == 200 else ()
    samples = [one for family in families for one in family.samples if one.name == name]
    found = [one.value for one in samples if labels.items() <= one.labels.items()]
    return sum(found) if found else None


def done(server: Server) -> float:
    return read(server, "lockbot_jobs_ended_total", outcome="done") or 0.0


def test_what_workers_count_is_told_by_the_server(stage: Stage) -> None:
    stage.install(stage.add_repository())
    for name, labels in (
        ("lockbot_stage_seconds_total", {"kind": "run", "stage": "publish"}),
        ("lockbot_github_requests_total", {"kind": "run", "api": "rest"}),
        ("lockbot_github_requests_total", {"kind": "run", "api": "graphql"}),
        ("lockbot_jobs_ended_total", {"kind": "run", "outcome": "done"}),
        ("lockbot_job_seconds_count", {"kind": "run"}),
        ("lockbot_job_wait_seconds_count", {"lane": "solving"}),
        ("lockbot_github_limit_remaining", {"resource": "core"}),
        ("lockbot_worker_memory_bytes", {}),
    ):
        eventually(partial(read, stage.server, name, **labels), f"the worker tells {name} {labels}")
    assert read(stage.server, "lockbot_workers_alive") == 1
    assert read(stage.server, "lockbot_database_up") == 1


@pytest.mark.promtool
def test_counts_go_on_through_kills_and_restarts_and_promtool_reads_them(tmp_path: Path) -> None:
    with own_stage(tmp_path) as stage:
        stage.install(stage.add_repository())
        first = eventually(lambda: done(stage.server), "the worker tells what it counted")
        (worker,) = stage.server.worker_ids()
        os.kill(worker, signal.SIGKILL)
        eventually(lambda: read(stage.server, "lockbot_worker_restarts_total"), "the worker is started again")
        assert done(stage.server) >= first
        stage.install(stage.add_repository())
        second = eventually(lambda: max(0.0, done(stage.server) - first), "the new worker adds to it") + first
        stage.server.kill()
        stage.server.start()
        assert done(stage.server) >= second
        _, text = stage.server.get("/metrics")
        checked = subprocess.run(
            ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False, timeout=60
        )
        assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
