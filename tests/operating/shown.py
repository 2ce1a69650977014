"""What a server shows under ``/metrics`` when it has something of everything to tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from bot.ports.measures import MEASURES, SUM, Form, Measure, Measured, Series
from bot.web.metrics import Metrics, Seen

#: What the values of labels look like.
LABELS: Mapping[str, tuple[str, ...]] = {
    "kind": ("run", "check"),
    "outcome": ("done", "put off", "network"),
    "lane": ("solving",),
    "stage": ("clone", "plan"),
    "api": ("rest", "graphql"),
    "installation": ("7", "8"),
    "resource": ("core",),
    "worker": ("0123456789abcdef:0",),
    "machine": ("0123456789abcdef",),
    "part": ("repositories", "strangers"),
}


def everything() -> Measured:
    sums, gauges = {}, {}
    for measure in MEASURES:
        for labels in _combine([LABELS[name] for name in measure.labels]):
            match measure.form:
                case Form.GAUGE:
                    gauges[Series(measure.name, labels)] = 400.0
                case Form.COUNTER:
                    sums[Series(measure.name, labels)] = 3.0
                case Form.HISTOGRAM:
                    sums |= _observe(measure, labels)
    oldest = {("jobs", "people"): 0.0, ("solving", "runs"): 12.5}
    return Measured(
        jobs={"waiting": 4, "set aside": 1},
        oldest=oldest,
        workers=2,
        pages=1200,
        overdue=90.0,
        sums=sums,
        gauges=gauges,
    )


def _observe(measure: Measure, labels: tuple[str, ...]) -> dict[Series, float]:
    parts = {f"{measure.buckets[0]:g}": 2.0, "+Inf": 1.0, SUM: 5000.0}
    return {Series(measure.name, labels, part): value for part, value in parts.items()}


def _combine(choices: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()]
    for choice in choices:
        found = [(*one, value) for one in found for value in choice]
    return found


def show(measured: Measured | None) -> str:
    metrics = Metrics()
    metrics.deliveries.labels("push", "accepted").inc()
    metrics.jobs.labels("run").inc()
    metrics.seconds.observe(0.02)
    return metrics.render(Seen(running=2, restarts=1, inbox=3, inbox_age=1.5, measured=measured)).decode()


def names_of(text: str) -> frozenset[str]:
    """The names of all series, those of histograms by their parts."""
    return frozenset(re.findall(r"^(\w+)(?:\{.*\})? [-+.\deInfNa]+$", text, re.MULTILINE))


def labels_of(text: str) -> Mapping[str, frozenset[str]]:
    """The names of the labels that each series has."""
    found: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? [-+.\deInfNa]+$", text, re.MULTILINE):
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return {name: frozenset(labels) for name, labels in found.items()}
