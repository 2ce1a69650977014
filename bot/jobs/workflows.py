"""One job, durably: what is registered with DBOS, and the decisions around the work itself.

* In the first lane a job is looked at: most come to nothing, and are done there. What is to be solved goes on to the
  second. A run that was asked for before another of the same repository began, or while one is waiting to begin, is
  covered by that one: bursts of pushes come down to two runs, with no waiting before the first.
* Where a job changes something, no other works at the same place; one that finds the place taken comes again soon.
* A failure that may pass makes the job again, later; the worker is free in the meantime. So does a step that another
  version of lockbot recorded in another form: the job made again begins anew.
* Checks of pull requests go to a lane of their own, so that nobody waits for a run to end; a newer head of the same pull
  request makes an older one's check needless.
* Where little is left of an installation's budget of requests, only what people asked for goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Protocol, TypeVar, assert_never

import structlog
from dbos import DBOS

from bot.advisories.port import AdvisoryFailure
from bot.errors import LockbotError
from bot.events import (
    CheckJob,
    ClosedJob,
    CommandJob,
    ForgetJob,
    IndexJob,
    Job,
    MergeJob,
    RelockJob,
    RunJob,
    Scope,
    SweepJob,
    SyncJob,
    WatchJob,
)
from bot.jobs.database.engine import DatabaseUnavailable
from bot.jobs.database.registry import Registry
from bot.jobs.endings import Attempt, Ending, render_usage
from bot.jobs.indexes import IndexWatch
from bot.jobs.queue import Duty, Envelope, Lane, base_name, name_orders, parse_envelope, place_of, rank_of
from bot.jobs.steps import DurableSteps
from bot.jobs.watchdog import Watchdog
from bot.ports.forge import ForgeConflict, ForgeUnavailable, Glance, RepositoryRef
from bot.ports.run import BranchName, Sha
from bot.ports.steps import OutcomeUnreadable, SetAside, StepRunner
from bot.report.dashboard.facts import Facts
from bot.report.head_check import HEAD_CHECK
from bot.retry import Backoff, Failure, FailureKind, RetryAt, decide_retry
from bot.work.commands.obeying import command_job, give_up_command, receive_command
from bot.work.ended import HearEnd, JobOutcome
from bot.work.heads.head_check import check_job, enter_check, give_up_check, set_check_aside
from bot.work.heads.relocking import relock_job
from bot.work.installed import list_repositories
from bot.work.job import JobDone, JobPorts
from bot.work.looking import look
from bot.work.lost import Lost, Seen, find_lost
from bot.work.merge_job import choose_wishes, merge_job
from bot.work.publishing.bases import choose_bases
from bot.work.runs import run_job, settle
from bot.work.setting_aside import tell_set_aside
from bot.work.tidying import closed_job
from bot.work.watching import find_changed

T = TypeVar("T")

#: A forge may ask for a day.
BACKOFF = Backoff(attempts=6, first=5.0, factor=4.0, longest=4000.0, patience=86_400.0)

#: The clocks of two machines may differ by this many seconds.
_SKEW = 1.0

#: How soon a job that found its place taken comes again, in seconds.
_SOON = 1.0

#: Those who wait for the same moment come back within so many seconds of it, not all at once.
_SPREAD = 60


class JobFailed(Exception):
    """A job ended in an error that nobody expected. It counts as failed; the log has the rest under its name."""


class NotNow(LockbotError):
    """The job can go on in ``delay`` seconds; nothing failed."""

    def __init__(self, why: str, delay: float) -> None:
        self.delay = delay
        super().__init__(why)


class CutOff(BaseException):
    """A job ends because its worker does, and is to be resumed. No ``Exception``: DBOS would record it as the job's end in
    its last moments, should the database be back by then."""


class FollowUps(Protocol):
    """Where a job puts the jobs that follow from it (``bot.jobs.queue.JobQueue``)."""

    def store(self, delivery: str, jobs: tuple[Job, ...]) -> None: ...

    def store_again(self, name: str, envelope: Envelope, *, delay: float) -> None: ...


class Doors:
    """Of this process's threads one at a time looks at a repository: the others of a burst then see what it found."""

    def __init__(self) -> None:
        self._locks = tuple(threading.Lock() for _ in range(64))

    def enter(self, repository: int) -> threading.Lock:
        return self._locks[repository % len(self._locks)]


class Progress:
    """To which places this process has come since it told of it last, by lane and rank.

    Told once a second: an account that comes in the meantime has a turn that is just over, which is one too many at most.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news: dict[tuple[Lane, int], int] = {}

    def note(self, envelope: Envelope) -> None:
        key = envelope.lane, rank_of(envelope.job)
        with self._lock:
            self._news[key] = max(envelope.place, self._news.get(key, 0))

    def tell(self, registry: Registry) -> None:
        with self._lock:
            news, self._news = self._news, {}
        for lane, rank in sorted(news):
            registry.record_served(lane, rank, news[lane, rank])


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    ports: JobPorts
    queue: FollowUps
    registry: Registry
    doors: Doors = field(default_factory=Doors)
    progress: Progress = field(default_factory=Progress)
    ending: threading.Event = field(default_factory=threading.Event)
    backoff: Backoff = BACKOFF
    duty: Duty = Duty.ALL
    indexes: IndexWatch | None = None
    hear_end: tuple[HearEnd, ...] = ()
    see: Callable[[int, Sha, Facts], None] = lambda _repository, _base, _facts: None


def make_workflow(parts: WorkerParts, watchdog: Watchdog) -> Callable[[str], str]:
    """The function that DBOS runs for each envelope; it gives one line for the log."""

    def job(text: str) -> str:
        attempt = Attempt(
            envelope=parse_envelope(text),
            name=DBOS.workflow_id or "",
            started=parts.ports.clock.now().timestamp(),
        )
        with attempt.entered():
            try:
                with watchdog.watch(attempt.name):
                    return perform(parts, attempt, DurableSteps())
            except DatabaseUnavailable as error:
                return _again_or_cut_off(parts, attempt, error)

    return job


def _again_or_cut_off(parts: WorkerParts, attempt: Attempt, error: DatabaseUnavailable) -> str:
    try:
        return make_again(parts, attempt, error)
    except DatabaseUnavailable as ended:
        raise CutOff(str(ended)) from ended


def make_again(parts: WorkerParts, attempt: Attempt, error: DatabaseUnavailable) -> str:
    """Put the job on the queue anew when its database is back: to DBOS an error that a job ends with is its end, and it would
    record that as soon as it can. Raises ``error`` where the worker ends first: then the job is resumed.
    """
    log = structlog.get_logger("lockbot.jobs")
    log.warning("job waits for its database", reason=str(error))
    again = replace(attempt.envelope, waits=attempt.envelope.waits + 1)
    while not parts.ending.wait(_SOON):
        try:
            _store_again(parts, attempt.name, again, delay=0.0)
        except DatabaseUnavailable:
            continue
        log.info("job is made again", reason="its database is back")
        return "made again: its database was away"
    raise error


def perform(parts: WorkerParts, attempt: Attempt, steps: StepRunner) -> str:
    """Attempt a job, log how it ended and tell who wants to hear of it; what it came to, in one line.

    Raises ``JobFailed`` for what nobody expected, and ``DatabaseUnavailable`` where the job could not go on: it is not
    done then.
    """
    log = structlog.get_logger("lockbot.jobs")
    parts.progress.note(attempt.envelope)
    try:
        ending = _try(parts, attempt.envelope, attempt.name, steps)
    except DatabaseUnavailable:
        raise
    except Exception:
        log.error("job failed", reference=attempt.name, exc_info=True)
        ending = Ending(outcome=JobOutcome.FAILED, note=f"unexpected failure, in the log under {attempt.name}")
    told = {"outcome": ending.outcome.value, "note": ending.note, **render_usage(attempt.meter.read())}
    log.log(ending.level, "job ended", **told)
    attempt.tell(ending, parts.hear_end, parts.ports.clock)
    if ending.outcome is JobOutcome.FAILED:
        raise JobFailed(ending.note)
    return ending.note


def _try(parts: WorkerParts, envelope: Envelope, name: str, steps: StepRunner) -> Ending:
    try:
        _check_budget(parts, envelope.job)
        return Ending(outcome=JobOutcome.DONE, note=_dispatch(parts, envelope, name, steps))
    except NotNow as reason:
        return Ending(outcome=JobOutcome.WAITING, note=_wait(parts, envelope, name, reason))
    except (ForgeUnavailable, ForgeConflict, OutcomeUnreadable) as error:
        return _put_off(parts, envelope, name, error)
    except DatabaseUnavailable:
        raise
    except SetAside as error:
        return Ending(outcome=JobOutcome.SET_ASIDE, note=_set_aside(parts, envelope.job, error))
    except LockbotError as error:
        said = "; ".join((str(error), *getattr(error, "__notes__", ())))
        return Ending(outcome=JobOutcome.REFUSED, note=f"refused: {said}")


# --- again, later ---------------------------------------------------------------------------------


def _wait(parts: WorkerParts, envelope: Envelope, name: str, reason: NotNow) -> str:
    again = replace(envelope, waits=envelope.waits + 1)
    _store_again(parts, name, again, delay=reason.delay)
    return f"waits for {reason.delay:.0f} s: {reason}"


def _store_again(parts: WorkerParts, name: str, again: Envelope, *, delay: float) -> None:
    parts.queue.store_again(_name_again(name, again), again, delay=delay)
    if isinstance(again.job, RunJob) and again.lane is Lane.SOLVING:
        parts.registry.record_asked(again.job.repository.id, again.job.scope, _name_again(name, again))


def _name_again(name: str, again: Envelope) -> str:
    return f"{name.partition('#')[0]}#{again.attempt}" + (f".{again.waits}" if again.waits else "")


def _put_off(parts: WorkerParts, envelope: Envelope, name: str, error: LockbotError) -> Ending:
    """Make the job again at the time that the retry rules say, under a name of its own."""
    asked = error.retry_after if isinstance(error, ForgeUnavailable) else None
    failure = Failure(kind=FailureKind.CONNECTION, asked_wait=asked)
    decision = decide_retry(failure, envelope.attempt, 0.0, backoff=parts.backoff)
    if not isinstance(decision, RetryAt):
        _give_up(parts, envelope.job, name, str(error), decision.why)
        return Ending(outcome=JobOutcome.GIVEN_UP, note=f"given up because {decision.why}: {error}")
    again = replace(envelope, attempt=envelope.attempt + 1)
    parts.queue.store_again(_name_again(name, again), again, delay=decision.when)
    return Ending(outcome=JobOutcome.PUT_OFF, note=f"put off for {decision.when:.0f} s: {error}")


def _give_up(parts: WorkerParts, job: Job, name: str, reason: str, why: str) -> None:
    """Counted, and begun again by the next sweep; who gave a command is told instead."""
    structlog.get_logger("lockbot.jobs").error("job given up", reason=reason, why=why)
    lost = job if isinstance(job, RunJob) else None
    parts.registry.record_given_up(name, lost, parts.ports.clock.now().timestamp())
    try:
        if isinstance(job, CommandJob):
            give_up_command(parts.ports, job, reason)
        elif isinstance(job, CheckJob):
            give_up_check(parts.ports, job, reason)
    except LockbotError as error:
        structlog.get_logger("lockbot.jobs").warning("nobody was told", reason=str(error))


def _set_aside(parts: WorkerParts, job: Job, error: SetAside) -> str:
    """The operator sees it in the log, the numbers and ``lockbot jobs``, the repository's people on the commit."""
    log = structlog.get_logger("lockbot.jobs")
    log.error("job set aside", reason=str(error))
    try:
        if isinstance(job, RunJob):
            tell_set_aside(parts.ports, job.repository)
        elif isinstance(job, CheckJob):
            set_check_aside(parts.ports, job)
    except LockbotError as second:
        log.warning("nobody could be told", reason=str(second))
    return f"set aside: {error}"


def _check_budget(parts: WorkerParts, job: Job) -> None:
    """Raises ``NotNow`` where the installation's budget of requests is kept for people."""
    match job:
        case RunJob() | ClosedJob() | MergeJob() | RelockJob() | CheckJob(is_stranger=True):
            installation, spread = job.repository.installation, job.repository.id % _SPREAD
        case SyncJob(installation=int(number)) | SweepJob(installation=int(number)):
            installation, spread = number, 0
        case _:
            return
    until = parts.ports.app.find_rest(installation)
    now = parts.ports.clock.now().timestamp()
    if until is not None and until > now:
        raise NotNow("little is left of the installation's rate limit", until - now + spread)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ThriftySteps:
    """Looks at the budget before each step as well: one run may be what uses it up."""

    steps: StepRunner
    check: Callable[[], None]

    def run(self, name: str, kind: type[T], action: Callable[[], T]) -> T:
        self.check()
        return self.steps.run(name, kind, action)


@contextmanager
def _alone(parts: WorkerParts, place: str, name: str) -> Iterator[None]:
    """Within, no other job works at that place. Raises ``NotNow`` where one does already."""
    if not parts.registry.take_turn_of(place, name):
        raise NotNow("another job is at work there", _SOON)
    try:
        yield
    finally:
        parts.registry.give_back_turn_of(place, name)


# --- what is done ---------------------------------------------------------------------------------


def _dispatch(parts: WorkerParts, envelope: Envelope, name: str, steps: StepRunner) -> str:
    solving = envelope.lane is Lane.SOLVING
    match envelope.job:
        case RunJob() as job:
            return _run(parts, job, envelope, name, steps) if solving else _enter_run(parts, job, envelope, name)
        case CommandJob() as job:
            return _obey(parts, job, name, steps) if solving else _enter_command(parts, job, envelope, name)
        case CheckJob() as job:
            is_entered = envelope.lane is not Lane.FIRST
            return _check(parts, job, name, steps) if is_entered else _enter_check(parts, job, envelope, name)
        case RelockJob() as job:
            return _relock(parts, job, envelope, name, steps)
        case ClosedJob() as job:
            with _alone(parts, place_of(job), name):
                note = closed_job(parts.ports, job).note
            return note + _fill_room(parts, job.repository, name)
        case MergeJob() as job:
            return _tend_merging(parts, job, name)
        case ForgetJob() as job:
            parts.registry.forget(job.installation, job.repositories)
            return "forgotten"
        case SyncJob() as job:
            with _alone(parts, place_of(job), name):
                return _sync(parts, job, name)
        case SweepJob() as job:
            return _sweep(parts, job, name)
        case WatchJob():
            return _watch(parts, name)
        case IndexJob() as job:
            return _watch_indexes(parts, job, name)
        case _:
            assert_never(envelope.job)


def _enter_run(parts: WorkerParts, job: RunJob, envelope: Envelope, name: str) -> str:
    """The first lane: one statement for each of a burst, one look at the forge for the others. Nothing is recorded: all of
    it may be done again."""
    if job.branch is not None and not _is_base(parts, job.repository, job.branch):
        return "nothing is proposed for that branch"
    with parts.doors.enter(job.repository.id):
        cover = parts.registry.find_cover(job.repository.id, job.scope)
        if cover.waiting or cover.until > envelope.received + _SKEW:
            return "covered by a later run"
        return _look_and_hand_over(parts, job, envelope, name)


def _is_base(parts: WorkerParts, ref: RepositoryRef, branch: BranchName) -> bool:
    patterns, prefix = parts.registry.find_bases(ref.id)
    return bool(patterns) and branch in choose_bases(patterns, prefix, BranchName(""), [branch])


def _look_and_hand_over(parts: WorkerParts, job: RunJob, envelope: Envelope, name: str) -> str:
    now = parts.ports.clock.now()
    if parts.registry.find_new([job.repository]):
        # Nobody told of its installation: this is what begins with it. It counts as known when its run is on the queue.
        job = replace(job, scope=job.scope if job.scope is Scope.TURN else Scope.ALL)
    found = look(parts.ports, parts.ports.app.open_repository(job.repository))
    done = settle(found, replace(job, waiting=parts.registry.list_waiting(job.repository.id)))
    if done is not None:
        parts.registry.remember([job.repository], now)
        _remember(parts, job.repository, done, job.scope)
        _cover(parts, job, done, now.timestamp())
        return done.note
    solving = _hand_over(parts, replace(envelope, job=job), name)
    parts.registry.remember([job.repository], now)
    parts.registry.record_asked(job.repository.id, job.scope, solving)
    return "to be solved"


def _hand_over(parts: WorkerParts, envelope: Envelope, name: str, lane: Lane = Lane.SOLVING) -> str:
    solving = f"{name.partition('#')[0]}/solve"
    passed_on = replace(envelope, lane=lane, attempt=1, waits=0)
    parts.queue.store_again(solving, passed_on, delay=0.0)
    return solving


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStart:
    """``moment`` in seconds since the epoch. ``covered``: another run has done all that this one was asked for."""

    moment: float
    covered: bool


def _run(parts: WorkerParts, job: RunJob, envelope: Envelope, name: str, steps: StepRunner) -> str:
    with _alone(parts, place_of(job), name):
        parts.registry.remember([job.repository], parts.ports.clock.now())
        start = steps.run("start", RunStart, lambda: _start(parts, job, envelope.received))
        if start.covered:
            return "covered by a later run"
        job = replace(job, waiting=parts.registry.list_waiting(job.repository.id))
        thrifty = _ThriftySteps(steps=steps, check=lambda: _check_budget(parts, job))
        done = run_job(parts.ports, job, thrifty, name)
        _remember(parts, job.repository, done, job.scope)
        _cover(parts, job, done, start.moment)
        if parts.indexes is not None and done.config is not None:
            parts.indexes.remember(job.repository, done.config, done.depended, start.moment)
        return done.note


def _cover(parts: WorkerParts, job: RunJob, done: JobDone, started: float) -> None:
    if not done.gone:
        parts.registry.record_cover(job.repository.id, done.scope or job.scope, started)


def _start(parts: WorkerParts, job: RunJob, received: float) -> RunStart:
    covered = parts.registry.find_cover(job.repository.id, job.scope).until > received + _SKEW
    return RunStart(moment=parts.ports.clock.now().timestamp(), covered=covered)


def _enter_command(parts: WorkerParts, job: CommandJob, envelope: Envelope, name: str) -> str:
    """The first lane: acknowledged within seconds, however much there is to be solved.

    Of the commands on one pull request one at a time: what is said once there is looked for first.
    """
    claimed = _claim(parts, job, name)
    if claimed is None:
        return "obeyed already"
    job, envelope = claimed, replace(envelope, job=claimed)
    place = f"words:{job.repository.id}:{job.number}"
    with parts.doors.enter(job.repository.id), _alone(parts, place, name):
        done = receive_command(parts.ports, job)
    if done is not None:
        return done.note
    _hand_over(parts, envelope, name)
    return "acknowledged"


def _claim(parts: WorkerParts, job: CommandJob, name: str) -> CommandJob | None:
    """The job with those of its orders that no other one has: a comment that is edited is told of more than once."""
    if job.comment is None:
        return job
    orders = name_orders(job)
    ours = parts.registry.claim_orders(orders, base_name(name), parts.ports.clock.now().timestamp())
    return replace(job, orders=tuple(one for key, one in orders.items() if key in ours)) if ours else None


def _obey(parts: WorkerParts, job: CommandJob, name: str, steps: StepRunner) -> str:
    with _alone(parts, place_of(job), name):
        done = command_job(parts.ports, job, steps, name)
        _remember(parts, job.repository, done)
        if done.follow:
            parts.queue.store(f"{base_name(name)}:then", done.follow)
        return done.note


def _enter_check(parts: WorkerParts, job: CheckJob, envelope: Envelope, name: str) -> str:
    """The first lane: what needs no solving is done here."""
    entered = enter_check(parts.ports, job)
    if entered.job is not None:
        _hand_over(parts, replace(envelope, job=entered.job), name, parts.duty.check_lane)
    return entered.note


def _check(parts: WorkerParts, job: CheckJob, name: str, steps: StepRunner) -> str:
    with _alone(parts, place_of(job), name):
        done, follows = check_job(parts.ports, job, steps, name)
    if follows is not None:
        parts.queue.store(name, (follows,))
    return done.note


def _relock(parts: WorkerParts, job: RelockJob, envelope: Envelope, name: str, steps: StepRunner) -> str:
    """It is put on the queue as any job is, and has nothing to be done at a glance."""
    if envelope.lane is Lane.FIRST:
        _hand_over(parts, envelope, name, parts.duty.check_lane)
        return "to be locked again"
    with _alone(parts, place_of(job), name):
        return relock_job(parts.ports, job, steps).note


def _tend_merging(parts: WorkerParts, job: MergeJob, name: str) -> str:
    """Most words about a commit concern nothing that waits: they cost one statement."""
    wishes = choose_wishes(parts.registry.list_merging(job.repository.id), job)
    if not wishes:
        return "nothing waits to be merged there"
    with _alone(parts, place_of(job), name):
        done = merge_job(parts.ports, job, wishes)
        parts.registry.drop_merging(job.repository.id, done.ended)
    return done.note


def _fill_room(parts: WorkerParts, ref: RepositoryRef, name: str) -> str:
    """A pull request fewer: what waits for room is looked at again."""
    if not parts.registry.list_waiting(ref.id):
        return ""
    parts.queue.store(f"room:{name}", (RunJob(repository=ref, scope=Scope.OPEN),))
    return "; there is room for what waits"


def _remember(parts: WorkerParts, ref: RepositoryRef, done: JobDone, asked: Scope | None = None) -> None:
    """``asked``: what a run was asked for; a command's run is none."""
    if done.gone:
        parts.registry.forget(ref.installation, [ref.id])
        return
    if done.config is not None:
        parts.registry.record_config(ref.id, done.config)
    if done.facts is not None and done.base is not None:
        parts.see(ref.id, done.base, done.facts)
    if done.config is not None and asked is not None:
        parts.registry.record_ripening(ref.id, done.ripe_at)
        parts.registry.record_waiting(ref.id, done.waiting, done.room_at)
        parts.registry.record_merging(ref.id, done.merging)
    if asked is None:
        _follow_heads(parts, ref, done)
    if done.base is not None:
        is_whole = asked in (Scope.ALL, Scope.TURN)
        parts.registry.record_seen(ref.id, done.base, whole=is_whole)
        if done.config is not None and asked is not None:
            _remember_watched(parts, ref, done)


def _remember_watched(parts: WorkerParts, ref: RepositoryRef, done: JobDone) -> None:
    """What could not all be looked up stands as it was: the next look finds that the base moved on."""
    if done.unsure is not None:
        structlog.get_logger("lockbot.advisories").warning("not all is known", reason=done.unsure)
    elif done.base is not None:
        parts.registry.record_watched(ref.id, done.base, done.watched)


def _watch(parts: WorkerParts, name: str) -> str:
    """Start a run where something new is known, or where nobody looked since the base moved on."""
    known = {one.ref.id: one.ref for one in parts.registry.list_repositories() if one.enabled}
    watched, seen = parts.registry.list_watched([*known]), parts.registry.list_seen([*known])
    moved = [number for number, head in watched.items() if seen.get(number, Seen()).head not in {None, head.base}]
    try:
        changed = find_changed(parts.ports.advisories, watched)
    except AdvisoryFailure as error:
        # Nobody waits for it: the next hour asks again.
        structlog.get_logger("lockbot.advisories").warning("not asked", reason=str(error))
        changed = ()
    jobs = tuple(RunJob(repository=known[one], scope=Scope.SECURITY) for one in sorted({*moved, *changed}))
    parts.queue.store(name, jobs)
    return f"{len(watched)} repositories, {len(changed)} with something new, {len(moved)} moved on"


def _watch_indexes(parts: WorkerParts, job: IndexJob, name: str) -> str:
    """Whatever comes due meanwhile the next turn sees, so none waits for another."""
    if parts.indexes is None:
        return "indexes are not watched"
    if not parts.registry.take_turn_of(place_of(job), name):
        return "another turn is under way"
    try:
        return parts.indexes.turn()
    finally:
        parts.registry.give_back_turn_of(place_of(job), name)


def _follow_heads(parts: WorkerParts, ref: RepositoryRef, done: JobDone) -> None:
    """A command has moved branches: what waits to be merged there waits for checks of other commits now."""
    heads = {one.number: one.head for one in done.published if one.head is not None}
    wishes = parts.registry.list_merging(ref.id) if heads else ()
    if any(one.number in heads for one in wishes):
        moved = [replace(one, head=heads.get(one.number) or one.head) for one in wishes]
        parts.registry.record_merging(ref.id, [replace(one, is_sure=one.number in heads) for one in moved])


def _sync(parts: WorkerParts, job: SyncJob, name: str) -> str:
    """Forget what is gone, start what is new. What is new counts as known when its run is on the queue."""
    listed = list_repositories(parts.ports.app, job.installation)
    parts.registry.keep_only(listed, job.installation)
    new = parts.registry.find_new(listed)
    parts.queue.store(name, tuple(RunJob(repository=ref, scope=Scope.ALL) for ref in new))
    parts.registry.remember(listed, parts.ports.clock.now())
    return f"{len(listed)} repositories, {len(new)} new"


def _sweep(parts: WorkerParts, job: SweepJob, name: str) -> str:
    """Start what nobody told of, and what was given up."""
    if job.installation is None:
        installations = parts.registry.list_installations()
        for number in installations:
            parts.queue.store(f"{name}:{number}", (SweepJob(installation=number),))
        return f"{len(installations)} installations"
    refs = [one.ref for one in parts.registry.list_repositories(job.installation)]
    seen = parts.registry.list_seen([ref.id for ref in refs])
    glances = parts.ports.app.look_over(job.installation, refs, check=HEAD_CHECK)
    lost = [one for glance in glances for one in _find_lost(parts, glance, seen.get(glance.ref.id, Seen()))]
    for delivery, some in groupby(lost, key=lambda one: one.delivery):
        parts.queue.store(delivery, tuple(one.job for one in some))
    merging = parts.registry.find_merging([ref.id for ref in refs])
    if merging:
        parts.queue.store(f"merge:{name}", tuple(MergeJob(repository=ref) for ref in refs if ref.id in merging))
    again = parts.registry.list_given_up(job.installation)
    parts.queue.store(f"again:{name}", again)
    parts.registry.record_begun_again([one.repository.id for one in again])
    return f"{len(refs)} repositories, {len(lost)} lost messages, {len(again)} begun again"


def _find_lost(parts: WorkerParts, glance: Glance, seen: Seen) -> tuple[Lost, ...]:
    found = tuple(find_lost(parts.ports, glance, seen))
    if glance.base is not None and glance.base != seen.whole and not any(isinstance(one.job, RunJob) for one in found):
        # The next sweep need not look at the configuration up to here.
        parts.registry.record_seen(glance.ref.id, glance.base, whole=True)
    return found
