"""``lockbot jobs``: what was set aside or failed, and trying it again."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from bot.app.clock import SystemClock
from bot.cli.options.tabled import HELP_OPTIONS
from bot.jobs.opening import open_database
from bot.jobs.operating import list_troubled, try_again
from bot.printable import printable
from bot.settings import read_settings
from bot.work.records.record import Trouble


@click.command(context_settings=HELP_OPTIONS)
@click.option("--retry", metavar="NAME", help="Try again what is listed under this name.")
def jobs(retry: str | None) -> None:
    """List repositories that were set aside and jobs that failed; with --retry, have one of them tried again.

    Works on the job database of the server (LOCKBOT_DATABASE_URL or LOCKBOT_DATA_DIR), whether it runs or not.

    Ends with 0 when they are listed or begun again, 1 when the database does not answer, 2 for bad input or settings.
    """
    clock = SystemClock()
    database = open_database(read_settings().get_database_url())
    queue = database.open_queue(clock)
    try:
        if retry is not None:
            click.echo(printable(try_again(database, queue, retry, clock.now())))
            return
        for one in list_troubled(database, queue):
            click.echo(describe(one))
    finally:
        queue.close()


def describe(one: Trouble) -> str:
    """``NAME  state, since when: reason``, in one line."""
    when = datetime.fromtimestamp(one.moment, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return printable(f"{one.name}  {one.state} {when}" + (f": {one.reason}" if one.reason else ""))
