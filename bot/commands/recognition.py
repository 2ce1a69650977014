"""Which simple commands call uv, also through another program that only passes its words on."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.commands.shell import SimpleCommand, Word, find_commands
from bot.patterns import pattern

_SHELLS: Final = frozenset(("ash", "bash", "dash", "sh", "zsh"))
_PYTHON = pattern(r"python(?:3(?:\.\d{1,3})?)?")
_UV_REQUIREMENT = pattern(r"uv(?:[@=<>~!].*)?")
#: A script in a script in a script.
_DEPTH: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """``words`` behind ``uv``; the rest as in the simple command."""

    words: tuple[Word, ...]
    command: SimpleCommand
    folder: tuple[str, ...] | None


def find_calls(script: str, *, depth: int = 0) -> Iterator[Call]:
    """Every call of uv in a shell script."""
    for command in find_commands(script):
        yield from calls_of(command, depth=depth)


def calls_of(command: SimpleCommand, *, depth: int = 0) -> Iterator[Call]:
    """The calls of uv that one command makes."""
    words = _behind_uv(command.words)
    if words is not None:
        yield Call(words=words, command=command, folder=command.folder)
    inner = _script_of(command.words)
    if inner is not None and depth < _DEPTH:
        for call in find_calls(inner, depth=depth + 1):
            folder = None if command.folder is None or call.folder is None else (*command.folder, *call.folder)
            yield Call(words=call.words, command=call.command, folder=folder)


def _behind_uv(words: Sequence[Word]) -> tuple[Word, ...] | None:
    names = [word.text for word in words[:4]]
    program = posixpath.basename(names[0]).removesuffix(".exe")
    if program == "uv" and names[1:3] != ["tool", "run"]:
        return tuple(words[1:])
    if _PYTHON.fullmatch(program) and names[1:3] == ["-m", "uv"]:
        return tuple(words[3:])
    passing = {"uvx": 1, "pipx": 2, "uv": 3}.get(program, 0)
    asked = names[passing] if 0 < passing < len(names) else ""
    return tuple(words[passing + 1 :]) if _UV_REQUIREMENT.fullmatch(asked) else None


def _script_of(words: Sequence[Word]) -> str | None:
    """What a shell is given to run by ``-c``."""
    if posixpath.basename(words[0].text) not in _SHELLS:
        return None
    for at, word in enumerate(words[1:], 1):
        if word.text.startswith("-") and not word.text.startswith("--") and word.text.endswith("c"):
            return words[at + 1].text if at + 1 < len(words) and words[at + 1].is_known else None
    return None
