"""The options of ``lockbot lock``: all that ``uv lock`` takes, with the variables that stand in for them, and a few more.

A test holds them against a list of uv's, and (marked ``uv``) that list against the program.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.cli.options import Kind, Option

_BUILDS = "nothing is ever built here"
_PYTHONS = "no interpreter is ever run here"
_PREVIEW = "locks are those that uv writes without preview features"

_COMMAND: Final = (
    Option(("--directory",), Kind.FOLDER, "Run in this folder.", default=Path(), env="UV_WORKING_DIR"),
    Option(("--project",), Kind.FOLDER, "Lock the project of this folder.", env="UV_PROJECT"),
    Option(("--script",), Kind.FILE, "Lock this PEP 723 script."),
    Option(("--check", "--locked"), Kind.FLAG, "Fail if the lock is out of date; write nothing.", env="UV_LOCKED"),
    Option(
        ("--check-exists", "--frozen"),
        Kind.FLAG,
        "Only look whether there is a lock that can be read.",
        env="UV_FROZEN",
    ),
    Option(("--dry-run",), Kind.FLAG, "Show what would change; write nothing."),
)
_RESOLVER: Final = (
    Option(("-U", "--upgrade", "--no-upgrade"), Kind.SWITCH, "Let every package move; implies --refresh."),
    Option(("-P", "--upgrade-package"), Kind.TEXTS, "Let this package move; implies --refresh-package.", "SPEC"),
    Option(("--upgrade-group",), Kind.TEXTS, "Let what this group requires move.", "GROUP"),
    Option(
        ("-p", "--python"),
        Kind.TEXT,
        "The Python for a project that states no requires-python.",
        "3.N",
        env="UV_PYTHON",
    ),
    Option(
        ("--resolution",),
        Kind.TEXT,
        "Which versions to choose.",
        env="UV_RESOLUTION",
        choices=("highest", "lowest", "lowest-direct"),
    ),
    Option(
        ("--prerelease",),
        Kind.TEXT,
        "When to choose pre-releases.",
        env="UV_PRERELEASE",
        choices=("disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit"),
    ),
    Option(("--pre",), Kind.FLAG, "Old name of --prerelease allow."),
    Option(("--prerelease-package",), Kind.TEXTS, "The same for one package.", "P=MODE"),
    Option(
        ("--fork-strategy",),
        Kind.TEXT,
        "Newest version for each Python, or fewest versions.",
        env="UV_FORK_STRATEGY",
        choices=("requires-python", "fewest"),
    ),
    Option(
        ("--exclude-newer",),
        Kind.TEXT,
        "Ignore files uploaded after this date or duration.",
        "TIME",
        env="UV_EXCLUDE_NEWER",
    ),
    Option(("--exclude-newer-package",), Kind.TEXTS, "The same for one package.", "P=TIME"),
    Option(("--no-sources",), Kind.FLAG, "Ignore tool.uv.sources.", env="UV_NO_SOURCES"),
    Option(
        ("--no-sources-package",),
        Kind.TEXTS,
        "The same for one package.",
        "NAME",
        env="UV_NO_SOURCES_PACKAGE",
        separator=" ",
    ),
    Option(("--no-build", "--build"), Kind.SWITCH, "Do not consider source distributions.", env="UV_NO_BUILD"),
    Option(
        ("--no-build-package",),
        Kind.TEXTS,
        "The same for one package.",
        "NAME",
        env="UV_NO_BUILD_PACKAGE",
        separator=" ",
    ),
    Option(("--no-binary", "--binary"), Kind.SWITCH, "Do not consider wheels.", env="UV_NO_BINARY"),
    Option(
        ("--no-binary-package",),
        Kind.TEXTS,
        "The same for one package.",
        "NAME",
        env="UV_NO_BINARY_PACKAGE",
        separator=" ",
    ),
    Option(
        ("--recorded", "--no-recorded"), Kind.SWITCH, "Use what an earlier build left in source distributions, or gave."
    ),
    Option(("--revision",), Kind.TEXT, "The lock revision to write; keep: that of the lock, and its style.", "N|keep"),
)
_INDEX: Final = (
    Option(("--default-index",), Kind.TEXT, "The index to use instead of PyPI.", "URL", env="UV_DEFAULT_INDEX"),
    Option(("--index",), Kind.TEXTS, "An index to search first.", "[NAME=]URL", env="UV_INDEX", separator=" "),
    Option(("-i", "--index-url"), Kind.TEXT, "Old name of --default-index.", "URL", env="UV_INDEX_URL"),
    Option(("--extra-index-url",), Kind.TEXTS, "Old name of --index.", "URL", env="UV_EXTRA_INDEX_URL", separator=" "),
    Option(
        ("-f", "--find-links"),
        Kind.TEXTS,
        "A folder or page of files to consider.",
        "PLACE",
        env="UV_FIND_LINKS",
        separator=",",
    ),
    Option(("--no-index",), Kind.FLAG, "Search no index, only what --find-links names."),
    Option(
        ("--index-strategy",),
        Kind.TEXT,
        "How to search several indexes.",
        env="UV_INDEX_STRATEGY",
        choices=("first-index", "unsafe-first-match", "unsafe-best-match"),
    ),
    Option(
        ("--keyring-provider",),
        Kind.TEXT,
        "Whether to ask your keyring program for credentials.",
        env="UV_KEYRING_PROVIDER",
        choices=("disabled", "subprocess"),
    ),
    Option(
        ("--allow-insecure-host", "--trusted-host"),
        Kind.TEXTS,
        "Do not look at this host's certificate.",
        "HOST",
        env="UV_INSECURE_HOST",
        separator=" ",
    ),
    Option(
        ("--system-certs", "--no-system-certs"),
        Kind.SWITCH,
        "Trust the certificate authorities of the system instead of Mozilla's.",
        env="UV_SYSTEM_CERTS",
    ),
    Option(("--native-tls", "--no-native-tls"), Kind.SWITCH, "Old name of --system-certs.", env="UV_NATIVE_TLS"),
    Option(("--offline", "--no-offline"), Kind.SWITCH, "Use only what the cache holds.", env="UV_OFFLINE"),
    Option(("-n", "--no-cache", "--no-cache-dir"), Kind.FLAG, "Neither read nor write the cache.", env="UV_NO_CACHE"),
    Option(("--cache-dir",), Kind.FOLDER, "Where the cache is.", env="LOCKBOT_CACHE_DIR"),
    Option(("--refresh", "--no-refresh"), Kind.SWITCH, "Ask about every page, however new what is kept of it is."),
    Option(("--refresh-package",), Kind.TEXTS, "The same for one package.", "NAME"),
)
_FILES: Final = (
    Option(("--config-file",), Kind.FILE, "Read this uv.toml, and no settings elsewhere.", env="UV_CONFIG_FILE"),
    Option(("--no-config",), Kind.FLAG, "Read no settings from files.", env="UV_NO_CONFIG"),
)
_SCREEN: Final = (
    Option(("-q", "--quiet"), Kind.COUNT, "Say only what went wrong; twice: say nothing."),
    Option(("-v", "--verbose"), Kind.COUNT, "Say also what was read and why."),
    Option(("--color",), Kind.TEXT, "Whether to use colours.", choices=("auto", "always", "never")),
    Option(("--no-color",), Kind.FLAG, "Old name of --color never."),
    Option(("--no-progress",), Kind.FLAG, "Nothing: no progress is shown.", env="UV_NO_PROGRESS"),
)
#: What uv takes and nobody needs here.
_WITHOUT_EFFECT: Final = (
    Option(("-C", "--config-setting", "--config-settings"), Kind.TEXTS, metavar="K=V", remark=_BUILDS),
    Option(("--config-settings-package",), Kind.TEXTS, metavar="P:K=V", remark=_BUILDS),
    Option(("--no-build-isolation", "--build-isolation"), Kind.SWITCH, env="UV_NO_BUILD_ISOLATION", remark=_BUILDS),
    Option(("--no-build-isolation-package",), Kind.TEXTS, metavar="NAME", remark=_BUILDS),
    Option(("--require-build-hashes", "--no-require-build-hashes"), Kind.SWITCH, remark=_BUILDS),
    Option(
        ("--link-mode",),
        Kind.TEXT,
        env="UV_LINK_MODE",
        remark=_BUILDS,
        choices=("clone", "copy", "hardlink", "symlink"),
    ),
    Option(("--managed-python", "--no-managed-python"), Kind.SWITCH, env="UV_MANAGED_PYTHON", remark=_PYTHONS),
    Option(("--no-python-downloads",), Kind.FLAG, remark=_PYTHONS),
    Option(("--allow-python-downloads",), Kind.FLAG, remark=_PYTHONS),
    Option(("--python-preference",), Kind.TEXT, metavar="P", env="UV_PYTHON_PREFERENCE", remark=_PYTHONS),
    Option(("--python-fetch",), Kind.TEXT, metavar="P", remark=_PYTHONS),
    Option(("--isolated",), Kind.FLAG, remark="it means nothing for a lock"),
    Option(("--no-installer-metadata",), Kind.FLAG, env="UV_NO_INSTALLER_METADATA", remark="nothing is installed here"),
    Option(("--show-settings",), Kind.FLAG, refusal="it shows uv's own settings"),
    Option(("--preview", "--no-preview"), Kind.SWITCH, env="UV_PREVIEW", refusal=_PREVIEW),
    Option(
        ("--preview-features", "--preview-feature"),
        Kind.TEXTS,
        metavar="NAME",
        env="UV_PREVIEW_FEATURES",
        separator=",",
        refusal=_PREVIEW,
    ),
)

LOCK_OPTIONS: Final = (*_COMMAND, *_RESOLVER, *_INDEX, *_FILES, *_SCREEN, *_WITHOUT_EFFECT)

#: Of each set one at most may be given.
CONTRADICTIONS: Final = (
    frozenset(("check", "check_exists")),
    frozenset(("check", "upgrade")),
    frozenset(("check_exists", "upgrade")),
    frozenset(("check", "dry_run")),
    frozenset(("check_exists", "dry_run")),
    frozenset(("quiet", "verbose")),
    frozenset(("color", "no_color")),
)
