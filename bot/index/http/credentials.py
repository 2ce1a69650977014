"""Credentials for indexes: which secret goes with which URL, and nowhere else.

A secret belongs to a URL prefix that the operator (or the configured index itself) stated: scheme, host and port must
be equal and the path must lie below the prefix. Representations and messages never hold a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from bot.resolver.model.index import Authenticate, Index, Login
from bot.values import field, value

_DEFAULT_PORTS = {"http": 80, "https": 443}


@value
class Credential:
    """A user name and password (or token) for all URLs below ``prefix``."""

    prefix: str
    username: str = ""
    password: str = field(default="", repr=False)


@value
class Credentials:
    """All credentials known; the longest matching prefix wins.

    ``hosts`` are for whole hosts: the last one of a host is tried where the server refused to answer without.
    """

    entries: tuple[Credential, ...] = ()
    hosts: tuple[Credential, ...] = ()

    def find(self, url: str) -> Credential | None:
        """The credential to send to ``url``."""
        target = urlsplit(url)
        fitting = [entry for entry in self.entries if _covers(urlsplit(entry.prefix), target)]
        return max(fitting, key=lambda entry: len(entry.prefix), default=None)

    def find_for_host(self, url: str) -> Credential | None:
        """The credential to try where ``url`` was refused without one."""
        origin = _origin(urlsplit(url))
        return next((one for one in reversed(self.hosts) if _origin(urlsplit(one.prefix)) == origin), None)

    def extended(self, more: Iterable[Credential]) -> Credentials:
        """These credentials and ``more``; of equal prefixes the ones here win."""
        return Credentials(entries=(*self.entries, *more), hosts=self.hosts)


def split_credentials(url: str) -> tuple[str, Credential | None]:
    """The URL without user name and password, and the credential that it carried."""
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    clean = urlunsplit(parts._replace(netloc=host))
    username, _colon, password = userinfo.partition(":")
    if not username and not password:
        return clean, None
    prefix = urlunsplit((parts.scheme, host, "/", "", ""))
    return clean, Credential(prefix=prefix, username=unquote(username), password=unquote(password))


def index_credentials(index: Index, environment: Mapping[str, str]) -> tuple[Credential, ...]:
    """The credentials of an index, for its own URL and the folder around its simple pages, as uv has it.

    ``UV_INDEX_<NAME>_USERNAME`` and ``_PASSWORD`` win over what its URL states; of the name, anything but letters and
    digits becomes ``_``.
    """
    login = _named_login(index.name, environment) or index.login
    if login is None or not index.url.startswith(("https://", "http://")):
        return ()
    return tuple(
        Credential(prefix=prefix, username=login.username, password=login.password)
        for prefix in dict.fromkeys((_root_of(index.url), index.url))
    )


def _named_login(name: str | None, environment: Mapping[str, str]) -> Login | None:
    if name is None:
        return None
    key = re.sub(r"[^A-Z0-9]", "_", name.upper())
    username = environment.get(f"UV_INDEX_{key}_USERNAME", "")
    password = environment.get(f"UV_INDEX_{key}_PASSWORD", "")
    return Login(username=username, password=password) if username or password else None


def configured_credentials(indexes: Iterable[Index], environment: Mapping[str, str]) -> Credentials:
    """The credentials of indexes that are known beforehand, also to be tried elsewhere on their hosts."""
    entries = tuple(one for index in indexes for one in index_credentials(index, environment))
    return Credentials(entries=entries, hosts=entries)


def access_of(index: Index) -> str:
    """By what right an index is read, as part of the names of what is kept of it; ``""`` for what everybody is given.

    A login that stood in a repository's URL is that repository's, and an index that is to be asked without credentials
    must not be answered from what they opened. What the operator or the environment states is for all alike.
    """
    if index.authenticate is Authenticate.NEVER:
        return "nobody"
    if index.login is None:
        return ""
    text = f"{len(index.login.username)} {index.login.username}{index.login.password}"
    return blake2b(text.encode(), digest_size=16, person=b"index login").hexdigest()


def decide_policy(index: Index | None, url: str) -> Authenticate:
    """When ``url`` is sent credentials: as its index says for what lies below it, else where some are known."""
    if index is None or index.authenticate is Authenticate.AUTO:
        return Authenticate.AUTO
    return index.authenticate if _covers(urlsplit(_root_of(index.url)), urlsplit(url)) else Authenticate.AUTO


def _root_of(url: str) -> str:
    """The folder that an index' simple pages are in, beside which its files usually are; else the URL itself."""
    parts = urlsplit(url)
    path, _slash, last = parts.path.rstrip("/").rpartition("/")
    if last.lower() not in ("simple", "+simple"):
        return url
    return urlunsplit(parts._replace(path=f"{path}/"))


def _covers(prefix: SplitResult, target: SplitResult) -> bool:
    if _origin(prefix) != _origin(target):
        return False
    base = prefix.path.rstrip("/")
    path = target.path or "/"
    return "/.." not in unquote(path) and (path == base or path.startswith(f"{base}/"))


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    scheme = parts.scheme.lower()
    try:
        port = parts.port
    except ValueError:
        port = -1
    return scheme, (parts.hostname or "").lower(), port or _DEFAULT_PORTS.get(scheme)
