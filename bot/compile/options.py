"""The options of ``pip compile``: those of uv's, pip-compile's old ones among them."""

from __future__ import annotations

from typing import Final

from bot.command_line.options import Bears, Kind, Option
from bot.command_line.uv_options import (
    BUILDS,
    CACHE,
    CHOICE,
    CREDENTIALS,
    FILES,
    INDEX,
    NETWORK,
    PLACE,
    PREVIEW,
    PYTHONS,
    REFRESH,
    SCREEN,
    SHOWN_SETTINGS,
    UNINSTALLED,
    UPGRADE,
)

_EITHER: Final = ("no-binary", "only-binary")


def _files(names: tuple[str, ...], help: str) -> Option:
    return Option(names, Kind.TEXTS, help, "FILE")


_INPUT: Final = (
    _files(("-c", "--constraints", "--constraint"), "Bound versions by this file, without asking for packages."),
    _files(("--overrides", "--override"), "Put these requirements in the place of what packages ask for."),
    _files(("--excludes", "--exclude"), "Leave these packages out, whoever asks for them."),
    _files(
        ("-b", "--build-constraints", "--build-constraint"), "Nothing: builds are bounded by it, and there are none."
    ),
    Option(
        ("--extra",), Kind.TEXTS, "Include this extra of a project.", "EXTRA", excludes=("all-extras",), separator=","
    ),
    Option(("--all-extras", "--no-all-extras"), Kind.SWITCH, "Include all extras."),
    Option(
        ("--group",), Kind.TEXTS, "Include this dependency group, of a pyproject.toml or PATH:GROUP.", "[PATH:]GROUP"
    ),
    Option(("--no-deps", "--deps"), Kind.SWITCH, "Leave out what packages depend on."),
    Option(("--python-version",), Kind.TEXT, "The least Python (universal), or the one, to compile for.", "3.N"),
    Option(("-p", "--python"), Kind.TEXT, "The same, if it names a version.", "3.N"),
    Option(("--python-platform",), Kind.TEXT, "Compile for this platform.", "PLATFORM"),
    Option(
        ("--universal", "--no-universal"),
        Kind.SWITCH,
        "Compile for all platforms and Pythons at once.",
        excludes=("python-platform", "strip-markers"),
    ),
)

_OUTPUT: Final = (
    Option(("-o", "--output-file"), Kind.TEXT, "Write this file; its versions are kept where they can be.", "FILE"),
    Option(("--format",), Kind.TEXT, "requirements.txt or pylock.toml.", "FORMAT"),
    Option(("--generate-hashes", "--no-generate-hashes"), Kind.SWITCH, "Write the hashes of all files."),
    Option(("--no-strip-extras", "--strip-extras"), Kind.SWITCH, "Write extras."),
    Option(("--no-strip-markers", "--strip-markers"), Kind.SWITCH, "Write markers also for one environment."),
    Option(("--no-annotate", "--annotate"), Kind.SWITCH, "Do not say what asks for each package."),
    Option(("--no-header", "--header"), Kind.SWITCH, "Do not begin with the command."),
    Option(("--annotation-style",), Kind.TEXT, "How to say it.", choices=("split", "line")),
    Option(("--custom-compile-command",), Kind.TEXT, "Name this command in the header.", "TEXT"),
    Option(
        ("--no-emit-package", "--unsafe-package"),
        Kind.TEXTS,
        "Leave this package out, not what it brings.",
        "PACKAGE",
        separator=",",
    ),
    Option(("--emit-index-url", "--no-emit-index-url"), Kind.SWITCH, "Write the URLs of the indexes."),
    Option(("--emit-find-links", "--no-emit-find-links"), Kind.SWITCH, "Write the places of --find-links."),
    Option(("--emit-build-options", "--no-emit-build-options"), Kind.SWITCH, "Write --no-binary and --only-binary."),
    Option(("--emit-marker-expression", "--no-emit-marker-expression"), Kind.SWITCH),
    Option(
        ("--emit-index-annotation", "--no-emit-index-annotation"), Kind.SWITCH, "Say which index each package is from."
    ),
)

_ARCHIVES: Final = (
    Option(
        ("--no-build", "--build"),
        Kind.SWITCH,
        "Do not consider source distributions.",
        excludes=_EITHER,
        denied_excludes=_EITHER,
    ),
    Option(
        ("--no-binary",),
        Kind.TEXTS,
        "Do not consider wheels of this package, or of :all:.",
        "PACKAGE",
        separator=",",
    ),
    Option(
        ("--only-binary",),
        Kind.TEXTS,
        "Consider wheels alone of this package, or of :all:.",
        "PACKAGE",
        separator=",",
    ),
    Option(
        ("--torch-backend",),
        Kind.TEXT,
        refusal="which index a backend means is uv's own table",
        instead="name the index instead (--index, or tool.uv.sources)",
    ),
)


def _idle(names: tuple[str, ...], kind: Kind = Kind.FLAG, *, choices: tuple[str, ...] = ()) -> Option:
    """One that changes nothing with uv either."""
    return Option(names, kind, bears=Bears.MACHINE, choices=choices)


def _refused(name: str, refusal: str, kind: Kind = Kind.FLAG, instead: str = "leave it out") -> Option:
    return Option((f"--{name}",), kind, refusal=refusal, instead=instead)


_CERTIFICATES: Final = "certificates are named by the environment"

#: Of uv's old names and of pip-compile's, what uv takes and does not obey, and what it refuses.
_OLD: Final = (
    Option(("--isolated",), Kind.FLAG, "Old name of --no-config."),
    _idle(("--system", "--no-system"), Kind.SWITCH),
    _idle(("--allow-unsafe",)),
    _idle(("--no-allow-unsafe",)),
    _idle(("--no-reuse-hashes",)),
    _idle(("--no-emit-trusted-host",)),
    _idle(("--no-emit-options",)),
    Option(("--resolver",), Kind.TEXT, bears=Bears.MACHINE),
    _refused("reuse-hashes", "uv does not reuse hashes"),
    _refused("max-rounds", "uv always resolves to the end", Kind.TEXT),
    _refused("client-cert", "uv has no client certificates of pip-compile's kind", Kind.TEXT),
    _refused("emit-trusted-host", "uv never writes trusted hosts"),
    _refused("config", "uv reads no configuration of pip-compile", Kind.TEXT),
    _refused("emit-options", "uv has no such option", instead="write --emit-build-options instead"),
    _refused("pip-args", "uv runs no pip", Kind.TEXT, "pass the arguments themselves"),
    _refused("cert", _CERTIFICATES, Kind.TEXT, "set SSL_CERT_FILE instead"),
)

#: Those that ``lockbot lock`` has too: what may be chosen, and how this machine goes about it.
SHARED_OPTIONS: Final = (
    *UPGRADE, *CHOICE, *INDEX, *CREDENTIALS, *REFRESH, *BUILDS, *PLACE, *NETWORK, *CACHE, *FILES, *SCREEN, *PYTHONS,
    *UNINSTALLED, *PREVIEW,
)  # fmt: skip

COMPILE_OPTIONS: Final = (*_INPUT, *_OUTPUT, *_ARCHIVES, *SHARED_OPTIONS, *_OLD, *SHOWN_SETTINGS)
