"""The code that GitHub's form gives back, made into an App: once, within an hour, without any credential."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from githubkit import GitHub, UnauthAuthStrategy
from pydantic import BaseModel

from bot.addresses import is_server_address
from bot.forge.github.client import TIMEOUT, VERSION, read
from bot.forge.github.failures import check_key, translated
from bot.ports.forge import ForgeRejected

#: GitHub's are forty hexadecimal digits.
_CODE = re.compile(r"[A-Za-z0-9_-]{8,200}")
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}")


class _Body(BaseModel):
    id: int
    slug: str
    client_id: str
    client_secret: str
    webhook_secret: str | None
    pem: str
    html_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """An App as GitHub made it; ``page`` is the one that it has there. Nobody is told its secrets again."""

    app_id: int
    slug: str
    page: str
    client_id: str
    client_secret: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    private_key: str = field(repr=False)


def convert(api_url: str, code: str, proxy: str | None = None) -> Converted:
    """Raises ``ForgeNotFound`` for a code that is unknown, spent or older than an hour, and other ``ForgeError``. After an
    outage the code may be spent or not: nobody knows."""
    if not _CODE.fullmatch(code):
        raise ForgeRejected("that is no code of GitHub's")
    # The code is as good as the App's key until it is spent: it shows in no error.
    with translated("POST /app-manifests/{code}/conversions"):
        response = _make_client(api_url, proxy).request(
            "POST", f"{api_url}/app-manifests/{quote(code)}/conversions", headers=VERSION
        )
    body = read(_Body, response.content)
    if not body.webhook_secret or not _SLUG.fullmatch(body.slug) or not is_server_address(body.html_url):
        raise ForgeRejected("GitHub made an App without a secret for its webhook, or without a page")
    check_key(body.pem)
    return Converted(
        app_id=body.id,
        slug=body.slug,
        page=body.html_url,
        client_id=body.client_id,
        client_secret=body.client_secret,
        webhook_secret=body.webhook_secret,
        private_key=body.pem,
    )


def _make_client(api_url: str, proxy: str | None) -> GitHub[Any]:
    return GitHub(
        UnauthAuthStrategy(),
        base_url=api_url,
        user_agent="lockbot",
        timeout=TIMEOUT,
        ssl_verify=ssl.create_default_context(),
        trust_env=False,
        proxy=proxy,
        http_cache=False,
        auto_retry=False,
    )
