"""Container registries as a process asks them."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from functools import cache, partial
from urllib.parse import urlsplit

from bot.index.http.certificates import find_certificates
from bot.index.http.guard import Guard, resolve_guarded
from bot.proxies import read_proxies
from bot.registry.client import HttpRegistry, RegistrySettings
from bot.settings import Settings


def make_registry(settings: Settings, environment: Mapping[str, str], *, is_local: bool = False) -> HttpRegistry:
    """``is_local``: on a user's own machine, where what ``LOCKBOT_REGISTRIES`` names may have any address."""
    guard = Guard(allowed=settings.allow_private_network)
    return HttpRegistry(
        RegistrySettings(
            bases=settings.registry_urls,
            resolve=_make_resolve(guard, settings.registry_urls if is_local else {}),
            check_host=guard.check_host,
            find_proxy=read_proxies(environment).find,
            certificates=cache(partial(make_context, environment)),
        )
    )


def _make_resolve(guard: Guard, trusted: Mapping[str, str]) -> Callable[[str, int], str | None]:
    hosts = {urlsplit(url).hostname for url in trusted.values()}
    return lambda host, port: None if host in hosts else resolve_guarded(guard, host, port)


def make_context(environment: Mapping[str, str]) -> ssl.SSLContext:
    """What certificates are checked with."""
    found = find_certificates(environment)
    return ssl.create_default_context(cafile=found.file, capath=found.folder)
