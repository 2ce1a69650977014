"""A literal table of routes, each with the permission that GitHub asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.github.auth import Caller
from tests.github.model import Repository
from tests.github.wire import Reply, Request

if TYPE_CHECKING:
    from tests.github.hub import Hub


@dataclass(kw_only=True)
class Call:
    """A request to one repository, let through."""

    hub: Hub
    request: Request
    caller: Caller
    repository: Repository
    parts: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    permission: str
    level: str
    handler: Callable[[Call], Reply]
    described: str


def route(method: str, path: str, permission: str, level: str, handler: Callable[[Call], Reply]) -> Route:
    """``path`` is what follows ``/repos/OWNER/NAME``; ``{x}`` is one segment, ``{x+}`` the rest.

    ``permission`` "conversation": on a pull request its own or the one for issues, on an issue that one alone.
    """
    described = "/repos/{owner}/{repo}" + path.replace("+}", "}")
    pattern = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", path)
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
    return Route(
        method=method,
        pattern=re.compile(pattern),
        permission=permission,
        level=level,
        handler=handler,
        described=described,
    )
