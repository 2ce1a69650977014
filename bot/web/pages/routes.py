"""All pages for people, by their addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.report.pages import moments, status
from bot.web.html.assets import Assets
from bot.web.html.rendering import Templates
from bot.web.pages import operators
from bot.web.pages.desk import Desk
from bot.web.pages.live import Live
from bot.web.pages.operators import OperatorPages
from bot.web.pages.overview import Overview
from bot.web.pages.places import ForgePlaces, repository_path, run_path
from bot.web.pages.repository import RepositoryPages, describe
from bot.web.pages.state import StatePort
from bot.web.pages.welcome import Welcome
from bot.web.signin.routes import SignInParts, SignInRoutes
from bot.web.signin.sessions import Session
from bot.work.records.reading import RecordsPort, TroublesPort

WORDS: Mapping[str, Callable[..., str]] = {
    "ago": moments.ago,
    "clock_time": moments.clock_time,
    "date_and_time": moments.date_and_time,
    "kind": status.kind,
    "repository_path": repository_path,
    "run_path": run_path,
    "security": status.security,
    "size": moments.size,
    "stamp": moments.stamp,
    "tone": status.tone,
    "took": moments.took,
}
_REPOSITORY = "/repositories/{owner}/{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesParts:
    """What pages for people who sign in need."""

    sign_in: SignInParts
    records: RecordsPort
    troubles: TroublesPort
    places: ForgePlaces


def make_templates(assets: Assets) -> Templates:
    return Templates("bot.web.pages", assets, WORDS)


def make_closed_routes(templates: Templates) -> list[Route]:
    """Where nobody can sign in."""
    return [Route("/", Welcome(templates).show)]


def make_routes(parts: PagesParts, templates: Templates, state: StatePort) -> list[Route]:
    desk = Desk(visitors=parts.sign_in.visitors, records=parts.records, templates=templates, now=parts.sign_in.now)
    overview, live = Overview(desk), Live(desk=desk)
    pages = RepositoryPages(desk, parts.troubles, parts.places)
    server = OperatorPages(desk=desk, state=state, troubles=parts.troubles)

    async def repository_live(request: Request, session: Session) -> Response:
        found = await desk.find_repository(request, session)

        async def look(session: Session) -> Mapping[str, str] | None:
            if session.find_right(found.ref.id) is None:
                return None
            now = await desk.ask(lambda: desk.records.find_by_id(found.ref.id))
            is_busy = await desk.ask(lambda: desk.records.is_busy(found.ref.id))
            return None if now is None else {"activity": describe(now, is_busy=is_busy, now=desk.now())}

        return live.respond(request, session, look)

    async def operators_live(request: Request, session: Session) -> Response:
        async def look(session: Session) -> Mapping[str, str] | None:
            return operators.describe(await state.look()) if session.is_operator else None

        return live.respond(request, session, look)

    return [
        *SignInRoutes(parts.sign_in, templates).make_routes(),
        Route("/", overview.first),
        Route("/repositories/{number:int}", desk.for_people(overview.by_id)),
        Route(_REPOSITORY, desk.for_people(pages.show)),
        Route(f"{_REPOSITORY}/run", desk.for_people(pages.show_run)),
        Route(f"{_REPOSITORY}/live", desk.for_people(repository_live)),
        Route(f"{_REPOSITORY}/retry", desk.for_people(pages.retry), methods=["POST"]),
        Route("/operators", desk.for_operators(server.show)),
        Route("/operators/live", desk.for_operators(operators_live)),
        Route("/operators/retry", desk.for_operators(server.retry), methods=["POST"]),
    ]
