"""What is read of a repository's account and history beside its files: presets, defaults, how commits are worded.

What rarely changes is remembered for a while, so that a run in which nothing is new asks for none of it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bot.ports.forge import Forge, ForgeApp, RepositoryRef
from bot.ports.presets import PresetFile
from bot.ports.run import ConfigText, Sha
from bot.repoconfig.load import CONFIG_PATHS
from bot.work.publishing.moves import KnownMoves

#: How long an account's defaults are taken as they were.
_FRESH = timedelta(minutes=10)
#: How long advisories can't be read before anybody is told.
_LASTING = timedelta(days=1)
_MOST = 1000
_SUBJECTS = 30
#: The repository of an account whose configuration all others begin with.
_DEFAULTS = ".github"

T = TypeVar("T")


@dataclass(slots=True)
class Memo(Generic[T]):
    """What was read a moment ago; what was read longest ago goes first."""

    _known: OrderedDict[tuple[object, ...], tuple[datetime | None, T]] = field(default_factory=OrderedDict, repr=False)

    def get(self, key: tuple[object, ...], now: datetime, read: Callable[[], T], *, lasts: bool = False) -> T:
        """``lasts``: the answer stays true for ever."""
        known = self._known.get(key)
        if known is not None and (known[0] is None or now - known[0] < _FRESH):
            return known[1]
        found = read()
        self._keep(key, None if lasts else now, found)
        return found

    def forget(self, key: tuple[object, ...]) -> None:
        self._known.pop(key, None)

    def find_lasting(self, key: tuple[object, ...]) -> T | None:
        known = self._known.get(key)
        return known[1] if known is not None and known[0] is None else None

    def keep(self, key: tuple[object, ...], found: T) -> None:
        """For ever."""
        self._keep(key, None, found)

    def _keep(self, key: tuple[object, ...], moment: datetime | None, found: T) -> None:
        self._known[key] = (moment, found)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a worker remembers between runs. ``unsure``: since when not all is known of a repository's vulnerabilities.

    ``configured``: repositories that lockbot may work in.
    """

    defaults: Memo[str | None] = field(default_factory=Memo)
    subjects: Memo[tuple[str, ...]] = field(default_factory=Memo)
    workflows: Memo[bool] = field(default_factory=Memo)
    lacking: Memo[tuple[str, ...]] = field(default_factory=Memo)
    policies: Memo[ConfigText | None] = field(default_factory=Memo)
    moves: KnownMoves = field(default_factory=KnownMoves)
    configured: Memo[bool] = field(default_factory=Memo)
    unsure: dict[int, datetime] = field(default_factory=dict)

    def find_lasting(self, repository: int, now: datetime, *, is_unsure: bool) -> datetime | None:
        """Since when the repository is so, where that is long enough to be told of."""
        if not is_unsure:
            self.unsure.pop(repository, None)
            return None
        since = self.unsure.setdefault(repository, now)
        return since if now - since >= _LASTING else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPresets:
    """Files of other repositories of one account, read with the App's own permissions; a ``PresetSource``."""

    app: ForgeApp
    ref: RepositoryRef
    memory: Memory
    now: datetime

    @property
    def account(self) -> str:
        return self.ref.owner

    def find(self, file: PresetFile) -> str | None:
        if file.is_foreign(self.account):
            return None
        found = (self._read(file.repository, path, file.tag) for path in file.paths)
        return next((text for text in found if text is not None), None)

    def find_defaults(self) -> tuple[str, str] | None:
        """The defaults are no defaults of themselves."""
        if self.ref.name.lower() == _DEFAULTS:
            return None
        name = f"{self.account}/{_DEFAULTS}"
        key = (self.ref.installation, self.account)
        text = self.memory.defaults.get(key, self.now, lambda: self._read(name, CONFIG_PATHS[0], None))
        return None if text is None else (name, text)

    def _read(self, repository: str, path: str, ref: str | None) -> str | None:
        return self.app.find_file_of(self.ref.installation, repository, path, ref)


def read_subjects(forge: Forge, base: Sha, memory: Memory, now: datetime) -> tuple[str, ...]:
    """How the last commits are worded; of one commit that never changes."""
    return memory.subjects.get(
        (forge.ref.id, base), now, lambda: forge.list_subjects(base, limit=_SUBJECTS), lasts=True
    )


def may_write_workflows(forge: Forge, memory: Memory, now: datetime) -> bool:
    """Remembered for a while where it is granted; where it is not, somebody may be about to."""
    key = (forge.ref.installation,)
    may = memory.workflows.get(key, now, forge.may_write_workflows)
    if not may:
        memory.workflows.forget(key)
    return may


def read_lacking(forge: Forge, memory: Memory, now: datetime) -> tuple[str, ...]:
    """Which permissions the account has not granted (yet)."""
    return memory.lacking.get((forge.ref.installation,), now, forge.list_lacking)
