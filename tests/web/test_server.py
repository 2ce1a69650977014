"""The HTTP side, asked as a hostile world would."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import httpx
import pytest

from bot.errors import LockbotError
from bot.events.jobs import Job, RunJob, Scope
from bot.forge.github.webhooks.doorway import GitHubDoorway
from bot.ports.forge import RepositoryRef
from bot.ports.measures import Measured
from bot.web.metrics import Metrics
from bot.web.server import InboxState, WebParts, WorkerCount, make_server
from tests.forge import payloads
from tests.github.webhooks import sign

SECRET = "it is a secret to everybody"
APP = RepositoryRef(installation=7, id=42, owner="octo", name="app")


@dataclass
class FakeQueue:
    stored: dict[str, tuple[Job, ...]] = field(default_factory=dict)
    broken: bool = False

    def store(self, delivery: str, jobs: tuple[Job, ...]) -> None:
        if self.broken:
            raise LockbotError("no database")
        self.stored.setdefault(delivery, jobs)

    def count_jobs(self) -> Mapping[str, int]:
        if self.broken:
            raise LockbotError("no database")
        return {"waiting": len(self.stored)}

    def measure(self) -> Measured:
        return Measured(jobs=self.count_jobs())


@dataclass
class HangingQueue(FakeQueue):
    released: threading.Event = field(default_factory=threading.Event)

    def store(self, delivery: str, jobs: tuple[Job, ...]) -> None:
        self.released.wait()

    def count_jobs(self) -> Mapping[str, int]:
        self.released.wait()
        return {}


@dataclass
class Site:
    queue: FakeQueue
    max_body: int = 10_000
    inbox: InboxState = field(default_factory=InboxState)
    patience: float = 60.0

    def __post_init__(self) -> None:
        self._app = make_server(
            WebParts(
                queue=self.queue,
                doorway=GitHubDoorway(secret=SECRET, max_body=self.max_body),
                metrics=Metrics(),
                count_workers=lambda: WorkerCount(running=2, restarts=1),
                look_at_inbox=lambda: self.inbox,
                storing=self.patience,
                counting=self.patience,
            )
        )

    def ask(self, method: str, path: str, **more: object) -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://lockbot") as client:
                return await client.request(method, path, **more)  # type: ignore[arg-type]

        return asyncio.run(go())

    def deliver(self, body: bytes | AsyncIterator[bytes], *, without: str = "", **changes: str) -> httpx.Response:
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "push",
            "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            "X-Hub-Signature-256": sign(body if isinstance(body, bytes) else b"", SECRET),
        } | {name.replace("_", "-"): value for name, value in changes.items()}
        return self.ask("POST", "/webhook", content=body, headers={k: v for k, v in headers.items() if k != without})


@pytest.fixture
def site() -> Site:
    return Site(FakeQueue())


PUSH = json.dumps(payloads.push()).encode()


def test_a_delivery_is_stored_and_answered(site: Site) -> None:
    answer = site.deliver(PUSH)
    assert (answer.status_code, answer.json()) == (202, {"jobs": 1})
    assert site.queue.stored == {"72d3162e-cc78-11e3-81ab-4c9367dc0958": (RunJob(repository=APP, scope=Scope.OPEN),)}


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"X_Hub_Signature_256": "sha256=" + "0" * 64}, 401, "Signature"),
        ({"X_Hub_Signature_256": sign(PUSH, "another secret")}, 401, "Signature"),
        ({"X_Hub_Signature_256": sign(PUSH, SECRET).removeprefix("sha256=")}, 401, "Signature"),
        ({"X_Hub_Signature_256": sign(PUSH, SECRET).upper()}, 401, "Signature"),
        ({"X_Hub_Signature_256": "sha256="}, 401, "Signature"),
        ({"X_Hub_Signature_256": "sha1=abc"}, 401, "Signature"),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415, "application/json"),
        ({"Content_Type": "text/plain"}, 415, "application/json"),
        ({"X_GitHub_Event": "../etc"}, 400, "X-GitHub-Event"),
        ({"X_GitHub_Event": "p" * 65}, 400, "X-GitHub-Event"),
        ({"X_GitHub_Delivery": "x"}, 400, "X-GitHub-Delivery"),
        ({"X_GitHub_Delivery": "guid with spaces and more"}, 400, "X-GitHub-Delivery"),
    ],
)
def test_wrong_headers_are_refused(site: Site, changes: dict[str, str], status: int, words: str) -> None:
    answer = site.deliver(PUSH, **changes)
    assert (answer.status_code, site.queue.stored) == (status, {})
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("name", "status"),
    [("X-Hub-Signature-256", 401), ("Content-Type", 415), ("X-GitHub-Event", 400), ("X-GitHub-Delivery", 400)],
)
def test_missing_headers_are_refused(site: Site, name: str, status: int) -> None:
    assert site.deliver(PUSH, without=name).status_code == status
    assert site.queue.stored == {}


def test_a_content_type_may_have_a_charset(site: Site) -> None:
    assert site.deliver(PUSH, Content_Type="application/json; charset=utf-8").status_code == 202


def test_a_changed_body_is_refused(site: Site) -> None:
    answer = site.deliver(PUSH.replace(b"octo", b"evil"), X_Hub_Signature_256=sign(PUSH, SECRET))
    assert (answer.status_code, site.queue.stored) == (401, {})


def test_nothing_is_parsed_before_the_signature_is_right(site: Site) -> None:
    assert site.deliver(b"{not json", X_Hub_Signature_256="sha256=" + "0" * 64).status_code == 401


@pytest.mark.parametrize("body", [b"", b"{not json", b"\xff\xfe", b"[]", b'{"ref": 1}', b"[" * 5000])
def test_a_malformed_body_is_refused(site: Site, body: bytes) -> None:
    answer = site.deliver(body)
    assert (answer.status_code, site.queue.stored) == (400, {})
    assert "push payload" in answer.json()["error"]


@pytest.mark.parametrize("text", ["thanks!", None])
def test_a_comment_without_a_command_is_ignored(site: Site, text: str | None) -> None:
    answer = site.deliver(json.dumps(payloads.issue_comment(text)).encode(), X_GitHub_Event="issue_comment")
    assert (answer.status_code, answer.json()) == (202, {"ignored": "nothing is ordered"})
    assert site.queue.stored == {}


@pytest.mark.parametrize("event", ["ping", "star", "something_new"])
def test_an_unknown_event_is_ignored(site: Site, event: str) -> None:
    answer = site.deliver(b'{"any": "thing"}', X_GitHub_Event=event)
    assert (answer.status_code, answer.json()) == (202, {"ignored": "event not used"})


def test_a_replay_stores_nothing_more(site: Site) -> None:
    assert [site.deliver(PUSH).status_code for _ in range(3)] == [202, 202, 202]
    assert len(site.queue.stored) == 1


def test_an_oversized_body_is_refused_by_its_length(site: Site) -> None:
    answer = site.deliver(b"x" * 10_001)
    assert (answer.status_code, answer.json()["error"]) == (413, "body is larger than 10000 bytes")


def test_an_oversized_stream_is_cut_off(site: Site) -> None:
    sent: list[int] = []

    async def chunks() -> AsyncIterator[bytes]:
        for number in range(1000):
            sent.append(number)
            yield b"x" * 1000

    assert site.deliver(chunks()).status_code == 413
    assert len(sent) < 20


@pytest.mark.parametrize("length", ["-1", "1e9", "9" * 400, "x"])
def test_a_false_length_does_no_harm(site: Site, length: str) -> None:
    headers = {"Content-Length": length}
    assert site.ask("POST", "/webhook", content=b"{}", headers=headers).status_code in (401, 413)


def test_a_broken_queue_asks_for_a_redelivery() -> None:
    assert Site(FakeQueue(broken=True)).deliver(PUSH).status_code == 503


def test_a_queue_that_hangs_is_not_waited_for() -> None:
    queue = HangingQueue()
    site = Site(queue, patience=0.05)
    answers = [site.deliver(PUSH), *(site.ask("GET", path) for path in ("/readyz", "/metrics", "/"))]
    queue.released.set()
    assert [one.status_code for one in answers] == [503, 503, 200, 200]
    assert answers[0].headers["retry-after"] == "10"
    assert "did not answer" in answers[1].text


@pytest.mark.parametrize("missing", ["X-Hub-Signature-256", "Content-Type", "X-GitHub-Event", "X-GitHub-Delivery"])
def test_what_headers_say_is_wrong_is_refused_before_the_body(site: Site, missing: str) -> None:
    asked: list[bool] = []

    async def chunks() -> AsyncIterator[bytes]:
        asked.append(True)
        yield b"{}"

    answer = site.deliver(chunks(), without=missing)
    assert (answer.is_client_error, asked, answer.headers["connection"]) == (True, [], "close")


def test_what_waits_in_the_inbox_is_told() -> None:
    site = Site(FakeQueue(), inbox=InboxState(length=3, age=12.5))
    site.deliver(PUSH)
    assert "inbox: 3 deliveries, the oldest for 12 s" in site.ask("GET", "/readyz").text
    metrics = site.ask("GET", "/metrics").text
    assert "lockbot_inbox_deliveries 3.0" in metrics
    assert "lockbot_inbox_oldest_seconds 12.5" in metrics
    assert 'lockbot_jobs{state="waiting"} 4.0' in metrics


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/webhook", 405),
        ("POST", "/", 405),
        ("GET", "/../etc/passwd", 404),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
    ],
)
def test_paths(site: Site, method: str, path: str, status: int) -> None:
    assert site.ask(method, path).status_code == status


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        (None, 401),
        ("Bearer t0ken-of-prometheus", 200),
        ("bearer t0ken-of-prometheus", 200),
        ("Bearer t0ken", 401),
        ("Bearer ", 401),
        ("Basic t0ken-of-prometheus", 401),
        ("t0ken-of-prometheus", 401),
        ("Bearer töken", 401),
    ],
)
def test_the_metrics_may_be_read_with_the_token_alone(shown: str | None, status: int) -> None:
    parts = WebParts(
        queue=FakeQueue(),
        doorway=GitHubDoorway(secret=SECRET),
        metrics=Metrics(),
        metrics_token="t0ken-of-prometheus",
    )
    site = Site(FakeQueue())
    site._app = make_server(parts)
    headers = {} if shown is None else {"Authorization": shown.encode("utf-8")}
    answer = site.ask("GET", "/metrics", headers=headers)
    assert (answer.status_code, "lockbot_" in answer.text) == (status, status == 200)
    assert site.ask("GET", "/readyz").status_code == 200
    assert "t0ken" not in repr(parts)


def test_a_broken_database_is_alive_but_not_ready() -> None:
    site = Site(FakeQueue(broken=True))
    assert [site.ask("GET", path).status_code for path in ("/healthz", "/readyz", "/metrics", "/")] == [
        200,
        503,
        200,
        200,
    ]


def test_deliveries_are_counted_under_known_names_only(site: Site) -> None:
    site.deliver(PUSH)
    site.deliver(b"{}", X_GitHub_Event="made_up_by_someone")
    site.deliver(PUSH, X_Hub_Signature_256="sha256=0")
    text = site.ask("GET", "/metrics").text
    assert 'lockbot_webhook_deliveries_total{event="push",outcome="accepted"} 1.0' in text
    assert 'lockbot_webhook_deliveries_total{event="other",outcome="ignored"} 1.0' in text
    assert 'lockbot_webhook_deliveries_total{event="other",outcome="refused"} 1.0' in text
    assert "made_up" not in text
    assert "lockbot_workers 2.0" in text


def test_the_page_for_everybody_tells_nothing_of_what_is_done(site: Site) -> None:
    before = site.ask("GET", "/").text
    site.deliver(PUSH)
    page = site.ask("GET", "/").text
    assert page == before
    assert "keeps uv projects current" in page


def test_the_secret_is_in_no_repr() -> None:
    parts = WebParts(queue=FakeQueue(), doorway=GitHubDoorway(secret=SECRET), metrics=Metrics())
    assert SECRET not in repr(parts)
