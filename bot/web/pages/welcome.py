"""The page at ``/`` for whoever comes by: it says what this is and nothing else."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from bot.web.html.rendering import Templates


class Welcome:
    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    async def show(self, _request: Request) -> Response:
        return self._templates.respond("welcome.html")
