"""Commands whose options are a table: click words their help and completes them, the words are read by the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from bot.command_line.options import Kind, Option

#: For click: what asks each command for help, also one that is called by itself.
HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


class TabledCommand(click.Command):
    """Gives what was typed, the name of the command and what stood before it included, to ``run`` in one piece."""

    def __init__(
        self,
        name: str,
        help: str,
        options: Iterable[Option],
        run: Callable[[tuple[str, ...]], object],
        *,
        operands: str | None = None,
    ) -> None:
        super().__init__(
            name,
            help=help,
            callback=lambda words: run(words),
            params=[*_operands(operands), *(_parameter(option) for option in options)],
            context_settings=HELP_OPTIONS,
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if {"-h", "--help"}.intersection(args):
            click.echo(ctx.get_help())
            ctx.exit()
        ctx.params = {"words": (*(ctx.obj or ()), *_names_before(ctx), self.name, *args)}
        return []


class TabledGroup(click.Group):
    """A group of such commands: what stands before its name is kept for them."""


def _names_before(ctx: click.Context) -> Iterator[str]:
    """The names of the groups that the command belongs to, but for that of the program."""
    group = ctx.parent
    if group is not None and group.parent is not None:
        yield from _names_before(group)
        yield group.info_name or ""


def _operands(metavar: str | None) -> Iterator[click.Argument]:
    """What stands alone, for the line of usage."""
    if metavar is not None:
        yield click.Argument(["operands"], nargs=-1, metavar=metavar)


def _parameter(option: Option) -> click.Option:
    return click.Option(
        _names(option),
        type=_type(option),
        is_flag=True if option.kind in (Kind.FLAG, Kind.SWITCH) else None,
        count=option.kind is Kind.COUNT,
        multiple=option.kind is Kind.TEXTS,
        metavar=option.metavar,
        help=option.help or None,
        hidden=not option.help,
        default=None if option.kind is Kind.TEXTS else option.absent(),
    )


def _names(option: Option) -> list[str]:
    """As click takes them: what the value is called, and the name that says no behind a slash."""
    if option.kind is not Kind.SWITCH:
        return [option.key, *option.names]
    *yes, last, no = option.names
    return [option.key, *yes, f"{last}/{no}"]


def _type(option: Option) -> click.ParamType[Any] | None:
    if option.choices:
        return click.Choice(option.choices)
    if option.kind is Kind.FOLDER:
        return click.Path(path_type=Path, file_okay=False)
    return click.Path(path_type=Path, dir_okay=False) if option.kind is Kind.FILE else None
