"""What setting up needs of the outside, and the values that go to and fro."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Protocol, TypeAlias

from starlette.types import ASGIApp

#: What answers requests.
Application: TypeAlias = ASGIApp


class Keep(StrEnum):
    """Where the App's secrets go: into the data folder, or on a page, once."""

    FOLDER = "folder"
    KUBERNETES = "kubernetes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person asks for. ``organization`` None: the App is for their own account."""

    github_url: str
    organization: str | None
    public_url: str
    name: str
    keep: Keep


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """What the operator has said in the environment, which beats what is stored."""

    github_url: str | None = None
    public_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What is posted to the forge: ``address``, and the field ``manifest``. ``permissions`` are shown beside it."""

    address: str
    manifest: str
    permissions: Mapping[str, str]
    events: tuple[str, ...]


class Todo(StrEnum):
    """What a person has to do by hand on the App's page, as the forge did not."""

    CLIENT_SECRET = auto()
    WEBHOOK_SECRET = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An App that the forge has made: pages of the forge about it."""

    slug: str
    install_page: str
    settings_page: str
    deliveries_page: str
    todo: tuple[Todo, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRegistered:
    """Why there is none. ``may_retry``: the code may still be good; ``is_spent``: the forge has an App that nobody has the
    secrets of, or not all of them. ``kept_in``: the folder with what the forge answered, if it did."""

    reason: str
    may_retry: bool = False
    is_spent: bool = False
    kept_in: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Halted:
    """The forge has made an App and told what it told, and has to do one thing more, which it didn't: ``reason``.
    ``registered`` None: to tell the App's name; else to take the secret for its webhook that is in ``secret_file``, if there is
    a disk that has it."""

    reason: str
    registered: Registered | None = None
    secret_file: str | None = None


Outcome: TypeAlias = Registered | NotRegistered | Halted


@dataclass(frozen=True, slots=True, kw_only=True)
class NotKept:
    """The secrets could not be stored; they are still known, for as long as this process lives, and if they are ``kept_in`` a
    folder, longer."""

    reason: str
    kept_in: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """An earlier try ended between the forge's making an App and its being stored. ``settings_page`` lists it. ``choice``: what
    was asked for, where enough was kept in ``kept_in`` to go on."""

    name: str
    settings_page: str
    choice: Choice | None = None
    kept_in: str | None = None


class SetupEdge(Protocol):
    @property
    def folder(self) -> str:
        """Where secrets are stored, for people."""
        ...

    @property
    def fixed(self) -> Fixed: ...

    def find_trouble(self) -> str | None:
        """Why nothing can be stored there."""
        ...

    def find_unfinished(self) -> Unfinished | None: ...

    def make_form(self, choice: Choice, state: str) -> Form: ...

    def register(self, choice: Choice, code: str) -> Outcome:
        """Have the forge make an App of a code; its secrets stay behind this edge."""
        ...

    def complete(self) -> Outcome:
        """Go on with what the forge answered, to this process or to one before."""
        ...

    def keep(self) -> NotKept | None:
        """Store what ``register`` got."""
        ...

    def render_secret(self) -> str | None:
        """The same as a Kubernetes secret, once: it is known no longer then. None where there is nothing."""
        ...

    def go_live(self) -> Application:
        """The server itself. Raises ``LockbotError``."""
        ...

    def describe_sent(self) -> str:
        """What the forge says of its last message to this server, in one sentence."""
        ...
