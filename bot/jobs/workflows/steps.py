"""A step runner that records each outcome in the job's workflow.

Failures are recorded as data, not as pickled exceptions: a resumed job meets the same failure in the same words. What
DBOS itself raises is therefore never about the step: its database is away, or this worker is about to end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import structlog
from dbos import DBOS
from pydantic import JsonValue, TypeAdapter, ValidationError

from bot.errors import LockbotError
from bot.jobs.database.engine import DatabaseUnavailable
from bot.ports.counting import stage
from bot.ports.forge import ForgeConflict, ForgeForbidden, ForgeNotFound, ForgeRejected, ForgeUnavailable
from bot.ports.steps import OutcomeUnreadable, SetAside

T = TypeVar("T")


class StepFailed(Exception):
    """A step ended in an error that nobody expected; its traceback went to the log, its type is all that is kept."""


#: Give what is recorded under a name, or what the step gives, recording it.
RecordStep: TypeAlias = Callable[[str, Callable[[], str]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    kind: str
    message: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """``value`` is null where there is a ``failure``. Neither may be left out, so that nothing else is taken for one."""

    value: JsonValue
    failure: _Failure | None


_OUTCOME: TypeAdapter[_Outcome] = TypeAdapter(_Outcome)

#: Errors that are told apart after a step -> what they are recorded as.
_KINDS: Mapping[type[LockbotError], str] = {
    ForgeUnavailable: "unavailable",
    ForgeConflict: "conflict",
    ForgeForbidden: "forbidden",
    ForgeNotFound: "not found",
    ForgeRejected: "rejected",
    SetAside: "set aside",
    LockbotError: "refused",
}
_UNEXPECTED = "unexpected"

#: The first word of a step's name -> the stage that its seconds count for. What ``solve`` and ``check`` take beside the
#: stages within them is looking, too.
_STAGES: Mapping[str, str] = {
    **dict.fromkeys(
        ("look", "standing", "list", "solve", "find", "weigh", "choose", "explain", "check", "start"), "look"
    ),
    **dict.fromkeys(("publish", "update", "onboard", "push", "relock", "rebase", "open", "bring", "ask"), "publish"),
    **dict.fromkeys(("retire", "leave", "delete"), "retire"),
    "merge": "merge",
    **dict.fromkeys(("report", "write", "answer", "acknowledge", "remember", "mark", "lead"), "tell"),
}


def record_with_dbos(name: str, step: Callable[[], str]) -> str:
    return DBOS.run_step({"name": name}, step)


@dataclass(frozen=True, slots=True)
class DurableSteps:
    """``record`` keeps the outcomes: as a rule DBOS, in the workflow that runs in this thread."""

    record: RecordStep = record_with_dbos

    def run(self, name: str, kind: type[T], action: Callable[[], T]) -> T:
        adapter = TypeAdapter(kind)
        try:
            text = self.record(name, lambda: _OUTCOME.dump_json(_attempt(adapter, name, action)).decode())
        except Exception as error:
            raise DatabaseUnavailable(f"the job database: step {name!r} was not recorded") from error
        try:
            outcome = _OUTCOME.validate_json(text)
            if outcome.failure is None:
                return adapter.validate_python(outcome.value)
        except ValidationError:
            raise OutcomeUnreadable(f"step {name!r} was recorded by another version of lockbot") from None
        raise _make_error(outcome.failure)


def _attempt(adapter: TypeAdapter[T], name: str, action: Callable[[], T]) -> _Outcome:
    try:
        with stage(_STAGES.get(name.partition(" ")[0], "other")):
            return _Outcome(value=adapter.dump_python(action(), mode="json"), failure=None)
    except DatabaseUnavailable:
        # Nothing that a resumed job is to meet again.
        raise
    except LockbotError as error:
        return _Outcome(value=None, failure=_describe(error))
    except Exception as error:  # noqa: BLE001 - what DBOS would keep of it is a pickle
        structlog.get_logger("lockbot.jobs").error("step failed", exc_info=True)
        return _Outcome(value=None, failure=_Failure(kind=_UNEXPECTED, message=type(error).__name__))


def _describe(error: LockbotError) -> _Failure:
    kind = next(kind for known, kind in _KINDS.items() if isinstance(error, known))
    asked = error.retry_after if isinstance(error, ForgeUnavailable) else None
    return _Failure(kind=kind, message=str(error), retry_after=asked)


def _make_error(failure: _Failure) -> Exception:
    if failure.kind == _UNEXPECTED:
        return StepFailed(failure.message)
    known = next((known for known, kind in _KINDS.items() if kind == failure.kind), LockbotError)
    if known is ForgeUnavailable:
        return ForgeUnavailable(failure.message, retry_after=failure.retry_after)
    return known(failure.message)
