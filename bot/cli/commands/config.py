"""``lockbot config``: check a repository's configuration, translate another bot's, print the schema."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from bot.cli.options.tabled import HELP_OPTIONS
from bot.ports.run import Problem
from bot.repoconfig.load import CONFIG_PATHS, ConfigError, load_config
from bot.repoconfig.migration.dependabot import migrate_dependabot
from bot.repoconfig.migration.migrate import DEPENDABOT_PATHS, RENOVATE_PATHS, migrate_renovate
from bot.repoconfig.schema import render_schema


@click.group(context_settings=HELP_OPTIONS)
def config() -> None:
    """Check .lockbot.json, make one of another bot's configuration, or print its schema."""


@config.command(context_settings=HELP_OPTIONS)
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path, dir_okay=False))
def check(files: tuple[Path, ...]) -> None:
    """Check each FILE (default: the configuration of the repository in the current folder).

    Ends with 0 when all can be used (what has no effect is listed), 2 when one can't, or is not there.
    """
    are_right = [_check(path) for path in files or (_default_path(CONFIG_PATHS),)]
    if not all(are_right):
        raise SystemExit(2)


def _check(path: Path) -> bool:
    try:
        loaded = load_config(_read(path), str(path))
    except ConfigError as error:
        _tell(error)
        return False
    for warning in loaded.warnings:
        click.echo(f"warning: {_line(warning)}", err=True)
    click.echo(f"{path} is right")
    return True


@config.command(context_settings=HELP_OPTIONS)
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write there; standard output else."
)
def migrate(file: Path | None, output: Path | None) -> None:
    """Make a .lockbot.json of FILE (default: the renovate.json or dependabot.yml of the current folder).

    What could not be translated is listed on standard error.

    Ends with 0 when a configuration came of it (what was left out included), 2 when FILE could not be read.
    """
    path = file or _default_path((*RENOVATE_PATHS, *DEPENDABOT_PATHS))
    is_yaml = path.suffix in {".yml", ".yaml"}
    try:
        done = (migrate_dependabot if is_yaml else migrate_renovate)(_read(path), str(path))
    except ConfigError as error:
        _refuse(error)
    if output is None:
        click.echo(done.text, nl=False)
    else:
        _write(output, done.text)
    for one in done.left:
        click.echo(f"not translated: {_line(one)}", err=True)


@config.command(context_settings=HELP_OPTIONS)
def schema() -> None:
    """Print the JSON schema of .lockbot.json.

    Ends with 0 when it is printed.
    """
    click.echo(render_schema(), nl=False)


def _refuse(error: ConfigError) -> NoReturn:
    _tell(error)
    raise SystemExit(2)


def _tell(error: ConfigError) -> None:
    for problem in error.problems:
        click.echo(_line(problem), err=True)


def _line(problem: Problem) -> str:
    hint = f" ({problem.hint})" if problem.hint else ""
    place = f"{problem.path}:{problem.line}" if problem.line else problem.path
    return f"{place}: {problem.message}{hint}"


def _default_path(names: Sequence[str]) -> Path:
    for name in names:
        if Path(name).is_file():
            return Path(name)
    raise click.UsageError(f"there is no {' or '.join(names)} here; name a file")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise click.UsageError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise click.UsageError(f"{path} is not UTF-8 text; save it as UTF-8") from None


def _write(path: Path, text: str) -> None:
    if path.exists():
        raise click.UsageError(f"{path} is there already; remove it, or name another file")
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise click.UsageError(f"{path} can't be written: {error.strerror}") from None
