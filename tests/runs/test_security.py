"""Security updates by ``lockbot serve`` itself: the stand-in for GitHub, an index and a service of advisories on loopback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pytest

from bot.app.clock import SystemClock
from bot.events.jobs import WatchJob
from bot.jobs.opening import open_database
from tests.advisories.service import Known, Service
from tests.github import Hub
from tests.github.model import Pull, Repository
from tests.loopback import Answer, Asked
from tests.runs.index_server import IndexServer
from tests.runs.server import Server, eventually, with_real_pipeline

#: Nothing but security updates is opened while a test runs.
CLOSED = '{ "schedule": ["* * 31 2 *"] }'
PROJECT = """\
[project]
name = "app"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["alpha>=1.0"]

[[tool.uv.index]]
url = "{url}"
default = true
"""
LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "alpha"
version = "1.0"
source = {{ registry = "{url}" }}
dependencies = [
    {{ name = "gamma" }},
]
wheels = [
    {alpha},
]

[[package]]
name = "app"
version = "0.1.0"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "alpha" }},
]

[package.metadata]
requires-dist = [{{ name = "alpha", specifier = ">=1.0" }}]

[[package]]
name = "gamma"
version = "1.0"
source = {{ registry = "{url}" }}
wheels = [
    {gamma},
]
"""
GAMMA = Known(
    id="GHSA-gamm-gamm-gamm",
    name="gamma",
    spans=[("0", "1.2")],
    aliases=["CVE-2026-7"],
    summary="Ask @octo to open <b>https://evil.invalid</b>",
    more={"database_specific": {"severity": "HIGH"}},
)


class SlowService(Service):
    """One that can be told to fail."""

    failing: Answer | None = None

    def answer(self, asked: Asked) -> Answer:
        return super().answer(asked) if self.failing is None else self.failing

    def publish(self, *known: Known) -> None:
        self.records = {one.id: one for one in known}


@dataclass
class Scene:
    hub: Hub
    server: Server
    index: IndexServer
    service: SlowService
    names: Iterator[int] = field(default_factory=lambda: iter(range(1, 100)))

    def add(self, config: str = CLOSED, *, private: bool = True) -> Repository:
        return self.add_files(make_files(self.index), config, private=private)

    def add_files(self, files: dict[str, str], config: str = CLOSED, *, private: bool = True) -> Repository:
        files = {**files, ".lockbot.json": config}
        return self.hub.add_repository(f"octo/app-{next(self.names)}", files, private=private)

    def install(self, repository: Repository, *, without: str = "") -> Mapping[str, Pull]:
        self.hub.install(repository, without=without)
        return self.settled(repository)

    def settled(self, repository: Repository) -> Mapping[str, Pull]:
        self.server.settle()
        return {one.head: one for one in repository.open_pulls()}

    def watch(self, name: str) -> None:
        """What the clock does once an hour."""
        database = open_database(f"sqlite:///{self.server.folder / 'data' / 'lockbot.sqlite'}")
        queue = database.open_queue(SystemClock())
        try:
            queue.store(f"watch:{name}", (WatchJob(),))
        finally:
            queue.close()
            database.engine.dispose()


def fill(index: IndexServer, prefix: str = "") -> None:
    index.release(f"{prefix}alpha", "1.0", f"{prefix}gamma>=1")
    for version in ("1.0", "1.1", "1.2", "1.3"):
        index.release(f"{prefix}gamma", version)


def make_files(index: IndexServer, prefix: str = "") -> dict[str, str]:
    described = {name: index.describe(f"{prefix}{name}", "1.0") for name in ("alpha", "gamma")}
    files = {"pyproject.toml": PROJECT.format(url=index.url), "uv.lock": LOCK.format(url=index.url, **described)}
    return {
        path: text.replace('"alpha', f'"{prefix}alpha').replace('"gamma', f'"{prefix}gamma')
        for path, text in files.items()
    }


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("security")
    (folder / "server").mkdir()
    with Hub(folder / "hub") as hub, IndexServer() as index, SlowService([]) as service:
        fill(index)
        more = {
            "LOCKBOT_ALLOW_PRIVATE_NETWORK": "127.0.0.0/8",
            "LOCKBOT_OSV_URL": service.root,
            "LOCKBOT_PUBLIC_INDEXES": index.url,
        }
        server = Server(hub, folder / "server", with_real_pipeline, more=more)
        server.start()
        try:
            yield Scene(hub, server, index, service)
        finally:
            code = server.stop()
        assert code == 0
        assert hub.find_mentioned() == (), "lockbot notified somebody"
        assert "Traceback" not in server.log(), server.log()


@pytest.fixture
def scene(shared: Scene) -> Iterator[Scene]:
    shared.service.publish()
    shared.service.failing = None
    shared.service.asked.clear()
    yield shared
    shared.service.failing = None


def test_what_is_known_is_mended_at_once_whatever_the_schedule_says(scene: Scene) -> None:
    scene.service.publish(GAMMA)
    repository = scene.add()
    pulls = scene.install(repository)
    assert list(pulls) == ["lockbot/security-gamma"]
    pull = pulls["lockbot/security-gamma"]
    assert pull.title == "Update gamma to v1.2 [SECURITY]"
    assert 'name = "gamma"\nversion = "1.2"' in repository.git.files(pull.head_sha)["uv.lock"]
    assert "[GHSA-gamm-gamm-gamm](https://github.com/advisories/GHSA-gamm-gamm-gamm)" in pull.body
    assert "high" in pull.body

    # Taken back: nothing is left of it.
    scene.service.publish()
    scene.watch("taken back")
    assert scene.settled(repository) == {}


def test_what_becomes_known_later_starts_a_run(scene: Scene) -> None:
    repository = scene.add()
    assert scene.install(repository) == {}
    scene.watch("nothing new")
    assert scene.settled(repository) == {}
    scene.service.publish(GAMMA)
    scene.watch("something new")
    pulls = eventually(lambda: scene.settled(repository), "a pull request is opened")
    assert list(pulls) == ["lockbot/security-gamma"]


def test_a_push_that_locks_something_affected_is_found_by_the_next_look(scene: Scene) -> None:
    files = make_files(scene.index)
    mended = files["uv.lock"].replace(scene.index.describe("gamma", "1.0"), scene.index.describe("gamma", "1.2"))
    head, _, tail = mended.partition('name = "gamma"\nversion = "1.0"')
    repository = scene.add_files({**files, "uv.lock": f'{head}name = "gamma"\nversion = "1.2"{tail}'})
    scene.service.publish(GAMMA)
    assert scene.install(repository) == {}
    scene.hub.push(repository, {"uv.lock": files["uv.lock"]})
    assert scene.settled(repository) == {}
    scene.watch("pushed")
    assert list(scene.settled(repository)) == ["lockbot/security-gamma"]


def test_a_closed_one_stays_closed_until_more_is_known(scene: Scene) -> None:
    scene.service.publish(GAMMA)
    repository = scene.add()
    (pull,) = scene.install(repository).values()
    scene.hub.close(repository, pull.number, login="octo")
    scene.server.settle()
    scene.service.publish(GAMMA, Known(id="GHSA-same", name="gamma", spans=[("0", "1.1")]))
    scene.watch("no more")
    assert scene.settled(repository) == {}
    scene.service.publish(GAMMA, Known(id="GHSA-more", name="gamma", spans=[("0", "1.3")]))
    scene.watch("more")
    (again,) = scene.settled(repository).values()
    assert again.title == "Update gamma to v1.3 [SECURITY]"


def test_what_no_release_mends_is_told_with_its_reason(scene: Scene) -> None:
    scene.service.publish(Known(id="GHSA-nofi-nofi-nofi", name="gamma"))
    before = len(scene.hub.shown)
    repository = scene.add()
    assert scene.install(repository) == {}
    told = "\n".join(one.markdown for one in scene.hub.shown[before:])
    assert "GHSA-nofi-nofi-nofi" in told
    assert "no version of gamma is free of it" in told


def test_an_exception_keeps_silent_up_to_its_end(scene: Scene) -> None:
    scene.service.publish(GAMMA)

    def excepting(until: str) -> str:
        stated = f'{{ "id": "CVE-2026-7", "until": "{until}", "reason": "not reached", "untilFixed": false }}'
        return f'{{ "schedule": ["* * 31 2 *"], "vulnerabilityExceptions": [{stated}] }}'

    repository = scene.add(excepting("2999-12-31"))
    assert scene.install(repository) == {}
    scene.hub.push(repository, {".lockbot.json": excepting("2020-01-01")})
    assert list(scene.settled(repository)) == ["lockbot/security-gamma"]


def test_names_of_an_internal_index_are_sent_nowhere(scene: Scene) -> None:
    with IndexServer() as internal:
        fill(internal, "in")
        files = make_files(internal, "in")
        # Somebody has put a package of that name on PyPI, with an advisory about it.
        scene.service.publish(replace(GAMMA, name="ingamma"))
        repository = scene.add_files(files)
        scene.hub.raise_alert(repository, "ingamma", ghsa="GHSA-inte-rnal-gamm", vulnerable="< 1.1", patched="1.1")
        pulls = scene.install(repository)
        assert [one.title for one in pulls.values()] == ["Update ingamma to v1.1 [SECURITY]"]
        scene.watch("internal")
        scene.server.settle()
    assert [name for name, _ in scene.service.asked if name.startswith("in")] == []


@pytest.mark.parametrize(
    "failing",
    [Answer(status=500), Answer(body=b"<html>"), Answer(status=302, headers={"Location": "http://127.0.0.1:9/"})],
    ids=["an error", "no JSON", "elsewhere"],
)
def test_a_service_that_is_down_closes_nothing_and_is_asked_again(scene: Scene, failing: Answer) -> None:
    scene.service.publish(GAMMA)
    repository = scene.add()
    (pull,) = scene.install(repository).values()
    scene.service.failing = failing
    other = scene.add()
    assert scene.install(other) == {}
    scene.hub.push(repository, {"pyproject.toml": PROJECT.format(url=scene.index.url) + "# a word\n"})
    assert list(scene.settled(repository)) == ["lockbot/security-gamma"]
    assert [one.title for one in repository.checks.values() if one.conclusion in ("failure", "action_required")] == []
    assert scene.server.rows("not all is known")
    scene.service.failing = None
    scene.hub.push(
        other, {"pyproject.toml": PROJECT.format(url=scene.index.url) + "# a word\n", ".lockbot.json": CLOSED + "\n"}
    )
    assert list(scene.settled(other)) == ["lockbot/security-gamma"]
    assert scene.settled(repository)["lockbot/security-gamma"].number == pull.number


def test_without_the_permission_for_alerts_osv_counts_alone(scene: Scene) -> None:
    repository = scene.add()
    scene.hub.raise_alert(repository, "gamma", ghsa="GHSA-aler-aler-aler", vulnerable="< 1.1", patched="1.1")
    assert scene.install(repository, without="vulnerability_alerts") == {}
    scene.service.publish(GAMMA)
    scene.watch("without alerts")
    (pull,) = scene.settled(repository).values()
    assert pull.title == "Update gamma to v1.2 [SECURITY]"


def test_an_alert_is_a_pull_request_within_seconds(scene: Scene) -> None:
    repository = scene.add()
    assert scene.install(repository) == {}
    scene.hub.raise_alert(repository, "gamma", ghsa="GHSA-aler-aler-aler", vulnerable=">= 0.5, < 1.1", patched="1.1")
    (pull,) = scene.settled(repository).values()
    assert (pull.head, pull.title) == ("lockbot/security-gamma", "Update gamma to v1.1 [SECURITY]")
    assert "gamma can be harmed" in pull.body


def test_in_public_an_alert_is_mended_and_not_written_down(scene: Scene) -> None:
    before = len(scene.hub.shown)
    repository = scene.add(private=False)
    assert scene.install(repository) == {}
    scene.hub.raise_alert(repository, "gamma", ghsa="GHSA-aler-aler-aler", vulnerable=">= 0.5, < 1.1", patched="1.1")
    scene.hub.raise_alert(repository, "alpha", ghsa="GHSA-othe-othe-othe", vulnerable="<= 1.0", patched=None)
    (pull,) = scene.settled(repository).values()
    assert pull.title == "Update gamma to v1.1 [SECURITY]"
    # Wherever it was sent: the dashboard goes by another door than pull requests.
    sent = [one.markdown for one in scene.hub.shown[before:]]
    told = "\n".join([*sent, *(one.body for one in repository.issues.values())])
    assert "gamma" in told
    assert "GHSA" not in told
    assert "harmed" not in told
    assert "stays affected" not in told


def test_a_dismissed_alert_is_left_to_who_dismissed_it(scene: Scene) -> None:
    scene.service.publish(GAMMA)
    repository = scene.add()
    (pull,) = scene.install(repository).values()
    scene.hub.raise_alert(repository, "gamma", ghsa=GAMMA.id, vulnerable="< 1.2", patched="1.2", state="dismissed")
    assert scene.settled(repository) == {}
    assert repository.pulls[pull.number].state == "closed"
