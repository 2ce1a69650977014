"""Credentials for indexes: which secret goes with which URL, and nowhere else.

A secret belongs to a URL prefix that the operator (or the configured index itself) stated: scheme, host and port must
be equal and the path must lie below the prefix. Representations and messages never hold a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from bot.errors import InputError
from bot.patterns import pattern
from bot.values import field, value

_DEFAULT_PORTS = {"http": 80, "https": 443}
_USERINFO = pattern(r"(?<=://)[^/?#\s@]*@")


@value
class Credential:
    """A user name and password (or token) for all URLs below ``prefix``."""

    prefix: str
    username: str = ""
    password: str = field(default="", repr=False)


@value
class Credentials:
    """All credentials known; the longest matching prefix wins."""

    entries: tuple[Credential, ...] = ()

    def find(self, url: str) -> Credential | None:
        """The credential to send to ``url``."""
        target = urlsplit(url)
        fitting = [entry for entry in self.entries if _covers(urlsplit(entry.prefix), target)]
        return max(fitting, key=lambda entry: len(entry.prefix), default=None)

    def extended(self, more: Iterable[Credential]) -> Credentials:
        """These credentials and ``more``; of equal prefixes the ones here win."""
        return Credentials(entries=(*self.entries, *more))


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
    return clean, Credential(prefix=_root_of(clean), username=unquote(username), password=unquote(password))


def named_credentials(indexes: Mapping[str, str], environment: Mapping[str, str]) -> tuple[Credential, ...]:
    """Credentials from ``UV_INDEX_<NAME>_USERNAME`` and ``_PASSWORD`` for indexes given as name to URL.

    ``environment`` is what the caller read; names are upper-cased, anything but letters and digits becomes ``_``.
    """
    found = []
    for name, url in indexes.items():
        key = re.sub(r"[^A-Z0-9]", "_", name.upper())
        username = environment.get(f"UV_INDEX_{key}_USERNAME", "")
        password = environment.get(f"UV_INDEX_{key}_PASSWORD", "")
        if username or password:
            clean, _inline = split_credentials(url)
            found.append(Credential(prefix=_root_of(clean), username=username, password=password))
    return tuple(found)


def redact(text: str) -> str:
    """``text`` with user names and passwords in URLs blanked out."""
    return _USERINFO.sub("****@", text)


def _root_of(url: str) -> str:
    # Files of an index usually lie beside its simple pages (/simple/x/ and /files/x.whl), on the same host.
    parts = urlsplit(url)
    if not parts.scheme or not parts.hostname:
        raise InputError(f"{redact(url)!r} is not a URL that credentials can belong to")
    return urlunsplit((parts.scheme, parts.netloc, "/", "", ""))


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
