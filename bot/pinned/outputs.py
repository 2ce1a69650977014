"""Files that ``uv pip compile`` wrote: found by the header that names the command, or named by a command elsewhere.

What a header says is a stranger's word: it tells how to write the file that bears it, and never another one. A command of
a hook, a workflow or ``.lockbot.json`` names its output itself, which has to be a file that looks like one.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.compile.arguments import CompileArguments, arguments_of, command_of, find_command, parse_arguments
from bot.errors import InputError
from bot.export.pylock_toml import is_pylock_name
from bot.patterns import pattern
from bot.pinned.command_paths import check_new, find_folder, within
from bot.ports.run import LeftAlone
from bot.printable import printable
from bot.resolver.lowering.paths import join, parents
from bot.resolver.model.index import Tree

#: pip-compile speaks of itself in the first lines.
_COMPILED = pattern(r"(?:#[^\n]*\n){0,8}?#[^\n]*\bpip-compile\b[^\n]*")
_NAME = pattern(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Listing(Tree, Protocol):
    """The files of a commit."""

    def paths(self) -> Sequence[str]:
        """All regular files."""

    def mode(self, path: str) -> str | None:
        """The git mode of a path, links not followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedCommand:
    """A ``pip compile`` command that stands somewhere in the repository: in a hook, a workflow, ``.lockbot.json``.

    ``words`` follow ``uv``; ``folder`` is where it runs. ``output`` is the path of what it writes in the repository,
    ``None`` where its own ``-o`` says it. ``place`` is what people are told of where it stands. ``has_last_word``: it is
    run over and over, so that the file's header is what it says; else the header that is there stays. ``problem``: why
    it can't be followed.
    """

    words: tuple[str, ...]
    folder: str = "."
    output: str | None = None
    place: str
    has_last_word: bool = False
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A file that a command writes; ``text`` is what it says now, ``None`` where it is to be made.

    ``command`` is what its header names, ``folder`` where it runs.
    """

    path: str
    folder: str
    command: str
    arguments: CompileArguments
    text: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """``foreign`` are outputs of other tools or of commands that can't be followed, by path, with the reason."""

    found: tuple[Output, ...] = ()
    foreign: tuple[LeftAlone, ...] = ()


def find_outputs(listing: Listing, paths: Sequence[str], commands: Sequence[StatedCommand]) -> Outputs:
    """The outputs among ``paths`` (by their headers) and those that commands name, which come first."""
    found: dict[str, Output] = {}
    foreign: dict[str, LeftAlone] = {}
    for command in commands:
        path = printable(command.output or command.place)
        try:
            output = _stated(listing, command)
            path = output.path
            found.setdefault(path, output)
        except InputError as error:
            foreign.setdefault(path, LeftAlone(path=path, reason=f"{_told(error)} ({printable(command.place)})"))
    for path in paths:
        if path in found or not may_be_output(path):
            continue
        text = read(listing, path)
        try:
            made = None if text is None else find_by_header(listing, path, text)
        except InputError as error:
            foreign[path] = LeftAlone(path=path, reason=_told(error))
            continue
        if made is not None:
            found[path] = made
    return Outputs(
        found=tuple(found[path] for path in sorted(found)),
        foreign=tuple(foreign[path] for path in sorted(foreign) if path not in found),
    )


def may_be_output(path: str) -> bool:
    name = posixpath.basename(path)
    return name.endswith(".txt") or is_pylock_name(name)


def read(listing: Listing, path: str) -> str | None:
    try:
        return listing.read_text(path)
    except InputError:
        return None


def _told(error: InputError) -> str:
    place = "" if error.path is None else f"{error.path}: "
    return printable(f"{place}{error.problem}" + (f"; {error.hint}" if error.hint else ""))


# --- by the header ----------------------------------------------------------------------------------


def find_by_header(listing: Listing, path: str, text: str) -> Output | None:
    command = find_command(text)
    if command is None:
        if _COMPILED.match(text.removeprefix("\ufeff")):
            raise InputError("pip-compile wrote it, and uv lays such a file out in another way",
                             hint="compile it once with `uv pip compile`, then lockbot keeps it")  # fmt: skip
        return None
    arguments = arguments_of(command)
    if arguments.pip.no_header:
        raise InputError("its command says --no-header, and yet the file has one")
    output = arguments.pip.output_file
    folder = find_folder(path, output) if output is not None else _folder_of(listing, path, arguments)
    return _checked(Output(path=path, folder=folder, command=command, arguments=arguments, text=text))


def _folder_of(listing: Listing, path: str, arguments: CompileArguments) -> str:
    """The folder in which a command without an output was run: the nearest from which all of its files are there."""
    folder = posixpath.dirname(path) or "."
    named = [*arguments.sources, *arguments.constraints, *arguments.overrides]
    for place in (folder, *parents(folder)):
        if all(listing.exists(within(place, one, "file")) for one in named):
            return place
    raise InputError("its command names no output, and its files are neither in its folder nor above")


def _checked(output: Output) -> Output:
    """Refuse paths that lead out, and a command that reads what it writes as something to ask for."""
    arguments = output.arguments
    if arguments.directory is not None:
        raise InputError("its command names a --directory, from which it does not run here")
    for named in (*arguments.sources, *arguments.overrides, *arguments.excludes):
        if within(output.folder, named, "file") == output.path:
            raise InputError("its command asks for what it writes itself")
    for named in (*arguments.constraints, *arguments.build_constraints):
        within(output.folder, named, "file")
    return output


# --- by a command elsewhere -------------------------------------------------------------------------


def _stated(listing: Listing, command: StatedCommand) -> Output:
    if command.problem is not None:
        raise InputError(command.problem)
    words = list(command.words)
    arguments = parse_arguments(words)
    said = arguments.pip.output_file
    if said is None and command.output is None:
        raise InputError("a command of pip compile names no output")
    folder = posixpath.normpath(command.folder)
    path = within(folder, said, "output") if said is not None else posixpath.normpath(command.output or "")
    if command.output is not None and path != posixpath.normpath(command.output):
        raise InputError(f"its options write {printable(path)}, not this file")
    if said is None:
        words += ["-o", posixpath.relpath(posixpath.join("/", path), posixpath.join("/", folder))]
        arguments = parse_arguments(words)
    text = _writable(listing, path)
    known = None if text is None or command.has_last_word else find_command(text)
    pip = arguments.pip
    own = command_of(words, with_indexes=bool(pip.emit_index_url), with_find_links=bool(pip.emit_find_links))
    return _checked(Output(path=path, folder=folder, command=known or own, arguments=arguments, text=text))


def _writable(listing: Listing, path: str) -> str | None:
    """The text that is there; refuses to write over what is no output, and where no file could be."""
    if not may_be_output(path):
        raise InputError(f"a file named {printable(posixpath.basename(path))} is no place for compiled requirements")
    if path not in frozenset(listing.paths()):
        check_new(listing, path)
        return None
    text = listing.read_text(path) or ""
    if not looks_compiled(text, path):
        raise InputError("what is there does not look compiled, and is not written over")
    return text


def looks_compiled(text: str, path: str) -> bool:
    if not text.strip():
        return True
    if is_pylock_name(posixpath.basename(path)):
        return 'created-by = "uv"' in text.splitlines()[:5]
    return find_command(text) is not None or all(map(_is_line, text.removeprefix("\ufeff").splitlines()))


def _is_line(line: str) -> bool:
    """Whether it may be one of a requirements file: a requirement, a path, an option, a comment, or nothing."""
    line = line.strip().removesuffix("\\").rstrip()
    if not line or line.startswith(("#", "-", "./", "../", "file:")) or line in (".", ".."):
        return True
    name = _NAME.match(line)
    return name is not None and line[name.end() :].lstrip()[:1] in ("", "[", "=", "@", ";")


def inputs_of(output: Output) -> Iterator[str]:
    """The files that a command names, in the repository."""
    arguments = output.arguments
    named = (*arguments.sources, *arguments.constraints, *arguments.overrides, *arguments.build_constraints)
    yield from (join(output.folder, one) for one in named)


def in_order(paths: Iterable[str], reads: Mapping[str, Collection[str]]) -> Sequence[str]:
    """Those first that others read; of files that read each other, the first."""
    left = dict.fromkeys(paths)
    done: list[str] = []
    while left:
        path = next((path for path in left if not (set(reads[path]) - {path}) & left.keys()), next(iter(left)))
        del left[path]
        done.append(path)
    return done
