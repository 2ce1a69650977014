"""``lockbot serve`` with the real pipeline: a release on an index comes as a pull request, and nobody told of it.

The clock's tick is a job that the test stores itself; what a minute is for people is a second here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from bot.app.clock import SystemClock
from bot.events.jobs import IndexJob
from bot.jobs.opening import JobDatabase, open_database
from bot.jobs.queue.queue import JobQueue
from tests.github import Hub
from tests.github.model import Pull, Repository
from tests.loopback import Answer, Asked
from tests.runs.index_server import IndexServer
from tests.runs.server import Server, eventually, with_real_pipeline

MANIFEST = (
    '[project]\nname = "app"\nversion = "0.1.0"\nrequires-python = ">=3.11"\ndependencies = ["{name}=={version}"]\n'
)
INDEX = '\n[[tool.uv.index]]\nurl = "{url}"\ndefault = true\n'
LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "0.1.0"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "{name}" }},
]

[package.metadata]
requires-dist = [{{ name = "{name}", specifier = "=={version}" }}]

[[package]]
name = "{name}"
version = "{version}"
source = {{ registry = "{url}" }}
wheels = [
    {wheel},
]
"""
#: Seconds from one look at a page to the next.
INTERVAL = 2.0
HUGE = Answer(body=b"{" + b" " * (25 << 20) + b"}", headers={"Content-Type": "application/vnd.pypi.simple.v1+json"})


class MarkedIndex(IndexServer):
    """One that gives ETags, holds its pages to be good for an hour, and can be unwell. ``lies``: all is signed
    anew for everybody who asks. ``hits``: pages and their status."""

    def __init__(self) -> None:
        super().__init__()
        self.age = 3600
        self.failing: Answer | None = None
        self.lies = False
        self.hits: list[tuple[str, int]] = []

    def answer(self, asked: Asked) -> Answer:
        if self.failing is not None and asked.path.startswith("/simple"):
            self.hits.append((asked.path, self.failing.status))
            return self.failing
        found = super().answer(asked)
        if not asked.path.startswith("/simple"):
            return found
        if self.lies and found.status == 200:
            self.hits.append((asked.path, 200))
            page = json.loads(found.body)
            for one in page["files"]:
                one["url"] += f"?signature={len(self.hits)}"
            return Answer(body=json.dumps(page).encode(), headers={**found.headers, "ETag": f'"{len(self.hits)}"'})
        mark = f'"{hash(found.body)}"'
        if found.status == 200 and asked.headers.get("if-none-match") == mark:
            found = Answer(status=304, headers={"ETag": mark})
        self.hits.append((asked.path, found.status))
        return Answer(status=found.status, body=found.body, headers={**found.headers, "ETag": mark})


@dataclass
class Scene:
    hub: Hub
    server: Server
    index: MarkedIndex
    database: JobDatabase
    queue: JobQueue
    names: Iterator[int] = field(default_factory=lambda: iter(range(1, 1000)))

    def add(self, package: str, config: dict[str, object] | None = None) -> Repository:
        self.index.release(package, "1.0")
        files = {
            "pyproject.toml": MANIFEST.format(name=package, version="1.0") + INDEX.format(url=self.index.url),
            "uv.lock": LOCK.format(
                name=package, version="1.0", url=self.index.url, wheel=self.index.describe(package, "1.0")
            ),
            ".lockbot.json": json.dumps({"dependencyDashboard": False, **(config or {})}),
        }
        repository = self.hub.add_repository(f"octo/app-{next(self.names)}", files)
        self.hub.install(repository)
        self.server.settle()
        assert not repository.pulls
        return repository

    def tick(self) -> None:
        """What the clock does once a minute."""
        self.queue.store(f"indexes:test:{next(self.names)}", (IndexJob(),))

    def until(self, look: Callable[[], Pull | None], what: str) -> Pull:
        def ticked() -> Pull | None:
            self.look_for(0.5)
            return look()

        return eventually(ticked, what, patience=60.0)

    def look_for(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.tick()
            time.sleep(0.5)
            self.server.settle()

    def list_runs(self, repository: Repository) -> list[dict[str, object]]:
        """Those that solved."""
        rows = [row for row in self.server.rows("job ended") if row.get("kind") == "run" and row.get("solving")]
        return [row for row in rows if row.get("repository") == repository.full_name]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("watching")
    (folder / "server").mkdir()
    with Hub(folder / "hub") as hub, MarkedIndex() as index:
        more = {
            "LOCKBOT_ALLOW_PRIVATE_NETWORK": "127.0.0.0/8",
            "LOCKBOT_INDEX_WATCHING": "1",
            "LOCKBOT_INDEX_INTERVAL": str(INTERVAL / 60),
            "LOCKBOT_INDEX_FEEDS": "none",
        }
        server = Server(hub, folder / "server", with_real_pipeline, more=more)
        server.start()
        database = open_database(f"sqlite:///{server.folder / 'data' / 'lockbot.sqlite'}")
        queue = database.open_queue(SystemClock())
        try:
            yield Scene(hub, server, index, database, queue)
        finally:
            queue.close()
            database.engine.dispose()
            code = server.stop()
        assert code == 0
        assert hub.find_mentioned() == (), "lockbot notified somebody"
        assert "Traceback" not in server.log(), server.log()


@pytest.fixture
def scene(shared: Scene) -> Iterator[Scene]:
    yield shared
    shared.index.failing = None


def first_pull(repository: Repository) -> Callable[[], Pull | None]:
    return lambda: next(iter(repository.open_pulls()), None)


def test_a_release_wakes_who_depends_on_it_within_their_schedule_and_nobody_else(scene: Scene) -> None:
    hour = (datetime.now(UTC).hour + 12) % 24
    mine, other = scene.add("beta"), scene.add("zeta")
    asleep = scene.add("gamma", {"schedule": [f"* {hour} * * *"]})
    ripening = scene.add("delta", {"minimumReleaseAge": "3000 days"})
    before = {one.full_name: scene.list_runs(one) for one in (other, asleep, ripening)}
    # The pages that the runs read are good for an hour.
    for package in ("beta", "gamma", "delta"):
        scene.index.release(package, "1.1")
    pull = scene.until(first_pull(mine), "a pull request without a webhook")
    assert pull.title == "Update beta to 1.1"
    assert str(scene.list_runs(mine)[-1]["job"]).startswith("index:")
    scene.look_for(2 * INTERVAL)
    for one in (other, asleep, ripening):
        assert one.pulls == {}
        assert scene.list_runs(one) == before[one.full_name]
    assert ("/simple/zeta/", 304) in scene.index.hits


@pytest.mark.parametrize("failing", [Answer(status=503), Answer(status=429, headers={"Retry-After": "3"})])
def test_an_index_that_was_down_is_looked_at_again(scene: Scene, failing: Answer) -> None:
    name = f"epsilon{failing.status}"
    repository = scene.add(name)
    scene.index.failing = failing
    scene.index.release(name, "1.1")
    before = len(scene.index.hits)
    scene.look_for(INTERVAL)
    # Few requests, and no run that comes to nothing.
    assert len(scene.index.hits) - before <= 8
    assert repository.pulls == {}
    scene.index.failing = None
    assert scene.until(first_pull(repository), "a pull request after all").title == f"Update {name} to 1.1"


def test_an_index_that_lies_or_leads_away_does_no_harm(scene: Scene) -> None:
    repository = scene.add("iota")
    before = scene.list_runs(repository)
    # A new ETag and new addresses each time, then a redirect into the operator's network, then a page without end.
    for failing in (None, Answer(status=302, headers={"Location": "http://169.254.169.254/simple/iota/"}), HUGE):
        scene.index.lies = failing is None
        scene.index.failing = failing
        scene.look_for(INTERVAL)
    scene.index.lies = False
    assert scene.list_runs(repository) == before
    reasons = [str(row["reason"]) for row in scene.server.rows("index not reached")]
    assert any("169.254.169.254 leads to 169.254.169.254" in one for one in reasons)
