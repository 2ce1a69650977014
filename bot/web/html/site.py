"""Routes to an application: with the assets that pages load, and headers around every answer."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from bot.web.html.assets import Assets
from bot.web.html.headers import SecurityHeaders


def make_site(routes: Sequence[BaseRoute], assets: Assets) -> ASGIApp:
    """Outermost are the headers, so that an answer to what failed has them too."""
    site = Starlette(routes=[*routes, assets.make_route()])
    # It would send people to whatever host their request names.
    site.router.redirect_slashes = False
    return SecurityHeaders(site)
