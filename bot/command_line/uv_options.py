"""Options that several commands of uv have, with the variables that stand in for them, and a few of ours beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from bot.command_line.options import Bears, Kind, Option

_BUILDS: Final = "nothing is ever built here"
_PYTHONS: Final = "no interpreter is ever run here"

PLACE: Final = (
    Option(("--directory",), Kind.FOLDER, "Run in this folder.", default=Path(), env="UV_WORKING_DIR"),
    Option(("--project",), Kind.FOLDER, "Take the project of this folder.", env="UV_PROJECT"),
)


def _lock(
    names: tuple[str, ...],
    kind: Kind,
    help: str = "",
    metavar: str | None = None,
    **more: Any,
) -> Option:
    """An option that changes what is locked."""
    return Option(names, kind, help, metavar, bears=Bears.LOCK, **more)


def _machine(
    names: tuple[str, ...],
    kind: Kind,
    help: str = "",
    metavar: str | None = None,
    **more: Any,
) -> Option:
    """An option that changes how this machine goes about it, and no byte of a lock."""
    return Option(names, kind, help, metavar, bears=Bears.MACHINE, **more)


UPGRADE: Final = (
    _lock(("-U", "--upgrade", "--no-upgrade"), Kind.SWITCH, "Let every package move; implies --refresh."),
    _lock(("-P", "--upgrade-package"), Kind.TEXTS, "Let this package move; implies --refresh-package.", "SPEC"),
    _lock(("--upgrade-group",), Kind.TEXTS, "Let what this group requires move.", "GROUP"),
)
PYTHON: Final = (
    _lock(
        ("-p", "--python"),
        Kind.TEXT,
        "The Python for a project that states no requires-python.",
        "3.N",
        env="UV_PYTHON",
    ),
)
CHOICE: Final = (
    _lock(
        ("--resolution",),
        Kind.TEXT,
        "Which versions to choose.",
        env="UV_RESOLUTION",
        choices=("highest", "lowest", "lowest-direct"),
    ),
    _lock(
        ("--prerelease",),
        Kind.TEXT,
        "When to choose pre-releases.",
        env="UV_PRERELEASE",
        choices=("disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit"),
    ),
    _lock(("--pre",), Kind.FLAG, "Old name of --prerelease allow."),
    _lock(("--prerelease-package",), Kind.TEXTS, "The same for one package.", "P=MODE"),
    _lock(
        ("--fork-strategy",),
        Kind.TEXT,
        "Newest version for each Python, or fewest versions.",
        env="UV_FORK_STRATEGY",
        choices=("requires-python", "fewest"),
    ),
    _lock(
        ("--exclude-newer",),
        Kind.TEXT,
        "Ignore files uploaded after this date or duration.",
        "TIME",
        env="UV_EXCLUDE_NEWER",
    ),
    _lock(("--exclude-newer-package",), Kind.TEXTS, "The same for one package.", "P=TIME"),
    _lock(("--no-sources",), Kind.FLAG, "Ignore tool.uv.sources.", env="UV_NO_SOURCES"),
    _lock(
        ("--no-sources-package",),
        Kind.TEXTS,
        "The same for one package.",
        "NAME",
        env="UV_NO_SOURCES_PACKAGE",
        separator=" ",
    ),
)
ARCHIVES: Final = (
    _lock(("--no-build", "--build"), Kind.SWITCH, "Do not consider source distributions.", env="UV_NO_BUILD"),
    _lock(
        ("--no-build-package",),
        Kind.TEXTS,
        "The same for one package.",
        "NAME",
        env="UV_NO_BUILD_PACKAGE",
        separator=" ",
    ),
    _lock(("--no-binary", "--binary"), Kind.SWITCH, "Do not consider wheels.", env="UV_NO_BINARY"),
    _lock(
        ("--no-binary-package",),
        Kind.TEXTS,
        "The same for one package.",
        "NAME",
        env="UV_NO_BINARY_PACKAGE",
        separator=" ",
    ),
    _lock(
        ("--recorded", "--no-recorded"), Kind.SWITCH, "Use what an earlier build left in source distributions, or gave."
    ),
)
INDEX: Final = (
    _lock(("--default-index",), Kind.TEXT, "The index to use instead of PyPI.", "URL", env="UV_DEFAULT_INDEX"),
    _lock(("--index",), Kind.TEXTS, "An index to search first.", "[NAME=]URL", env="UV_INDEX", separator=" "),
    _lock(("-i", "--index-url"), Kind.TEXT, "Old name of --default-index.", "URL", env="UV_INDEX_URL"),
    _lock(("--extra-index-url",), Kind.TEXTS, "Old name of --index.", "URL", env="UV_EXTRA_INDEX_URL", separator=" "),
    _lock(
        ("-f", "--find-links"),
        Kind.TEXTS,
        "A folder or page of files to consider.",
        "PLACE",
        env="UV_FIND_LINKS",
        separator=",",
    ),
    _lock(("--no-index",), Kind.FLAG, "Search no index, only what --find-links names."),
    _lock(
        ("--index-strategy",),
        Kind.TEXT,
        "How to search several indexes.",
        env="UV_INDEX_STRATEGY",
        choices=("first-index", "unsafe-first-match", "unsafe-best-match"),
    ),
)
FILES: Final = (
    _lock(("--config-file",), Kind.FILE, "Read this uv.toml, and no settings elsewhere.", env="UV_CONFIG_FILE"),
    _lock(("--no-config",), Kind.FLAG, "Read no settings from files.", env="UV_NO_CONFIG"),
)
CREDENTIALS: Final = (
    _machine(
        ("--keyring-provider",),
        Kind.TEXT,
        "Whether to ask your keyring program for credentials.",
        env="UV_KEYRING_PROVIDER",
        choices=("disabled", "subprocess"),
    ),
)
NETWORK: Final = (
    _machine(
        ("--allow-insecure-host", "--trusted-host"),
        Kind.TEXTS,
        "Do not look at this host's certificate.",
        "HOST",
        env="UV_INSECURE_HOST",
        separator=" ",
    ),
    _machine(
        ("--system-certs", "--no-system-certs"),
        Kind.SWITCH,
        "Trust the certificate authorities of the system instead of Mozilla's.",
        env="UV_SYSTEM_CERTS",
        env_denies=True,
    ),
    _machine(
        ("--native-tls", "--no-native-tls"),
        Kind.SWITCH,
        "Old name of --system-certs.",
        env="UV_NATIVE_TLS",
        env_denies=True,
    ),
    _machine(
        ("--offline", "--no-offline"), Kind.SWITCH, "Use only what the cache holds.", env="UV_OFFLINE", env_denies=True
    ),
)
CACHE: Final = (
    _machine(("-n", "--no-cache", "--no-cache-dir"), Kind.FLAG, "Neither read nor write the cache.", env="UV_NO_CACHE"),
    _machine(("--cache-dir",), Kind.FOLDER, "Where the cache is.", env="LOCKBOT_CACHE_DIR"),
)
REFRESH: Final = (
    _machine(("--refresh", "--no-refresh"), Kind.SWITCH, "Ask about every page, however new what is kept of it is."),
    _machine(("--refresh-package",), Kind.TEXTS, "The same for one package.", "NAME"),
)
SCREEN: Final = (
    _machine(("-q", "--quiet"), Kind.COUNT, "Say only what went wrong; twice: say nothing.", excludes=("verbose",)),
    _machine(("-v", "--verbose"), Kind.COUNT, "Say also what was read and why."),
    _machine(
        ("--color",), Kind.TEXT, "Whether to use colours.", choices=("auto", "always", "never"), excludes=("no-color",)
    ),
    _machine(("--no-color",), Kind.FLAG, "Old name of --color never."),
    _machine(("--no-progress",), Kind.FLAG, "Nothing: no progress is shown.", env="UV_NO_PROGRESS"),
)
PYTHONS: Final = (
    _machine(
        ("--managed-python", "--no-managed-python"),
        Kind.SWITCH,
        env="UV_MANAGED_PYTHON",
        denied_env="UV_NO_MANAGED_PYTHON",
        remark=_PYTHONS,
    ),
    _machine(("--no-python-downloads",), Kind.FLAG, remark=_PYTHONS),
    _machine(("--allow-python-downloads",), Kind.FLAG, remark=_PYTHONS),
    _machine(("--python-preference",), Kind.TEXT, metavar="P", env="UV_PYTHON_PREFERENCE", remark=_PYTHONS),
    _machine(("--python-fetch",), Kind.TEXT, metavar="P", remark=_PYTHONS),
)
ISOLATED: Final = (_machine(("--isolated",), Kind.FLAG, remark="it means nothing for a lock"),)
UNINSTALLED: Final = (
    _machine(
        ("--no-installer-metadata",), Kind.FLAG, env="UV_NO_INSTALLER_METADATA", remark="nothing is installed here"
    ),
)
SHOWN_SETTINGS: Final = (Option(("--show-settings",), Kind.FLAG, refusal="it shows uv's own settings"),)
PREVIEW: Final = (
    _lock(
        ("--preview", "--no-preview"), Kind.SWITCH, "Try all of uv's experiments that change a lock.", env="UV_PREVIEW"
    ),
    _lock(
        ("--preview-features", "--preview-feature"),
        Kind.TEXTS,
        "Try these experiments of uv's.",
        "NAME",
        env="UV_PREVIEW_FEATURES",
        separator=",",
    ),
)
BUILDS: Final = (
    _machine(("-C", "--config-setting", "--config-settings"), Kind.TEXTS, metavar="K=V", remark=_BUILDS),
    _machine(("--config-settings-package",), Kind.TEXTS, metavar="P:K=V", remark=_BUILDS),
    _machine(("--no-build-isolation", "--build-isolation"), Kind.SWITCH, env="UV_NO_BUILD_ISOLATION", remark=_BUILDS),
    _machine(("--no-build-isolation-package",), Kind.TEXTS, metavar="NAME", remark=_BUILDS),
    _machine(("--require-build-hashes", "--no-require-build-hashes"), Kind.SWITCH, remark=_BUILDS),
    _machine(
        ("--link-mode",),
        Kind.TEXT,
        env="UV_LINK_MODE",
        remark=_BUILDS,
        choices=("clone", "copy", "hardlink", "symlink"),
    ),
)

#: What the program takes before the name of a command too.
GLOBAL_OPTIONS: Final = (
    *PLACE, *NETWORK, *CACHE, *FILES, *SCREEN, *PYTHONS, *ISOLATED, *UNINSTALLED, *SHOWN_SETTINGS, *PREVIEW,
)  # fmt: skip
#: What every command that locks takes, beside its own.
LOCKING_OPTIONS: Final = (
    *UPGRADE, *PYTHON, *CHOICE, *ARCHIVES, *INDEX, *CREDENTIALS, *REFRESH, *BUILDS, *GLOBAL_OPTIONS,
)  # fmt: skip
