"""How a command speaks: results on standard output, problems on standard error, progress where somebody looks on."""

from __future__ import annotations

import shutil
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO, TypeVar

import click
from rich.console import Console

from bot.cli.local.colors import has_colors
from bot.errors import LockbotError
from bot.report.screens.screen import Screen, flow
from bot.report.terminal import problem_line
from bot.values import field, value
from bot.wall import make_reference, to_problem

_Command = TypeVar("_Command", bound=Callable[..., Any])

#: Hears a stage, and what is being worked on.
Progress = Callable[[str, str], None]


def speaks(command: _Command) -> _Command:
    """Adds ``-q``, ``-v``, ``--color`` and ``--no-progress``; the command gets them as ``said``."""

    def collect(context: click.Context, parameter: click.Parameter, given: object) -> None:
        context.meta.setdefault(__name__, {})[parameter.name] = given

    for option in (
        click.option("--no-progress", is_flag=True, callback=collect, expose_value=False, help="Show no progress."),
        click.option(
            "--color", type=click.Choice(["auto", "always", "never"]), default="auto", callback=collect,
            expose_value=False, help="Whether to use colours.",
        ),
        click.option("-v", "--verbose", count=True, callback=collect, expose_value=False, help="Say what takes how long."),
        click.option("-q", "--quiet", count=True, callback=collect, expose_value=False, help="Say only what is wrong."),
    ):  # fmt: skip
        command = option(command)
    return command


class Unprintable(OSError):
    """Standard output takes no more: no failure of what was done, and the end of the program."""


@contextmanager
def _printing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Unprintable(error.errno, error.strerror) from None


@value
class Voice:
    """``screen`` is standard output, ``warnings`` standard error."""

    screen: Screen
    warnings: Screen = Screen()
    quiet: bool = False
    verbose: bool = False
    shows_progress: bool = False

    def tell(self, lines: Iterable[str]) -> None:
        """A result for people; nothing where they want quiet."""
        if not self.quiet:
            with _printing():
                for line in lines:
                    click.echo(line, color=True)

    def give(self, text: str) -> None:
        """A result that was asked for in this form: it comes however quiet it should be."""
        with _printing():
            click.echo(text, nl=not text.endswith("\n"), color=True)

    def warn(self, line: str) -> None:
        """What is wrong, on standard error."""
        for one in line.split("\n"):
            for part in flow(one, self.warnings, "", "  "):
                click.echo(self.warnings.warning(part), err=True, color=True)

    def part(self) -> None:
        """What is wrong begins below a result, where both are looked at on one screen."""
        if self.screen.width is not None and self.warnings.width is not None and not self.quiet:
            click.echo(err=True)

    def refuse(self, line: str) -> None:
        """Why nothing came of it."""
        for part in flow(f"error: {line}", self.warnings, "", "  "):
            click.echo(self.warnings.alarm(part), err=True, color=True)

    def explain(self, lines: Iterable[str]) -> None:
        """What only who asked for more wants to know."""
        if self.verbose:
            for line in lines:
                click.echo(line, err=True)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A line that changes, where standard error is a terminal; with ``-v`` a line for each step."""
        if self.verbose:
            yield lambda stage, what: self.explain([f"{stage} {what}".rstrip()])
        elif self.shows_progress and not self.quiet:
            with Console(stderr=True).status("reading") as status:
                yield lambda stage, what: status.update(f"{stage} {what}".rstrip())
        else:
            yield lambda _stage, _what: None


def make_voice(context: click.Context, environment: Mapping[str, str]) -> Voice:
    """What the options and the environment say of how to speak; raises ``UsageError``."""
    said = context.meta.get(__name__, {})
    if said.get("quiet") and said.get("verbose"):
        raise click.UsageError("--quiet and --verbose contradict each other")
    color = said.get("color", "auto")
    return Voice(
        screen=_look_at(sys.stdout, color, environment),
        warnings=_look_at(sys.stderr, color, environment),
        quiet=bool(said.get("quiet")),
        verbose=bool(said.get("verbose")),
        shows_progress=sys.stderr.isatty() and not said.get("no_progress"),
    )


def _look_at(stream: TextIO, color: str, environment: Mapping[str, str]) -> Screen:
    width = shutil.get_terminal_size().columns if stream.isatty() else None
    return Screen(width=width, colors=has_colors(stream, color, environment))


@value
class KeptErrors:
    """Errors that nobody expected, by reference, as they are shown to whoever runs the command."""

    tracebacks: dict[str, str] = field(default_factory=dict)

    def __call__(self, error: Exception, place: str) -> str:
        reference = make_reference(error, place)
        self.tracebacks[reference] = "".join(traceback.format_exception(error))
        return reference

    def render(self) -> str:
        return "".join(f"\n{reference}:\n{text}" for reference, text in self.tracebacks.items())


@contextmanager
def refusals(voice: Voice, kept: KeptErrors) -> Iterator[None]:
    """Ends the program with 2 where lockbot refuses what it was given, with 1 where it fails itself."""
    try:
        yield
    except LockbotError as error:
        voice.refuse(str(error))
        raise SystemExit(2) from None
    except (click.exceptions.ClickException, Unprintable, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 - the wall
        voice.refuse(problem_line(to_problem(error, "", kept)))
        click.echo(kept.render(), err=True)
        raise SystemExit(1) from None
