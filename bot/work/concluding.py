"""What a run came to: told on the dashboard and in checks, and given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from types import NoneType

from bot.events.jobs import Scope
from bot.ports.advisories import Watched
from bot.ports.indexes import Depended
from bot.ports.run import BranchName
from bot.report.dashboard.facts import Facts
from bot.work.account import read_lacking
from bot.work.checks import report_queued, report_waiting
from bot.work.dashboard.board import write_board
from bot.work.dashboard.facts import Findings, remember, tell
from bot.work.job import JobDone
from bot.work.publishing.linking import is_without_link, lead_to_dashboard
from bot.work.publishing.outcome import Outcome, Published
from bot.work.publishing.queueing import Room
from bot.work.run import Part, Results, Run, describe_published, find_problems, start_of_hour
from bot.work.solving import SolvedRepository


class Concluding(Run):
    __slots__ = ()

    def tell(self, parts: Sequence[Part], results: Results, *, is_public: bool) -> Facts:
        """All of it, on the dashboard; gives what is told."""
        first = parts[0].solved
        said = (problem for row in results.rows for problem in find_problems(row))
        now = self.ports.clock.now()
        lacking = read_lacking(self.target.forge, self.ports.memory, now)
        findings = Findings(
            reports=tuple(part.solved.report for part in parts),
            published=results.published,
            pulls=results.pulls,
            problems=tuple(dict.fromkeys((*(one for part in parts for one in part.solved.report.problems), *said))),
            broken=first.broken,
            fallback=first.fallback,
            lacking=lacking,
            today=now.date(),
            is_public=is_public,
        )
        self.steps.run("write dashboard", str, lambda: write_board(self.board, findings))
        self._lead_to_dashboard(parts, results)
        return tell(findings, remember(self.board.state, findings))

    def _lead_to_dashboard(self, parts: Sequence[Part], results: Results) -> None:
        number = self.ports.dashboards.find(self.target.forge.ref.id)
        if self.target.dashboard is not None or number is None:
            return
        for part in parts:
            opened = [
                (row.proposal, row.done) for row in results.rows if row.part is part and is_without_link(row.done)
            ]
            if opened:
                linking = partial(lead_to_dashboard, replace(part.target, dashboard=number), opened)
                self.steps.run(f"lead to the dashboard{part.suffix}", NoneType, linking)

    def conclude(self, parts: Sequence[Part], results: Results, facts: Facts) -> JobDone:
        first, room, published = parts[0].solved, results.room, results.published
        outside = [self._tell_outside(part, published) for part in parts]
        limited = tuple(one.branch for one in published if one.outcome is Outcome.LIMITED)
        if limited:
            tell = partial(report_queued, self.target.forge, self.target.base, limited, room)
            self.steps.run("report queue", NoneType, tell)
        ripe = [part.solved.report.ripe_at for part in parts if part.solved.report.ripe_at is not None]
        return JobDone(
            note=describe_published(published) + ("; outside the schedule" if any(outside) else ""),
            scope=first.scope,
            base=self.target.base,
            config=first.report.config,
            ripe_at=min(ripe, default=None),
            watched=_join_watched([part.solved.report.watched for part in parts]),
            depended=_join_depended([part.solved.report.depended for part in parts]),
            unsure=next((part.solved.report.unsure for part in parts if part.solved.report.unsure is not None), None),
            published=published,
            waiting=self._find_waiting(first, published, limited),
            room_at=self._find_room_at(room) if limited else None,
            facts=facts,
            merging=tuple(row.merge.wish for row in results.rows if row.merge and row.merge.wish and row.merge.is_open),
        )

    def _find_waiting(
        self, first: SolvedRepository, published: Sequence[Published], limited: tuple[BranchName, ...]
    ) -> tuple[BranchName, ...]:
        """What waits for room alone; what did so before and is outside of its schedule now goes on to."""
        if first.report.config.problems:
            return self.job.waiting
        kept = (one.branch for one in published if one.outcome is Outcome.NOT_OPEN and one.branch in self.job.waiting)
        return (*limited, *kept)

    def _find_room_at(self, room: Room) -> float | None:
        if not room.is_hour_over:
            return None
        return (start_of_hour(self.ports.clock.now()) + timedelta(hours=1)).timestamp()

    def _tell_outside(self, part: Part, published: Sequence[Published]) -> bool:
        """Of a run outside of the repository's schedule: what waits for it."""
        own = {one.branch: one.schedule for one in part.solved.report.proposals}
        waiting = tuple(one.branch for one in published if one.outcome is Outcome.NOT_OPEN and one.branch in own)
        if self.job.scope is not Scope.ALL or not waiting:
            return False
        config = part.solved.report.config
        entries = (config.schedule if (stated := own[branch]) is None else stated for branch in waiting)
        windows = tuple(dict.fromkeys(entry for one in entries for entry in one))
        tell = partial(report_waiting, part.target.forge, part.target.base, waiting, windows, config.timezone)
        self.steps.run(f"report waiting{part.suffix}", NoneType, tell)
        return True


def _join_watched(found: Sequence[tuple[Watched, ...] | None]) -> tuple[Watched, ...] | None:
    """What was asked about on all bases, each once; None: nothing is to be asked about on any of them."""
    stated = [one for one in found if one is not None]
    rows = {(row.package, row.version): row for one in stated for row in one}
    return tuple(rows.values()) if stated else None


def _join_depended(found: Sequence[tuple[Depended, ...] | None]) -> tuple[Depended, ...] | None:
    """The pages of all bases; None: on one of them nobody looked, so that nothing is known to be left out."""
    stated = [one for one in found if one is not None]
    return tuple(one for rows in stated for one in rows) if stated and len(stated) == len(found) else None
