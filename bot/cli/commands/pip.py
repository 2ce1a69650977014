"""``lockbot pip compile``: a drop-in for ``uv pip compile``. What is written is ``bot.compile``'s; here are files, time
and words."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace as changed
from pathlib import Path

from bot.cli.indexes.lazy import LazyIndex
from bot.cli.local.writing import write_beside
from bot.cli.options.lock_settings import look_around, make_choice, make_settings, place_in, refreshes_anything
from bot.cli.options.tabled import HELP_OPTIONS, TabledCommand, TabledGroup
from bot.command_line.environment import with_environment
from bot.command_line.lock_options import LOCK_OPTIONS
from bot.command_line.options import absent_values, remarks
from bot.compile.arguments import CompileArguments, parse_arguments
from bot.compile.compiling import (
    DEFAULT_PYTHON,
    Compiled,
    CompileTask,
    Solving,
    bind_plan,
    compile_planned,
    read_plan,
)
from bot.compile.options import COMPILE_OPTIONS
from bot.errors import BuildRequiredError, InputError
from bot.git.folder import FolderTree
from bot.report.lock_lines import not_built_lines, resolved_line
from bot.requirements.decoding import decode_requirements
from bot.resolver.lowering import CommandSettings
from bot.resolver.model.effort import Advice
from bot.resolver.search.head_start import request_first_pages
from bot.values import replace


def _run(words: tuple[str, ...]) -> None:
    compile_as_told(parse_arguments(words), words)


compile_command = TabledCommand(
    "compile",
    """Pin what requirements files ask for, as uv pip compile does. Nothing is ever built or run.

Ends with 0 when the file is written, 1 when there is no solution or something would have to be built, 2 for bad input.
""",
    COMPILE_OPTIONS,
    _run,
    operands="FILE...",
)

pip = TabledGroup(
    "pip", help="What uv does in the name of pip.", commands=[compile_command], context_settings=HELP_OPTIONS
)


# --- the command ------------------------------------------------------------------------------------


def compile_as_told(arguments: CompileArguments, words: tuple[str, ...]) -> None:
    """Compile and write; ``words`` are those of the command, which the header repeats. Raises ``LockbotError``."""
    _Run(arguments, words).compile()


class _Files(FolderTree):
    """Requirements files may be UTF-16, as some shells write them."""

    def decode(self, data: bytes, path: str) -> str:
        return decode_requirements(data, path) if path.endswith((".txt", ".in")) else super().decode(data, path)


class _Run:
    """One call of the command."""

    def __init__(self, arguments: CompileArguments, words: tuple[str, ...]) -> None:
        self._arguments = arguments
        self._words = words
        self._started = time.monotonic()
        place = arguments.directory or os.environ.get("UV_WORKING_DIR") or "."
        self._here = Path(place).resolve()
        if not self._here.is_dir():
            raise InputError("no such folder", path=place, hint="check --directory")
        self._tree = _Files(Path(self._here.anchor))
        typed = self._asked()
        self._options = with_environment(LOCK_OPTIONS, typed, os.environ)
        refreshes_anything(self._options)
        for remark in remarks(LOCK_OPTIONS, typed, self._options):
            self._say(f"warning: {remark}")

    def compile(self) -> None:
        try:
            self._compile()
        except InputError as error:
            raise self._located(error) from None
        except BuildRequiredError as error:
            raise error if error.path is None else error.at(self._near(error.path)) from None

    def _compile(self) -> None:
        arguments = self._arguments
        if arguments.project is None and os.environ.get("UV_PROJECT"):
            arguments = changed(arguments, project=os.environ["UV_PROJECT"])
        task = CompileTask(
            arguments=arguments,
            words=self._words,
            folder=self._in_tree(self._here),
            settings=self._settings(),
            variables=dict(os.environ),
            python=_python_beside(self._here) or DEFAULT_PYTHON,
        )
        read = read_plan(task, self._tree)
        existing = None if read.output is None else _read(self._here / read.output)
        read = changed(read, task=changed(read.task, existing=existing))
        for remark in read.effective.warnings:
            error = InputError(remark.problem, path=remark.path, line=remark.line, hint=remark.hint)
            self._say(f"warning: {self._located(error)}")
        effective = read.effective
        choice = make_choice(
            self._options,
            effective.indexes,
            self._here,
            os.environ,
            asks_keyring=effective.asks_keyring,
            foreign=(self._here,),
        )
        index = LazyIndex(choice)
        try:
            plan = bind_plan(read, index)
            for remark in plan.warnings[len(read.effective.warnings) :]:
                self._say(
                    f"warning: {InputError(remark.problem, path=remark.path, line=remark.line, hint=remark.hint)}"
                )
            request_first_pages(plan.request, index)
            self._finish(compile_planned(plan, index, Solving(advice=Advice())), read.output)
        finally:
            index.close()

    def _finish(self, compiled: Compiled, output: str | None) -> None:
        if output is None or not self._arguments.quiet:
            sys.stdout.write(compiled.text)
        if output is not None:
            _write(self._here / output, compiled.text)
        for line in not_built_lines(
            {name: place for name, place in compiled.recorded.items() if place in ("egg-info", "setup.cfg", "known")}
        ):
            self._say(line)
        if not self._arguments.quiet:
            self._say(resolved_line(len(compiled.lock.packages), time.monotonic() - self._started, colors=False))

    def _say(self, text: str) -> None:
        if not self._arguments.quiet:
            print(text, file=sys.stderr)

    # --- settings ---

    def _asked(self) -> dict[str, object]:
        """What the command says, as the values of ``lockbot lock``."""
        return {**absent_values(LOCK_OPTIONS), **self._arguments.asking, **self._arguments.choosing}

    def _settings(self) -> CommandSettings:
        around = look_around(self._tree.root, self._here, os.environ)
        settings = make_settings(self._options, around)
        return replace(settings, upgrade=None, upgrade_package=(), upgrade_group=())

    # --- places ---

    def _located(self, error: InputError) -> InputError:
        """The error with its path as seen from here."""
        if error.path is None:
            return error
        return type(error)(error.problem, path=self._near(error.path), line=error.line, hint=error.hint)

    def _near(self, path: str) -> str:
        """A path in the tree as seen from the current folder; one that is relative to it stays as it is."""
        there = self._tree.root / path
        return str(there.relative_to(Path.cwd())) if there.is_relative_to(Path.cwd()) else path

    def _in_tree(self, path: Path) -> str:
        return place_in(self._tree.root, path)


def _python_beside(folder: Path) -> str | None:
    """What a ``.python-version`` pins, here or above."""
    for place in (folder, *folder.parents):
        try:
            lines = (place / ".python-version").read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        words = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
        return words[0] if words and words[0].replace(".", "").isdecimal() else None
    return None


def _read(path: Path) -> str | None:
    """What a file holds; what is none (a pipe, a terminal) is not waited for."""
    if path.exists() and not path.is_file() and not path.is_dir():
        return None
    try:
        return decode_requirements(path.read_bytes(), str(path))
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        raise InputError("is a folder, and can't be written over", path=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error}", path=str(path)) from None


def _write(path: Path, text: str) -> None:
    """Replace a file, or write to what is none (a pipe, a terminal)."""
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    real = path.resolve()
    real.parent.mkdir(parents=True, exist_ok=True)
    write_beside(real, text)
