"""The commands of pre-commit hooks: those of uv's own repository of hooks, and local ones that call uv.

pre-commit splits ``entry`` as a shell would, without expanding anything, puts ``args`` behind it, and runs that in the
folder of the repository; prek runs the hooks of a configuration in a folder below in that one.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.commands.model import Origin, UvCommand, folder_of
from bot.commands.recognition import calls_of
from bot.commands.shell import SimpleCommand, Word
from bot.precommit.model import Hook, HookConfig, HookRepository

UV_HOOKS: Final = "github.com/astral-sh/uv-pre-commit"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Default:
    entry: str
    args: tuple[str, ...] = ()


#: What uv-pre-commit says of its hooks; ``--quiet`` came later, and no file tells of it.
_DEFAULTS: Final = {
    "uv-lock": _Default(entry="uv lock"),
    "uv-export": _Default(entry="uv export", args=("--frozen", "--output-file=requirements.txt", "--quiet")),
    "pip-compile": _Default(entry="uv pip compile"),
}


def find_hook_commands(config: HookConfig) -> Iterator[UvCommand]:
    """The calls of uv in the order in which the hooks are run."""
    for repository, hook in config.hooks():
        yield from _commands(config, repository, hook)


def _commands(config: HookConfig, repository: HookRepository, hook: Hook) -> Iterator[UvCommand]:
    default = _DEFAULTS.get(hook.id) if repository.address == UV_HOOKS else None
    entry = _split(hook.entry or (default.entry if default is not None else ""))
    if not entry or hook.is_odd:
        return
    args = hook.args if hook.args is not None else default.args if default is not None else ()
    words = tuple(Word(text=word, line=hook.line) for word in (*entry, *args))
    passes_files = hook.passes_files if hook.passes_files is not None else default is None
    for call in calls_of(SimpleCommand(words=words)):
        is_direct = call.command.words == words
        yield UvCommand(
            words=tuple(word.text for word in call.words),
            path=config.path,
            line=hook.line,
            origin=Origin.BY_HAND if hook.is_by_hand else Origin.HOOK,
            folders=_folders(config.path, call.folder),
            is_known=all(word.is_known for word in call.words),
            output=_output(call.command),
            environment=tuple(
                name for name in (*hook.environment, *call.command.environment) if name.startswith("UV_")
            ),
            passes_files=passes_files and is_direct,
        )


def _split(entry: str) -> list[str]:
    try:
        return shlex.split(entry)
    except ValueError:
        return []


def _folders(path: str, parts: tuple[str, ...] | None) -> tuple[str, ...]:
    bases = dict.fromkeys((posixpath.dirname(path) or ".", "."))
    found = [] if parts is None else [folder_of(base, parts) for base in bases]
    return tuple(folder for folder in found if folder is not None)


def _output(command: SimpleCommand) -> str | None:
    return command.output.text if command.output is not None and command.output.is_known else None
