"""The words of a ``pip compile`` command, read as uv reads them, and the command that a header names."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from packaging.utils import InvalidName, canonicalize_name

from bot.command_line.options import Bears, refuse_unusable
from bot.command_line.words import read_words
from bot.compile.options import COMPILE_OPTIONS, SHARED_OPTIONS
from bot.errors import InputError
from bot.manifest.model import PipSettings
from bot.pep440 import shorten
from bot.redaction import redact_urls
from bot.resolver.lowering.paths import join
from bot.resolver.lowering.settings import CommandSettings
from bot.values import replace


class CompileFormat(StrEnum):
    REQUIREMENTS = "requirements.txt"
    PYLOCK = "pylock.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileArguments:
    """What a command asks for. Files are as written; ``pip`` holds what ``[tool.uv.pip]`` could say as well, with
    ``None`` for what is not said; ``choosing`` (what may be chosen) and ``asking`` (how this machine goes about it) are
    options that are given, by their key."""

    sources: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    build_constraints: tuple[str, ...] = ()
    format: CompileFormat | None = None
    pip: PipSettings = field(default_factory=PipSettings)
    no_build: bool | None = None
    choosing: Mapping[str, object] = field(default_factory=dict)
    quiet: bool = False
    config_file: str | None = None
    no_config: bool = False
    directory: str | None = None
    project: str | None = None
    asking: Mapping[str, object] = field(default_factory=dict)

    def over(self, base: CommandSettings) -> CommandSettings:
        """The settings of the resolver that the command says, over those of the environment."""
        said: dict[str, Any] = dict(self.choosing)
        if self.config_file is not None:
            base = replace(base, config_file=join(base.folder, self.config_file))
        elif self.no_config:
            base = replace(base, reads_files=False)
        if said.pop("pre", False) and "prerelease" not in said:
            said["prerelease"] = "allow"
        if "index" in said:
            said["indexes"] = said.pop("index")
        return replace(base, **said)


def parse_arguments(words: Sequence[str]) -> CompileArguments:
    """Read what follows ``uv``, the words ``pip compile`` among it; raises ``InputError``."""
    typed = read_words(words, COMPILE_OPTIONS, "lockbot pip compile")
    if typed.operands[:2] != ("pip", "compile"):
        raise _wrong(f"this is no pip compile command: {shorten(' '.join(words))}")
    sources = typed.operands[2:]
    if not sources and not typed.values["group"]:
        raise _wrong("no file to compile is named")
    refuse_unusable(COMPILE_OPTIONS, typed.values)
    if typed.values["resolver"] not in (None, "backtracking"):
        raise InputError("--resolver can't be obeyed: uv always backtracks", hint="leave it out")
    return _arguments_of(sources, _Given(typed.values))


def _wrong(problem: str) -> InputError:
    return InputError(problem, hint="lockbot pip compile --help lists what can be said")


class _Given:
    """The values of a command line, by key."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def has(self, key: str) -> bool:
        return bool(self._values[key])

    def switch(self, key: str) -> bool | None:
        said = self._values[key]
        assert said is None or isinstance(said, bool)
        return said

    def text(self, key: str) -> str | None:
        said = self._values[key]
        assert said is None or isinstance(said, str)
        return said

    def path(self, key: str) -> str | None:
        said = self._values[key]
        return None if said is None else str(said)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """``None`` where nothing is said."""
        said = self._values[key]
        assert isinstance(said, tuple)
        return said or None

    def files(self, key: str) -> tuple[str, ...]:
        return tuple(filter(None, self.texts(key) or ()))

    def names(self, key: str) -> tuple[str, ...] | None:
        """Names of packages or extras, normalized; ``None`` where nothing is said."""
        said = self.texts(key)
        return None if said is None else tuple(_normalized(text, key.replace("_", "-")) for text in said)

    def shared(self, bears: Bears) -> dict[str, object]:
        """What is given of the options that locking has too."""
        options = [option for option in SHARED_OPTIONS if option.bears is bears]
        return {one.key: self._values[one.key] for one in options if self._values[one.key] != one.absent()}


def _normalized(text: str, option: str) -> str:
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        raise _wrong(f"--{option} {shorten(text)!r} is not a name") from None


def _arguments_of(sources: tuple[str, ...], given: _Given) -> CompileArguments:
    choosing = given.shared(Bears.LOCK)
    return CompileArguments(
        sources=sources,
        constraints=given.files("constraints"),
        overrides=given.files("overrides"),
        excludes=given.files("excludes"),
        build_constraints=given.files("build_constraints"),
        format=_format(given.text("format")),
        pip=_pip(given),
        no_build=given.switch("no_build"),
        choosing={key: said for key, said in choosing.items() if key not in _OF_FILES},
        quiet=given.has("quiet"),
        config_file=given.path("config_file"),
        no_config=given.has("no_config") or given.has("isolated"),
        directory=_folder(given.path("directory")),
        project=given.path("project"),
        asking=given.shared(Bears.MACHINE),
    )


#: Which files of settings are read has a field of its own.
_OF_FILES: Final = ("config_file", "no_config")


def _folder(said: str | None) -> str | None:
    return None if said == "." else said


def _pip(given: _Given) -> PipSettings:
    return PipSettings(
        python=given.text("python"),
        no_binary=given.texts("no_binary"),
        only_binary=given.texts("only_binary"),
        extra=given.names("extra"),
        all_extras=given.switch("all_extras"),
        no_deps=given.switch("no_deps"),
        group=given.texts("group"),
        output_file=given.text("output_file"),
        no_strip_extras=given.switch("no_strip_extras"),
        no_strip_markers=given.switch("no_strip_markers"),
        no_annotate=given.switch("no_annotate"),
        no_header=given.switch("no_header"),
        custom_compile_command=given.text("custom_compile_command"),
        generate_hashes=given.switch("generate_hashes"),
        python_version=given.text("python_version"),
        python_platform=given.text("python_platform"),
        universal=given.switch("universal"),
        no_emit_package=given.names("no_emit_package"),
        emit_index_url=given.switch("emit_index_url"),
        emit_find_links=given.switch("emit_find_links"),
        emit_build_options=given.switch("emit_build_options"),
        emit_marker_expression=given.switch("emit_marker_expression"),
        emit_index_annotation=given.switch("emit_index_annotation"),
        annotation_style=given.text("annotation_style"),
    )


def _format(said: str | None) -> CompileFormat | None:
    found = {**{one.value: one for one in CompileFormat}, **_OLD_FORMATS}.get(said or "")
    if said is not None and found is None:
        raise _wrong(f"--format {shorten(said)!r} is none of {', '.join(CompileFormat)}")
    return found


_OLD_FORMATS: Final = {"requirements-txt": CompileFormat.REQUIREMENTS, "pylock-toml": CompileFormat.PYLOCK}


# --- the command in the header ----------------------------------------------------------------------

_HEADER: Final = "# This file was autogenerated by uv via the following command:"
_BEFORE_COMMAND: Final = "#    "
_INDEXES: Final = ("--extra-index-url", "--index-url", "-i", "--index", "--default-index")
#: What the header leaves out: options that speak of this one run alone.
_PASSING: Final = ("--upgrade", "-U", "--quiet", "-q", "--verbose", "-v", "--no-progress", "--native-tls")


def command_of(words: Iterable[str], *, with_indexes: bool = False, with_find_links: bool = False) -> str:
    """The command that a header names, with ``uv`` at its head.

    Left out is what concerns one run alone, the places of indexes unless the text has them as well, and credentials.
    """
    kept = _lasting(words, with_indexes=with_indexes, with_find_links=with_find_links)
    return " ".join(("uv", *(redact_urls(word) if "@" in word else word for word in kept)))


def render_header(command: str) -> str:
    return f"{_HEADER}\n{_BEFORE_COMMAND}{command}\n"


def _lasting(words: Iterable[str], *, with_indexes: bool, with_find_links: bool) -> Iterator[str]:
    rest = iter(words)
    for word in rest:
        if not with_indexes and word.startswith(tuple(f"{one}=" for one in _INDEXES)):
            continue
        if (not with_indexes and word in _INDEXES) or (not with_find_links and word in ("--find-links", "-f")):
            next(rest, None)
            continue
        if not with_find_links and word.startswith(("--find-links=", "-f")):
            continue
        if word in ("--upgrade-package", "-P"):
            next(rest, None)
        elif word not in _PASSING and not word.startswith(("--upgrade-package=", "-P")):
            yield word


def find_command(text: str) -> str | None:
    """The command that a file's header names, ``uv`` at its head; ``None`` where it is no header of uv's compiling.

    Looked for in the first line and the one below it. A text of the user's own (``--custom-compile-command``) is given as
    it stands: ``arguments_of`` refuses it.
    """
    first, _, rest = text.removeprefix("\ufeff").partition("\n")
    command = rest.partition("\n")[0].removesuffix("\r")
    if first.removesuffix("\r") != _HEADER or not command.startswith(_BEFORE_COMMAND):
        return None
    said = command.removeprefix(_BEFORE_COMMAND).strip()
    return None if said.startswith("uv ") and "export" in said.split(" ") else said


def arguments_of(command: str) -> CompileArguments:
    """The arguments of a header's command; raises ``InputError`` for one that lockbot can't follow.

    What stands there is data: words that uv would have been given, without a shell. A header does not quote, so an
    argument with a blank in it is lost; one that is quoted all the same was written by hand.
    """
    words = _words_of(command)
    if words[:1] == ["uv"]:
        return parse_arguments(words[1:])
    if words[:1] == ["pip-compile"]:
        raise InputError(
            "the file is pip-compile's, whose output uv does not write",
            hint="compile it once with uv pip compile",
        )
    raise InputError(
        f"the header names a command of the project's own, {shorten(command)!r}, which is never run",
        hint="name the real one in .lockbot.json, or leave --custom-compile-command out",
    )


def _words_of(command: str) -> list[str]:
    if '"' not in command and "'" not in command:
        return command.split()
    try:
        return shlex.split(command)
    except ValueError:
        raise InputError(f"the command can't be taken apart: {shorten(command)}", hint="correct its quotes") from None
