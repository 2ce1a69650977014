"""The commands. Each is a module of ``bot.cli.commands``, loaded when it is asked for."""

from __future__ import annotations

from contextlib import nullcontext
from importlib import import_module
from types import ModuleType
from typing import Final

import click

from bot.cli.options.tabled import HELP_OPTIONS, TabledCommand, TabledGroup
from bot.command_line.uv_options import GLOBAL_OPTIONS
from bot.command_line.words import leading
from bot.distribution import NAME, needs

#: Command -> module of ``bot.cli.commands``; the command object has the command's name.
_COMMANDS: Final = {
    "audit": "look for known vulnerabilities in the locks, and mend them",
    "config": "check or describe .lockbot.json",
    "doctor": "check credentials, permissions, database, git and index",
    "export": "write the lock as requirements.txt, pylock.toml or CycloneDX, as uv export does",
    "hook": "what hooks of pre-commit call",
    "jobs": "list what was set aside or failed, and try it again",
    "lock": "lock a project, workspace or script, as uv lock does",
    "obey": "obey the commands that began a GitHub workflow",
    "outdated": "list direct packages that have something newer",
    "pip": "compile requirements files, as uv pip compile does",
    "run": "plan and commit updates of a local repository",
    "serve": "run the web server, the scheduler and workers",
    "upgrade": "move packages in the working tree, requirements and lock together",
    "why": "tell who asks for a package, and what keeps it where it is",
    "work": "run workers alone",
}

#: Command -> the extra that brings what it needs.
_EXTRAS: Final = {"jobs": "server", "obey": "github", "serve": "server", "work": "server"}


def _load(name: str) -> ModuleType:
    with needs(_EXTRAS[name], f"lockbot {name}") if name in _EXTRAS else nullcontext():
        return import_module(f"bot.cli.commands.{name}")


class _LazyGroup(click.Group):
    """Imports a command's module only when that command runs: the web server's and the forge's libraries take their time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(_load(cmd_name), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What uv takes before the name of a command too is kept for the command."""
        count = leading(args, GLOBAL_OPTIONS)
        ctx.obj = tuple(args[:count])
        return super().parse_args(ctx, args[count:])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if isinstance(command, TabledCommand | TabledGroup):
            return name, command, rest
        return name, command, [*ctx.obj, *rest]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


@click.command(cls=_LazyGroup, context_settings=HELP_OPTIONS)
@click.version_option(package_name=NAME, message="lockbot %(version)s")
def cli() -> None:
    """Lockbot keeps uv projects current: every update solved before it is proposed, every lock as uv writes it."""
