"""A step runner that records each outcome in the job's workflow.

Failures are recorded as data, not as pickled exceptions: a resumed job meets the same failure in the same words. What
DBOS itself raises is therefore never about the step: its database is away, or this worker is about to end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from dbos import DBOS
from pydantic import TypeAdapter

from bot.errors import LockbotError
from bot.jobs.database import DatabaseUnavailable
from bot.ports.forge import ForgeConflict, ForgeNotFound, ForgeUnavailable


class StepFailed(Exception):
    """A step ended in an error that nobody expected; its traceback went to the log, its type is all that is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recorded:
    """``failure`` names the kind of error when the step failed."""

    text: str
    failure: str | None = None
    retry_after: float | None = None


_RECORDED: TypeAdapter[_Recorded] = TypeAdapter(_Recorded)


class DurableSteps:
    def run(self, name: str, action: Callable[[], str]) -> str:
        try:
            text = DBOS.run_step({"name": name}, _attempt, action)
        except Exception as error:
            raise DatabaseUnavailable(f"the job database: step {name!r} was not recorded") from error
        recorded = _RECORDED.validate_json(text)
        match recorded.failure:
            case None:
                return recorded.text
            case "unavailable":
                raise ForgeUnavailable(recorded.text, retry_after=recorded.retry_after)
            case "conflict":
                raise ForgeConflict(recorded.text)
            case "not found":
                raise ForgeNotFound(recorded.text)
            case "unexpected":
                raise StepFailed(recorded.text)
            case _:
                raise LockbotError(recorded.text)


def _attempt(action: Callable[[], str]) -> str:
    return _RECORDED.dump_json(_record(action)).decode()


def _record(action: Callable[[], str]) -> _Recorded:
    try:
        return _Recorded(text=action())
    except ForgeUnavailable as error:
        return _Recorded(text=str(error), failure="unavailable", retry_after=error.retry_after)
    except ForgeConflict as error:
        return _Recorded(text=str(error), failure="conflict")
    except ForgeNotFound as error:
        return _Recorded(text=str(error), failure="not found")
    except LockbotError as error:
        return _Recorded(text=str(error), failure="refused")
    except Exception as error:  # noqa: BLE001 - what DBOS would keep of it is a pickle
        structlog.get_logger("lockbot.jobs").error("step failed", exc_info=True)
        return _Recorded(text=type(error).__name__, failure="unexpected")
