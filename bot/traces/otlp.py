"""Deliveries and jobs as spans, sent by OTLP over HTTP. Where to, and how many, the library reads from the environment."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    set_span_in_context,
)

from bot.traces.heard import HeardDelivery
from bot.work.ended import EndedJob, JobOutcome

_BAD = (JobOutcome.GIVEN_UP, JobOutcome.SET_ASIDE, JobOutcome.FAILED)


class Numbers(RandomIdGenerator):
    """Ids of traces and spans: those that were given for the next span of this thread, else as they come."""

    def __init__(self) -> None:
        self._given = threading.local()

    @contextmanager
    def given(self, trace: int, span: int) -> Iterator[None]:
        self._given.ids = (trace, span)
        try:
            yield
        finally:
            self._given.ids = None

    def generate_span_id(self) -> int:
        ids: tuple[int, int] | None = getattr(self._given, "ids", None)
        return ids[1] if ids else super().generate_span_id()

    def generate_trace_id(self) -> int:
        ids: tuple[int, int] | None = getattr(self._given, "ids", None)
        return ids[0] if ids else super().generate_trace_id()


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    provider: TracerProvider
    numbers: Numbers = field(repr=False)

    @property
    def _tracer(self) -> Tracer:
        return self.provider.get_tracer("lockbot")

    def close(self) -> None:
        self.provider.shutdown()

    def hear_delivery(self, delivery: HeardDelivery) -> None:
        with self.numbers.given(*_ids_of(delivery.id)):
            span = self._tracer.start_span(
                "delivery",
                context=Context(),
                start_time=_nanoseconds(delivery.started),
                attributes={"lockbot.delivery": delivery.id, "lockbot.jobs": delivery.jobs},
            )
        span.end(_nanoseconds(delivery.ended))

    def hear_end(self, ended: EndedJob) -> None:
        span = self._tracer.start_span(
            f"job {ended.kind}",
            context=_below(ended.delivery),
            start_time=_nanoseconds(ended.started),
            attributes=dict(_describe(ended)),
        )
        self._tell_stages(span, ended)
        if ended.outcome in _BAD:
            span.set_status(Status(StatusCode.ERROR, ended.outcome.value))
        span.end(_nanoseconds(ended.ended))

    def _tell_stages(self, job: Span, ended: EndedJob) -> None:
        within = set_span_in_context(job)
        for one in ended.usage.course:
            begun = _nanoseconds(ended.started + one.begun)
            self._tracer.start_span(one.stage, context=within, start_time=begun).end(
                _nanoseconds(ended.started + one.ended)
            )


def start(*, named: bool) -> Traces:
    """``named``: the environment has a name for the service."""
    numbers = Numbers()
    resource = Resource.create({} if named else {"service.name": "lockbot"})
    provider = TracerProvider(resource=resource, id_generator=numbers)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(provider=provider, numbers=numbers)


def _describe(ended: EndedJob) -> Iterator[tuple[str, str | int | float]]:
    yield from (("lockbot.delivery", ended.delivery), ("lockbot.job", ended.name), ("lockbot.kind", ended.kind))
    yield from (
        ("lockbot.lane", ended.lane),
        ("lockbot.outcome", ended.outcome.value),
        ("lockbot.attempt", ended.attempt),
    )
    yield "lockbot.waited", round(max(0.0, ended.started - ended.received), 3)
    yield "lockbot.solving", ended.usage.solve_seconds
    if ended.repository is not None:
        yield "lockbot.repository", ended.repository.full_name
    for name, counts in (("github", ended.usage.forge), ("index", ended.usage.index)):
        yield from ((f"lockbot.{name}.{key}", number) for key, number in counts.items())


def _below(delivery: str) -> Context:
    """The context of a delivery that another process has traced, or nobody, as the clock brought it."""
    trace, span = _ids_of(delivery)
    known = SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return set_span_in_context(NonRecordingSpan(known))


def _ids_of(delivery: str) -> tuple[int, int]:
    """What a trace is called follows from the delivery."""
    digest = hashlib.sha256(delivery.encode()).digest()
    return int.from_bytes(digest[:16]) or 1, int.from_bytes(digest[16:24]) or 1


def _nanoseconds(moment: float) -> int:
    return int(moment * 1e9)
