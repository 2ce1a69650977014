"""What the people who run this server see: the queue, budgets of requests, workers, the cache, and what ended badly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.report.pages.moments import took
from bot.report.pages.status import waiting
from bot.web.pages.desk import Desk, NotHere
from bot.web.pages.state import ServerState, StatePort
from bot.web.signin.forms import read_form
from bot.web.signin.sessions import Session
from bot.work.records.reading import TroublesPort


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorPages:
    desk: Desk
    state: StatePort
    troubles: TroublesPort

    async def show(self, _request: Request, session: Session) -> Response:
        state = await self.state.look()
        budgets = await self.desk.ask(self.desk.records.list_budgets)
        troubles = await self.desk.ask(self.troubles.list_troubled)
        return self.desk.respond(
            "operators.html", session, state=state, fields=describe(state), budgets=budgets, troubles=troubles
        )

    async def retry(self, request: Request, session: Session) -> Response:
        form = await read_form(request)
        self.desk.check_form(request, session, form.get("token", ""))
        name = form.get("name", "")
        troubles = await self.desk.ask(self.troubles.list_troubled)
        if all(one.name != name for one in troubles):
            raise NotHere("nothing has that name")
        await self.desk.ask(lambda: self.troubles.try_again(name))
        return RedirectResponse("/operators", status_code=303)


def describe(state: ServerState) -> Mapping[str, str]:
    """What changes while the page is looked at, by the names that its template gives."""
    jobs = state.jobs
    return {
        "queue": waiting(jobs.get("waiting", 0), jobs.get("running", 0)),
        "inbox": f"{state.inbox} ({took(state.inbox_age)} old)" if state.inbox else "0",
        "failed": str(jobs.get("failed", 0)),
        "given-up": str(jobs.get("given up", 0)),
        "set-aside": str(jobs.get("set aside", 0)),
        "workers": str(state.workers_here),
        "restarts": str(state.restarts),
    }
