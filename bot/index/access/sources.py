"""Secrets from variables and commands. Those of clouds are modules of their own, loaded when one is asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import import_module

from bot.distribution import needs
from bot.index.access.programs import Surroundings, find_program, run_program
from bot.index.access.secret import NoSecretError, Secret, SecretSource
from bot.values import field, value


@value
class TextSecret:
    """A secret that stands beside its prefix."""

    text: str = field(repr=False)
    kind = "text"

    def obtain(self) -> Secret:
        return Secret(password=self.text)

    def has_changed(self) -> bool:
        return False


@value
class VariableSecret:
    """A secret in a variable of the environment."""

    name: str
    environment: Mapping[str, str] = field(repr=False)
    kind = "variable"

    def obtain(self) -> Secret:
        text = self.environment.get(self.name)
        if not text:
            raise NoSecretError(f"the variable {self.name} is not set")
        return Secret(password=text)

    def has_changed(self) -> bool:
        return False


@value
class CommandSecret:
    """What a command prints: a secret, which lasts for ``lasts`` seconds, or a JSON object that says more.

    Of the object ``password`` (or ``token``), ``username`` and ``expires_at`` (RFC 3339, or seconds since the epoch) count.
    """

    command: tuple[str, ...]
    lasts: float
    around: Surroundings
    clock: Callable[[], float] = field(repr=False)
    kind = "command"

    def obtain(self) -> Secret:
        name = self.command[0]
        path = find_program(name, self.around)
        if path is None:
            raise NoSecretError(f"there is no program {name} on the path")
        started = self.clock()
        done = run_program(path, self.command[1:], self.around)
        if done.status != 0:
            raise NoSecretError(f"{name} ended with {done.status}: {_last_line(done.said)}")
        return _read_output(name, done.text.strip(), started + self.lasts)

    def has_changed(self) -> bool:
        return False


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it said nothing"


def _read_output(name: str, text: str, ends_at: float) -> Secret:
    if not text:
        raise NoSecretError(f"{name} printed nothing")
    if not text.startswith("{"):
        if len(text.splitlines()) > 1:
            raise NoSecretError(f"{name} printed more than one line, and no JSON object")
        return Secret(password=text, ends_at=ends_at)
    try:
        said = json.loads(text)
        password = said.get("password") or said.get("token")
        until = said.get("expires_at")
        moment = ends_at if until is None else _moment(until)
    except (ValueError, OverflowError):
        raise NoSecretError(f"{name} printed JSON that can't be read") from None
    username = said.get("username")
    if not isinstance(password, str) or not password or not isinstance(username, str | None):
        raise NoSecretError(f"{name} printed a JSON object without a password")
    return Secret(password=password, username=username, ends_at=moment)


def _moment(said: object) -> float:
    if isinstance(said, int | float) and not isinstance(said, bool):
        return float(said)
    found = datetime.fromisoformat(str(said))
    if found.tzinfo is None:
        raise ValueError("a time without a zone")
    return found.timestamp()


# --- clouds ---------------------------------------------------------------------------------------

#: The kind as files name it -> the extra of lockbot that brings its library.
EXTRAS: Mapping[str, str] = {"gcp": "gcp", "aws-codeartifact": "aws", "azure": "azure"}


def open_cloud(kind: str, options: Mapping[str, str], where: str) -> SecretSource:
    """The source of a cloud's tokens; raises ``InputError`` where its library is not installed or an option is missing."""
    with needs(EXTRAS[kind], f"{where}: {kind}"):
        module = import_module(f"bot.index.access.cloud_{kind.replace('-', '_')}")
    source: SecretSource = module.open_source(options, where)
    return source
