"""Container registries as a process asks them, and by what way it asks anybody beside the package index."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from functools import cache, partial
from urllib.parse import urlsplit

from bot.egress import Network
from bot.index.http.certificates import find_certificates
from bot.index.http.guard import Guard, resolve_guarded
from bot.proxies import read_proxies
from bot.registry.client import HttpRegistry, RegistrySettings
from bot.settings import Settings


def make_registry(settings: Settings, environment: Mapping[str, str], *, is_local: bool = False) -> HttpRegistry:
    """``is_local``: on a user's own machine, where what ``LOCKBOT_REGISTRIES`` names may have any address."""
    trusted = settings.registry_urls.values() if is_local else ()
    network = make_network(settings, environment, trusted)
    return HttpRegistry(RegistrySettings(network=network, bases=settings.registry_urls))


def make_network(settings: Settings, environment: Mapping[str, str], trusted: Iterable[str]) -> Network:
    """Under the address guard; the hosts of the ``trusted`` URLs, which the operator named, may be anywhere."""
    guard = Guard(allowed=settings.allow_private_network)
    hosts = frozenset(urlsplit(url).hostname for url in trusted)
    return Network(
        resolve=lambda host, port: None if host in hosts else resolve_guarded(guard, host, port),
        check_host=guard.check_host,
        find_proxy=read_proxies(environment).find,
        certificates=cache(partial(make_context, environment)),
    )


def make_context(environment: Mapping[str, str]) -> ssl.SSLContext:
    """What certificates are checked with."""
    found = find_certificates(environment)
    return ssl.create_default_context(cafile=found.file, capath=found.folder)
