"""The form in which a unit's lock is kept: how it is read, and how it is solved and written anew.

A ``uv.lock`` (or a script's) is one form; a requirements file that a command compiles is another. Planning asks the form,
never the path.
"""

from __future__ import annotations

from typing import Protocol

from bot.lockfile.model import Lock
from bot.lockfile.reader import parse_lock
from bot.resolver.lock import Locked, LockTask, lock_project
from bot.resolver.lowering import CommandSettings
from bot.resolver.model.index import Tree


class LockForm(Protocol):
    @property
    def command(self) -> str | None:
        """What of uv's writes such a file, ``None`` where people do."""

    @property
    def is_maintained(self) -> bool:
        """Whether it holds more than what the requirements name, which lock maintenance refreshes."""

    @property
    def is_lasting(self) -> bool:
        """Whether what was solved stands when it is solved again with nothing asked for."""

    def read(self, text: str, path: str, /) -> Lock:
        """The value of a file of this form; raises ``InputError``."""

    def solve(self, task: LockTask, tree: Tree, settings: CommandSettings, /) -> Locked:
        """What the task comes to, with the text of the file; ``tree`` is the repository, perhaps with edits.

        Raises what ``lock_project`` raises.
        """


class UvLock:
    """``uv.lock``, and the lock beside a script."""

    command: str | None = "uv lock"
    is_maintained = True
    is_lasting = True

    def read(self, text: str, path: str, /) -> Lock:
        return parse_lock(text, path)

    def solve(self, task: LockTask, _tree: Tree, _settings: CommandSettings, /) -> Locked:
        return lock_project(task)


UV_LOCK = UvLock()
