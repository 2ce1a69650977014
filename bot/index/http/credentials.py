"""Credentials for indexes: which secret goes with which URL, and nowhere else.

A secret belongs to a URL prefix that the operator (or the configured index itself) stated: scheme, host and port must
be equal and the path must lie below the prefix. Representations and messages never hold a secret.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from bot.resolver.model.index import Authenticate, Index, Login
from bot.values import field, value

if TYPE_CHECKING:
    from bot.index.access.secret import Keeper, Secret

_DEFAULT_PORTS = {"http": 80, "https": 443}
#: Where a login comes from that a URL states.
_ADDRESS = "its URL"


@value
class Credential:
    """A user name and password (or token) for all URLs below ``prefix``.

    ``keeper`` gives the password where it does not stand here. ``is_bearer``: it is a token, sent by itself. ``origin`` says
    in messages where it comes from. ``is_stated``: it stood in the URL that is asked for, or in that of its index.
    """

    prefix: str
    username: str = ""
    password: str = field(default="", repr=False)
    keeper: Keeper | None = field(default=None, repr=False)
    is_bearer: bool = False
    origin: str = ""
    is_stated: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether there is more than a user name, for which a password could be looked for."""
        return bool(self.password) or self.keeper is not None

    def authorization(self, secret: Secret | None = None) -> str:
        """The header; ``secret`` is what the keeper gave."""
        username, password = self.username, self.password
        if secret is not None:
            username, password = secret.username or username, secret.password
        if self.is_bearer:
            return f"Bearer {password}"
        return f"Basic {b64encode(f'{username}:{password}'.encode()).decode()}"


@value
class Credentials:
    """All credentials known; the longest matching prefix wins, but a user name alone gives way to what an operator keeps.

    ``hosts`` are for whole hosts: the last one of a host is tried where the server refused to answer without.
    """

    entries: tuple[Credential, ...] = ()
    hosts: tuple[Credential, ...] = ()

    def find(self, url: str) -> Credential | None:
        """The credential to send to ``url``."""
        target = urlsplit(url)
        fitting = [entry for entry in self.entries if _covers(urlsplit(entry.prefix), target)]
        found = _nearest(fitting)
        if found is None or found.is_whole:
            return found
        return _nearest(entry for entry in fitting if entry.keeper is not None) or found

    def find_for_host(self, url: str, username: str | None = None) -> Credential | None:
        """The credential to try where ``url`` was refused without one; one with a password of ``username`` if that is known."""
        origin = _origin(urlsplit(url))
        fitting = (one for one in reversed(self.hosts) if _origin(urlsplit(one.prefix)) == origin)
        if username is None:
            return next(fitting, None)
        return next((one for one in fitting if one.is_whole and one.username == username), None)

    def extended(self, more: Iterable[Credential], first: Iterable[Credential] = ()) -> Credentials:
        """These credentials and ``more``; of equal prefixes those of ``first`` win, then the ones here."""
        return Credentials(entries=(*first, *self.entries, *more), hosts=self.hosts)


def _nearest(fitting: Iterable[Credential]) -> Credential | None:
    return max(fitting, key=lambda entry: len(entry.prefix), default=None)


@value
class Bound:
    """A credential that only some repositories may use. ``identity`` stands for it in the names of what is kept."""

    identity: str
    credential: Credential


@value
class Rights:
    """The bound credentials that may be used for something, beside those that are for all."""

    bound: tuple[Bound, ...] = ()

    def over(self, *urls: str) -> Rights:
        """Those for any of the URLs. What is kept under their key was opened by no other bound credential."""
        if not self.bound:
            return self
        targets = [urlsplit(url) for url in urls]
        fitting = (
            one for one in self.bound if any(_covers(urlsplit(one.credential.prefix), target) for target in targets)
        )
        identities = {one.identity for one in fitting}
        return Rights(bound=tuple(one for one in self.bound if one.identity in identities))

    @property
    def credentials(self) -> tuple[Credential, ...]:
        return tuple(one.credential for one in self.bound)

    @property
    def key(self) -> str:
        """The name of these rights among what is kept; ``""`` where there are none."""
        return " ".join(sorted({one.identity for one in self.bound}))


#: What everybody has.
NO_RIGHTS = Rights()


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
    return clean, Credential(
        prefix=prefix, username=unquote(username), password=unquote(password), origin=_ADDRESS, is_stated=True
    )


def index_credentials(index: Index, environment: Mapping[str, str]) -> tuple[Credential, ...]:
    """The credentials of an index, for its own URL and the folder around its simple pages, as uv has it.

    What its URL states wins over ``UV_INDEX_<NAME>_USERNAME`` and ``_PASSWORD``, which complete a user name without a
    password; of the name, anything but letters and digits becomes ``_``.
    """
    named = _named_login(index.name, environment)
    if (
        named is not None
        and index.login is not None
        and (index.login.password or index.login.username != named.username)
    ):
        named = None
    login = named or index.login
    if login is None or not index.url.startswith(("https://", "http://")):
        return ()
    origin = _ADDRESS if named is None else " and ".join(variables_of(index.name or ""))
    return tuple(
        Credential(
            prefix=prefix,
            username=login.username,
            password=login.password,
            origin=origin,
            is_stated=named is None,
        )
        for prefix in dict.fromkeys((root_of(index.url), index.url))
    )


def variables_of(name: str) -> tuple[str, str]:
    """The variables that may hold user name and password of an index of that name."""
    key = re.sub(r"[^A-Z0-9]", "_", name.upper())
    return f"UV_INDEX_{key}_USERNAME", f"UV_INDEX_{key}_PASSWORD"


def _named_login(name: str | None, environment: Mapping[str, str]) -> Login | None:
    if name is None:
        return None
    username, password = (environment.get(variable, "") for variable in variables_of(name))
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
    return index.authenticate if decide_place(index, url) else Authenticate.AUTO


def decide_place(index: Index, url: str) -> bool:
    """Whether ``url`` lies below the index, or the folder around its simple pages."""
    return _covers(urlsplit(root_of(index.url)), urlsplit(url))


def root_of(url: str) -> str:
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


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, as the beginning of URLs."""
    scheme, host, port = _origin(urlsplit(url))
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}/" if port == _DEFAULT_PORTS.get(scheme) else f"{scheme}://{host}:{port}/"


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    scheme = parts.scheme.lower()
    try:
        port = parts.port
    except ValueError:
        port = -1
    return scheme, (parts.hostname or "").lower(), port or _DEFAULT_PORTS.get(scheme)
