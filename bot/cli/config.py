"""``lockbot config``: check a repository's configuration, print its schema."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.tabled import HELP_OPTIONS
from bot.repoconfig.load import CONFIG_PATHS, ConfigError, parse_config
from bot.repoconfig.schema import render_schema


@click.group(context_settings=HELP_OPTIONS)
def config() -> None:
    """Check .lockbot.json, or print its schema."""


@config.command(context_settings=HELP_OPTIONS)
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
def check(file: Path | None) -> None:
    """Check FILE (default: the configuration of the repository in the current folder)."""
    path = file or _default_path()
    try:
        parse_config(_read(path), str(path))
    except ConfigError as error:
        for problem in error.problems:
            hint = f" ({problem.hint})" if problem.hint else ""
            place = f"{problem.path}:{problem.line}" if problem.line else problem.path
            click.echo(f"{place}: {problem.message}{hint}", err=True)
        raise SystemExit(2) from None
    click.echo(f"{path} is right")


@config.command(context_settings=HELP_OPTIONS)
def schema() -> None:
    """Print the JSON schema of .lockbot.json."""
    click.echo(render_schema(), nl=False)


def _default_path() -> Path:
    for name in CONFIG_PATHS:
        if Path(name).is_file():
            return Path(name)
    raise click.UsageError(f"there is no {' or '.join(CONFIG_PATHS)} here; name a file")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise click.UsageError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise click.UsageError(f"{path} is not UTF-8 text; save it as UTF-8") from None
