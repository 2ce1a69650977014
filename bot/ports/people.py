"""People who sign in with their account on the forge: what it is asked on their behalf, and where sessions are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bot.errors import LockbotError


class SignInRefused(LockbotError):
    """The forge gave nothing for the code that the person came back with."""


class SignInEnded(LockbotError):
    """The forge takes the person's token no more: it was taken back, or ran out."""


class May(StrEnum):
    """What a person may do with a repository, as far as lockbot cares."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """``id`` stays when the ``login`` changes, or goes to somebody else."""

    id: int
    login: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTokens:
    """What is asked with on a person's behalf. ``lasts``: seconds from when it was given, None: until it is taken back.
    ``renewing`` is good for one more, once."""

    access: str = field(repr=False)
    lasts: float | None = None
    renewing: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """``repositories``: by id, of those where the App is installed, what the forge lets the person do."""

    person: Person
    repositories: Mapping[int, May]


class PeoplePort(Protocol):
    """All but ``get_address`` wait for the forge, and raise ``ForgeError`` where it is unwell."""

    def get_address(self, *, state: str, challenge: str, redirect: str) -> str:
        """Where a person is sent to sign in. ``challenge`` is the SHA-256 of the verifier (PKCE)."""
        ...

    def exchange(self, *, code: str, verifier: str, redirect: str) -> UserTokens:
        """Raises ``SignInRefused``."""
        ...

    def renew(self, renewing: str) -> UserTokens:
        """Raises ``SignInEnded``."""
        ...

    def read_access(self, token: str) -> Access:
        """Raises ``SignInEnded``."""
        ...

    def revoke(self, token: str) -> None:
        """From now on the forge takes it no more; nothing happens where it did not before."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSession:
    """Of somebody who is signed in. ``digest`` is that of a secret which only the browser has; ``sealed`` are the tokens,
    which only the web server can open. Moments in seconds since the epoch: it ``ends`` at one, was ``used`` last at one, and
    the ``access`` was ``checked`` at one. ``version`` grows with each change."""

    digest: str
    sealed: str = field(repr=False)
    access: Access
    ends: float
    used: float
    checked: float
    version: int = 0


class SessionStore(Protocol):
    """Shared by all web processes of a server. Raises a ``LockbotError`` where it can't be reached."""

    def add(self, session: StoredSession, *, most: int) -> tuple[str, ...]:
        """Of one person the newest ``most`` stay. What was ``sealed`` of the sessions that went: those of this person, and
        some of anybody's that are over."""
        ...

    def find(self, digest: str) -> StoredSession | None: ...

    def change(self, session: StoredSession) -> bool:
        """Whether it was still of that ``version``, which is one more now."""
        ...

    def touch(self, digest: str, now: float) -> None:
        """It is used."""
        ...

    def drop(self, digest: str) -> None: ...
