"""Who hears of what is to be traced; whether anybody does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from bot.distribution import needs
from bot.traces.heard import HeardDelivery
from bot.work.ended import EndedJob

_WHERE = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """What hears of deliveries and jobs to trace. ``close`` sends what is left."""

    hear_delivery: Callable[[HeardDelivery], None]
    hear_end: Callable[[EndedJob], None]
    close: Callable[[], None]


def are_wanted(environment: Mapping[str, str]) -> bool:
    """As the variables of OpenTelemetry say."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() not in ("", "otlp"):
        return False
    return any(environment.get(name) for name in _WHERE)


def start_traces(environment: Mapping[str, str]) -> Tracing | None:
    """``None`` where nobody wants any. Raises ``MissingExtraError`` where its library is not installed."""
    if not are_wanted(environment):
        return None
    with needs("otel", "OTEL_EXPORTER_OTLP_ENDPOINT: to send traces"):
        otlp = import_module("bot.traces.otlp")
    traces = otlp.start(named=bool(environment.get("OTEL_SERVICE_NAME")))
    return Tracing(hear_delivery=traces.hear_delivery, hear_end=traces.hear_end, close=traces.close)
