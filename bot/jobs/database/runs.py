"""What is kept of jobs for people to look at: bounded in number, age and size, and read by no job."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from bot.jobs.database.engine import insert_or_ignore, translated
from bot.jobs.database.records import Records, slices
from bot.jobs.database.repositories import known_repository
from bot.jobs.database.tables import BUDGETS, REPOSITORIES, RUNS, SIGHTS, TURNS
from bot.ports.journal import LogLine
from bot.ports.run import Sha
from bot.report.dashboard.facts import DriftRow, Facts
from bot.work.records.record import Budget, Counts, RunRecord, Sight, Summary, Used, count

#: Jobs of a repository.
MOST_RUNS = 20
#: Characters of what a run saw; beyond them single packages are left out.
_MOST_FACTS = 1_000_000
#: Days of the drift.
_MOST_DAYS = 120

_FACTS, _COUNTS = TypeAdapter(Facts), TypeAdapter(Counts)
_USED, _LOG = TypeAdapter(Used), TypeAdapter(tuple[LogLine, ...])


class RunRecords(Records):
    """Implements ``work.records.reading.RecordsPort``, and writes what that reads."""

    # --- written by workers -----------------------------------------------------------------------

    def record_run(self, record: RunRecord) -> None:
        """Again under the same name: written over. Of a repository the newest stay."""
        there = (RUNS.c.repository == record.repository) & (RUNS.c.job == record.job)
        own = sa.select(RUNS.c.job).where(RUNS.c.repository == record.repository)
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(RUNS).where(there))
            connection.execute(sa.insert(RUNS).values(_run_row(record)))
            old = [*connection.scalars(own.order_by(RUNS.c.ended.desc()).offset(MOST_RUNS).limit(100))]
            gone = (RUNS.c.repository == record.repository) & RUNS.c.job.in_(old)
            connection.execute(sa.delete(RUNS).where(gone))

    def record_sight(self, repository: int, sight: Sight) -> None:
        """The drift of earlier days stays, also where no dashboard remembers it."""
        before = self.find_sight(repository)
        if before is not None:
            sight = replace(sight, facts=replace(sight.facts, drift=_join_drift(before.facts.drift, sight.facts.drift)))
        row = {
            "base": sight.base,
            "moment": sight.moment,
            "counts": _COUNTS.dump_json(count(sight.facts)).decode(),
            "facts": _render_facts(sight.facts),
        }
        with translated(), self._engine.begin() as connection:
            connection.execute(insert_or_ignore(connection, SIGHTS, row | {"repository": repository}))
            connection.execute(sa.update(SIGHTS).where(SIGHTS.c.repository == repository).values(row))

    def record_budgets(self, budgets: Iterable[Budget]) -> None:
        with translated(), self._engine.begin() as connection:
            for one in budgets:
                there = (BUDGETS.c.installation == one.installation) & (BUDGETS.c.resource == one.resource)
                row = {"allowed": one.allowed, "remaining": one.remaining, "moment": one.moment}
                key = {"installation": one.installation, "resource": one.resource}
                connection.execute(insert_or_ignore(connection, BUDGETS, row | key))
                connection.execute(sa.update(BUDGETS).where(there, BUDGETS.c.moment < one.moment).values(row))

    def drop_old_records(self, before: float) -> None:
        """Jobs of before that moment, and all of repositories that are not worked on any more."""
        known = sa.select(REPOSITORIES.c.id)
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(RUNS).where((RUNS.c.ended < before) | RUNS.c.repository.not_in(known)))
            connection.execute(sa.delete(SIGHTS).where(SIGHTS.c.repository.not_in(known)))
            connection.execute(sa.delete(BUDGETS).where(BUDGETS.c.moment < before))

    # --- read by pages ----------------------------------------------------------------------------

    def list_summaries(
        self, ids: Collection[int] | None, search: str, *, skip: int, most: int
    ) -> tuple[Sequence[Summary], int]:
        named = sa.func.lower(REPOSITORIES.c.owner + "/" + REPOSITORIES.c.name)
        wanted = sa.select(REPOSITORIES.c.id, named.label("named"))
        if search:
            wanted = wanted.where(named.contains(search.lower(), autoescape=True))
        found: list[tuple[str, int]] = []
        with translated(), self._engine.connect() as connection:
            parts = [wanted] if ids is None else [wanted.where(REPOSITORIES.c.id.in_(one)) for one in slices(ids)]
            for part in parts:
                found += [(row.named, row.id) for row in connection.execute(part)]
            found.sort()
            shown = [number for _, number in found[skip : skip + most]]
            rows = self._summarize(connection, REPOSITORIES.c.id.in_(shown))
        by_id = {one.ref.id: one for one in rows}
        return [by_id[number] for number in shown if number in by_id], len(found)

    def find_repository(self, owner: str, name: str) -> Summary | None:
        """Names are the same in any case, as the forge has them."""
        table = REPOSITORIES
        there = (sa.func.lower(table.c.owner) == owner.lower()) & (sa.func.lower(table.c.name) == name.lower())
        return self._find(there)

    def find_by_id(self, repository: int) -> Summary | None:
        return self._find(REPOSITORIES.c.id == repository)

    def _find(self, there: sa.ColumnElement[bool]) -> Summary | None:
        with translated(), self._engine.connect() as connection:
            return next(iter(self._summarize(connection, there)), None)

    def _summarize(self, connection: sa.Connection, there: sa.ColumnElement[bool]) -> list[Summary]:
        table = REPOSITORIES
        joined = table.outerjoin(SIGHTS, SIGHTS.c.repository == table.c.id)
        wanted = sa.select(table, SIGHTS.c.counts, SIGHTS.c.moment).select_from(joined).where(there)
        rows = [*connection.execute(wanted.order_by(table.c.id))]
        last = self._find_last(connection, [row.id for row in rows])
        return [_summary(row, last.get(row.id)) for row in rows]

    def _find_last(self, connection: sa.Connection, ids: list[int]) -> dict[int, RunRecord]:
        newest = sa.select(RUNS.c.repository, sa.func.max(RUNS.c.ended).label("ended"))
        of = newest.where(RUNS.c.repository.in_(ids)).group_by(RUNS.c.repository).subquery()
        same = (RUNS.c.repository == of.c.repository) & (RUNS.c.ended == of.c.ended)
        found = connection.execute(sa.select(*_WITHOUT_LOG).select_from(RUNS.join(of, same)))
        return {row.repository: _record(row) for row in found}

    def find_sight(self, repository: int) -> Sight | None:
        """None too where another version of lockbot wrote what can't be read."""
        with translated(), self._engine.connect() as connection:
            row = connection.execute(sa.select(SIGHTS).where(SIGHTS.c.repository == repository)).first()
        try:
            return (
                None
                if row is None
                else Sight(base=Sha(row.base), moment=row.moment, facts=_FACTS.validate_json(row.facts))
            )
        except ValidationError:
            return None

    def list_runs(self, repository: int) -> Sequence[RunRecord]:
        wanted = sa.select(*_WITHOUT_LOG).where(RUNS.c.repository == repository).order_by(RUNS.c.ended.desc())
        with translated(), self._engine.connect() as connection:
            return [_record(row) for row in connection.execute(wanted)]

    def find_run(self, repository: int, job: str) -> RunRecord | None:
        wanted = sa.select(RUNS).where(RUNS.c.repository == repository, RUNS.c.job == job)
        with translated(), self._engine.connect() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else replace(_record(row), log=_LOG.validate_json(row.log))

    def is_busy(self, repository: int) -> bool:
        status = self._status
        runs = sa.exists().where(status.c.workflow_uuid == TURNS.c.holder, status.c.status == "PENDING")
        held = sa.exists().where(TURNS.c.key == f"repository:{repository}", runs)
        with translated(), self._engine.connect() as connection:
            return bool(connection.scalar(sa.select(held)))

    def list_budgets(self) -> Sequence[Budget]:
        accounts = sa.select(REPOSITORIES.c.installation, sa.func.min(REPOSITORIES.c.owner).label("account"))
        of = accounts.group_by(REPOSITORIES.c.installation).subquery()
        joined = BUDGETS.outerjoin(of, of.c.installation == BUDGETS.c.installation)
        wanted = sa.select(BUDGETS, of.c.account).select_from(joined).order_by(BUDGETS.c.remaining)
        with translated(), self._engine.connect() as connection:
            return [_budget(row) for row in connection.execute(wanted)]


_WITHOUT_LOG = tuple(column for column in RUNS.c if column.name != "log")


def _join_drift(before: Sequence[DriftRow], now: Sequence[DriftRow]) -> tuple[DriftRow, ...]:
    days = {one.day: one for one in (*before, *now)}
    return tuple(days[day] for day in sorted(days)[-_MOST_DAYS:])


def _render_facts(facts: Facts) -> str:
    text = _FACTS.dump_json(facts).decode()
    if len(text) <= _MOST_FACTS:
        return text
    small = replace(facts, detected=tuple(replace(one, packages=()) for one in facts.detected))
    text = _FACTS.dump_json(small).decode()
    return text if len(text) <= _MOST_FACTS else _FACTS.dump_json(Facts(drift=facts.drift)).decode()


def _run_row(record: RunRecord) -> dict[str, Any]:
    return {
        "repository": record.repository,
        "job": record.job,
        "kind": record.kind,
        "outcome": record.outcome,
        # Postgres takes every character but this one.
        "note": record.note.replace("\0", ""),
        "attempt": record.attempt,
        "received": record.received,
        "started": record.started,
        "ended": record.ended,
        "used": _USED.dump_json(record.used).decode(),
        "log": _LOG.dump_json(record.log).decode(),
    }


def _record(row: Any) -> RunRecord:
    return RunRecord(
        repository=row.repository,
        job=row.job,
        kind=row.kind,
        outcome=row.outcome,
        note=row.note,
        attempt=row.attempt,
        received=row.received,
        started=row.started,
        ended=row.ended,
        used=_USED.validate_json(row.used),
    )


def _summary(row: Any, last: RunRecord | None) -> Summary:
    known = known_repository(row)
    counts = None if row.counts is None else _COUNTS.validate_json(row.counts)
    return Summary(ref=known.ref, enabled=known.enabled, counts=counts, seen=row.moment, last=last)


def _budget(row: Any) -> Budget:
    return Budget(
        installation=row.installation,
        account=row.account or "",
        resource=row.resource,
        allowed=row.allowed,
        remaining=row.remaining,
        moment=row.moment,
    )
