"""``lockbot lock`` for click: help, completion, and what is wrong with a command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bot.cli.lock_options import LOCK_OPTIONS
from bot.cli.locking import lock_as_told
from bot.cli.options import HELP_OPTIONS, Kind, Option


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


lock = click.Command(
    "lock",
    help="Bring uv.lock up to date, as uv lock does. Nothing is ever built or run.",
    callback=lambda **options: lock_as_told(options),
    params=[_parameter(option) for option in LOCK_OPTIONS],
    context_settings=HELP_OPTIONS,
)
