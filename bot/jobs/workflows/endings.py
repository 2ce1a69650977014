"""What an attempt at a job is called in the log, and who hears how it ended."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from bot.jobs.queue.envelope import Envelope, subject_of
from bot.jobs.queue.names import base_name
from bot.ports.counting import counting_into
from bot.ports.journal import Journal, writing_into
from bot.ports.steps import Clock
from bot.ports.usage import Meter, Usage
from bot.work.ended import EndedJob, HearEnd, JobOutcome

_LEVELS: Mapping[JobOutcome, int] = {
    JobOutcome.DONE: logging.INFO,
    JobOutcome.WAITING: logging.INFO,
    JobOutcome.PUT_OFF: logging.WARNING,
    JobOutcome.REFUSED: logging.WARNING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """``note`` is one line for the log."""

    outcome: JobOutcome
    note: str

    @property
    def level(self) -> int:
        """Of that line: what is put off is an outage of somebody's, what ended for good and badly an error."""
        return _LEVELS.get(self.outcome, logging.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at the job of an ``envelope``, called ``name``, and what it uses."""

    envelope: Envelope
    name: str
    started: float
    meter: Meter = field(default_factory=Meter)
    journal: Journal = field(default_factory=Journal)

    @property
    def delivery(self) -> str:
        return self.envelope.delivery or base_name(self.name)

    @property
    def context(self) -> Mapping[str, str | int]:
        """What each line of the log bears, also those of libraries."""
        told: dict[str, str | int] = {"delivery": self.delivery, "job": self.name, "kind": self.envelope.job.kind}
        told["attempt"] = self.envelope.attempt
        repository, installation = subject_of(self.envelope.job)
        if repository is not None:
            told["repository"] = repository.full_name
        elif installation is not None:
            told["installation"] = installation
        return told

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Within, lines of the log bear the job and are kept, and what edges count is counted for it."""
        told = structlog.contextvars.bound_contextvars(**self.context)
        with told, counting_into(self.meter), writing_into(self.journal):
            yield

    def tell(self, ending: Ending, hear: tuple[HearEnd, ...], clock: Clock) -> None:
        ended = self._end(ending, clock.now().timestamp())
        for one in hear:
            try:
                one(ended)
            except Exception:  # noqa: BLE001 - the job is done, whoever was to hear of it
                structlog.get_logger("lockbot.jobs").warning("an ending was not recorded", exc_info=True)

    def _end(self, ending: Ending, now: float) -> EndedJob:
        envelope = self.envelope
        repository, installation = subject_of(envelope.job)
        return EndedJob(
            name=self.name,
            delivery=self.delivery,
            kind=envelope.job.kind,
            lane=envelope.lane.value,
            outcome=ending.outcome,
            note=ending.note,
            repository=repository,
            installation=installation,
            attempt=envelope.attempt,
            received=envelope.received,
            started=self.started,
            ended=now,
            usage=self.meter.read(),
            log=self.journal.read(),
        )


def render_usage(usage: Usage) -> Mapping[str, object]:
    """For one line of the log: what there is none of is left out."""
    forge = {str(api): number for api, number in usage.forge.items()}
    index = {str(outcome): number for outcome, number in usage.index.items()}
    left = {one.resource: one.remaining for one in usage.allowances}
    found: Mapping[str, object] = {
        "seconds": dict(usage.stages),
        "solving": usage.solve_seconds,
        "forge": forge,
        "left": left,
        "index": index,
    }
    return {name: value for name, value in found.items() if value}
