"""``lockbot serve``: webhooks, schedule and workers on this machine."""

from __future__ import annotations

import click

from bot.app.process import start_logs
from bot.app.serve import ServeOptions
from bot.app.serve import serve as run_server
from bot.cli.tabled import HELP_OPTIONS
from bot.cli.work import CHECKERS
from bot.settings import read_server_settings


@click.command(context_settings=HELP_OPTIONS)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(0, 256), help="Worker processes; 0: web only."
)
@CHECKERS
def serve(host: str, port: int, workers: int, checkers: int) -> None:
    """Receive webhooks, keep the schedule and work on repositories, until stopped.

    Ends with 0 when it was stopped, 1 when what it needs is not to be had, 2 for bad input or settings.
    """
    settings = read_server_settings()
    start_logs(settings)
    run_server(settings, ServeOptions(host=host, port=port, workers=workers, checkers=checkers if workers else 0))
