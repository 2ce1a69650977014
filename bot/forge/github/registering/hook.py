"""The App's webhook as GitHub has it: where it sends to, what it signs with, and what became of what it sent last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from bot.forge.github.client import GitHubClient
from bot.forge.github.payloads import Rows
from bot.ports.forge import ForgeError

_LOOKED_AT = 30


class _Config(BaseModel):
    url: str | None = None
    content_type: str | None = None
    insecure_ssl: str | float | None = None
    secret: str | None = None


class _Delivery(BaseModel):
    delivered_at: datetime
    status: str
    status_code: int
    event: str
    action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """``checks_certificate``: GitHub sends to no server whose certificate is wrong. ``has_secret``: what it sends is signed;
    with what nobody is told."""

    url: str | None
    is_json: bool
    checks_certificate: bool
    has_secret: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message. ``answer`` is GitHub's word for what became of it, ``status`` 0 where nobody answered."""

    event: str
    moment: datetime
    answer: str
    status: int

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


def fetch_hook(client: GitHubClient) -> Hook:
    body = client.get(_Config, "/app/hook/config")
    checks = str(body.insecure_ssl) in ("None", "0", "0.0")
    is_json = body.content_type == "json"
    return Hook(url=body.url, is_json=is_json, checks_certificate=checks, has_secret=bool(body.secret))


def put_secret(client: GitHubClient, url: str, secret: str) -> None:
    """The webhook is as an App's of ours has to be, with this secret: again and again, if need be. Raises ``ForgeError``."""
    wanted = {"url": url, "content_type": "json", "insecure_ssl": "0", "secret": secret}
    try:
        client.request("PATCH", "/app/hook/config", body=wanted)
    except ForgeError as error:
        # What GitHub finds wrong with a value it may repeat.
        raise type(error)(str(error).replace(secret, "…")) from None


def fetch_sent(client: GitHubClient) -> tuple[Sent, ...]:
    """The last messages, newest first."""
    page = client.get(Rows[_Delivery], "/app/hook/deliveries", params={"per_page": _LOOKED_AT})
    rows: Sequence[_Delivery] = page.rows
    return tuple(
        Sent(
            event=f"{one.event}.{one.action}" if one.action else one.event,
            moment=one.delivered_at,
            answer=one.status,
            status=one.status_code,
        )
        for one in rows
    )
