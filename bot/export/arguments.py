"""The words of an ``export`` command, read as uv reads them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bot.errors import InputError
from bot.export.options import EXPORT_USES, WORDS, Use
from bot.export.pylock_toml import is_pylock_name
from bot.export.requirements_txt import Editables
from bot.export.selection import DevMode, Emitted, Extras, Groups
from bot.export.words import Given
from bot.pep440 import shorten
from bot.redaction import redact_urls


class Format(StrEnum):
    REQUIREMENTS = "requirements.txt"
    PYLOCK = "pylock.toml"
    CYCLONEDX = "cyclonedx1.5"


_OTHER_FORMS: Final = {
    "requirements-txt": Format.REQUIREMENTS,
    "pylock-toml": Format.PYLOCK,
    "cyclonedx1.5+json": Format.CYCLONEDX,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportArguments:
    """What a command asks for. ``output`` is as written; ``locking`` holds the options of the lock by their long name."""

    format: Format = Format.REQUIREMENTS
    output: str | None = None
    packages: tuple[str, ...] = ()
    whole: bool = False
    prune: tuple[str, ...] = ()
    extras: Extras = field(default_factory=Extras)
    groups: Groups = field(default_factory=Groups)
    emitted: Emitted = field(default_factory=Emitted)
    editables: Editables = field(default_factory=Editables)
    annotate: bool = True
    header: bool = True
    hashes: bool = True
    index_urls: bool = False
    find_links: bool = False
    frozen: bool = False
    locked: bool = False
    may_freeze: bool = True
    may_lock: bool = True
    quiet: bool = False
    script: str | None = None
    directory: str | None = None
    project: str | None = None
    locking: Mapping[str, bool | str | tuple[str, ...]] = field(default_factory=dict)


def parse_arguments(words: Sequence[str]) -> ExportArguments:
    """Read what follows ``uv``, the word ``export`` among it; raises ``InputError``."""
    commands, given = WORDS.read(words)
    if commands != ["export"]:
        extra = next((word for word in commands if word != "export"), "export")
        raise _wrong(f"unexpected argument {shorten(extra)!r}")
    return _arguments(given)


def _wrong(problem: str) -> InputError:
    return WORDS.wrong(problem)


def _arguments(given: Given) -> ExportArguments:
    output = given.text("output-file")
    return ExportArguments(
        format=_format(given.text("format"), output),
        output=output,
        packages=given.names("package"),
        whole=given.has("all-packages"),
        prune=given.names("prune"),
        extras=Extras(
            wanted=given.names("extra"), everything=given.has("all-extras"), unwanted=given.names("no-extra")
        ),
        groups=_groups(given),
        emitted=_emitted(given),
        editables=Editables(every=given.switch("editable"), plain=given.names("no-editable-package")),
        annotate=given.switch("annotate") is not False,
        header=given.switch("header") is not False,
        hashes=given.switch("hashes") is not False,
        index_urls=given.has("emit-index-url"),
        find_links=given.has("emit-find-links"),
        frozen=given.has("frozen"),
        locked=given.has("locked"),
        may_freeze=not given.has("no-frozen"),
        may_lock=not given.has("no-locked"),
        quiet=given.has("quiet"),
        script=given.text("script"),
        directory=given.text("directory"),
        project=given.text("project"),
        locking=dict(_locking(given)),
    )


def _locking(given: Given) -> Iterator[tuple[str, bool | str | tuple[str, ...]]]:
    for name, option in given.options.items():
        if EXPORT_USES[option.name] is Use.LOCK and given.has(name):
            yield name, given.value(option)


def _groups(given: Given) -> Groups:
    said = given.switch("dev")
    dev = DevMode.ONLY if given.has("only-dev") else {True: DevMode.INCLUDE, False: DevMode.EXCLUDE, None: None}[said]
    return Groups(
        wanted=given.names("group"),
        only=given.names("only-group"),
        unwanted=given.names("no-group"),
        everything=given.has("all-groups"),
        ignores_defaults=given.has("no-default-groups"),
        dev=dev,
    )


def _emitted(given: Given) -> Emitted:
    return Emitted(
        no_project=given.has("no-emit-project"),
        no_workspace=given.has("no-emit-workspace"),
        no_local=given.has("no-emit-local"),
        no_packages=given.names("no-emit-package"),
        only_project=given.has("only-emit-project"),
        only_workspace=given.has("only-emit-workspace"),
        only_local=given.has("only-emit-local"),
        only_packages=given.names("only-emit-package"),
    )


def _format(said: str | None, output: str | None) -> Format:
    name = "" if output is None else posixpath.basename(output)
    if said is not None:
        found = _OTHER_FORMS.get(said) or next((one for one in Format if one.value == said), None)
        if found is None:
            raise _wrong(f"--format {shorten(said)!r} is none of {', '.join(Format)}")
    elif name.lower().endswith(".txt") or not is_pylock_name(name):
        found = Format.REQUIREMENTS
    else:
        found = Format.PYLOCK
    if found is Format.PYLOCK and output is not None and not is_pylock_name(name):
        raise _wrong(f"a pylock file is named pylock.toml or pylock.NAME.toml, not {shorten(name)!r}")
    if name.lower() == "pyproject.toml":
        raise _wrong("pyproject.toml is a manifest and can't be written over by an export")
    return found


# --- the command in the header ----------------------------------------------------------------------

_HEADER: Final = "# This file was autogenerated by uv via the following command:"
_BEFORE_COMMAND: Final = "#    "
#: What the header leaves out: options that speak of this one run alone.
_PASSING: Final = ("--upgrade", "-U", "--quiet", "-q", "--verbose", "-v")
_PASSING_WITH_VALUE: Final = ("--upgrade-package", "-P", "--upgrade-group")


def command_of(words: Iterable[str]) -> str:
    """The command that a header names: without what concerns one run alone, and without the credentials of a URL."""
    return " ".join(redact_urls(word) if "@" in word else word for word in _lasting(words))


def render_header(command: str) -> str:
    return f"{_HEADER}\n{_BEFORE_COMMAND}uv {command}\n"


def _lasting(words: Iterable[str]) -> Iterator[str]:
    rest = iter(words)
    for word in rest:
        if word in _PASSING_WITH_VALUE:
            next(rest, None)
        elif word not in _PASSING and not word.startswith(("--upgrade-package=", "--upgrade-group=", "-P")):
            yield word


def find_command(text: str) -> str | None:
    """The command that a file's header names, without the word ``uv``; ``None`` where it is no export's header."""
    first, _, rest = text.partition("\n")
    command = rest.partition("\n")[0].removesuffix("\r")
    if first.removesuffix("\r") != _HEADER or not command.startswith(f"{_BEFORE_COMMAND}uv "):
        return None
    said = command.removeprefix(f"{_BEFORE_COMMAND}uv ")
    return said if "export" in said.split(" ") else None
