"""Several machines on one Postgres, and a Postgres that goes away: what was accepted is done, once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.jobs.database.engine import open_engine
from tests.github import Hub
from tests.github.model import Repository
from tests.postgres import Postgres
from tests.runs.conftest import FIRST, Stage, make_stage
from tests.runs.server import ROOT, eventually, free_port

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    """One that may be killed."""
    with Postgres(free_port()) as one:
        yield one


@pytest.fixture
def stage(tmp_path: Path, database: Postgres) -> Iterator[Stage]:
    database.empty()
    with Hub(tmp_path / "hub") as hub:
        one = make_stage(tmp_path, hub)
        # As hosts of Postgres write it.
        one.server.more = {"LOCKBOT_DATABASE_URL": database.url.replace("postgresql://", "postgres://")}
        one.server.start()
        try:
            yield one
        finally:
            one.release()
            one.server.stop()


def pulls_of(*repositories: Repository) -> list[list[str]]:
    return [[one.title for one in repository.pulls.values()] for repository in repositories]


def workflows(database: Postgres) -> dict[str, str]:
    engine = open_engine(database.url)
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT workflow_uuid, status FROM dbos.workflow_status")).all()
    engine.dispose()
    return {row.workflow_uuid: row.status for row in rows}


@contextmanager
def machine(stage: Stage, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """Workers elsewhere: nothing of theirs is the web process's but the address of the database."""
    folder = stage.server.folder / name
    folder.mkdir()
    own = {
        "LOCKBOT_DATA_DIR": str(folder / "data"),
        "LOCKBOT_CACHE_DIR": str(folder / "cache"),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "tests.runs.program", "work", str(stage.server.folder), "0", "1", "0"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=stage.server.environment | own, stdin=subprocess.PIPE, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=60)


def test_web_and_workers_share_nothing_but_the_database(stage: Stage) -> None:
    stage.server.stop()
    stage.server.workers = 0
    stage.server.start()
    repositories = [stage.add_repository() for _ in range(3)]
    with machine(stage, "one"), machine(stage, "two"):
        stage.hub.install(*repositories)
        eventually(lambda: all(one.pulls for one in repositories), "all have their pull request")
        stage.server.settle()
    assert pulls_of(*repositories) == [["Update alpha"]] * 3
    files = {path.name for path in (stage.server.folder / "data").iterdir()}
    assert not any(name.startswith("worker-") for name in files - {"worker-0.lock"})
    for name in ("one", "two"):
        there = {path.name for path in (stage.server.folder / name / "data").iterdir()}
        assert there == {"name", "worker-0.lock"}, "what a machine of workers keeps"


def test_a_delivery_that_comes_again_changes_nothing(stage: Stage, database: Postgres) -> None:
    repository = stage.add_repository()
    stage.install(repository)
    before = workflows(database)
    for one in list(stage.hub.deliveries):
        assert stage.hub.redeliver(one) == 202
    stage.server.settle()
    assert workflows(database) == before
    assert pulls_of(repository) == [["Update alpha"]]


def test_deliveries_are_answered_while_the_database_is_away(stage: Stage, database: Postgres) -> None:
    database.stop()
    repository = stage.add_repository()
    stage.hub.install(repository)
    stage.hub.drain()
    assert [one.statuses for one in stage.hub.deliveries] == [[202]]
    assert stage.server.get("/readyz")[0] == 503
    database.start()
    eventually(lambda: repository.pulls, "the pull request is opened")
    stage.server.settle()
    assert pulls_of(repository) == [["Update alpha"]]
    assert stage.server.rows("the inbox is moved on again")


def test_a_database_killed_in_the_middle_of_a_run_loses_and_doubles_nothing(stage: Stage, database: Postgres) -> None:
    repository = stage.add_repository()
    stage.hold()
    stage.hub.install(repository)
    stage.wait_until_held()
    database.kill()
    stage.release()
    eventually(lambda: stage.server.get("/readyz")[0] == 503, "the server says that its database is away")
    database.start()
    eventually(lambda: repository.pulls, "the run is finished")
    stage.server.settle()
    assert pulls_of(repository) == [["Update alpha"]]
    assert stage.server.jobs()["failed"] == stage.server.jobs()["set aside"] == 0.0
    assert set(workflows(database).values()) == {"SUCCESS"}


def test_worker_and_database_killed_between_two_requests(stage: Stage, database: Postgres) -> None:
    repository = stage.add_repository()
    (worker,) = eventually(stage.server.worker_ids, "the worker is there")

    def kill() -> None:
        database.kill()
        os.kill(worker, signal.SIGKILL)

    stage.hub.after(r"POST /api/graphql updateRefs", kill)
    stage.hub.install(repository)
    eventually(lambda: stage.server.get("/readyz")[0] == 503, "both are dead")
    database.start()
    eventually(lambda: repository.pulls, "the run is finished")
    stage.server.settle()
    assert pulls_of(repository) == [["Update alpha"]]
    assert stage.server.jobs()["failed"] == 0.0


def test_a_repository_that_takes_its_worker_down_is_set_aside(stage: Stage) -> None:
    killer, other = (stage.hub.add_repository(f"octo/{name}", FIRST) for name in ("killer", "other"))
    latest = {"latest": {"alpha": "2.0"}, "labels": [], "kills": ["octo/killer"]}
    (stage.server.folder / "world.json").write_text(json.dumps(latest))
    stage.hub.install(killer, other)
    eventually(lambda: stage.server.jobs().get("set aside"), "the killer is set aside")
    eventually(lambda: other.pulls, "the other one has its pull request")
    stage.server.settle()
    assert killer.pulls == {}
    assert [one.title for one in killer.checks.values()] == ["lockbot set this commit aside"]
