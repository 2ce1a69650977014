"""The code that GitHub's form gives back, made into an App: once, within an hour, without any credential.

GitHub answers once, so its answer is handed over before it is read; and whatever of it can be had in another way need not be
there. That an App may come without a secret for its webhook stands in GitHub's description.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import quote

from githubkit import GitHub, UnauthAuthStrategy
from pydantic import BaseModel, BeforeValidator, ValidationError

from bot.addresses import is_server_address
from bot.errors import LockbotError
from bot.forge.github.client import TIMEOUT, VERSION
from bot.forge.github.failures import check_key, translated
from bot.ports.forge import ForgeForbidden, ForgeRejected, ForgeUnavailable

#: GitHub's are forty hexadecimal digits.
_CODE = re.compile(r"[A-Za-z0-9_-]{8,200}")
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}")
_Text = Annotated[str, BeforeValidator(lambda value: value.strip() if isinstance(value, str) else "")]


class _Body(BaseModel):
    id: int
    slug: _Text = ""
    client_id: _Text = ""
    client_secret: _Text = ""
    webhook_secret: _Text = ""
    pem: str
    html_url: _Text = ""


class UnusableAnswer(LockbotError):
    """An answer without what nobody can do without: the App's number, and a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """An App as GitHub made it; ``page`` is the one that it has there. Nobody is told its secrets again. Of texts other than
    ``private_key`` "" is what GitHub left out, or what can't be."""

    app_id: int
    slug: str
    page: str
    client_id: str
    client_secret: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    private_key: str = field(repr=False)


def exchange(api_url: str, code: str, proxy: str | None = None) -> bytes:
    """GitHub's answer, unread. Raises ``ForgeNotFound`` for a code that is unknown, spent or older than an hour, and other
    ``ForgeError``. After an outage the code may be spent or not: nobody knows."""
    if not _CODE.fullmatch(code):
        raise ForgeRejected("that is no code of GitHub's")
    # The code is as good as the App's key until it is spent: it shows in no error.
    what = "POST /app-manifests/{code}/conversions"
    with translated(what):
        response = _make_client(api_url, proxy).request(
            "POST", f"{api_url}/app-manifests/{quote(code)}/conversions", headers=VERSION
        )
    if not 200 <= response.status_code < 300:
        raise ForgeUnavailable(f"{what}: {response.status_code} is no answer of GitHub's")
    return response.content


def parse_answer(answer: bytes) -> Converted:
    """Raises ``UnusableAnswer``; no part of a key shows."""
    try:
        body = _Body.model_validate_json(answer)
        check_key(body.pem)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "all of it"
        raise UnusableAnswer(f"GitHub's answer is not understood: {place}: {first['msg']}") from None
    except ForgeForbidden as error:
        raise UnusableAnswer(f"GitHub's answer is of no use: {error}") from None
    return Converted(
        app_id=body.id,
        slug=body.slug if _SLUG.fullmatch(body.slug) else "",
        page=body.html_url if is_server_address(body.html_url) else "",
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
        # The code goes to the GitHub that was named, and nowhere else.
        follow_redirects=False,
        timeout=TIMEOUT,
        ssl_verify=ssl.create_default_context(),
        trust_env=False,
        proxy=proxy,
        http_cache=False,
        auto_retry=False,
    )
