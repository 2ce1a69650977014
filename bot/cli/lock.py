"""``lockbot lock`` for click: help and completion."""

from __future__ import annotations

from bot.cli.locking import run_lock
from bot.cli.tabled import TabledCommand
from bot.command_line.lock_options import LOCK_OPTIONS

lock = TabledCommand(
    "lock", "Bring uv.lock up to date, as uv lock does. Nothing is ever built or run.", LOCK_OPTIONS, run_lock
)
