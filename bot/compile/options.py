"""The options of ``uv pip compile`` as a table: how each is spelled, what follows it, what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from bot.compile.words import Shape, WordOption, Words


class Use(Enum):
    """What an option is for: what is asked for and how it is written (``COMPILE``), where to look (``PLACE``), how an index
    is asked (``INDEX``); to build, install or talk, which changes no byte here (``IDLE``)."""

    COMPILE = auto()
    PLACE = auto()
    INDEX = auto()
    IDLE = auto()


@dataclass(frozen=True, slots=True)
class CompileOption(WordOption):
    """``refusal``: why the option can't be obeyed, and what to do."""

    use: Use = Use.COMPILE
    refusal: str = ""


def _flag(name: str, help: str = "", *, short: str = "", excludes: tuple[str, ...] = ()) -> CompileOption:
    return CompileOption(name, help=help, short=short, excludes=excludes)


def _switch(name: str, help: str, opposite: str | None = None, **more: tuple[str, ...]) -> tuple[CompileOption, ...]:
    """``--NAME`` with a help line, and the flag that undoes it (``--no-NAME`` unless it has another name)."""
    no = f"no-{name}" if opposite is None else opposite
    return (
        CompileOption(name, help=help, undoes=(no,), excludes=more.get("excludes", ())),
        CompileOption(no, undoes=(name,)),
    )


def _one(
    name: str, help: str = "", metavar: str = "VALUE", *, short: str = "", use: Use = Use.COMPILE
) -> CompileOption:
    return CompileOption(name, Shape.VALUE, help, metavar, short=short, use=use)


def _many(
    name: str, help: str = "", metavar: str = "VALUE", *, short: str = "", alias: str = "", separator: str | None = None
) -> CompileOption:
    aliases = (alias,) if alias else ()
    return CompileOption(name, Shape.VALUES, help, metavar, short=short, aliases=aliases, separator=separator)


_INPUT: Final = (
    _many(
        "constraints",
        "Bound versions by this file, without asking for packages.",
        "FILE",
        short="c",
        alias="constraint",
    ),
    _many("overrides", "Put these requirements in the place of what packages ask for.", "FILE", alias="override"),
    _many("excludes", "Leave these packages out, whoever asks for them.", "FILE", alias="exclude"),
    _many("build-constraints", "", "FILE", short="b", alias="build-constraint"),
    CompileOption(
        "extra", Shape.VALUES, "Include this extra of a project.", "EXTRA", excludes=("all-extras",), separator=","
    ),
    CompileOption("all-extras", help="Include all extras.", undoes=("no-all-extras",)),
    CompileOption("no-all-extras", undoes=("all-extras",)),
    _many("group", "Include this dependency group, of a pyproject.toml or PATH:GROUP.", "GROUP"),
    *_switch("no-deps", "Leave out what packages depend on.", "deps"),
    _one("python-version", "The least Python (universal), or the one, to compile for.", "3.N"),
    _one("python", "The same, if it names a version.", "3.N", short="p"),
    CompileOption("python-platform", Shape.VALUE, "Compile for this platform.", "PLATFORM"),
    CompileOption(
        "universal",
        help="Compile for all platforms and Pythons at once.",
        undoes=("no-universal",),
        excludes=("python-platform", "strip-markers"),
    ),
    CompileOption("no-universal", undoes=("universal",)),
)

_OUTPUT: Final = (
    _one("output-file", "Write this file; its versions are kept where they can be.", "FILE", short="o"),
    _one("format", "requirements.txt or pylock.toml.", "FORMAT"),
    *_switch("generate-hashes", "Write the hashes of all files."),
    *_switch("no-strip-extras", "Write extras.", "strip-extras"),
    *_switch("no-strip-markers", "Write markers also for one environment.", "strip-markers"),
    *_switch("no-annotate", "Do not say what asks for each package.", "annotate"),
    *_switch("no-header", "Do not begin with the command.", "header"),
    _one("annotation-style", "split or line.", "STYLE"),
    _one("custom-compile-command", "Name this command in the header.", "TEXT"),
    CompileOption(
        "no-emit-package",
        Shape.VALUES,
        "Leave this package out, not what it brings.",
        "PACKAGE",
        aliases=("unsafe-package",),
        separator=",",
    ),
    *_switch("emit-index-url", "Write the URLs of the indexes."),
    *_switch("emit-find-links", "Write the places of --find-links."),
    *_switch("emit-build-options", "Write --no-binary and --only-binary."),
    *_switch("emit-marker-expression", ""),
    *_switch("emit-index-annotation", "Say which index each package comes from."),
)

_RESOLVER: Final = (
    _many("index", "An index to search first.", "[NAME=]URL"),
    _one("default-index", "The index to use instead of PyPI.", "URL"),
    _one("index-url", "", "URL", short="i"),
    _many("extra-index-url", "", "URL", separator=" "),
    _many("find-links", "A folder or page of files to consider.", "PLACE", short="f", separator=","),
    _flag("no-index"),
    _one("index-strategy", "first-index, unsafe-first-match or unsafe-best-match.", "STRATEGY"),
    CompileOption("upgrade", help="Let every package move.", short="U", undoes=("no-upgrade",)),
    CompileOption("no-upgrade", undoes=("upgrade",)),
    _many("upgrade-package", "Let this package move.", "SPEC", short="P"),
    _many("upgrade-group", "", "GROUP"),
    _one("resolution", "highest, lowest or lowest-direct.", "MODE"),
    _one("prerelease", "disallow, allow, if-necessary or explicit.", "MODE"),
    _flag("pre"),
    _many("prerelease-package", "", "PACKAGE=MODE"),
    _one("fork-strategy", "requires-python or fewest.", "STRATEGY"),
    _one("exclude-newer", "Ignore files uploaded after this date or duration.", "TIME"),
    _many("exclude-newer-package", "The same for one package.", "PACKAGE=TIME"),
    _flag("no-sources", "Ignore tool.uv.sources."),
    _many("no-sources-package", separator=" "),
    CompileOption(
        "no-build",
        help="Do not consider source distributions.",
        undoes=("build",),
        excludes=("no-binary", "only-binary"),
    ),
    CompileOption("build", undoes=("no-build",), excludes=("no-binary", "only-binary")),
    _many("no-binary", "Do not consider wheels of this package, or of :all:.", "PACKAGE", separator=","),
    _many("only-binary", "Consider wheels alone of this package, or of :all:.", "PACKAGE", separator=","),
    CompileOption(
        "torch-backend",
        Shape.VALUE,
        use=Use.COMPILE,
        refusal="which index a backend means is uv's own table: name the index instead (--index, or tool.uv.sources)",
    ),
)

_PLACE: Final = (
    CompileOption("directory", Shape.VALUE, "Run in this folder.", "FOLDER", use=Use.PLACE),
    CompileOption("project", Shape.VALUE, "Look for settings and groups in this folder.", "FOLDER", use=Use.PLACE),
    CompileOption("config-file", Shape.VALUE, "", "FILE", use=Use.PLACE),
)


def _asking(name: str, shape: Shape = Shape.FLAG, help: str = "", metavar: str = "", **more: str) -> CompileOption:
    return CompileOption(name, shape, help, metavar, short=more.get("short", ""), use=Use.INDEX)


_INDEX: Final = (
    CompileOption("offline", help="Use only what the cache holds.", undoes=("no-offline",), use=Use.INDEX),
    CompileOption("no-offline", undoes=("offline",), use=Use.INDEX),
    CompileOption(
        "no-cache", help="Neither read nor write the cache.", short="n", aliases=("no-cache-dir",), use=Use.INDEX
    ),
    _asking("cache-dir", Shape.VALUE, "Where the cache is.", "FOLDER"),
    CompileOption("refresh", undoes=("no-refresh",), use=Use.INDEX),
    CompileOption("no-refresh", undoes=("refresh",), use=Use.INDEX),
    _asking("refresh-package", Shape.VALUES),
    CompileOption("allow-insecure-host", Shape.VALUES, aliases=("trusted-host",), separator=" ", use=Use.INDEX),
    CompileOption("system-certs", undoes=("no-system-certs",), use=Use.INDEX),
    CompileOption("no-system-certs", undoes=("system-certs",), use=Use.INDEX),
    CompileOption("native-tls", undoes=("no-native-tls",), use=Use.INDEX),
    CompileOption("no-native-tls", undoes=("native-tls",), use=Use.INDEX),
)


def _idle(name: str, shape: Shape = Shape.FLAG, short: str = "", *aliases: str) -> CompileOption:
    return CompileOption(name, shape, short=short, aliases=aliases, use=Use.IDLE)


_IDLE: Final = (
    CompileOption("quiet", Shape.COUNT, "Write nothing but the file.", short="q", excludes=("verbose",), use=Use.IDLE),
    _idle("verbose", Shape.COUNT, "v"),
    _idle("keyring-provider", Shape.VALUE),
    _idle("config-setting", Shape.VALUES, "C", "config-settings"),
    _idle("config-settings-package", Shape.VALUES),
    _idle("no-build-isolation"),
    _idle("build-isolation"),
    _idle("no-build-isolation-package", Shape.VALUES),
    _idle("require-build-hashes"),
    _idle("no-require-build-hashes"),
    _idle("link-mode", Shape.VALUE),
    _idle("system"),
    _idle("no-system"),
    _idle("managed-python"),
    _idle("no-managed-python"),
    _idle("python-preference", Shape.VALUE),
    _idle("python-fetch", Shape.VALUE),
    _idle("allow-python-downloads"),
    _idle("no-python-downloads"),
    _idle("color", Shape.VALUE),
    _idle("no-color"),
    _idle("no-progress"),
    _idle("no-preview"),
    _idle("no-installer-metadata"),
    _idle("isolated"),
    _idle("no-config"),
    _idle("allow-unsafe"),
    _idle("no-allow-unsafe"),
    _idle("resolver", Shape.VALUE),
    _idle("no-reuse-hashes"),
    _idle("no-emit-trusted-host"),
    _idle("no-emit-options"),
)


def _refused(name: str, refusal: str, shape: Shape = Shape.FLAG) -> CompileOption:
    return CompileOption(name, shape, refusal=refusal)


_PREVIEW: Final = "files are those that uv writes without preview features"

#: What uv refuses, too, but for previews and ``show-settings``.
_REFUSED: Final = (
    _refused("reuse-hashes", "uv does not reuse hashes: leave it out"),
    _refused("max-rounds", "uv always resolves to the end: leave it out", Shape.VALUE),
    _refused("client-cert", "uv has no client certificates of pip-compile's kind: leave it out", Shape.VALUE),
    _refused("emit-trusted-host", "uv never writes trusted hosts: leave it out"),
    _refused("config", "uv reads no configuration of pip-compile: leave it out", Shape.VALUE),
    _refused("emit-options", "write --emit-build-options instead"),
    _refused("pip-args", "pass the arguments themselves", Shape.VALUE),
    _refused("preview", _PREVIEW),
    CompileOption("preview-features", Shape.VALUES, aliases=("preview-feature",), refusal=_PREVIEW),
    _refused("show-settings", "it shows uv's own settings: leave it out"),
)

COMPILE_OPTIONS: Final = (*_INPUT, *_OUTPUT, *_RESOLVER, *_PLACE, *_INDEX, *_IDLE, *_REFUSED)

BY_NAME: Final[Mapping[str, CompileOption]] = {option.name: option for option in COMPILE_OPTIONS}

WORDS: Final = Words(command="pip compile", options=COMPILE_OPTIONS)
