"""The words of an ``export`` command, read as uv reads them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from packaging.utils import InvalidName, canonicalize_name

from bot.command_line.options import Bears, refuse_unusable
from bot.command_line.uv_options import LOCKING_OPTIONS
from bot.command_line.words import read_words
from bot.errors import InputError
from bot.export.options import EXPORT_OPTIONS
from bot.export.pylock_toml import is_pylock_name
from bot.export.requirements_txt import Editables
from bot.export.selection import DevMode, Emitted, Extras, Groups
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
    """What a command asks for. ``output`` is as written; ``locking`` holds the options of the lock that are given, by their
    key. ``batch`` is the file whose entries say what is written in place of all that; ``said_format`` is as written."""

    format: Format = Format.REQUIREMENTS
    said_format: str | None = None
    batch: str | None = None
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
    quiet: bool = False
    script: str | None = None
    directory: str | None = None
    project: str | None = None
    locking: Mapping[str, object] = field(default_factory=dict)


def parse_arguments(words: Sequence[str]) -> ExportArguments:
    """Read what follows ``uv``, the word ``export`` among it; raises ``InputError``."""
    return arguments_of(read_export_words(words))


def read_export_words(words: Sequence[str]) -> Mapping[str, object]:
    """The values of ``EXPORT_OPTIONS``; raises ``InputError``."""
    typed = read_words(words, EXPORT_OPTIONS, "lockbot export")
    if typed.operands != ("export",):
        extra = next((word for word in typed.operands if word != "export"), "export")
        raise _wrong(f"unexpected argument {shorten(extra)!r}")
    refuse_unusable([option for option in EXPORT_OPTIONS if option.bears is Bears.COMMAND], typed.values)
    return typed.values


def _wrong(problem: str) -> InputError:
    return InputError(problem, hint="lockbot export --help lists what can be said")


def arguments_of(values: Mapping[str, object]) -> ExportArguments:
    """What the values of ``EXPORT_OPTIONS`` ask for; raises ``InputError``."""
    given = _Given(values)
    output = given.text("output_file")
    return ExportArguments(
        format=find_format(given.text("format"), output),
        said_format=given.text("format"),
        batch=given.text("batch"),
        output=output,
        packages=given.names("package"),
        whole=given.has("all_packages"),
        prune=given.names("prune"),
        extras=Extras(
            wanted=given.names("extra"), everything=given.has("all_extras"), unwanted=given.names("no_extra")
        ),
        groups=_groups(given),
        emitted=_emitted(given),
        editables=Editables(every=given.denied("no_editable"), plain=given.names("no_editable_package")),
        annotate=not given.has("no_annotate"),
        header=not given.has("no_header"),
        hashes=not given.has("no_hashes"),
        index_urls=given.has("emit_index_url"),
        find_links=given.has("emit_find_links"),
        frozen=given.has("frozen"),
        locked=given.has("locked"),
        quiet=given.has("quiet"),
        script=given.text("script"),
        directory=given.text("directory"),
        project=given.text("project"),
        locking={
            option.key: values[option.key]
            for option in LOCKING_OPTIONS
            if option.bears is not Bears.COMMAND and values[option.key] != option.absent()
        },
    )


class _Given:
    """The values of a command line, by key."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def has(self, key: str) -> bool:
        return bool(self._values[key])

    def denied(self, key: str) -> bool | None:
        """The opposite of what a switch says; ``None`` where it says nothing."""
        said = self._values[key]
        return None if said is None else not said

    def text(self, key: str) -> str | None:
        said = self._values[key]
        return said if said is None or isinstance(said, str) else _path_text(said)

    def names(self, key: str) -> tuple[str, ...]:
        """Names of packages, extras or groups, normalized."""
        texts = self._values[key]
        assert isinstance(texts, tuple)
        return tuple(_normalized(text, key.replace("_", "-")) for text in texts)


def _path_text(said: object) -> str | None:
    assert isinstance(said, Path)
    return None if said == Path() else said.as_posix()


def _normalized(text: str, option: str) -> str:
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        raise _wrong(f"--{option} {shorten(text)!r} is not a name") from None


def _groups(given: _Given) -> Groups:
    said = given.denied("no_dev")
    dev = DevMode.ONLY if given.has("only_dev") else {True: DevMode.INCLUDE, False: DevMode.EXCLUDE, None: None}[said]
    return Groups(
        wanted=given.names("group"),
        only=given.names("only_group"),
        unwanted=given.names("no_group"),
        everything=given.has("all_groups"),
        ignores_defaults=given.has("no_default_groups"),
        dev=dev,
    )


def _emitted(given: _Given) -> Emitted:
    return Emitted(
        no_project=given.has("no_emit_project"),
        no_workspace=given.has("no_emit_workspace"),
        no_local=given.has("no_emit_local"),
        no_packages=given.names("no_emit_package"),
        only_project=given.has("only_emit_project"),
        only_workspace=given.has("only_emit_workspace"),
        only_local=given.has("only_emit_local"),
        only_packages=given.names("only_emit_package"),
    )


def find_format(said: str | None, output: str | None) -> Format:
    """The format that an option says, else the one that the name of the output goes with; raises ``InputError``."""
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
    first, _, rest = text.removeprefix("\ufeff").partition("\n")
    command = rest.partition("\n")[0].removesuffix("\r")
    if first.removesuffix("\r") != _HEADER or not command.startswith(f"{_BEFORE_COMMAND}uv "):
        return None
    said = command.removeprefix(f"{_BEFORE_COMMAND}uv ")
    return said if "export" in said.split(" ") else None
