"""``lockbot work``: workers alone, for more machines that share a database."""

from __future__ import annotations

import sys

import click

from bot.app.process import start_logs
from bot.app.solving import run_worker
from bot.app.work import run_workers
from bot.cli.options.tabled import HELP_OPTIONS
from bot.jobs.queue.envelope import Duty
from bot.settings import read_server_settings

#: ``lockbot serve`` has it too.
CHECKERS = click.option(
    "--checkers",
    metavar="NUMBER",
    default=1,
    show_default=True,
    type=click.IntRange(0, 256),
    help="Worker processes for checks of pull requests alone; 0: the others do that too, between runs.",
)


@click.command(context_settings=HELP_OPTIONS)
@click.option(
    "--workers", metavar="NUMBER", default=1, show_default=True, type=click.IntRange(1, 256), help="Worker processes."
)
@CHECKERS
@click.option("--until-input-ends", is_flag=True, hidden=True)
@click.option("--duty", type=click.Choice([one.value for one in Duty]), default=None, hidden=True)
def work(workers: int, checkers: int, until_input_ends: bool, duty: str | None) -> None:
    """Work on repositories that another machine's server put on the queue (LOCKBOT_DATABASE_URL), until stopped.

    Ends with 0 when it was stopped, 1 when what it needs is not to be had, 2 for bad input or settings.
    """
    settings = read_server_settings()
    redaction = start_logs(settings)
    if duty is not None or (workers, checkers) == (1, 0):
        run_worker(settings, redaction.learn, duty=Duty(duty or Duty.ALL), until_input_ends=until_input_ends)
    else:
        run_workers(settings, (sys.executable, "-m", "bot", "work", "--until-input-ends", "--duty"), workers, checkers)
