"""``lockbot work``: workers alone, for more machines that share a database."""

from __future__ import annotations

import sys

import click

from bot.app.process import start_logs
from bot.app.solving import run_worker
from bot.app.work import run_workers
from bot.cli.tabled import HELP_OPTIONS
from bot.settings import read_settings


@click.command(context_settings=HELP_OPTIONS)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 256), help="Worker processes.")
@click.option("--until-input-ends", is_flag=True, hidden=True)
def work(workers: int, until_input_ends: bool) -> None:
    """Work on repositories that another machine's server put on the queue (LOCKBOT_DATABASE_URL), until stopped."""
    settings = read_settings()
    redaction = start_logs(settings)
    if workers == 1:
        run_worker(settings, redaction.learn, until_input_ends=until_input_ends)
    else:
        run_workers(settings, (sys.executable, "-m", "bot", "work", "--until-input-ends"), workers)
