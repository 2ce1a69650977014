"""One request to the outside over httpx, made safe: to an address that was checked, by nothing of the environment's.

Redirects are not followed and nothing is read yet: how far a redirect is believed, and how much of an answer is taken, is
for who asks (``bot.registry``, ``bot.changelog``). The package index has a transport of its own.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """``resolve(host, port)`` gives the one address to use, ``None`` to leave it to the system, or raises; ``check_host``
    raises for a host that the proxy of ``find_proxy`` may not be sent to. ``clock`` counts seconds."""

    resolve: Callable[[str, int], str | None]
    check_host: Callable[[str], None]
    find_proxy: Callable[[str], str | None] = field(default=lambda _: None, repr=False)
    certificates: Callable[[], ssl.SSLContext] = ssl.create_default_context
    clock: Callable[[], float] = time.monotonic


@contextmanager
def open_response(
    network: Network, method: str, url: str, headers: Mapping[str, str], timeout: httpx.Timeout
) -> Iterator[httpx.Response]:
    """The answer with its content unread. Raises ``httpx`` errors, and what ``network`` raises."""
    parts = urlsplit(url)
    host, proxy = parts.hostname or "", network.find_proxy(url)
    address = _find_address(network, host, parts.port or PORTS.get(parts.scheme, 0), proxy)
    target, extensions = httpx.URL(url), dict[str, Any]()
    if address is not None:
        target, extensions = target.copy_with(host=address), {"sni_hostname": host}
    sent = {"Host": parts.netloc.rpartition("@")[2], "User-Agent": "lockbot", **headers}
    # The environment is read elsewhere: proxies and certificates are given.
    with httpx.Client(
        timeout=timeout, verify=network.certificates(), trust_env=False, proxy=proxy, follow_redirects=False
    ) as client:
        response = client.send(client.build_request(method, target, headers=sent, extensions=extensions), stream=True)
        try:
            yield response
        finally:
            response.close()


def find_redirect(status: int, headers: httpx.Headers, url: str) -> str | None:
    """Where an answer sends on to; None where it is one."""
    target = headers.get("location")
    if status not in (301, 302, 303, 307, 308) or target is None:
        return None
    return str(httpx.URL(url).join(target))


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _find_address(network: Network, host: str, port: int, proxy: str | None) -> str | None:
    if proxy is not None:
        network.check_host(host)
        return None
    return network.resolve(host, port)
