"""The words of a ``pip compile`` command, read as uv reads them, and the command that a header names."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from bot.compile.options import BY_NAME, WORDS, Use
from bot.compile.words import Given
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
    ``None`` for what is not said; ``asking`` are options of how an index is asked, by their long name."""

    sources: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    build_constraints: tuple[str, ...] = ()
    format: CompileFormat | None = None
    pip: PipSettings = field(default_factory=PipSettings)
    no_build: bool | None = None
    resolving: Mapping[str, bool | str | tuple[str, ...]] = field(default_factory=dict)
    quiet: bool = False
    config_file: str | None = None
    no_config: bool = False
    directory: str | None = None
    project: str | None = None
    asking: Mapping[str, bool | str | tuple[str, ...]] = field(default_factory=dict)

    def over(self, base: CommandSettings) -> CommandSettings:
        """The settings of the resolver that the command says, over those of the environment."""
        said = dict(self.resolving)
        if self.config_file is not None:
            base = replace(base, config_file=join(base.folder, self.config_file))
        elif self.no_config:
            base = replace(base, reads_files=False)
        if said.pop("pre", False) and "prerelease" not in said:
            said["prerelease"] = "allow"
        fields: dict[str, Any] = {_FIELDS.get(name, name.replace("-", "_")): value for name, value in said.items()}
        return replace(base, **fields)


#: Options that the settings of every command have.
_RESOLVING: Final = (
    "index", "default-index", "index-url", "extra-index-url", "find-links", "no-index", "index-strategy",
    "upgrade-package", "upgrade-group", "resolution", "prerelease", "pre", "prerelease-package", "fork-strategy",
    "exclude-newer", "exclude-newer-package", "no-sources", "no-sources-package",
)  # fmt: skip
_FIELDS: Final = {"index": "indexes"}


def parse_arguments(words: Sequence[str]) -> CompileArguments:
    """Read what follows ``uv``, the words ``pip compile`` among it; raises ``InputError``."""
    operands, given = WORDS.read(words)
    if operands[:2] != ["pip", "compile"]:
        raise WORDS.wrong(f"this is no pip compile command: {shorten(' '.join(words))}")
    sources = tuple(operands[2:])
    if not sources and not given.has("group"):
        raise WORDS.wrong("no file to compile is named")
    for name in given.options:
        if BY_NAME[name].refusal and given.has(name):
            raise InputError(f"--{name} can't be obeyed", hint=BY_NAME[name].refusal)
    if given.text("resolver") not in (None, "backtracking"):
        raise InputError("--resolver can't be obeyed", hint="uv always backtracks: leave it out")
    return CompileArguments(
        sources=sources,
        constraints=_files(given, "constraints"),
        overrides=_files(given, "overrides"),
        excludes=_files(given, "excludes"),
        build_constraints=_files(given, "build-constraints"),
        format=_format(given.text("format")),
        pip=_pip(given),
        no_build=_either(given, "no-build", "build"),
        resolving=dict(_resolving(given)),
        quiet=given.has("quiet"),
        config_file=given.text("config-file"),
        no_config=given.has("no-config") or given.has("isolated"),
        directory=given.text("directory"),
        project=given.text("project"),
        asking={name: given.value(one) for name, one in given.options.items() if _asks(name) and given.has(name)},
    )


def _files(given: Given, name: str) -> tuple[str, ...]:
    return tuple(filter(None, given.texts(name)))


def _asks(name: str) -> bool:
    return BY_NAME[name].use is Use.INDEX


def _resolving(given: Given) -> Iterator[tuple[str, bool | str | tuple[str, ...]]]:
    for name, option in given.options.items():
        if name in _RESOLVING and given.has(name):
            yield name, given.value(option)
    upgrade = _either(given, "upgrade", "no-upgrade")
    if upgrade is not None:
        yield "upgrade", upgrade


def _either(given: Given, yes: str, no: str) -> bool | None:
    """What a flag says that another one undoes; ``None`` where neither is given."""
    return True if given.has(yes) else False if given.has(no) else None


def _list(given: Given, name: str) -> tuple[str, ...] | None:
    return given.texts(name) if given.has(name) else None


def _names(given: Given, name: str) -> tuple[str, ...] | None:
    return given.names(name) if given.has(name) else None


def _pip(given: Given) -> PipSettings:
    return PipSettings(
        python=given.text("python"),
        no_binary=_list(given, "no-binary"),
        only_binary=_list(given, "only-binary"),
        extra=_names(given, "extra"),
        all_extras=_either(given, "all-extras", "no-all-extras"),
        no_deps=_either(given, "no-deps", "deps"),
        group=_list(given, "group"),
        output_file=given.text("output-file"),
        no_strip_extras=_either(given, "no-strip-extras", "strip-extras"),
        no_strip_markers=_either(given, "no-strip-markers", "strip-markers"),
        no_annotate=_either(given, "no-annotate", "annotate"),
        no_header=_either(given, "no-header", "header"),
        custom_compile_command=given.text("custom-compile-command"),
        generate_hashes=_either(given, "generate-hashes", "no-generate-hashes"),
        python_version=given.text("python-version"),
        python_platform=given.text("python-platform"),
        universal=_either(given, "universal", "no-universal"),
        no_emit_package=_names(given, "no-emit-package"),
        emit_index_url=given.switch("emit-index-url"),
        emit_find_links=given.switch("emit-find-links"),
        emit_build_options=given.switch("emit-build-options"),
        emit_marker_expression=given.switch("emit-marker-expression"),
        emit_index_annotation=given.switch("emit-index-annotation"),
        annotation_style=_style(given.text("annotation-style")),
    )


def _style(said: str | None) -> str | None:
    if said not in (None, "split", "line"):
        raise WORDS.wrong(f"--annotation-style {shorten(said or '')!r} is neither split nor line")
    return said


def _format(said: str | None) -> CompileFormat | None:
    found = {**{one.value: one for one in CompileFormat}, **_OLD_FORMATS}.get(said or "")
    if said is not None and found is None:
        raise WORDS.wrong(f"--format {shorten(said)!r} is none of {', '.join(CompileFormat)}")
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
    first, _, rest = text.partition("\n")
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
