"""All repositories that a person sees, with a search."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.web.pages.desk import Desk, NotHere
from bot.web.pages.places import page_path, repository_path
from bot.web.signin.sessions import Session

_PAGE = 50
_LONGEST = 200


class Overview:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def first(self, request: Request) -> Response:
        return await self._desk.for_people(self.show)(request)

    async def show(self, request: Request, session: Session) -> Response:
        search, number = request.query_params.get("q", "").strip()[:_LONGEST], _number(request)
        ids = None if session.is_operator else frozenset(session.access.repositories)
        rows, whole = await self._desk.ask(
            lambda: self._desk.records.list_summaries(ids, search, skip=(number - 1) * _PAGE, most=_PAGE)
        )
        return self._desk.respond(
            "overview.html",
            session,
            rows=rows,
            whole=whole,
            search=search,
            number=number,
            pages=max(1, -(-whole // _PAGE)),
            first=(number - 1) * _PAGE + 1,
            before=page_path(search, number - 1) if number > 1 else None,
            after=page_path(search, number + 1) if number * _PAGE < whole else None,
        )

    async def by_id(self, request: Request, session: Session) -> Response:
        """An address that stays when a repository is renamed."""
        number = request.path_params["number"]
        found = await self._desk.ask(lambda: self._desk.records.find_by_id(number))
        if found is None or session.find_right(found.ref.id) is None:
            raise NotHere("no such repository for this person")
        return RedirectResponse(repository_path(found.ref), status_code=303)


def _number(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1
