"""Routes to an application: with the assets that pages load, and headers around every answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from bot.web.html.assets import Assets
from bot.web.html.headers import SecurityHeaders

#: Answers where no route is.
Miss: TypeAlias = Callable[[Request, Exception], Awaitable[Response]]


def make_site(routes: Sequence[BaseRoute], assets: Assets, miss: Miss | None = None) -> ASGIApp:
    """Outermost are the headers, so that an answer to what failed has them too."""
    handlers: Mapping[Any, Miss] = {} if miss is None else {404: miss}
    site = Starlette(routes=[*routes, assets.make_route()], exception_handlers=handlers)
    # It would send people to whatever host their request names.
    site.router.redirect_slashes = False
    return SecurityHeaders(site)
