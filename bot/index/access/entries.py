"""The file of ``LOCKBOT_INDEX_CREDENTIALS``: which URLs a secret is for, where it comes from, which repositories may use it.

TOML, ``[[credentials]]`` tables; docs/private-indexes.md describes them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.errors import DOCUMENTS, InputError
from bot.index.access.programs import Surroundings
from bot.index.access.secret import SecretSource
from bot.index.access.secret_file import FileSecret
from bot.index.access.sources import EXTRAS, CommandSecret, TextSecret, VariableSecret, open_cloud
from bot.repoconfig.globs import matches_name
from bot.values import field, value

_VARIABLE = "LOCKBOT_INDEX_CREDENTIALS"
_HINT = f"see {DOCUMENTS}/private-indexes.md for its form"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
#: Where a secret comes from: of these keys each table has one.
_SOURCES = ("password", "variable", "file", "command", *EXTRAS)
KEYS = frozenset({"prefix", "username", "scheme", "repositories", "lasts", *_SOURCES})
#: What the services want as a user name beside a token.
_USERNAMES = {"gcp": "oauth2accesstoken", "aws-codeartifact": "aws", "azure": "VssSessionToken"}
_REPOSITORIES = re.compile(r"[A-Za-z0-9._*?-]+/[A-Za-z0-9._*?-]+")
_LASTS = 900.0


class Scheme(StrEnum):
    """How a secret is sent: as the password of a user, or as a token by itself."""

    BASIC = "basic"
    BEARER = "bearer"


@value
class Entry:
    """One table. ``number`` counts from 1. ``repositories``: globs over ``owner/name``; none for all.

    ``identity`` stands for the entry in the names of what is kept; it is the same whatever the secret is at the time.
    """

    number: int
    prefixes: tuple[str, ...]
    username: str
    scheme: Scheme
    source: SecretSource = field(repr=False)
    repositories: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        parts = (*self.prefixes, "", self.username, self.source.kind, "", *sorted(self.repositories))
        return blake2b("\n".join(parts).encode(), digest_size=16, person=b"index entry").hexdigest()

    def serves(self, repository: str | None) -> bool:
        """Whether a repository (``owner/name``; ``None``: no forge knows it) may be given what the entry opens."""
        if not self.repositories:
            return True
        return repository is not None and matches_name(repository.lower(), self.repositories)


def read_entries(path: Path | None, environment: Mapping[str, str], clock: Callable[[], float]) -> tuple[Entry, ...]:
    """The tables of the file, in its order; raises ``InputError``. No secret is asked for."""
    if path is None:
        return ()
    where = f"{_VARIABLE}: {path}"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        # A TOML error tells line and column only, never the text.
        raise InputError(f"{where} can't be read: {error}", hint=_HINT) from None
    tables = document.get("credentials", [])
    if not isinstance(tables, list) or set(document) - {"credentials"}:
        raise InputError(f"{where} must hold [[credentials]] tables and nothing else", hint=_HINT)
    return tuple(_Reader(where, number, environment, clock).read(table) for number, table in enumerate(tables, 1))


class _Reader:
    """Reads one table."""

    def __init__(self, where: str, number: int, environment: Mapping[str, str], clock: Callable[[], float]) -> None:
        self._where = f"{where}: credentials {number}"
        self._number = number
        self._environment = environment
        self._clock = clock

    def read(self, table: object) -> Entry:
        if not isinstance(table, dict):
            raise self._refuse("must be a table")
        unknown = sorted(set(table) - KEYS)
        if unknown:
            raise self._refuse(f"{unknown[0]!r} is not known; there are {', '.join(sorted(KEYS))}")
        kinds = [key for key in _SOURCES if key in table]
        if len(kinds) != 1:
            raise self._refuse(f"must have a prefix and one of {', '.join(_SOURCES)}")
        prefixes = self._prefixes(table.get("prefix"))
        scheme = self._scheme(table.get("scheme", Scheme.BASIC))
        return Entry(
            number=self._number,
            prefixes=prefixes,
            username=self._username(table, kinds[0], scheme),
            scheme=scheme,
            source=self._source(kinds[0], table, prefixes),
            repositories=self._repositories(table),
        )

    def _prefixes(self, stated: object) -> tuple[str, ...]:
        prefixes = tuple(stated) if isinstance(stated, list) and stated else (stated,)
        if not all(isinstance(one, str) for one in prefixes):
            raise self._refuse("prefix must be a text, or a list of texts")
        for prefix in prefixes:
            parts = urlsplit(prefix)
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
                raise self._refuse("prefix must start with https://")
            if "@" in parts.netloc or not parts.hostname:
                raise self._refuse("prefix must be a URL without user name and password")
        return prefixes

    def _scheme(self, stated: object) -> Scheme:
        if stated not in tuple(Scheme):
            raise self._refuse(f"scheme must be one of {', '.join(Scheme)}")
        return Scheme(str(stated))

    def _username(self, table: Mapping[str, Any], kind: str, scheme: Scheme) -> str:
        default = "" if scheme is Scheme.BEARER or kind == "command" else None
        username = table.get("username", _USERNAMES.get(kind, default))
        if not isinstance(username, str) or ":" in username:
            raise self._refuse("username must be a text without a colon")
        return username

    def _repositories(self, table: Mapping[str, Any]) -> tuple[str, ...]:
        if "repositories" not in table:
            return ()
        stated = table["repositories"]
        if not isinstance(stated, list) or not stated:
            # An empty list must not mean what no list means.
            raise self._refuse('repositories must list at least one, such as "acme/*"')
        for one in stated:
            if not isinstance(one, str) or not _REPOSITORIES.fullmatch(one):
                raise self._refuse(f"repositories are written OWNER/NAME or OWNER/*, not {str(one)[:60]!r}")
        return tuple(stated)

    # --- where it comes from ---

    def _source(self, kind: str, table: Mapping[str, Any], prefixes: tuple[str, ...]) -> SecretSource:
        said = table[kind]
        if "lasts" in table and kind != "command":
            raise self._refuse("lasts says how long the output of a command lasts, and there is no command")
        if kind == "command":
            return self._command(said, table.get("lasts", _LASTS))
        if kind in EXTRAS:
            return self._cloud(kind, said, prefixes)
        if not isinstance(said, str):
            raise self._refuse(f"{kind} must be a text")
        if kind == "file":
            return FileSecret(self._absolute(said))
        if kind == "variable":
            return VariableSecret(name=said, environment=self._environment)
        return TextSecret(text=said)

    def _absolute(self, said: str) -> Path:
        path = Path(said).expanduser()
        if not path.is_absolute():
            raise self._refuse("file must be an absolute path")
        return path

    def _command(self, said: object, lasts: object) -> SecretSource:
        if not isinstance(said, list) or not said or not all(isinstance(one, str) and one for one in said):
            raise self._refuse("command must be a list of texts: a program and its arguments")
        if "/" in said[0] and not said[0].startswith("/"):
            raise self._refuse("the program of a command must be a bare name or an absolute path")
        if isinstance(lasts, bool) or not isinstance(lasts, int | float) or lasts <= 0:
            raise self._refuse("lasts must be a number of seconds")
        # What is the App's own is nothing for other programs.
        passed = {name: text for name, text in self._environment.items() if not name.startswith("LOCKBOT_")}
        around = Surroundings(environment=passed)
        return CommandSecret(command=tuple(said), lasts=float(lasts), around=around, clock=self._clock)

    def _cloud(self, kind: str, said: object, prefixes: tuple[str, ...]) -> SecretSource:
        options = {} if said is True else said
        if not isinstance(options, dict) or not all(isinstance(text, str) for text in options.values()):
            raise self._refuse(f"{kind} must be true, or a table of texts")
        known = {key.replace("-", "_"): text for key, text in options.items()}
        return open_cloud(kind, known | self._told(kind, prefixes), self._where)

    @staticmethod
    def _told(kind: str, prefixes: tuple[str, ...]) -> dict[str, str]:
        return {"prefix": prefixes[0]} if kind == "aws-codeartifact" else {}

    def _refuse(self, why: str) -> InputError:
        return InputError(f"{self._where}: {why}", hint=_HINT)


def known_secrets(entries: tuple[Entry, ...]) -> Iterator[str]:
    """The secrets that are known without asking anybody."""
    for entry in entries:
        match entry.source:
            case TextSecret(text=text):
                yield text
            case VariableSecret(name=name, environment=environment) if environment.get(name):
                yield environment[name]
