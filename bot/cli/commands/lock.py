"""``lockbot lock`` for click: help and completion."""

from __future__ import annotations

from bot.cli.locking.command import run_lock
from bot.cli.options.tabled import TabledCommand
from bot.command_line.lock_options import LOCK_OPTIONS

lock = TabledCommand(
    "lock",
    """\
Bring uv.lock up to date, as uv lock does. Nothing is ever built or run.

Ends with 0 when the lock is written or already right, 1 when there is no solution or (with --check) the lock is out of
date, 2 for bad input.
""",
    LOCK_OPTIONS,
    run_lock,
)
