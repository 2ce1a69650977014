"""Where the forge sends people to who have installed the App: what happens now. What the address carries is not looked at."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from bot.web.html.rendering import Templates


class Installed:
    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    async def show(self, _request: Request) -> Response:
        return self._templates.respond("installed.html")
