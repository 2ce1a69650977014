"""``lockbot lock`` for click: help, completion, and what is wrong with a command line."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.lock_options import LOCK_OPTIONS
from bot.cli.locking import lock_as_told
from bot.cli.options import Kind, Option


def _parameter(option: Option) -> click.Option:
    names = ["/".join(option.names)] if option.kind is Kind.SWITCH else list(option.names)
    kind = {
        Kind.FOLDER: click.Path(path_type=Path, file_okay=False),
        Kind.FILE: click.Path(path_type=Path, dir_okay=False),
    }.get(option.kind)
    return click.Option(
        names,
        type=kind,
        is_flag=True if option.kind in (Kind.FLAG, Kind.SWITCH) else None,
        multiple=option.kind is Kind.TEXTS,
        metavar=option.metavar,
        help=option.help or None,
        hidden=not option.help,
        default=None if option.kind is Kind.TEXTS else option.absent(),
    )


lock = click.Command(
    "lock",
    help="Bring uv.lock up to date, as uv lock does. Nothing is ever built or run.",
    callback=lambda **options: lock_as_told(options),
    params=[_parameter(option) for option in LOCK_OPTIONS],
)
