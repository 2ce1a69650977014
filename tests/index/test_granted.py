"""The operator's credentials in requests: renewed while a run goes on, bound to repositories, sent nowhere else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bot.errors import IndexFailure
from bot.index.access.entries import Entry, Scheme
from bot.index.access.secret import NoSecretError, Secret
from bot.index.client import IndexClient
from bot.index.granted import Granted, grant
from bot.index.http.advice import Advice
from bot.index.http.credentials import Credentials
from bot.index.http.fetch import FetchSettings
from bot.lockfile.model import UrlRequirement
from bot.resolver.model.index import Authenticate, Index, ReleaseFile
from tests.index.archives import make_metadata, make_wheel
from tests.index.conftest import HandClock, MakeClient
from tests.index.server import JSON, IndexServer
from tests.loopback import NOT_FOUND, Answer, Asked, Loopback

FILE = "a-1.0-py3-none-any.whl"


class Tokens:
    """A source whose tokens are ``t1``, ``t2`` and so on, each for ``lasts`` seconds; the last one alone is good."""

    kind = "test"

    def __init__(self, clock: HandClock, lasts: float = 600.0) -> None:
        self.clock = clock
        self.lasts = lasts
        self.given = 0
        self.problem: str | None = None

    @property
    def good(self) -> str:
        return f"Bearer t{self.given}"

    def obtain(self) -> Secret:
        if self.problem is not None:
            raise NoSecretError(self.problem)
        self.given += 1
        return Secret(password=f"t{self.given}", ends_at=self.clock.now + self.lasts)

    def has_changed(self) -> bool:
        return False


class TokenServer(Loopback):
    """Below ``/closed/`` it answers with ``status`` whoever does not show what ``good`` says at that moment."""

    def __init__(self, good: Callable[[], str]) -> None:
        super().__init__()
        self.good = good
        self.status = 401
        self.shown: list[str] = []
        self.before: Callable[[Asked], object] = lambda asked: None

    def answer(self, asked: Asked) -> Answer:
        self.before(asked)
        shown = asked.headers.get("authorization", "")
        self.shown.append(shown)
        if asked.path.startswith("/closed/") and shown != self.good():
            return Answer(status=self.status)
        body, kind = self._find(asked.path.removeprefix("/closed").removeprefix("/open"))
        return NOT_FOUND if body is None else Answer(body=body, headers={"Content-Type": kind})

    @staticmethod
    def _find(path: str) -> tuple[bytes | None, str]:
        wheel = make_wheel("a", "1.0")
        listed = {"filename": FILE, "url": f"/closed/files/{FILE}", "core-metadata": True}
        listed["hashes"] = {"sha256": hashlib.sha256(wheel).hexdigest()}
        page = {"meta": {"api-version": "1.1"}, "name": "a", "files": [listed]}
        return {
            "/simple/a/": (json.dumps(page).encode(), JSON),
            "/simple/b/": (json.dumps({**page, "name": "b", "files": []}).encode(), JSON),
            f"/files/{FILE}": (wheel, "application/octet-stream"),
            f"/files/{FILE}.metadata": (make_metadata("a", "1.0"), "text/plain"),
        }.get(path, (None, ""))


def entry(prefix: str, source: Tokens, *repositories: str) -> Entry:
    return Entry(
        number=1, prefixes=(prefix,), username="", scheme=Scheme.BEARER, source=source, repositories=repositories
    )


def settings(granted: Granted, *, is_users: bool = True) -> FetchSettings:
    return FetchSettings(credentials=Credentials(entries=granted.for_all), advice=Advice(is_users=is_users))


def the_file(client: IndexClient, index: Index) -> ReleaseFile:
    page = client.get_page(index, "a")
    assert page is not None
    (file,) = page.files(page.versions[-1])
    assert isinstance(file, ReleaseFile)
    return file


def test_a_token_that_ends_between_two_requests_is_renewed(clock: HandClock, make_client: MakeClient) -> None:
    tokens = Tokens(clock)
    with TokenServer(lambda: tokens.good) as server:
        granted = grant([entry(f"{server.root}/closed/", tokens)], clock)
        client = make_client(fetch=settings(granted))
        file = the_file(client, Index(url=f"{server.root}/closed/simple"))
        clock.now += 601
        assert client.get_metadata(file).name == "a"
        assert server.shown == ["Bearer t1", "Bearer t2"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_taken_back_is_renewed_once(clock: HandClock, make_client: MakeClient, status: int) -> None:
    tokens = Tokens(clock)
    with TokenServer(lambda: tokens.good) as server:
        server.status = status
        granted = grant([entry(f"{server.root}/closed/", tokens)], clock)
        client = make_client(fetch=settings(granted))
        file = the_file(client, Index(url=f"{server.root}/closed/simple"))
        server.good = lambda: "Bearer t2"
        assert client.get_metadata(file).name == "a"
        assert server.shown == ["Bearer t1", "Bearer t1", "Bearer t2"]
        server.good = lambda: "nobody"
        with pytest.raises(IndexFailure, match="LOCKBOT_INDEX_CREDENTIALS"):
            client.get_page(Index(url=f"{server.root}/closed/simple"), "b")
        assert tokens.given == 2, "an index that lets nobody in does not have tokens made one after the other"


def test_what_is_wrong_with_a_source_is_said_for_the_index(clock: HandClock, make_client: MakeClient) -> None:
    tokens = Tokens(clock)
    tokens.problem = "no session"
    with TokenServer(lambda: tokens.good) as server:
        granted = grant([entry(f"{server.root}/closed/", tokens)], clock)
        client = make_client(fetch=settings(granted))
        with pytest.raises(IndexFailure, match="the credentials by test could not be obtained: no session"):
            client.get_page(Index(url=f"{server.root}/closed/simple"), "a")
        assert server.shown == []


# --- repositories ---------------------------------------------------------------------------------


@pytest.mark.parametrize("is_kept_on_disk", [False, True])
def test_what_an_organisations_credentials_opened_is_kept_from_others(
    clock: HandClock, make_client: MakeClient, tmp_path: Path, is_kept_on_disk: bool
) -> None:
    tokens = Tokens(clock)
    with TokenServer(lambda: tokens.good) as server:
        granted = grant([entry(f"{server.root}/closed/", tokens, "acme/*")], clock)
        cache = tmp_path if is_kept_on_disk else None
        client = make_client(fetch=settings(granted, is_users=False), cache_dir=cache)
        index, source = (
            Index(url=f"{server.root}/closed/simple"),
            UrlRequirement(url=f"{server.root}/closed/files/{FILE}"),
        )
        own = client.with_rights(granted.rights("acme/web"))
        file = the_file(own, index)
        assert own.get_metadata(file).name == own.get_archive(source, "a").metadata.name == "a"
        if is_kept_on_disk:
            client.close()
            client = make_client(fetch=settings(granted, is_users=False), cache_dir=cache)
        for stranger in (client, *(client.with_rights(granted.rights(name)) for name in ("evil/web", "acme-labs/x"))):
            del server.shown[:]
            with pytest.raises(IndexFailure, match="lockbot has none for it; ask who operates lockbot"):
                stranger.get_page(index, "a")
            with pytest.raises(IndexFailure, match="wants credentials"):
                stranger.get_metadata(file)
            with pytest.raises(IndexFailure, match="wants credentials"):
                stranger.get_archive(source, "a")
            assert set(server.shown) <= {""}
        del server.shown[:]
        sibling = client.with_rights(granted.rights("acme/api"))
        assert sibling.get_metadata(the_file(sibling, index)).name == "a"
        assert sibling.get_archive(source, "a").metadata.name == "a"
        assert len(server.shown) == 0 or is_kept_on_disk


def test_a_public_page_does_not_carry_what_lies_behind_it_to_others(clock: HandClock, make_client: MakeClient) -> None:
    """The page is open to all, its files are not."""
    tokens = Tokens(clock)
    with TokenServer(lambda: tokens.good) as server:
        granted = grant([entry(f"{server.root}/closed/", tokens, "acme/*")], clock)
        client, index = make_client(fetch=settings(granted, is_users=False)), Index(url=f"{server.root}/open/simple")
        own = client.with_rights(granted.rights("acme/web"))
        file = the_file(own, index)
        assert the_file(client, index) is file, "what is open is kept once for all"
        assert own.get_metadata(file).name == "a"
        with pytest.raises(IndexFailure, match="wants credentials"):
            client.get_metadata(file)


def test_a_redirect_from_a_public_page_opens_nothing(clock: HandClock, make_client: MakeClient) -> None:
    """What it led to would be kept under the public address, for everybody."""
    tokens = Tokens(clock)
    with TokenServer(lambda: tokens.good) as closed, Redirecting(lambda path: f"{closed.root}/closed{path}") as server:
        granted = grant([entry(f"{closed.root}/closed/", tokens, "acme/*")], clock)
        client = make_client(fetch=settings(granted))
        own = client.with_rights(granted.rights("acme/web"))
        with pytest.raises(IndexFailure, match="wants credentials"):
            own.get_page(Index(url=f"{server.root}/simple"), "a")
        assert closed.shown == [""]


# --- redirects ------------------------------------------------------------------------------------


class Redirecting(Loopback):
    """Leads every path elsewhere; keeps what it was shown."""

    def __init__(self, target: Callable[[str], str]) -> None:
        super().__init__()
        self._target = target
        self.shown: list[str] = []

    def answer(self, asked: Asked) -> Answer:
        self.shown.append(asked.headers.get("authorization", ""))
        return Answer(status=302, headers={"Location": self._target(asked.path)})


OTHER: Mapping[str, Callable[[str, str], str]] = {
    "another port": lambda root, _own: root,
    "another name of the machine": lambda root, _own: root.replace("127.0.0.1", "localhost"),
    "another folder": lambda _root, own: f"{own}/elsewhere",
    "with a login in the address": lambda root, _own: root.replace("://", "://u:p@"),
    "out of the prefix by dots": lambda _root, own: f"{own}/closed/../elsewhere",
    "out of the prefix by escaped dots": lambda _root, own: f"{own}/closed/%2e%2e/elsewhere",
}


@pytest.mark.parametrize("where", OTHER)
@pytest.mark.parametrize("authenticate", [Authenticate.AUTO, Authenticate.ALWAYS])
def test_a_redirect_takes_no_token_along(
    clock: HandClock, make_client: MakeClient, server: IndexServer, where: str, authenticate: Authenticate
) -> None:
    tokens = Tokens(clock)

    class Own(Redirecting):
        def answer(self, asked: Asked) -> Answer:
            if asked.path.startswith("/closed/simple"):
                return super().answer(asked)
            self.shown.append(asked.headers.get("authorization", ""))
            return NOT_FOUND

    with Own(lambda path: OTHER[where](server.root, own.root) + path) as own:
        granted = grant([entry(f"{own.root}/closed/simple/", tokens)], clock)
        client = make_client(fetch=settings(granted))
        index = Index(url=f"{own.root}/closed/simple", authenticate=authenticate)
        assert client.get_page(index, "a") is None
        assert own.shown[0] == "Bearer t1"
        assert [one for one in own.shown[1:] if one] == []
        assert [asked for asked in server.asked if "authorization" in asked.headers] == []


def test_a_redirect_from_https_to_http_takes_no_token_along() -> None:
    granted = grant([entry("https://index.example/simple/", Tokens(HandClock()))], HandClock())
    known = Credentials(entries=granted.for_all)
    assert known.find("https://index.example/simple/a/") is not None
    assert known.find("http://index.example/simple/a/") is None
    assert known.find("http://index.example:443/simple/a/") is None
