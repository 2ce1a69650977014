"""The commands of Dockerfiles: ``RUN`` in the form of a shell, as a list, and as a heredoc.

The folders of an image are not those of the repository: the first ``WORKDIR`` of a stage is taken for the folder that
is copied in, that of the Dockerfile or one above.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.commands.model import Origin, UvCommand, folder_of
from bot.commands.recognition import Call, calls_of, find_calls
from bot.commands.shell import SimpleCommand, Word
from bot.formats.dockerfile import Instruction, parse_dockerfile
from bot.patterns import pattern

_NAME = pattern(r"(?:.*\.)?(?:[Dd]ocker|[Cc]ontainer)file(?:[._-].*)?")


def is_dockerfile(path: str) -> bool:
    """``Dockerfile``, ``Containerfile``, with a word before or behind it."""
    return _NAME.fullmatch(posixpath.basename(path)) is not None


def find_dockerfile_commands(text: str, path: str) -> Iterator[UvCommand]:
    """The calls of uv in a Dockerfile; raises ``InputError``."""
    places = _Places()
    for instruction in parse_dockerfile(text, path):
        places.see(instruction)
        if instruction.keyword == "RUN":
            for call in _calls(instruction):
                yield _command(call, instruction, path, places.parts)


@dataclass(slots=True, kw_only=True)
class _Places:
    """``parts`` lead from the first working folder of the stage to the present one; ``None`` where that is not known."""

    first: str | None = None
    parts: tuple[str, ...] | None = ()
    stages: dict[str, tuple[str | None, tuple[str, ...] | None]] = field(default_factory=dict)
    name: str = ""

    def see(self, instruction: Instruction) -> None:
        words = [word.text for word in instruction.arguments()]
        if instruction.keyword == "FROM":
            self.stages[self.name] = (self.first, self.parts)
            self.first, self.parts = self.stages.get(words[0].lower() if words else "", (None, ()))
            self.name = words[2].lower() if len(words) == 3 and words[1].lower() == "as" else ""
        elif instruction.keyword == "WORKDIR" and words:
            self._move(" ".join(words).strip("\"'").rstrip("/") or "/")

    def _move(self, folder: str) -> None:
        if self.first is None:
            self.first, self.parts = folder, ()
        elif folder == self.first or folder.startswith(f"{self.first}/"):
            self.parts = (folder[len(self.first) :].lstrip("/") or ".",)
        elif folder.startswith(("/", "$")) or self.parts is None:
            self.parts = None
        else:
            self.parts = (*self.parts, folder)


def _calls(instruction: Instruction) -> Iterator[Call]:
    arguments = instruction.arguments()
    script = " ".join(word.text for word in arguments)
    if script.startswith("["):
        words = _listed(script, instruction.line)
        yield from calls_of(SimpleCommand(words=words)) if words else ()
        return
    yield from find_calls(script)
    if instruction.heredocs and arguments[0].text.startswith("<<"):
        yield from find_calls(instruction.heredocs[0])


def _listed(text: str, line: int) -> tuple[Word, ...]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        return ()
    return tuple(Word(text=one, line=line) for one in found)


def _command(call: Call, instruction: Instruction, path: str, place: tuple[str, ...] | None) -> UvCommand:
    output = call.command.output
    return UvCommand(
        words=tuple(word.text for word in call.words),
        path=path,
        line=instruction.line,
        origin=Origin.DOCKERFILE,
        folders=_folders(path, place, call.folder),
        is_known=all(word.is_known for word in call.words) and (output is None or output.is_known),
        output=None if output is None else output.text,
        environment=tuple(name for name in call.command.environment if name.startswith("UV_")),
    )


def _folders(path: str, place: tuple[str, ...] | None, moved: tuple[str, ...] | None) -> tuple[str, ...]:
    if place is None or moved is None:
        return ()
    base = posixpath.dirname(path) or "."
    bases = [base]
    while base != ".":
        base = posixpath.dirname(base) or "."
        bases.append(base)
    found = [folder_of(one, (*place, *moved)) for one in bases]
    return tuple(folder for folder in found if folder is not None)
