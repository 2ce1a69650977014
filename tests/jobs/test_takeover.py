"""What the takeover of jobs needs of DBOS: fails when DBOS changes it, or makes it public."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from dbos import DBOS, DBOSPortableJSONSerializer, SetWorkflowID

from bot.events.jobs import RunJob, Scope
from bot.jobs.database.engine import open_engine
from bot.jobs.database.migrations.migrate import migrate_tables
from bot.jobs.queue.envelope import Lane
from bot.jobs.queue.queue import APPLICATION, VERSION, JobQueue, migrate
from bot.jobs.workers.takeover import take_over_jobs
from bot.jobs.workflows.workflow import CutOff
from tests.work.scene import REF, FixedClock

COLUMNS = ("workflow_uuid", "status", "executor_id", "application_version", "queue_name", "recovery_attempts")
JOBS = sa.table("workflow_status", *map(sa.column, COLUMNS))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """A database with a job of each of three deliveries; DBOS is launched for worker ``here`` and takes up none."""
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    opened = open_engine(url)
    migrate(url)
    migrate_tables(opened)
    queue = JobQueue(opened, FixedClock())
    queue.declare()
    for delivery in ("first", "second", "third"):
        queue.store(delivery, (RunJob(repository=REF, scope=Scope.ALL),))
    queue.close()
    DBOS(
        config={
            "name": APPLICATION,
            "system_database_url": url,
            "application_version": VERSION,
            "executor_id": "here",
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "ERROR",
            "enable_otlp": False,
        }
    )
    DBOS.listen_queues([])
    DBOS.launch()
    yield opened
    DBOS.destroy()
    opened.dispose()


def begin(engine: sa.Engine, delivery: str, worker: str) -> None:
    """As if the worker had the job under way, in its third attempt."""
    begun = {"status": "PENDING", "executor_id": worker, "application_version": VERSION, "recovery_attempts": 3}
    with engine.begin() as connection:
        connection.execute(sa.update(JOBS).where(JOBS.c.workflow_uuid == f"{delivery}:{REF.id}").values(begun))


def state_of(engine: sa.Engine, delivery: str) -> tuple[str, str, int]:
    columns = (JOBS.c.status, JOBS.c.queue_name, JOBS.c.recovery_attempts)
    with engine.connect() as connection:
        row = connection.execute(sa.select(*columns).where(JOBS.c.workflow_uuid == f"{delivery}:{REF.id}")).one()
    return row.status, row.queue_name, row.recovery_attempts


def test_what_a_silent_worker_had_goes_back_on_its_queue_and_its_attempts_count_on(engine: sa.Engine) -> None:
    begin(engine, "first", "away")
    begin(engine, "second", "gone")
    begin(engine, "third", "busy")
    take_over_jobs(("away", "gone"))
    assert state_of(engine, "first") == ("ENQUEUED", Lane.FIRST, 3)
    assert state_of(engine, "second") == ("ENQUEUED", Lane.FIRST, 3)
    assert state_of(engine, "third") == ("PENDING", Lane.FIRST, 3), "its worker is not silent"


def test_what_is_no_exception_is_no_end_of_a_job(engine: sa.Engine) -> None:
    """``bot.jobs.workflows.workflow.CutOff``: DBOS records how a job ended for every other."""

    def fail(error: str) -> str:
        raise CutOff("the worker ends") if error == "cut off" else ValueError(error)

    job = DBOS.workflow(name="fails")(fail)
    for error, state in (("cut off", "PENDING"), ("wrong", "ERROR")):
        with SetWorkflowID(error), pytest.raises(BaseException, match=r"the worker ends|wrong"):
            job(error)
        with engine.connect() as connection:
            wanted = sa.select(JOBS.c.status).where(JOBS.c.workflow_uuid == error)
            assert connection.scalar(wanted) == state


def test_the_public_way_forgets_the_attempts_and_asks_nobody(engine: sa.Engine) -> None:
    begin(engine, "first", "busy")
    DBOS.resume_workflow(f"first:{REF.id}", queue_name=Lane.FIRST)
    assert state_of(engine, "first") == ("ENQUEUED", Lane.FIRST, 0)
    assert not hasattr(DBOS, "recover_pending_workflows"), "bot.jobs.workers.takeover can call something public now"
