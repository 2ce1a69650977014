"""``lockbot serve``: webhooks, schedule and workers on this machine."""

from __future__ import annotations

import click

from bot.app.process import start_logs
from bot.app.serve import ServeOptions
from bot.app.serve import serve as run_server
from bot.app.setup.mode import begins_in_setup
from bot.app.setup.serve import Announcement, serve_setup
from bot.cli.commands.work import CHECKERS
from bot.cli.options.tabled import HELP_OPTIONS
from bot.settings import read_server_settings


@click.command(context_settings=HELP_OPTIONS)
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    metavar="NUMBER",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on.",
)
@click.option(
    "--workers",
    metavar="NUMBER",
    default=1,
    show_default=True,
    type=click.IntRange(0, 256),
    help="Worker processes; 0: web only.",
)
@CHECKERS
@click.option(
    "--setup", is_flag=True, help="Set an App up in the browser first, also beside data of an earlier server."
)
def serve(host: str, port: int, workers: int, checkers: int, setup: bool) -> None:
    """Receive webhooks, keep the schedule and work on repositories, until stopped.

    A server that has nothing yet, no App, no data, no database, begins by being set up in the browser, at the address that
    it prints.

    Ends with 0 when it was stopped, 1 when what it needs is not to be had, 2 for bad input or settings.
    """
    settings = read_server_settings()
    redaction = start_logs(settings)
    options = ServeOptions(host=host, port=port, workers=workers, checkers=checkers if workers else 0)
    if begins_in_setup(settings, is_asked_for=setup):
        serve_setup(settings, options, Announcement(learn=redaction.learn, say=_announce))
    else:
        run_server(settings, options)


def _announce(address: str) -> None:
    click.echo(
        f"No App is set up yet. Open this address, once, in the browser in which you are signed in to GitHub:\n\n  {address}\n"
    )
    click.echo(
        "Behind a proxy or in a container put the address that it has from outside in place of what stands before /setup."
    )
