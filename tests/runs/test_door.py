"""The door of a real server: what it accepted is done, whatever the job database does and however the process ends."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.github.model import Repository
from tests.runs.conftest import Stage, own_stage
from tests.runs.server import eventually

pytestmark = pytest.mark.crash


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with own_stage(tmp_path) as one:
        yield one


@contextmanager
def locked_jobs(stage: Stage) -> Iterator[None]:
    """Another process has the job database for itself."""
    connection = sqlite3.connect(stage.server.folder / "data" / "lockbot.sqlite", timeout=60, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def install_and_drain(stage: Stage) -> Repository:
    """The webhook is sent, and was answered."""
    repository = stage.add_repository()
    stage.hub.install(repository)
    stage.hub.drain()
    assert [(one.event, one.statuses) for one in stage.hub.deliveries] == [("installation", [202])]
    return repository


def assert_done_once(stage: Stage, repository: Repository) -> None:
    eventually(lambda: repository.pulls, "a pull request is opened")
    stage.server.settle()
    assert [one.title for one in repository.pulls.values()] == ["Update alpha"]
    (delivery,) = [one.guid for one in stage.hub.deliveries if one.event == "installation"]
    # A run goes from one lane to the other; in neither it is there twice.
    names = [str(row["job"]) for row in stage.server.notes() if str(row["job"]).startswith(delivery)]
    assert sorted(set(names)) == sorted(names) != []


def test_a_locked_database_keeps_no_webhook_waiting(stage: Stage) -> None:
    with locked_jobs(stage):
        repository = install_and_drain(stage)
        assert "inbox: 1 deliveries" in stage.server.get("/readyz")[1]
        assert "lockbot_inbox_deliveries 1.0" in stage.server.get("/metrics")[1]
    assert_done_once(stage, repository)


def test_a_server_killed_with_a_delivery_in_its_inbox_does_it_once(stage: Stage) -> None:
    with locked_jobs(stage):
        repository = install_and_drain(stage)
        stage.server.kill()
    stage.server.start()
    assert_done_once(stage, repository)


def test_a_server_that_stops_keeps_what_it_accepted(stage: Stage) -> None:
    with locked_jobs(stage):
        repository = install_and_drain(stage)
        assert stage.server.stop() == 0
    stage.server.start()
    assert_done_once(stage, repository)


def test_workers_come_after_the_door(stage: Stage) -> None:
    (worker,) = eventually(stage.server.worker_ids, "the worker is there")
    assert stage.server.process is not None
    door = os.getpriority(os.PRIO_PROCESS, stage.server.process.pid)
    assert os.getpriority(os.PRIO_PROCESS, worker) == max(10, door)
