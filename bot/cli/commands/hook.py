"""``lockbot hook``: what the hooks of pre-commit call, with the files of a commit."""

from __future__ import annotations

from bot.cli.locking.hook import run_hook_lock
from bot.cli.options.tabled import HELP_OPTIONS, TabledCommand, TabledGroup
from bot.command_line.lock_options import LOCK_OPTIONS

_HIDDEN = frozenset({"script", "project", "directory"})

lock = TabledCommand(
    "lock",
    """Bring the locks that the named files are of up to date, each once: a workspace's for the manifest of a member,
a script's for the script. Files that have no lock are passed over.

Ends with 0 when all are right, 1 when one is out of date under --check or has no solution, 2 for bad input.
""",
    [option for option in LOCK_OPTIONS if option.key not in _HIDDEN],
    run_hook_lock,
    operands="FILE...",
)

hook = TabledGroup(
    "hook", help="What hooks of pre-commit call on each commit.", commands=[lock], context_settings=HELP_OPTIONS
)
