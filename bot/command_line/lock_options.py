"""The options of ``lockbot lock``: all that ``uv lock`` takes, and a few more.

A test holds them against a list of uv's, and (marked ``uv``) that list against the program.
"""

from __future__ import annotations

from typing import Final

from bot.command_line.options import Bears, Kind, Option
from bot.command_line.uv_options import LOCKING_OPTIONS

_COMMAND: Final = (
    Option(("--script",), Kind.FILE, "Lock this PEP 723 script."),
    Option(
        ("--check", "--locked"),
        Kind.FLAG,
        "Fail if the lock is out of date; write nothing.",
        env="UV_LOCKED",
        excludes=("check-exists", "upgrade", "dry-run"),
    ),
    Option(
        ("--check-exists", "--frozen"),
        Kind.FLAG,
        "Only look whether there is a lock that can be read.",
        env="UV_FROZEN",
        excludes=("upgrade", "dry-run"),
    ),
    Option(("--dry-run",), Kind.FLAG, "Show what would change; write nothing."),
    Option(
        ("--revision",),
        Kind.TEXT,
        "The lock revision to write; keep: that of the lock, and its style.",
        "N|keep",
        bears=Bears.LOCK,
    ),
)

LOCK_OPTIONS: Final = (*_COMMAND, *LOCKING_OPTIONS)
