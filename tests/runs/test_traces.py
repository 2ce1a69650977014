"""Traces as a collector gets them from a server that really runs: a delivery, its jobs, their stages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bot.distribution import MissingExtraError
from bot.traces.tracing import are_wanted, start_traces
from tests.github import Hub
from tests.loopback import Answer, Asked, Loopback
from tests.runs.conftest import Stage, make_stage
from tests.runs.server import ROOT, eventually


@dataclass
class Got:
    spans: list[Span] = field(default_factory=list)
    services: set[str] = field(default_factory=set)
    headers: set[str] = field(default_factory=set)


class Collector(Loopback):
    """Takes spans by OTLP over HTTP."""

    def __init__(self) -> None:
        super().__init__()
        self.got = Got()

    def answer(self, asked: Asked) -> Answer:
        assert (asked.method, asked.path) == ("POST", "/v1/traces")
        request = ExportTraceServiceRequest.FromString(asked.body)
        self.got.headers.add(asked.headers.get("x-team", ""))
        for resource in request.resource_spans:
            names = [one.value.string_value for one in resource.resource.attributes if one.key == "service.name"]
            self.got.services.update(names)
            self.got.spans += [span for scope in resource.scope_spans for span in scope.spans]
        return Answer(headers={"Content-Type": "application/x-protobuf"})

    def named(self, name: str) -> list[Span]:
        return [span for span in self.got.spans if span.name == name]

    def find_pair(self) -> tuple[Span, Span] | None:
        deliveries = {span.trace_id: span for span in self.named("delivery")}
        solved = [span for span in self.named("job run") if attributes(span)["lockbot.lane"] == "solving"]
        return next(((one, deliveries[one.trace_id]) for one in solved if one.trace_id in deliveries), None)


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, Collector]]:
    folder = tmp_path_factory.mktemp("traced")
    with Hub(folder / "hub") as hub, Collector() as collector:
        stage = make_stage(folder, hub)
        stage.server.more = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.root,
            "OTEL_EXPORTER_OTLP_HEADERS": "x-team=lock-smiths",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        stage.server.start()
        try:
            yield stage, collector
        finally:
            stage.server.stop()


def attributes(span: Span) -> dict[str, str]:
    return {one.key: one.value.string_value for one in span.attributes if one.value.HasField("string_value")}


def test_a_delivery_its_jobs_and_their_stages_are_one_trace(traced: tuple[Stage, Collector]) -> None:
    stage, collector = traced
    repository = stage.add_repository()
    stage.install(repository)
    stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==1.5\n"})
    stage.server.settle()
    # What the clock brings has no delivery of its own.
    solving, delivery = eventually(collector.find_pair, "a delivery and what was solved for it")
    jobs = [one for one in collector.named("job run") if one.trace_id == solving.trace_id]
    assert {attributes(one)["lockbot.lane"] for one in jobs} == {"jobs", "solving"}
    assert {one.parent_span_id for one in jobs} == {delivery.span_id}
    assert {attributes(one)["lockbot.repository"] for one in jobs} == {repository.full_name}
    assert not delivery.parent_span_id
    stages = [one for one in collector.got.spans if one.parent_span_id == solving.span_id]
    assert {"look", "clone", "publish"} <= {one.name for one in stages}
    for one in stages:
        assert solving.start_time_unix_nano - 10**9 <= one.start_time_unix_nano <= one.end_time_unix_nano
        assert one.end_time_unix_nano <= solving.end_time_unix_nano + 10**9
    assert collector.got.services == {"lockbot"}
    assert collector.got.headers == {"lock-smiths"}


def test_attributes_name_the_repository_and_nothing_else_of_it(traced: tuple[Stage, Collector]) -> None:
    stage, collector = traced
    eventually(lambda: collector.named("job run"), "spans come")
    known = {
        *("lockbot.delivery", "lockbot.job", "lockbot.kind", "lockbot.lane", "lockbot.outcome", "lockbot.attempt"),
        *("lockbot.waited", "lockbot.solving", "lockbot.repository", "lockbot.jobs"),
        *(f"lockbot.github.{api}" for api in ("rest", "graphql")),
        *(f"lockbot.index.{outcome}" for outcome in ("network", "revalidated", "memory", "disk", "failed")),
    }
    assert {one.key for span in collector.got.spans for one in span.attributes} <= known
    text = "".join(str(span) for span in collector.got.spans)
    assert stage.hub.app.webhook_secret not in text
    assert "lockbot/all-non-major" not in text


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_SERVICE_NAME": "x"}, False),
    ],
)
def test_traces_are_wanted_as_the_standard_variables_say(environment: dict[str, str], wanted: bool) -> None:
    assert are_wanted(environment) is wanted


def test_nothing_of_the_library_is_loaded_unless_it_is_asked_for() -> None:
    asked = (
        "import sys, bot.app.serve, bot.app.work\n"
        "from bot.traces.tracing import start_traces\n"
        "assert start_traces({}) is None\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "lacking", ["opentelemetry", "opentelemetry.sdk", "opentelemetry.sdk.trace", "opentelemetry.exporter.otlp"]
)
def test_without_the_extra_it_is_said_what_to_install(lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of it may be there, with another distribution."""
    monkeypatch.delitem(sys.modules, "bot.traces.otlp", raising=False)
    for name in [one for one in sys.modules if one.startswith(f"{lacking}.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, lacking, None)
    with pytest.raises(MissingExtraError, match="to send traces needs a library that is not installed") as caught:
        start_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})
    assert "otel" in str(caught.value.hint)
