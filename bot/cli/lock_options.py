"""The options of ``lockbot lock``, which are those of ``uv lock`` as far as they mean something here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.cli.options import Kind, Option

LOCK_OPTIONS: Final = (
    Option(("--directory",), Kind.FOLDER, "Run in this folder.", default=Path()),
    Option(("--project",), Kind.FOLDER),
    Option(("--script",), Kind.FILE, "Lock this PEP 723 script."),
    Option(("-U", "--upgrade"), Kind.FLAG, "Let every package move."),
    Option(("-P", "--upgrade-package"), Kind.TEXTS, "Let this package move.", "SPEC"),
    Option(("--upgrade-group",), Kind.TEXTS, "Let what this group requires move.", "GROUP"),
    Option(("--python",), Kind.TEXT, "The Python for a project that states no requires-python.", "3.N"),
    Option(("--default-index",), Kind.TEXT, "The index to use instead of PyPI.", "URL"),
    Option(("--index",), Kind.TEXTS, "An index to search first.", "[NAME=]URL"),
    Option(("--find-links",), Kind.TEXTS, "A folder or page of files to consider.", "PLACE"),
    Option(("--index-strategy",), Kind.TEXT, "first-index, unsafe-first-match or unsafe-best-match.", "STRATEGY"),
    Option(("--exclude-newer",), Kind.TEXT, "Ignore files uploaded after this date or duration.", "TIME"),
    Option(("--exclude-newer-package",), Kind.TEXTS, "The same for one package.", "P=TIME"),
    Option(("--resolution",), Kind.TEXT, "highest, lowest or lowest-direct.", "MODE"),
    Option(("--prerelease",), Kind.TEXT, "disallow, allow, if-necessary or explicit.", "MODE"),
    Option(("--fork-strategy",), Kind.TEXT, "requires-python or fewest.", "STRATEGY"),
    Option(("--no-sources",), Kind.FLAG, "Ignore tool.uv.sources."),
    Option(("--no-build",), Kind.FLAG, "Do not consider source distributions."),
    Option(
        ("--recorded", "--no-recorded"), Kind.SWITCH, "Use what an earlier build left in source distributions, or gave."
    ),
    Option(("--check",), Kind.FLAG, "Fail if the lock is out of date; write nothing."),
    Option(("--dry-run",), Kind.FLAG, "Show what would change; write nothing."),
    Option(("--offline",), Kind.FLAG, "Use only what the cache holds."),
    Option(("--no-cache",), Kind.FLAG, "Neither read nor write the cache."),
    Option(("--cache-dir",), Kind.FOLDER, "Where the cache is."),
    Option(("--revision",), Kind.TEXT, "The lock revision to write; keep: that of the lock, and its style.", "N|keep"),
)
