"""What a command is: who may give it, where, with which words behind it, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.events.jobs import Job
from bot.ports.forge import AppIdentity, Forge, Permission
from bot.ports.run import ConfigState
from bot.ports.steps import StepRunner
from bot.report import commands as words
from bot.work.job import JobPorts
from bot.work.publishing.outcome import Published

_NAME = r"(?!this(?: |$))[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_IGNORED = r"this (?:version|major(?: version)?|dependency)"


class Place(StrEnum):
    """Where an order is given. ``OTHER`` is a pull request that is not lockbot's."""

    OPEN = "open"
    CLOSED = "closed"
    DASHBOARD = "dashboard"
    OTHER = "other"


class Form(StrEnum):
    """What may follow a command's name, as the help has it."""

    NOTHING = ""
    NAME = "NAME"
    MAYBE_NAME = "[NAME]"
    BRANCH = "BRANCH"
    MAYBE_BRANCH = "[BRANCH]"
    IGNORED = "[this version | this major | this dependency] [NAME]"
    IGNORED_NAME = "[this version | this major | this dependency] NAME"

    def fits(self, argument: str) -> bool:
        return _FORMS[self].fullmatch(argument) is not None


_FORMS: Mapping[Form, re.Pattern[str]] = {
    Form.NOTHING: re.compile(""),
    Form.NAME: re.compile(_NAME),
    Form.MAYBE_NAME: re.compile(f"(?:{_NAME})?"),
    Form.BRANCH: re.compile(r"\S+"),
    Form.MAYBE_BRANCH: re.compile(r"\S*"),
    Form.IGNORED: re.compile(f"(?:{_IGNORED})?(?:(?:^| ){_NAME})?", re.IGNORECASE),
    Form.IGNORED_NAME: re.compile(f"(?:{_IGNORED} )?{_NAME}", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who may give a command; ``words`` for those who may not. ``takes_author``: the pull request's author as well."""

    words: str
    takes_author: bool = False

    def admits(self, permission: Permission, *, is_author: bool) -> bool:
        return permission.can_write or (self.takes_author and is_author)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One order that is to be obeyed. ``number`` is the issue or pull request that it was given on, ``by`` the account that
    gave it, ``argument`` what follows the command's name."""

    ports: JobPorts
    forge: Forge
    identity: AppIdentity
    place: Place
    number: int
    by: str
    argument: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of an order. ``note`` is for the log, ``text`` what there is to say, as Markdown. Not ``is_done``: it could
    not be obeyed. ``config`` None: the repository was not read. ``follow``: what is to be done next."""

    note: str
    text: str | None = None
    is_done: bool = True
    config: ConfigState | None = None
    published: tuple[Published, ...] = ()
    follow: tuple[Job, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """``forms`` says where it may be given, and with what behind it; ``run`` obeys, acknowledged before; ``help`` is the
    line of the documents."""

    name: str
    who: Audience
    forms: Mapping[Place, Form]
    run: Callable[[Invocation, StepRunner], Reply]
    help: str


WRITERS = Audience(words=words.WRITERS)
AUTHORS = Audience(words=words.AUTHORS, takes_author=True)
