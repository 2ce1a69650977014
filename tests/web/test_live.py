"""Parts of pages that follow by themselves, over real connections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from bot.web.pages import live
from tests.browser.looking import served
from tests.web.facts import sample_run
from tests.web.site import Site, Visitor, made_site

HOSTILE = "</p><script>alert(1)</script>\n\nevent: end\ndata: x"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with capture_logs(), made_site(tmp_path, public="http://lockbot.example") as one:
        repository = one.hub.add_repository("octo/app", {"pyproject.toml": ""})
        one.hub.add_collaborator(repository, "dana", "read")
        one.hub.install(repository)
        one.know(repository)
        yield one


def cookie_of(visitor: Visitor) -> dict[str, str]:
    return {"Cookie": f"lockbot={visitor.cookies.get('lockbot')}"}


@contextmanager
def listening(url: str, headers: dict[str, str]) -> Iterator[Iterator[str]]:
    with httpx.Client(timeout=20) as client, client.stream("GET", url, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer.iter_lines()


def next_event(lines: Iterator[str]) -> tuple[str, str]:
    kind = ""
    for line in lines:
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        if line.startswith("data:"):
            return kind, line.removeprefix("data:").strip()
    raise AssertionError("the stream ended")


def test_streams_are_few_and_end_with_the_session(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        live.LiveLimits.__init__, "__kwdefaults__", {"most": 5, "most_each": 2, "every": 0.05, "lasts": 30.0}
    )
    repository = next(iter(site.hub.repositories.values()))
    people = [site.visit() for _ in range(4)]
    for one in people:
        one.sign_in("dana")
    with served(site.start()) as url, ExitStack() as stack:
        address = f"{url}/repositories/octo/app/live"
        assert httpx.get(address).status_code == 401
        streams = [stack.enter_context(listening(address, cookie_of(people[at // 2]))) for at in range(5)]
        for lines in streams:
            assert next_event(lines) == ("fields", json.dumps({"activity": "No job has ended here yet."}))
        # Two of one session, five in all.
        assert httpx.get(address, headers=cookie_of(people[0])).status_code == 503
        assert httpx.get(address, headers=cookie_of(people[3])).status_code == 503
        # What a stranger wrote stays within its line.
        now = site.clock.now().timestamp()
        site.database.registry.record_run(sample_run(repository.id, now, outcome=HOSTILE))
        kind, data = next_event(streams[0])
        assert (kind, HOSTILE in json.loads(data)["activity"]) == ("fields", True)
        people[0].post("/sign-out", token=people[0].find_token())
        assert next_event(streams[0]) == ("end", "")
        # Who may not see it any more hears no more of it, once GitHub has been asked again.
        del repository.permissions["dana"]
        site.clock.wait(300)
        # What ended is told of once, and once more if the clock moved in the middle of a look.
        assert "end" in [next_event(streams[2])[0] for _ in range(2)] or next_event(streams[2]) == ("end", "")


def test_an_open_page_keeps_no_session_alive(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        live.LiveLimits.__init__, "__kwdefaults__", {"most": 5, "most_each": 2, "every": 0.05, "lasts": 30.0}
    )
    visitor = site.visit()
    visitor.sign_in("dana")
    with served(site.start()) as url, listening(f"{url}/repositories/octo/app/live", cookie_of(visitor)) as lines:
        next_event(lines)
        for _ in range(4):
            site.clock.wait(1000)
        assert next_event(lines) == ("end", "")


def test_a_stream_is_over_before_the_door_would_close_it() -> None:
    from bot.web.listening import DoorProtocol

    assert live.LiveLimits().lasts < DoorProtocol.request_patience - live.LiveLimits().every
