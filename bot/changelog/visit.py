"""One request for something public, made safe: to checked addresses, redirects too, in bounded time and size."""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

_REDIRECTS = 3
_CHUNK = 1 << 14
_PORTS = {"https": 443, "http": 80}
_TIMEOUT = httpx.Timeout(5.0, connect=3.0)
#: Seconds that one visit may take as a whole, redirects included.
_PATIENCE = 8.0


class VisitFailed(Exception):
    """Nothing was read; the reason is for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """``resolve(host, port)`` gives the one address to use, ``None`` to leave it to the system, or raises; ``check_host``
    raises for a host that the proxy of ``find_proxy`` may not be sent to. ``clock`` counts seconds."""

    resolve: Callable[[str, int], str | None]
    check_host: Callable[[str], None]
    find_proxy: Callable[[str], str | None] = field(default=lambda _: None, repr=False)
    certificates: Callable[[], ssl.SSLContext] = ssl.create_default_context
    clock: Callable[[], float] = time.monotonic


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
    first, sent = _origin(url), dict(headers)
    for turn in range(_REDIRECTS + 1):
        answer = _send(network, url, sent, most, deadline)
        target = answer.headers.get("location")
        if answer.status not in (301, 302, 303, 307, 308) or target is None:
            return Answer(
                status=answer.status,
                headers=answer.headers,
                content=answer.content,
                is_cut=answer.is_cut,
                moved=turn > 0,
            )
        url = str(httpx.URL(url).join(target))
        if _origin(url) != first and not url.startswith("https://"):
            raise VisitFailed("it redirects to an address without https")
        # Even on the same host: what was moved may be what only the token sees.
        sent = {name: text for name, text in headers.items() if name not in secret}
    raise VisitFailed("it redirects again and again")


def _send(network: Network, url: str, headers: Mapping[str, str], most: int, deadline: float) -> Answer:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        raise VisitFailed("it leads to an address that is no http(s)")
    host, proxy = parts.hostname or "", network.find_proxy(url)
    address = _find_address(network, host, parts.port or _PORTS[parts.scheme], proxy)
    target, extensions = httpx.URL(url), dict[str, Any]()
    own = {"Host": parts.netloc.rpartition("@")[2], "User-Agent": "lockbot", "Accept-Encoding": "gzip"}
    if address is not None:
        target, extensions = target.copy_with(host=address), {"sni_hostname": host}
    with _open_client(network, proxy) as client:
        request = client.build_request("GET", target, headers={**own, **headers}, extensions=extensions)
        response = client.send(request, stream=True)
        try:
            content, is_cut = _read(network, response, most, deadline)
        finally:
            response.close()
    return Answer(status=response.status_code, headers=response.headers, content=content, is_cut=is_cut)


def _find_address(network: Network, host: str, port: int, proxy: str | None) -> str | None:
    if proxy is not None:
        network.check_host(host)
        return None
    return network.resolve(host, port)


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


@contextmanager
def _open_client(network: Network, proxy: str | None) -> Iterator[httpx.Client]:
    # The environment is read elsewhere: proxies and certificates are given.
    with httpx.Client(
        timeout=_TIMEOUT, verify=network.certificates(), trust_env=False, proxy=proxy, follow_redirects=False
    ) as client:
        yield client


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
