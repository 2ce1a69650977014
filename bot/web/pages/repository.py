"""One repository: what the last run saw, what is proposed, held back and wrong, the last jobs and their logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.ports.advisories import FindingSource
from bot.ports.people import May
from bot.ports.run import DetectedFile
from bot.report.dashboard.facts import DriftRow, Facts, list_packages
from bot.report.pages.status import activity
from bot.web.pages.bars import divide
from bot.web.pages.desk import Desk, NotHere
from bot.web.pages.drift import draw
from bot.web.pages.places import ForgePlaces, repository_path
from bot.web.signin.forms import read_form
from bot.web.signin.sessions import Session
from bot.work.records.reading import TroublesPort
from bot.work.records.record import Summary, Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A file that requires packages: how many of them, and how many could go further."""

    file: DetectedFile
    packages: int
    behind: int


class RepositoryPages:
    def __init__(self, desk: Desk, troubles: TroublesPort, places: ForgePlaces) -> None:
        self._desk = desk
        self._troubles = troubles
        self._places = places

    async def show(self, request: Request, session: Session) -> Response:
        found = await self._desk.find_repository(request, session)
        records, number = self._desk.records, found.ref.id
        sight = await self._desk.ask(lambda: records.find_sight(number))
        runs = await self._desk.ask(lambda: records.list_runs(number))
        is_busy = await self._desk.ask(lambda: records.is_busy(number))
        right = session.find_right(number)
        facts = _show(sight.facts, right) if sight is not None else None
        drift: Sequence[DriftRow] = facts.drift if facts is not None else ()
        return self._desk.respond(
            "repository.html",
            session,
            found=found,
            base=sight.base[:12] if sight is not None else "",
            facts=facts,
            units=[_unit(one) for one in facts.detected] if facts is not None else [],
            drift=drift,
            picture=draw(drift),
            runs=[(one, divide(one.used.stages, one.ended - one.started)) for one in runs],
            troubles=await self._list_troubles(found),
            may_change=right is May.WRITE,
            activity=describe(found, is_busy=is_busy, now=self._desk.now()),
            places=self._places,
        )

    async def show_run(self, request: Request, session: Session) -> Response:
        found = await self._desk.find_repository(request, session)
        job = request.query_params.get("job", "")
        run = await self._desk.ask(lambda: self._desk.records.find_run(found.ref.id, job))
        if run is None:
            raise NotHere("no such job is kept")
        bars = divide(run.used.stages, run.ended - run.started)
        may_read_log = session.find_right(found.ref.id) is May.WRITE
        log = run.log if may_read_log else ()
        return self._desk.respond(
            "run.html", session, found=found, run=run, log=log, may_read_log=may_read_log, bars=bars
        )

    async def retry(self, request: Request, session: Session) -> Response:
        """Something that was set aside or failed, and is this repository's, is tried again."""
        form = await read_form(request)
        self._desk.check_form(request, session, form.get("token", ""))
        found = await self._desk.find_repository(request, session)
        self._desk.check_may_change(session, found)
        name = form.get("name", "")
        if all(one.name != name for one in await self._list_troubles(found)):
            raise NotHere("nothing of that name is this repository's")
        await self._desk.ask(lambda: self._troubles.try_again(name))
        return RedirectResponse(repository_path(found.ref), status_code=303)

    async def _list_troubles(self, found: Summary) -> Sequence[Trouble]:
        troubles = await self._desk.ask(self._troubles.list_troubled)
        return [one for one in troubles if one.concerns(found.ref)]


def describe(found: Summary, *, is_busy: bool, now: float) -> str:
    last = found.last
    told = None if last is None else (last.outcome, last.started, last.ended)
    return activity(is_busy=is_busy, last=told, now=now)


def _show(facts: Facts, right: May | None) -> Facts:
    """The forge shows its alerts to who may write there, and so does this page."""
    if right is May.WRITE:
        return facts
    return replace(facts, vulnerable=tuple(one for one in facts.vulnerable if one.source is not FindingSource.ALERT))


def _unit(file: DetectedFile) -> UnitRow:
    packages = [*list_packages((file,))]
    return UnitRow(file=file, packages=len(packages), behind=sum(one.newest is not None for one in packages))
