"""What the web process counts itself, and what it is told of the queue and its workers, in Prometheus' text format."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib.metadata import version
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from bot.events.jobs import Job
from bot.ports.counting import IndexOutcome
from bot.ports.measures import (
    GITHUB_LIMIT,
    GITHUB_REMAINING,
    INDEX_REQUESTS,
    JOBS_ENDED,
    MEASURES,
    SUM,
    Form,
    Measure,
    Measured,
    Series,
)
from bot.work.ended import JobOutcome

#: So many of the installations that have the least left are shown by their number.
_LEAST = 20
#: Below this part of its limit an installation's work rests.
_LOW = 0.1
_KINDS = tuple(str(next(one.default for one in fields(job) if one.name == "kind")) for job in get_args(Job))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What there is to be told at a moment. ``measured`` ``None``: the database did not answer."""

    running: int
    restarts: int
    inbox: int
    inbox_age: float
    measured: Measured | None


class Metrics:
    """``deliveries``, ``unsaved``, ``seconds`` and ``jobs`` are counted by the server; the rest is told when asked for."""

    def __init__(self) -> None:
        # When a count began is told by nobody who asks for Prometheus' text.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self.deliveries = Counter(
            "lockbot_webhook_deliveries",
            "Webhook requests by event and outcome",
            ["event", "outcome"],
            registry=self._registry,
        )
        # What alarms look at is there from the start.
        self.deliveries.labels("other", "ignored")
        self.unsaved = Counter(
            "lockbot_webhooks_unsaved",
            "Webhooks that could not be stored anywhere and were answered with 503",
            registry=self._registry,
        )
        self.seconds = Histogram(
            "lockbot_webhook_seconds",
            "Time to answer a webhook request",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=self._registry,
        )
        self.jobs = Counter("lockbot_jobs_accepted", "Jobs put on the queue", ["kind"], registry=self._registry)

    def render(self, seen: Seen) -> bytes:
        told = CollectorRegistry()
        told.register(_Told(seen))
        return generate_latest(self._registry) + generate_latest(told)


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """What prometheus_client calls a collector."""

    seen: Seen

    def collect(self) -> Iterator[Metric]:
        seen = self.seen
        yield _gauge("lockbot_info", "The version that runs", ("version",), {(version("uv-lockbot"),): 1.0})
        yield _gauge(
            "lockbot_database_up", "Whether the job database answers", (), {(): float(seen.measured is not None)}
        )
        yield _gauge(
            "lockbot_workers", "Worker processes that this server keeps running", (), {(): float(seen.running)}
        )
        restarts = CounterMetricFamily("lockbot_worker_restarts", "Workers started again after they died")
        restarts.add_metric((), float(seen.restarts))
        yield restarts
        yield _gauge("lockbot_inbox_deliveries", "Webhooks that are not on the queue yet", (), {(): float(seen.inbox)})
        yield _gauge(
            "lockbot_inbox_oldest_seconds", "How long the oldest of these has waited", (), {(): seen.inbox_age}
        )
        if seen.measured is not None:
            yield from _tell_measured(seen.measured)


def _tell_measured(measured: Measured) -> Iterator[Metric]:
    by_state: dict[tuple[str, ...], float] = {(state,): float(number) for state, number in measured.jobs.items()}
    yield _gauge("lockbot_jobs", "Jobs by state", ("state",), by_state)
    yield _gauge(
        "lockbot_jobs_oldest_waiting_seconds",
        "How long the job has waited that waits longest",
        ("lane", "turn"),
        {(lane, turn): seconds for (lane, turn), seconds in measured.oldest.items()},
    )
    yield _gauge("lockbot_workers_alive", "Workers that live, on all machines", (), {(): float(measured.workers)})
    yield _gauge("lockbot_index_pages", "Pages of indexes that are watched", (), {(): float(measured.pages)})
    says = "How long the watched page has been due that has been longest, of hosts that answer"
    yield _gauge("lockbot_index_overdue_seconds", says, (), {(): measured.overdue})
    yield _tell_low(measured.gauges)
    for measure in MEASURES:
        yield _tell(measure, measured)


def _tell(measure: Measure, measured: Measured) -> Metric:
    match measure.form:
        case Form.GAUGE:
            return _gauge(measure.name, measure.says, measure.labels, _find(measure, _shown(measure, measured.gauges)))
        case Form.COUNTER:
            family = CounterMetricFamily(measure.name, measure.says, labels=measure.labels)
            for labels, value in sorted((_zeros(measure) | _find(measure, measured.sums)).items()):
                family.add_metric(labels, value)
            return family
        case Form.HISTOGRAM:
            return _tell_histogram(measure, measured.sums)


def _find(measure: Measure, values: Mapping[Series, float]) -> dict[tuple[str, ...], float]:
    return {series.labels: value for series, value in values.items() if series.name == measure.name}


def _zeros(measure: Measure) -> dict[tuple[str, ...], float]:
    """A count that begins with one has not grown: what alarms look at is there from the start."""
    if measure is JOBS_ENDED:
        return {(kind, outcome.value): 0.0 for kind in _KINDS for outcome in JobOutcome}
    return {(outcome.value,): 0.0 for outcome in IndexOutcome} if measure is INDEX_REQUESTS else {}


def _tell_histogram(measure: Measure, sums: Mapping[Series, float]) -> Metric:
    parts: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for series, value in sums.items():
        if series.name == measure.name:
            parts[series.labels][series.part] = value
    family = HistogramMetricFamily(measure.name, measure.says, labels=measure.labels)
    for labels, found in sorted(parts.items()):
        family.add_metric(labels, _pile_up(measure, found), found.get(SUM, 0.0))
    return family


def _pile_up(measure: Measure, found: Mapping[str, float]) -> Sequence[tuple[str, float]]:
    """Prometheus counts in each bucket what is in the smaller ones, too."""
    piled, total = [], 0.0
    for end in (*(f"{one:g}" for one in measure.buckets), "+Inf"):
        total += found.get(end, 0.0)
        piled.append((end, total))
    return piled


# --- rate limits ----------------------------------------------------------------------------------


def _shown(measure: Measure, gauges: Mapping[Series, float]) -> Mapping[Series, float]:
    """There may be thousands of installations; those with the least left are what anybody looks for."""
    if measure not in (GITHUB_REMAINING, GITHUB_LIMIT):
        return gauges
    parts = dict(_list_parts(gauges))
    least = set(sorted(parts, key=lambda labels: (parts[labels], labels))[:_LEAST])
    return {series: value for series, value in gauges.items() if series.labels in least}


def _list_parts(gauges: Mapping[Series, float]) -> Iterator[tuple[tuple[str, ...], float]]:
    """The part of its limit that is left to each installation, for each resource."""
    limits = _find(GITHUB_LIMIT, gauges)
    for labels, remaining in _find(GITHUB_REMAINING, gauges).items():
        if limits.get(labels):
            yield labels, remaining / limits[labels]


def _tell_low(gauges: Mapping[Series, float]) -> Metric:
    counts: dict[tuple[str, ...], float] = {("core",): 0.0, ("graphql",): 0.0}
    for (_, resource), part in _list_parts(gauges):
        counts[(resource,)] = counts.get((resource,), 0.0) + (part < _LOW)
    says = "Installations that have less than a tenth of their limit left, so that only commands go on"
    return _gauge("lockbot_github_installations_low", says, ("resource",), counts)


def _gauge(name: str, says: str, labels: Iterable[str], values: Mapping[tuple[str, ...], float]) -> Metric:
    family = GaugeMetricFamily(name, says, labels=tuple(labels))
    for one, value in sorted(values.items()):
        family.add_metric(one, value)
    return family
