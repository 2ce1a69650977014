"""The tables of ``docs/commands.md``, made from the commands themselves."""

from __future__ import annotations

import inspect

import click

from bot.cli.group import cli
from bot.command_line.lock_options import LOCK_OPTIONS
from bot.command_line.options import Option

COMMANDS = (
    "lock",
    "run",
    "obey",
    "outdated",
    "why",
    "upgrade",
    "export",
    "audit",
    "pip compile",
    "config check",
    "config schema",
    "doctor",
    "hook lock",
    "jobs",
    "serve",
    "work",
)


def find(name: str) -> click.Command:
    """A command by its words."""
    command: click.Command = cli
    for word in name.split():
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    return command


def help_text(name: str) -> list[str]:
    """The paragraphs of its help, each in one line."""
    paragraphs = inspect.cleandoc(find(name).help or "").split("\n\n")
    return [" ".join(paragraph.split()) for paragraph in paragraphs]


def help_sentence(name: str) -> str:
    return help_text(name)[0]


def ends_with(name: str) -> str:
    """What its help says of exit codes."""
    return next(paragraph for paragraph in help_text(name) if paragraph.startswith("Ends with "))


def option_table(name: str) -> str:
    """Empty where it has no options."""
    shown = [one for one in find(name).params if isinstance(one, click.Option) and not one.hidden]
    rows = [f"| {_names(one)} | {one.help}{_default(one)} |" for one in shown]
    return "\n".join(["| option | meaning |", "|---|---|", *rows]) if rows else ""


def _names(option: click.Option) -> str:
    value = "" if option.is_flag or option.count else f" {option.make_metavar(click.Context(cli))}"
    names = [*option.opts, *option.secondary_opts]
    return ", ".join(f"`{name}{value}`".replace("|", "\\|") for name in names)


def _default(option: click.Option) -> str:
    """What holds where nothing is said, of options whose help says it too."""
    return f" Default: `{option.default}`." if option.show_default else ""


def lock_table() -> str:
    rows = [f"| {_spelled(one)} | {f'`{one.env}`' if one.env else ''} | {_meaning(one)} |" for one in LOCK_OPTIONS]
    return "\n".join(["| option | variable | meaning |", "|---|---|---|", *rows])


def _spelled(option: Option) -> str:
    return ", ".join(f"`{name}`" for name in option.names)


def _meaning(option: Option) -> str:
    if option.refusal:
        return f"refused: {option.refusal}"
    if option.remark:
        return f"changes nothing: {option.remark}"
    values = f" One of {', '.join(f'`{one}`' for one in option.choices)}." if option.choices else ""
    return f"{option.help}{values}"
