"""The words of an ``export`` command, read as uv reads them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from packaging.utils import InvalidName, canonicalize_name

from bot.errors import InputError
from bot.export.options import SPELLINGS, ExportOption, Shape, Use
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
    given = _Given()
    rest = iter(words)
    commands = list(_operands(rest, given))
    if commands != ["export"]:
        extra = next((word for word in commands if word != "export"), "export")
        raise _wrong(f"unexpected argument {shorten(extra)!r}")
    given.check()
    return _arguments(given)


def _wrong(problem: str) -> InputError:
    return InputError(problem, hint="lockbot export --help lists what can be said")


def _operands(rest: Iterator[str], given: _Given) -> Iterator[str]:
    """Take all options; what is left are the words that stand alone."""
    for word in rest:
        if word == "--":
            yield from rest
        elif len(word) > 1 and word.startswith("-"):
            for option, value in _options_in(word, rest):
                given.add(option, value)
        else:
            yield word


def _options_in(word: str, rest: Iterator[str]) -> Iterator[tuple[ExportOption, str | None]]:
    """The option of a word with its value; short flags may share a word."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        yield _with_value(_find(name), value if equals else None, rest)
        return
    while word:
        option, tail = _find(word[:2]), word[2:]
        takes_value = option.shape in (Shape.VALUE, Shape.VALUES)
        if takes_value or tail.startswith("="):
            yield _with_value(option, tail.removeprefix("=") if tail else None, rest)
            return
        yield option, None
        word = f"-{tail}" if tail else ""


def _find(spelling: str) -> ExportOption:
    option = SPELLINGS.get(spelling)
    if option is None:
        raise _wrong(f"there is no option {shorten(spelling)}")
    if option.use is Use.NONE:
        raise _wrong(f"--{option.name} has no meaning for lockbot export")
    return option


def _with_value(option: ExportOption, value: str | None, rest: Iterator[str]) -> tuple[ExportOption, str | None]:
    if option.shape in (Shape.FLAG, Shape.COUNT):
        if value is not None:
            raise _wrong(f"--{option.name} takes no value")
        return option, None
    if value is None:
        value = next(rest, None)
        if value is None or (value.startswith("-") and value != "-"):
            raise _wrong(f"--{option.name} needs a value")
    if not value and option.shape is Shape.VALUE:
        raise _wrong(f"--{option.name} needs a value")
    return option, value


class _Given:
    """The options of a command line, by name."""

    def __init__(self) -> None:
        self._values: dict[str, list[str]] = {}
        self._options: dict[str, ExportOption] = {}

    def add(self, option: ExportOption, value: str | None) -> None:
        if option.name in self._values and option.shape in (Shape.FLAG, Shape.VALUE):
            raise _wrong(f"--{option.name} is said twice")
        for other in option.undoes:
            self._values.pop(other, None)
        values = self._values.setdefault(option.name, [])
        self._options[option.name] = option
        if value is not None:
            values += [value] if option.separator is None else value.split(option.separator)

    def check(self) -> None:
        """Refuse options that exclude each other."""
        for name in self._values:
            for other in self._options[name].excludes:
                if other in self._values:
                    raise _wrong(f"--{name} and --{other} can't be used together")

    def has(self, name: str) -> bool:
        return name in self._values

    def switch(self, name: str) -> bool | None:
        """What is said by ``--NAME`` and ``--no-NAME``; ``None`` where neither is."""
        return True if self.has(name) else False if self.has(f"no-{name}") else None

    def text(self, name: str) -> str | None:
        return self._values[name][0] if self.has(name) else None

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(self._values.get(name, ()))

    def names(self, name: str) -> tuple[str, ...]:
        """Names of packages, extras or groups, normalized."""
        return tuple(_normalized(text, name) for text in self.texts(name))

    def locking(self) -> Iterator[tuple[str, bool | str | tuple[str, ...]]]:
        for name, option in self._options.items():
            if option.use is Use.LOCK and name in self._values:
                yield name, self._value(option)

    def _value(self, option: ExportOption) -> bool | str | tuple[str, ...]:
        if option.shape is Shape.FLAG:
            return True
        return self._values[option.name][0] if option.shape is Shape.VALUE else self.texts(option.name)


def _normalized(text: str, option: str) -> str:
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        raise _wrong(f"--{option} {shorten(text)!r} is not a name") from None


def _arguments(given: _Given) -> ExportArguments:
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
        locking=dict(given.locking()),
    )


def _groups(given: _Given) -> Groups:
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


def _emitted(given: _Given) -> Emitted:
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
