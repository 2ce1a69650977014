"""One request for something public, made safe: to checked addresses, redirects too, in bounded time and size."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import httpx

from bot.egress import PORTS, Network, find_redirect, open_response, origin_of

_REDIRECTS = 3
_CHUNK = 1 << 14
_TIMEOUT = httpx.Timeout(5.0, connect=3.0)
#: Seconds that one visit may take as a whole, redirects included.
_PATIENCE = 8.0


class VisitFailed(Exception):
    """Nothing was read; the reason is for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``content``: at most as much as was asked for; ``is_cut``: there was more. ``moved``: it came from elsewhere."""

    status: int
    headers: httpx.Headers
    content: bytes
    is_cut: bool = False
    moved: bool = False


def visit(network: Network, url: str, headers: Mapping[str, str], most: int, secret: Collection[str] = ()) -> Answer:
    """Fetch; headers in ``secret`` go to the first origin alone. Raises ``VisitFailed``, ``httpx`` errors, and what
    ``network`` raises."""
    deadline = network.clock() + _PATIENCE
    first, sent = origin_of(url), dict(headers)
    for turn in range(_REDIRECTS + 1):
        answer = _send(network, url, sent, most, deadline)
        target = find_redirect(answer.status, answer.headers, url)
        if target is None:
            return replace(answer, moved=turn > 0)
        url = target
        if origin_of(url) != first and not url.startswith("https://"):
            raise VisitFailed("it redirects to an address without https")
        # Even on the same host: what was moved may be what only the token sees.
        sent = {name: text for name, text in headers.items() if name not in secret}
    raise VisitFailed("it redirects again and again")


def _send(network: Network, url: str, headers: Mapping[str, str], most: int, deadline: float) -> Answer:
    if urlsplit(url).scheme not in PORTS:
        raise VisitFailed("it leads to an address that is no http(s)")
    sent = {"Accept-Encoding": "gzip", **headers}
    with open_response(network, "GET", url, sent, _TIMEOUT) as response:
        content, is_cut = _read(network, response, most, deadline)
    return Answer(status=response.status_code, headers=response.headers, content=content, is_cut=is_cut)


def _read(network: Network, response: httpx.Response, most: int, deadline: float) -> tuple[bytes, bool]:
    """The first ``most`` bytes of the content, never more of it in memory than a chunk besides."""
    packing = response.headers.get("content-encoding", "identity").lower()
    if packing not in ("identity", "gzip"):
        raise VisitFailed("it answers in an encoding that was not asked for")
    content = bytearray()
    for chunk in _unpacked(response, packing == "gzip", most):
        content += chunk
        if len(content) > most:
            return bytes(content[:most]), True
        if network.clock() > deadline:
            raise VisitFailed("it takes too long to answer")
    return bytes(content), False


def _unpacked(response: httpx.Response, is_packed: bool, most: int) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    for chunk in response.iter_raw(_CHUNK):
        try:
            yield unpacker.decompress(chunk, most + 1) if is_packed else chunk
        except zlib.error as error:
            raise VisitFailed("what it answers can't be unpacked") from error
