"""Tables that come with lockbot, in ``config/``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bot.ports.surroundings import HookPackages
from bot.precommit.table import parse_hook_packages


@cache
def shipped_hooks() -> HookPackages:
    """The repositories of hooks that lockbot knows."""
    package = Path(__file__).parents[1]
    installed = package / "_config" / "hooks.json"
    path = installed if installed.exists() else package.parent / "config" / "hooks.json"
    return parse_hook_packages(path.read_text("utf-8"))
