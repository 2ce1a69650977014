"""``lockbot doctor``: is everything there that the server, or the command line alone, needs? One line for each thing."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path

import click

from bot.app.findings import Finding, ask_pypi, look_at, obtain_all
from bot.cli.local.repository import IndexesNamed, open_index
from bot.cli.options.tabled import HELP_OPTIONS
from bot.distribution import MissingExtraError, needs
from bot.git.command import check_pinning
from bot.index.access.entries import read_entries
from bot.settings import Settings, get_environment, read_server_settings


@click.command(context_settings=HELP_OPTIONS)
def doctor() -> None:
    """Check credentials, permissions, database, git and index; without the server's libraries git and index alone.

    Ends with 0 when all is well, 1 when something is not, 2 when a setting can't be read.
    """
    failed = report(read_server_settings(), diagnose, click.echo)
    raise SystemExit(1 if failed else 0)


def report(settings: Settings, checks: Callable[[Settings], tuple[Finding, ...]], echo: Callable[[str], None]) -> int:
    """Print the findings; how many of them are bad."""
    findings = checks(settings)
    for one in findings:
        echo(f"{one.mark} {one.what}: {one.problem or one.detail}")
    return sum(one.problem is not None for one in findings)


def diagnose(settings: Settings) -> tuple[Finding, ...]:
    """All that the server needs, or, where its libraries are not installed, what the command line needs."""
    try:
        with needs("server", "the server"):
            diagnosis = import_module("bot.app.diagnosis")
    except MissingExtraError as missing:
        return (_without_server(settings, str(missing)), *diagnose_commands(settings))
    found: tuple[Finding, ...] = diagnosis.diagnose(settings)
    return found


def _without_server(settings: Settings, missing: str) -> Finding:
    """Wrong only where somebody means to run one."""
    if settings.app_id is None:
        return Finding(what="server", detail=missing)
    return Finding(what="server", problem=missing)


def diagnose_commands(settings: Settings) -> tuple[Finding, ...]:
    environment = get_environment()
    entries = partial(read_entries, settings.index_credentials, environment, time.time)
    return (
        look_at("git", partial(check_pinning, environment)),
        look_at("index credentials", lambda: obtain_all(entries())),
        look_at("index", _ask_index),
    )


def _ask_index() -> str:
    """As the commands ask it, with the user's settings."""
    with open_index(IndexesNamed(root=Path()), get_environment(), datetime.now(UTC)) as index:
        return ask_pypi(index)
