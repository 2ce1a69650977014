"""What ``uv auth login`` has stored, in uv's file of credentials (its keyring of the system is a preview of uv's)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from bot.values import field, value

_PORTS = {"http": 80, "https": 443}
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class _UnusableError(ValueError):
    """An entry that uv does not read either."""


@value
class UvLogin:
    """``is_bearer``: the password is a token, sent by itself."""

    service: str
    username: str | None
    password: str = field(repr=False)
    is_bearer: bool = False


@value
class UvStore:
    logins: tuple[UvLogin, ...] = ()

    def find(self, url: str, username: str | None) -> UvLogin | None:
        """The login of the service nearest to ``url``; none where two are as near, and where the user is another one."""
        target = urlsplit(url)
        for one in self.logins:
            if one.username == username and _same(urlsplit(one.service), target):
                return one
        fitting = [one for one in self.logins if _covers(urlsplit(one.service), target)]
        fitting = [one for one in fitting if username is None or one.username == username]
        most = max((_depth(one) for one in fitting), default=0)
        nearest = [one for one in fitting if _depth(one) == most]
        return nearest[0] if len(nearest) == 1 else None


def find_uv_store(environment: Mapping[str, str]) -> Path | None:
    """Where uv keeps it."""
    named, data, home = (environment.get(name) for name in ("UV_CREDENTIALS_DIR", "XDG_DATA_HOME", "HOME"))
    if named:
        return Path(named) / "credentials.toml"
    if data and Path(data).is_absolute():
        return Path(data) / "uv" / "credentials" / "credentials.toml"
    return Path(home) / ".local" / "share" / "uv" / "credentials" / "credentials.toml" if home else None


def read_uv_store(environment: Mapping[str, str]) -> UvStore:
    """The user's store, empty where there is none or it can't be read (as uv, which then goes on without)."""
    place = find_uv_store(environment)
    try:
        return UvStore() if place is None else parse_uv_store(place.read_text("utf-8"))
    except (OSError, ValueError):
        return UvStore()


def parse_uv_store(text: str) -> UvStore:
    """Raises ``ValueError``."""
    tables = tomllib.loads(text).get("credential", [])
    if not isinstance(tables, list):
        raise _UnusableError("credential must be a list of tables")
    return UvStore(logins=tuple(map(_login, tables)))


def _login(table: object) -> UvLogin:
    stated = table if isinstance(table, dict) else {}
    service, username, password, token = (stated.get(key) for key in ("service", "username", "password", "token"))
    scheme = stated.get("scheme", "basic")
    if not all(isinstance(one, str | None) for one in (service, username, password, token)) or not service:
        raise _UnusableError("service, username, password and token are texts")
    url = str(service) if "://" in str(service) else f"https://{service}"
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise _UnusableError("a service is named by https")
    if scheme == "basic" and username and token is None:
        return UvLogin(service=url, username=str(username), password=str(password or ""))
    if scheme == "bearer" and not username and password is None and token:
        return UvLogin(service=url, username=None, password=str(token), is_bearer=True)
    raise _UnusableError("neither a user with a password nor a token")


def _depth(login: UvLogin) -> int:
    return len(urlsplit(login.service).path or "/")


def _realm(parts: SplitResult) -> tuple[str, str, int | None]:
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def _same(service: SplitResult, target: SplitResult) -> bool:
    paths = (service.path or "/", target.path or "/")
    return _realm(service) == _realm(target) and paths[0] == paths[1] and service.query == target.query


def _covers(service: SplitResult, target: SplitResult) -> bool:
    base, path = service.path or "/", target.path or "/"
    is_below = path == base or (path.startswith(base) and (base.endswith("/") or path[len(base)] == "/"))
    return is_below and _realm(service) == _realm(target)
