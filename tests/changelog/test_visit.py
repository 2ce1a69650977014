"""One request against a server of this machine: addresses, redirects, size, packing, time."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest

from bot.changelog.places import Forge
from bot.changelog.reader import HttpNotes, ReaderSettings
from bot.changelog.store import NotesStore
from bot.changelog.visit import VisitFailed, visit
from bot.egress import Network
from bot.errors import LockbotError
from bot.index.http.guard import AddressRefusedError, Guard, resolve_guarded
from bot.ports.notes import NotesAccess, NotesQuestion
from tests.loopback import NOT_FOUND, Answer, Asked, Loopback


class Hub(Loopback):
    """Answers with what ``replies`` has for a path; ``asked`` is all that came."""

    def __init__(self) -> None:
        super().__init__()
        self.replies: dict[str, Answer | Callable[[Asked], Answer]] = {}
        self.asked: list[Asked] = []

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        found = self.replies.get(asked.path.partition("?")[0], NOT_FOUND)
        return found if isinstance(found, Answer) else found(asked)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as server:
        yield server


@pytest.fixture
def elsewhere() -> Iterator[Hub]:
    with Hub() as server:
        yield server


def anywhere() -> Network:
    return Network(resolve=lambda host, port: None, check_host=lambda host: None)


def test_what_is_there_is_read(hub: Hub) -> None:
    hub.replies["/a"] = Answer(body=b"words", headers={"ETag": '"e"'})
    found = visit(anywhere(), f"{hub.root}/a", {"Authorization": "Bearer t"}, 100)
    assert (found.status, found.content, found.is_cut, found.moved) == (200, b"words", False, False)
    headers = hub.asked[0].headers
    assert (headers["authorization"], headers["user-agent"]) == ("Bearer t", "lockbot")


def test_the_address_that_was_checked_is_the_one_that_is_called(hub: Hub) -> None:
    port = int(hub.root.rpartition(":")[2])
    hub.replies["/a"] = Answer(body=b"words")
    network = Network(resolve=lambda host, port: "127.0.0.1", check_host=lambda host: None)
    assert visit(network, f"http://hub.invalid:{port}/a", {}, 100).content == b"words"
    assert hub.asked[0].headers["host"] == f"hub.invalid:{port}"


@pytest.mark.parametrize("path", ["/here", "/there"])
def test_secrets_do_not_follow_a_redirect(hub: Hub, elsewhere: Hub, path: str) -> None:
    # Another port is another origin; only https may be gone to there, so the stand-in for it is this server itself.
    hub.replies["/a"] = Answer(status=302, headers={"Location": path})
    hub.replies[path] = Answer(body=b"moved")
    found = visit(anywhere(), f"{hub.root}/a", {"Authorization": "Bearer t", "Accept": "x"}, 100, ("Authorization",))
    assert found.moved
    assert "authorization" in hub.asked[0].headers
    assert "authorization" not in hub.asked[1].headers
    assert hub.asked[1].headers["accept"] == "x"
    assert not elsewhere.asked


def test_no_redirect_leads_to_plain_http_elsewhere(hub: Hub, elsewhere: Hub) -> None:
    hub.replies["/a"] = Answer(status=302, headers={"Location": f"{elsewhere.root}/a"})
    with pytest.raises(VisitFailed, match="without https"):
        visit(anywhere(), f"{hub.root}/a", {}, 100)
    assert not elsewhere.asked


def test_no_redirect_leads_into_the_operators_network(hub: Hub) -> None:
    guard = Guard()
    trusted = hub.root.partition("://")[2]

    def resolve(host: str, port: int) -> str | None:
        return None if f"{host}:{port}" == trusted else resolve_guarded(guard, host, port)

    network = Network(resolve=resolve, check_host=guard.check_host)
    for target in ("https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://169.254.169.254/latest"):
        hub.replies["/a"] = Answer(status=302, headers={"Location": target})
        with pytest.raises(AddressRefusedError):
            visit(network, f"{hub.root}/a", {}, 100)


def test_redirects_end(hub: Hub) -> None:
    hub.replies["/a"] = Answer(status=302, headers={"Location": "/a"})
    with pytest.raises(VisitFailed, match="again and again"):
        visit(anywhere(), f"{hub.root}/a", {}, 100)
    assert len(hub.asked) == 4


def test_no_more_is_read_than_was_asked_for(hub: Hub) -> None:
    hub.replies["/a"] = Answer(body=b"x" * 1_000_000)
    found = visit(anywhere(), f"{hub.root}/a", {}, 1000)
    assert (len(found.content), found.is_cut) == (1000, True)


def test_what_is_packed_is_unpacked_up_to_the_limit(hub: Hub) -> None:
    packed = {"Content-Encoding": "gzip"}
    hub.replies["/a"] = Answer(body=gzip.compress(b"words"), headers=packed)
    hub.replies["/bomb"] = Answer(body=gzip.compress(b"0" * 20_000_000), headers=packed)
    assert visit(anywhere(), f"{hub.root}/a", {}, 100).content == b"words"
    found = visit(anywhere(), f"{hub.root}/bomb", {}, 1000)
    assert (len(found.content), found.is_cut) == (1000, True)


@pytest.mark.parametrize("packing", ["gzip", "br"])
def test_what_can_not_be_unpacked_is_a_failure(hub: Hub, packing: str) -> None:
    hub.replies["/a"] = Answer(body=b"no gzip", headers={"Content-Encoding": packing})
    with pytest.raises(VisitFailed):
        visit(anywhere(), f"{hub.root}/a", {}, 100)


@dataclass(slots=True)
class Hurried:
    """A clock that goes a second with each look."""

    now: float = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def test_what_comes_slowly_is_given_up(hub: Hub) -> None:
    hub.replies["/a"] = Answer(body=b"x" * 1_000_000)
    network = Network(resolve=lambda host, port: None, check_host=lambda host: None, clock=Hurried())
    with pytest.raises(VisitFailed, match="too long"):
        visit(network, f"{hub.root}/a", {}, 10_000_000)


def test_a_proxy_is_told_no_host_that_is_not_called() -> None:
    def refuse(host: str) -> None:
        raise LockbotError(f"{host} is not called")

    network = Network(resolve=lambda host, port: None, check_host=refuse, find_proxy=lambda _: "http://127.0.0.1:9")
    with pytest.raises(LockbotError, match=r"inner\.test is not called"):
        visit(network, "https://inner.test/a", {}, 100)


def test_notes_of_a_project_on_a_forge_of_ones_own(hub: Hub) -> None:
    body = b'[{"tag_name": "v1.2", "body": "news", "html_url": "x", "draft": false}]'
    hub.replies["/api/v3/repos/org/demo/releases"] = Answer(body=body)
    forge = Forge(web=hub.root, api=f"{hub.root}/api/v3", takes_token=True)
    settings = ReaderSettings(forges=(forge,), network=anywhere(), store=NotesStore(None))
    question = NotesQuestion(package="demo", before="1.0", after="1.2", links=(("Source", f"{hub.root}/org/demo"),))
    found = HttpNotes(settings).find([question], NotesAccess(repository="me/mine", token=lambda: "t"), 5.0)
    assert [one.text for one in found[question].entries] == ["news"]
    assert hub.asked[0].headers["authorization"] == "Bearer t"


def test_a_server_that_breaks_off_is_an_error_of_httpx(hub: Hub) -> None:
    with pytest.raises(httpx.HTTPError):
        visit(anywhere(), hub.root.rpartition(":")[0] + ":9/a", {}, 100)
