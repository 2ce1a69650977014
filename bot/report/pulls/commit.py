"""Commit messages."""

from __future__ import annotations

from collections.abc import Sequence

from bot.ports.run import BranchName, LockChange, UpdateLine

_LIMIT = 60
_TRAILER = "Lockbot-Branch:"


def commit_message(title: str, updates: Sequence[UpdateLine], changes: Sequence[LockChange]) -> str:
    """The title, then each direct update; how many other packages moved."""
    rows = list(dict.fromkeys(_row(update) for update in updates))
    lines = [f"* {row}" for row in rows[:_LIMIT]]
    if len(rows) > _LIMIT:
        lines.append(f"* and {len(rows) - _LIMIT} more")
    indirect = len({change.package for change in changes if not change.direct})
    if indirect:
        lines += ["", f"{indirect} indirect {'package' if indirect == 1 else 'packages'} changed with it."]
    return "\n".join([title, "", *lines]).rstrip() + "\n"


def with_branch(message: str, branch: BranchName) -> str:
    """The message with the line by which lockbot knows its commits where others make some under the same name."""
    return f"{message.rstrip()}\n\n{_TRAILER} {branch}\n"


def bears_branch(message: str) -> bool:
    return any(line.startswith(f"{_TRAILER} ") for line in message.splitlines())


def _row(update: UpdateLine) -> str:
    return (
        f"{update.package} {update.before} -> {update.after}" if update.before else f"{update.package} {update.after}"
    )
