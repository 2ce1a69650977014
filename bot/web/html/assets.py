"""The few files that pages load from this server: a stylesheet, an icon, a script for what is live.

Their addresses bear a digest of their text, so that browsers may keep them for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

_KINDS: Mapping[str, str] = {
    "icon.svg": "image/svg+xml",
    "live.js": "text/javascript",
    "style.css": "text/css",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    body: bytes
    kind: str
    digest: str


class Assets:
    """Read once, when the server is put together."""

    def __init__(self) -> None:
        self._all = {name: _read(name, kind) for name, kind in _KINDS.items()}

    def get_address(self, name: str) -> str:
        """Raises ``KeyError`` for a name that is none: only templates ask."""
        return f"/assets/{name}?{self._all[name].digest}"

    def make_route(self) -> Route:
        return Route("/assets/{name}", self._serve)

    async def _serve(self, request: Request) -> Response:
        asset = self._all.get(request.path_params["name"])
        if asset is None:
            return PlainTextResponse("not found\n", status_code=404)
        is_named = request.url.query == asset.digest
        caching = "public, max-age=31536000, immutable" if is_named else "no-cache"
        return Response(asset.body, media_type=asset.kind, headers={"Cache-Control": caching})


def _read(name: str, kind: str) -> Asset:
    body = files("bot.web.html").joinpath("assets", name).read_bytes()
    return Asset(body=body, kind=kind, digest=sha256(body).hexdigest()[:16])
