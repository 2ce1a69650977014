"""Pages for everybody: what this is, at ``/`` and nothing else; and that there is no such page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from bot.web.html.rendering import Templates


class Welcome:
    """Where nobody can sign in, as the server has not been told how; the page says so."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    async def show(self, _request: Request) -> Response:
        return self._templates.respond("welcome.html", me=None, can_sign_in=False, target="/")

    async def miss(self, _request: Request, _error: Exception) -> Response:
        """For what no route is for."""
        return self._templates.respond("problem.html", status=404, me=None, problem="missing")
