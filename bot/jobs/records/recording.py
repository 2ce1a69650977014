"""Keeps of jobs what people look at later. Whatever goes wrong with that, the job is none the worse."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from bot.jobs.database.runs import RunRecords
from bot.jobs.queue.envelope import Lane
from bot.ports.forge import RepositoryRef
from bot.ports.run import Sha
from bot.ports.steps import Clock
from bot.report.dashboard.facts import Facts
from bot.work.ended import EndedJob, JobOutcome
from bot.work.records.record import Budget, RunRecord, Sight, Used

#: Of a job that is looked at in the first lane: it came to nothing, or goes on elsewhere.
_QUIET = (JobOutcome.DONE, JobOutcome.WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    records: RunRecords
    clock: Clock

    def hear(self, ended: EndedJob) -> None:
        """Most jobs come to nothing at a glance; of these nothing is kept."""
        if ended.repository is None or (ended.lane == Lane.FIRST and ended.outcome in _QUIET):
            return
        self.records.record_run(make_record(ended, ended.repository))
        self.records.record_budgets(_list_budgets(ended))

    def see(self, repository: int, base: Sha, facts: Facts) -> None:
        """What a whole run saw."""
        sight = Sight(base=base, moment=self.clock.now().timestamp(), facts=facts)
        try:
            self.records.record_sight(repository, sight)
        except Exception:  # noqa: BLE001 - the run is done, whatever can't be kept of it
            structlog.get_logger("lockbot.jobs").warning("what was seen is not kept", exc_info=True)


def make_record(ended: EndedJob, ref: RepositoryRef) -> RunRecord:
    usage = ended.usage
    used = Used(
        forge=sum(usage.forge.values()),
        index={str(outcome): number for outcome, number in usage.index.items()},
        stages=dict(usage.stages),
    )
    return RunRecord(
        repository=ref.id,
        job=ended.name,
        kind=ended.kind,
        outcome=ended.outcome.value,
        note=ended.note,
        attempt=ended.attempt,
        received=ended.received,
        started=ended.started,
        ended=ended.ended,
        used=used,
        log=ended.log,
    )


def _list_budgets(ended: EndedJob) -> tuple[Budget, ...]:
    return tuple(
        Budget(
            installation=one.installation,
            account="",
            resource=one.resource,
            allowed=one.limit,
            remaining=one.remaining,
            moment=ended.ended,
        )
        for one in ended.usage.allowances
    )
