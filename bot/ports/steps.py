"""What a job is given to last: a memory of what it has done, and the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class StepRunner(Protocol):
    """Runs the steps of a run. A durable runner records each outcome, so a resumed run skips what was done."""

    def run(self, name: str, action: Callable[[], str]) -> str:
        """Run ``action`` once under ``name`` (unique within the run) and give its text, usually JSON.

        An action that was interrupted runs again: it must be idempotent. What it raises passes through.
        """
        ...


class PlainSteps:
    """The step runner of the command line and of tests: calls, remembers nothing."""

    def run(self, name: str, action: Callable[[], str]) -> str:
        del name
        return action()
