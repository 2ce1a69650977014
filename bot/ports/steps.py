"""What a job is given to last: a memory of what it has done, and the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from bot.errors import LockbotError

T = TypeVar("T")


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class OutcomeUnreadable(LockbotError):
    """What was recorded of a step is no value of its kind: another version of lockbot began the job.

    The job can't be resumed; made again, it begins anew.
    """


class NotRecorded(LockbotError):
    """What is recorded of the job can't be reached: nothing is known of a step that was under way.

    No failure of the job's, and nobody is told of it: the job is made again when the record can be reached.
    """


class SetAside(LockbotError):
    """What is to be solved took its worker down too often: it is not tried again until a person asks for it."""


class StepRunner(Protocol):
    """Runs the steps of a job. A durable runner records each outcome, so a resumed job skips what was done."""

    def run(self, name: str, kind: type[T], action: Callable[[], T]) -> T:
        """Run ``action`` once under ``name`` (unique within the job) and give its value, which is of that ``kind``.

        A kind survives a round trip through JSON; it is ``NoneType`` for a step that gives nothing. An action that was
        interrupted runs again: it must be idempotent. Errors of the forge that it raises pass through, those of another
        kind at least in their words.
        """
        ...


class PlainSteps:
    """The step runner of tests and of whoever needs no memory: calls, remembers nothing."""

    def run(self, name: str, kind: type[T], action: Callable[[], T]) -> T:
        del name, kind
        return action()
