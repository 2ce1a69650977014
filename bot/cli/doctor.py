"""``lockbot doctor``: is everything there that the server needs? One line for each thing, with what to do."""

from __future__ import annotations

from collections.abc import Callable

import click

from bot.app.diagnosis import Finding, diagnose
from bot.cli.tabled import HELP_OPTIONS
from bot.settings import Settings, read_server_settings


@click.command(context_settings=HELP_OPTIONS)
def doctor() -> None:
    """Check credentials, permissions, database, git and index."""
    failed = report(read_server_settings(), diagnose, click.echo)
    raise SystemExit(1 if failed else 0)


def report(settings: Settings, checks: Callable[[Settings], tuple[Finding, ...]], echo: Callable[[str], None]) -> int:
    """Print the findings; how many of them are bad."""
    findings = checks(settings)
    for one in findings:
        echo(f"{'ok  ' if one.problem is None else 'FAIL'} {one.what}: {one.problem or one.detail}")
    return sum(one.problem is not None for one in findings)
