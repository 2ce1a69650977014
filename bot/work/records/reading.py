"""How pages read what is kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from bot.work.records.record import Budget, RunRecord, Sight, Summary, Trouble


class TroublesPort(Protocol):
    """What ended badly. Raises a ``LockbotError`` where it can't be reached."""

    def list_troubled(self) -> Sequence[Trouble]:
        """The last first."""
        ...

    def try_again(self, name: str) -> str:
        """A sentence of what is done."""
        ...


class RecordsPort(Protocol):
    """What pages read. Raises a ``LockbotError`` where it can't be reached."""

    def list_summaries(
        self, ids: Collection[int] | None, search: str, *, skip: int, most: int
    ) -> tuple[Sequence[Summary], int]:
        """Of these repositories (None: all) those whose name holds ``search``, by name, and how many there are in all."""
        ...

    def find_repository(self, owner: str, name: str) -> Summary | None: ...

    def find_by_id(self, repository: int) -> Summary | None: ...

    def find_sight(self, repository: int) -> Sight | None: ...

    def list_runs(self, repository: int) -> Sequence[RunRecord]:
        """The newest first, without their logs."""
        ...

    def find_run(self, repository: int, job: str) -> RunRecord | None: ...

    def is_busy(self, repository: int) -> bool:
        """Whether a job is under way there."""
        ...

    def list_budgets(self) -> Sequence[Budget]: ...
