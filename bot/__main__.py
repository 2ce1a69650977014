"""``lockbot``: the command line. Each command is a module of ``bot.cli``, loaded when it is asked for."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from typing import Final

import click

from bot.errors import InputError, LockbotError

#: Command -> module of ``bot.cli``; the command object has the command's name.
_COMMANDS: Final = {
    "config": "check or describe .lockbot.json",
    "doctor": "check credentials, permissions, database, git and index",
    "lock": "lock a project, workspace or script, as uv lock does",
    "run": "plan and commit updates of a local repository",
    "serve": "run the web server, the scheduler and workers",
    "work": "run workers alone",
}


class _LazyGroup(click.Group):
    """Imports a command's module only when that command runs: ``lock --check`` must start in a moment."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(import_module(f"bot.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


@click.command(cls=_LazyGroup)
@click.version_option(package_name="lockbot", message="lockbot %(version)s")
def cli() -> None:
    """Lockbot keeps uv projects current: every update solved before it is proposed, every lock as uv writes it."""


def main() -> None:
    """Run the command line; what lockbot refuses ends as one sentence on standard error."""
    # Nearly all that is made lives as long as the run; looking for cycles in it again and again costs a tenth of the time.
    gc.set_threshold(100_000, 20, 50)
    try:
        cli(prog_name="lockbot")
    except LockbotError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2 if isinstance(error, InputError) else 1)


if __name__ == "__main__":
    main()
