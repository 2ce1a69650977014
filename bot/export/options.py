"""The options of ``uv export`` as a table: how each is spelled, what follows it, which go together, what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from bot.export.words import Shape, WordOption, Words


class Use(Enum):
    """What an option is for: the text (``EXPORT``), the lock that is exported (``LOCK``), where to look (``PLACE``); to
    install or to talk, which changes no byte here (``IDLE``); or what has no meaning here (``NONE``)."""

    EXPORT = auto()
    LOCK = auto()
    PLACE = auto()
    IDLE = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True)
class ExportOption(WordOption):
    """An option of ``export``, and what it is for."""

    use: Use = Use.EXPORT


def _switch(name: str, help: str, *excludes: str, aliases: tuple[str, ...] = ()) -> tuple[ExportOption, ExportOption]:
    """``--no-NAME`` with a help line, and ``--NAME``, which undoes it."""
    no = ExportOption(f"no-{name}", help=help, undoes=(name,), excludes=excludes, aliases=aliases)
    return no, ExportOption(name, undoes=(f"no-{name}",))


def _emit(what: str, help: str, shape: Shape = Shape.FLAG) -> tuple[ExportOption, ExportOption]:
    """``--no-emit-WHAT`` and ``--only-emit-WHAT``, with uv's older spellings of both."""
    metavar, separator = ("PACKAGE", ",") if shape is Shape.VALUES else ("", None)

    def option(word: str, other: str, told: str) -> ExportOption:
        return ExportOption(
            f"{word}-emit-{what}",
            shape,
            told,
            metavar,
            aliases=(f"{word}-install-{what}",),
            excludes=(f"{other}-emit-{what}",),
            separator=separator,
        )

    return option("no", "only", help), option("only", "no", "")


_EXPORT: Final = (
    ExportOption("format", Shape.VALUE, "requirements.txt, pylock.toml or cyclonedx1.5.", "FORMAT"),
    ExportOption("all-packages", help="Export the whole workspace.", excludes=("package", "prune")),
    ExportOption("package", Shape.VALUES, "Export this member of the workspace.", "PACKAGE"),
    ExportOption("prune", Shape.VALUES, "Leave this package out, and what only it brings.", "PACKAGE"),
    ExportOption(
        "extra", Shape.VALUES, "Include this extra.", "EXTRA", excludes=("all-extras", "only-group"), separator=","
    ),
    ExportOption("all-extras", help="Include all extras.", excludes=("only-group",), undoes=("no-all-extras",)),
    ExportOption("no-all-extras", undoes=("all-extras",)),
    ExportOption("no-extra", Shape.VALUES, "With --all-extras, leave this one out.", "EXTRA"),
    *_switch("dev", "Leave the group dev out."),
    ExportOption("only-dev", help="Only the group dev.", excludes=("group", "all-groups", "no-dev")),
    ExportOption("group", Shape.VALUES, "Include this dependency group.", "GROUP", excludes=("only-group",)),
    ExportOption("no-group", Shape.VALUES, "Leave this dependency group out.", "GROUP", separator=" "),
    ExportOption("no-default-groups", help="Leave the groups out that are included by default."),
    ExportOption("only-group", Shape.VALUES, "Only this dependency group.", "GROUP", excludes=("dev", "all-groups")),
    ExportOption("all-groups", help="Include all dependency groups."),
    *_switch("annotate", "Do not say what requires each package."),
    *_switch("header", "Do not begin with the command."),
    ExportOption("emit-index-url", help="Write the URLs of the indexes.", undoes=("no-emit-index-url",)),
    ExportOption("no-emit-index-url", undoes=("emit-index-url",)),
    ExportOption("emit-find-links", help="Write the places of --find-links.", undoes=("no-emit-find-links",)),
    ExportOption("no-emit-find-links", undoes=("emit-find-links",)),
    *_switch("editable", "Write editable packages as plain paths."),
    ExportOption("no-editable-package", Shape.VALUES, "The same for one package.", "PACKAGE", separator=" "),
    *_switch("hashes", "Leave hashes out."),
    ExportOption("output-file", Shape.VALUE, "Write this file too.", "FILE", short="o"),
    *_emit("project", "Leave the project itself out."),
    *_emit("workspace", "Leave all members of the workspace out."),
    *_emit("local", "Leave everything out that comes from a path."),
    *_emit("package", "Leave this package out, not what it brings.", Shape.VALUES),
    ExportOption(
        "locked", help="Fail if the lock is out of date.", excludes=("frozen", "upgrade"), undoes=("no-locked",)
    ),
    ExportOption("no-locked", undoes=("locked",)),
    ExportOption("frozen", help="Export the lock as it is.", excludes=("upgrade", "no-sources"), undoes=("no-frozen",)),
    ExportOption("no-frozen", undoes=("frozen",)),
    ExportOption(
        "script",
        Shape.VALUE,
        "Export this PEP 723 script.",
        "FILE",
        excludes=("all-packages", "package", "no-emit-project", "no-emit-workspace"),
        use=Use.PLACE,
    ),
    ExportOption("directory", Shape.VALUE, "Run in this folder.", "FOLDER", use=Use.PLACE),
    ExportOption("project", Shape.VALUE, "Look for the project in this folder.", "FOLDER", use=Use.PLACE),
)


def _lock(name: str, shape: Shape = Shape.FLAG, help: str = "", metavar: str = "", **more: str) -> ExportOption:
    return ExportOption(name, shape, help, metavar, use=Use.LOCK, **more)  # type: ignore[arg-type]


_LOCK: Final = (
    _lock("index", Shape.VALUES, "An index to search first.", "[NAME=]URL"),
    _lock("default-index", Shape.VALUE, "The index to use instead of PyPI.", "URL"),
    _lock("index-url", Shape.VALUE, short="i"),
    _lock("extra-index-url", Shape.VALUES, separator=" "),
    _lock("find-links", Shape.VALUES, "A folder or page of files to consider.", "PLACE", short="f", separator=","),
    _lock("no-index"),
    _lock("index-strategy", Shape.VALUE, "first-index, unsafe-first-match or unsafe-best-match.", "STRATEGY"),
    ExportOption("upgrade", help="Let every package move.", short="U", undoes=("no-upgrade",), use=Use.LOCK),
    ExportOption("no-upgrade", undoes=("upgrade",), use=Use.LOCK),
    _lock("upgrade-package", Shape.VALUES, "Let this package move.", "SPEC", short="P"),
    _lock("upgrade-group", Shape.VALUES, "Let what this group requires move.", "GROUP"),
    _lock("resolution", Shape.VALUE, "highest, lowest or lowest-direct.", "MODE"),
    _lock("prerelease", Shape.VALUE, "disallow, allow, if-necessary or explicit.", "MODE"),
    _lock("prerelease-package", Shape.VALUES),
    _lock("fork-strategy", Shape.VALUE, "requires-python or fewest.", "STRATEGY"),
    _lock("exclude-newer", Shape.VALUE, "Ignore files uploaded after this date or duration.", "TIME"),
    _lock("exclude-newer-package", Shape.VALUES, "The same for one package.", "P=TIME"),
    _lock("no-sources", help="Ignore tool.uv.sources."),
    _lock("no-sources-package", Shape.VALUES, separator=" "),
    ExportOption(
        "no-build",
        help="Do not consider source distributions.",
        aliases=("only-binary",),
        undoes=("build",),
        use=Use.LOCK,
    ),
    ExportOption("build", undoes=("no-build",), use=Use.LOCK),
    _lock("no-build-package", Shape.VALUES, separator=" "),
    ExportOption("no-binary", undoes=("binary",), use=Use.LOCK),
    ExportOption("binary", undoes=("no-binary",), use=Use.LOCK),
    _lock("no-binary-package", Shape.VALUES, separator=" "),
    _lock("python", Shape.VALUE, "The Python for a project that states no requires-python.", "3.N", short="p"),
    ExportOption("offline", help="Use only what the cache holds.", undoes=("no-offline",), use=Use.LOCK),
    ExportOption("no-offline", undoes=("offline",), use=Use.LOCK),
    ExportOption(
        "no-cache", help="Neither read nor write the cache.", short="n", aliases=("no-cache-dir",), use=Use.LOCK
    ),
    _lock("cache-dir", Shape.VALUE, "Where the cache is.", "FOLDER"),
)


def _idle(name: str, shape: Shape = Shape.FLAG, short: str = "", *aliases: str) -> ExportOption:
    return ExportOption(name, shape, short=short, aliases=aliases, use=Use.IDLE)


_IDLE: Final = (
    ExportOption("quiet", Shape.COUNT, "Write nothing but the file.", short="q", excludes=("verbose",), use=Use.IDLE),
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
    _idle("refresh"),
    _idle("no-refresh"),
    _idle("refresh-package", Shape.VALUES),
    _idle("managed-python"),
    _idle("no-managed-python"),
    _idle("python-preference", Shape.VALUE),
    _idle("python-fetch", Shape.VALUE),
    _idle("allow-python-downloads"),
    _idle("no-python-downloads"),
    _idle("color", Shape.VALUE),
    _idle("no-color"),
    _idle("system-certs"),
    _idle("no-system-certs"),
    _idle("native-tls"),
    _idle("no-native-tls"),
    _idle("allow-insecure-host", Shape.VALUES, "", "trusted-host"),
    _idle("no-progress"),
    _idle("preview"),
    _idle("no-preview"),
    _idle("preview-features", Shape.VALUES, "", "preview-feature"),
    _idle("no-installer-metadata"),
)

_NONE: Final = (
    ExportOption("batch", Shape.VALUE, use=Use.NONE),
    ExportOption("config-file", Shape.VALUE, use=Use.NONE),
    ExportOption("no-config", use=Use.NONE),
    ExportOption("isolated", use=Use.NONE),
    ExportOption("show-settings", use=Use.NONE),
)

EXPORT_OPTIONS: Final = (*_EXPORT, *_LOCK, *_IDLE, *_NONE)

#: What an option is for, by its name.
EXPORT_USES: Final[Mapping[str, Use]] = {option.name: option.use for option in EXPORT_OPTIONS}

WORDS: Final = Words(
    command="export",
    options=EXPORT_OPTIONS,
    meaningless=frozenset(option.name for option in EXPORT_OPTIONS if option.use is Use.NONE),
)
