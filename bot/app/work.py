"""Worker processes: one with a given pipeline, or several kept running."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

from bot.app.advisories import make_advisories
from bot.app.clock import SystemClock
from bot.app.edges import make_cloner, make_forge_app
from bot.app.process import stop_on_signals
from bot.app.start import check_start
from bot.jobs.clock.cadence import is_open
from bot.jobs.indexes import IndexWatch
from bot.jobs.limits.dead_letters import WatchedCloner
from bot.jobs.limits.process import JobLimits
from bot.jobs.opening import open_database
from bot.jobs.queue.envelope import Duty
from bot.jobs.records.recording import Recorder
from bot.jobs.workers.priority import step_back
from bot.jobs.workers.supervise import Supervisor, worker_commands
from bot.jobs.workers.worker import Look, take_name, work
from bot.jobs.workflows.parts import WorkerParts
from bot.ports.indexes import IndexLookout
from bot.ports.judging import CommitJudge
from bot.ports.run import RunRepository
from bot.settings import Settings, get_environment
from bot.traces.tracing import start_traces
from bot.work.indexes.cadence import make_policy
from bot.work.job import JobPorts

#: What one commit may take of a worker that checks alone: the judge ends sooner, but for what it can't interrupt.
_CHECK_SECONDS = 180.0
_CHECK_MEMORY = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Solving:
    """What a worker solves with. ``look``: what its machine keeps, for whoever watches over it. ``lookout``: by what it
    sees that indexes change; None: it does not look."""

    run_repository: RunRepository
    judge: CommitJudge
    look: Look = lambda _: {}
    lookout: IndexLookout | None = None


def run_worker_with(
    settings: Settings, solving: Solving, *, duty: Duty = Duty.ALL, until_input_ends: bool = False
) -> None:
    step_back(0)
    clock = SystemClock()
    database = open_database(settings.get_database_url())
    limits = _find_limits(settings, duty)
    ports = JobPorts(
        app=make_forge_app(settings),
        cloner=WatchedCloner(
            cloner=make_cloner(settings),
            ledger=database.ledger,
            limits=limits,
            now=lambda: clock.now().timestamp(),
        ),
        run_repository=solving.run_repository,
        judge=solving.judge,
        clock=clock,
        is_open=is_open,
        advisories=make_advisories(settings),
        onboarding=settings.onboarding,
        list_changed=lambda one: database.registry.list_changed(one, clock.now().timestamp()),
    )
    stop = threading.Event()
    stop_on_signals(stop)
    if until_input_ends:
        threading.Thread(target=_wait_for_end_of_input, args=(stop,), daemon=True).start()
    queue = database.open_queue(clock)
    indexes = None
    if settings.index_watching and solving.lookout is not None:
        indexes = IndexWatch(
            lookout=solving.lookout,
            policy=make_policy(settings.index_interval * 60, settings.all_index_feeds),
            registry=database.registry,
            store=queue.store,
            clock=clock,
            is_open=is_open,
        )
    tracing = start_traces(get_environment())
    recorder = Recorder(records=database.registry, clock=clock)
    parts = WorkerParts(
        ports=ports,
        queue=queue,
        registry=database.registry,
        duty=duty,
        indexes=indexes,
        hear_end=(recorder.hear, *((tracing.hear_end,) if tracing is not None else ())),
        see=recorder.see,
    )
    with take_name(settings.data_dir) as name:
        work(database, name, parts, stop, limits, solving.look)
    if tracing is not None:
        tracing.close()


def _find_limits(settings: Settings, duty: Duty) -> JobLimits:
    """Anybody may write what is checked: a worker for that alone gives it less."""
    limits = JobLimits(seconds=settings.job_seconds, memory=settings.job_memory * 1_000_000)
    if duty is not Duty.CHECKS:
        return limits
    return JobLimits(seconds=min(limits.seconds, _CHECK_SECONDS), memory=min(limits.memory, _CHECK_MEMORY))


def run_workers(settings: Settings, command: tuple[str, ...], workers: int, checkers: int) -> None:
    """Several workers, kept running until a signal. What none of them could work with is refused before they start.

    ``command`` starts one when the name of its duty is added.
    """
    check_start(settings)
    supervisor, stop = Supervisor(worker_commands(command, workers, checkers)), threading.Event()
    stop_on_signals(stop)
    supervisor.start()
    stop.wait()
    supervisor.stop()


def _wait_for_end_of_input(stop: threading.Event) -> None:
    # Not through sys.stdin: its lock would be held by this thread when the interpreter ends.
    while os.read(0, 4096):
        continue
    stop.set()
