"""Looking at pages between runs: conditional requests, what counts as a change, and indexes that mean no good."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from bot.index.access.entries import read_entries
from bot.index.client import IndexClient, IndexSettings
from bot.index.granted import NOTHING, Granted, grant
from bot.index.http.fetch import FetchSettings
from bot.index.http.guard import Guard
from bot.index.lookout import Lookout, LookoutSettings
from bot.limits import Limits
from bot.ports.indexes import Marks, PageToLook, Seen, Sight, Told, Trouble, Unchanged, Unseen
from bot.resolver.model.fingerprint import fingerprint
from bot.resolver.model.index import Index
from bot.retry import Backoff
from tests.index.conftest import HandClock
from tests.index.server import IndexServer, running_server

ONCE = Backoff(attempts=1)


def file(version: str, *, name: str = "alpha", **more: object) -> dict[str, object]:
    filename = f"{name}-{version}-py3-none-any.whl"
    row = {"filename": filename, "url": f"/files/{filename}", "hashes": {"sha256": "0" * 64}}
    return {**row, "upload-time": "2026-01-01T00:00:00.000000Z", **more}


@pytest.fixture
def make_lookout(clock: HandClock) -> Callable[..., Lookout]:
    def make(granted: Granted = NOTHING, cache_dir: Path | None = None, **fetch: object) -> Lookout:
        settings = FetchSettings(backoff=ONCE, clock=clock, wait=clock.wait, timeout=5.0, **fetch)  # type: ignore[arg-type]
        limits = replace(Limits(), page_bytes=200_000)
        return Lookout(LookoutSettings(fetch=settings, granted=granted, limits=limits, cache_dir=cache_dir))

    return make


@pytest.fixture
def lookout(make_lookout: Callable[..., Lookout]) -> Lookout:
    return make_lookout()


def look(lookout: Lookout, server: IndexServer, name: str = "alpha", **more: object) -> Sight:
    page = PageToLook(key=1, index=f"{server.root}/simple", package=name, **more)  # type: ignore[arg-type]
    ((asked, sight),) = lookout.look([page])
    assert asked == page
    return sight


def test_what_has_not_changed_costs_its_headers(lookout: Lookout, server: IndexServer) -> None:
    server.page("alpha", [file("1.0")], ETag='"one"')
    seen = look(lookout, server)
    assert isinstance(seen, Seen)
    assert (seen.marks, seen.newest, seen.size > 0) == (Marks(etag='"one"'), 1_767_225_600.0, True)
    assert look(lookout, server, marks=seen.marks) == Unchanged()
    assert server.asked[-1].headers["if-none-match"] == '"one"'


def test_an_index_without_etag_may_have_a_date(lookout: Lookout, server: IndexServer) -> None:
    server.page("alpha", [file("1.0")], Last_Modified="Tue, 01 Dec 2026 10:00:00 GMT")
    seen = look(lookout, server)
    assert isinstance(seen, Seen)
    assert look(lookout, server, marks=seen.marks) == Unchanged()


def test_an_index_that_gives_neither_is_compared_by_what_its_page_says(lookout: Lookout, server: IndexServer) -> None:
    server.page("alpha", [file("1.0")])
    first, second = look(lookout, server), look(lookout, server)
    assert isinstance(first, Seen)
    assert not first.marks.are_there
    assert first == second


def test_a_run_and_a_look_have_the_same_fingerprint(lookout: Lookout, server: IndexServer) -> None:
    server.page("alpha", [file("1.0"), file("2.0")])
    with IndexClient(IndexSettings()) as client:
        read = fingerprint(client.get_page(Index(url=f"{server.root}/simple"), "alpha"))
        gone = fingerprint(client.get_page(Index(url=f"{server.root}/simple"), "beta"))
    seen, missing = look(lookout, server), look(lookout, server, "beta")
    assert isinstance(seen, Seen)
    assert isinstance(missing, Seen)
    assert (seen.releases, missing.releases) == (read, gone)
    assert read != gone


@pytest.mark.parametrize(
    ("now", "releases", "files"),
    [
        ([file("1.0"), file("1.1")], True, True),
        ([file("1.0", yanked=True)], False, True),
        ([file("1.0", **{"requires-python": ">=3.12"})], False, True),
        ([file("1.0", hashes={"sha256": "1" * 64})], False, True),
        ([file("1.0"), file("1.0", filename="alpha-1.0-cp312-cp312-manylinux_2_28_x86_64.whl")], False, True),
        ([], True, True),
        ([file("1.0", url="/files/other?signature=1"), file("9.9", name="other")], False, False),
        ([file("1.0", size=5)], False, False),
    ],
)
def test_what_counts_as_a_change(
    lookout: Lookout, server: IndexServer, now: list[dict[str, object]], releases: bool, files: bool
) -> None:
    server.page("alpha", [file("1.0")])
    before = look(lookout, server)
    server.page("alpha", now)
    after = look(lookout, server)
    assert isinstance(before, Seen)
    assert isinstance(after, Seen)
    assert (before.releases != after.releases, before.files != after.files) == (releases, files)


def test_a_flat_index_is_one_page(lookout: Lookout, server: IndexServer) -> None:
    server.serve("/simple", b'<a href="alpha-1.0-py3-none-any.whl">a</a>', Content_Type="text/html", ETag="x")
    first = look(lookout, server, "")
    server.serve("/simple", b'<a href="beta-1.0-py3-none-any.whl">b</a>', Content_Type="text/html")
    second = look(lookout, server, "")
    assert isinstance(first, Seen)
    assert isinstance(second, Seen)
    assert first.marks.etag == "x"
    assert first.files != second.files


@pytest.mark.parametrize(
    ("status", "headers", "trouble", "wait"),
    [
        (503, {"Retry-After": "7000"}, Trouble.HOST, 7000.0),
        (429, {}, Trouble.HOST, None),
        (500, {}, Trouble.PAGE, None),
        (403, {}, Trouble.PAGE, None),
        (304, {}, Trouble.PAGE, None),
    ],
)
def test_an_index_that_is_unwell_is_asked_once(
    lookout: Lookout, server: IndexServer, status: int, headers: dict[str, str], trouble: Trouble, wait: float | None
) -> None:
    reply = server.serve("/simple/alpha/", b"", status=status)
    reply.headers |= headers
    unseen = look(lookout, server)
    assert isinstance(unseen, Unseen)
    assert (unseen.trouble, unseen.wait, len(server.asked)) == (trouble, wait, 1)


def test_nobody_answers(lookout: Lookout, server: IndexServer) -> None:
    page = PageToLook(key=1, index="http://127.0.0.1:9/simple", package="alpha")
    ((_, unseen),) = lookout.look([page])
    assert isinstance(unseen, Unseen)
    assert unseen.trouble is Trouble.HOST


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{" * 200_001, "application/vnd.pypi.simple.v1+json"),
        (b"[]", "application/vnd.pypi.simple.v1+json"),
        (b"not json", "application/vnd.pypi.simple.v1+json"),
        (b"{}", "image/png"),
    ],
)
def test_a_page_that_is_none_or_too_large_is_its_own_trouble(
    lookout: Lookout, server: IndexServer, body: bytes, kind: str
) -> None:
    server.serve("/simple/alpha/", body, Content_Type=kind)
    server.page("beta", [file("1.0", name="beta")])
    asked = [
        PageToLook(key=key, index=f"{server.root}/simple", package=name) for key, name in ((1, "alpha"), (2, "beta"))
    ]
    found = {page.package: sight for page, sight in lookout.look(asked)}
    assert isinstance(found["alpha"], Unseen)
    assert found["alpha"].trouble is Trouble.PAGE
    assert isinstance(found["beta"], Seen)


def test_a_private_address_is_refused_also_after_a_redirect(
    make_lookout: Callable[..., Lookout], server: IndexServer
) -> None:
    refused = look(make_lookout(guard=Guard()), server)
    assert isinstance(refused, Unseen)
    assert (refused.trouble, server.asked) == (Trouble.HOST, [])
    server.serve("/simple/alpha/", b"", status=302).headers["Location"] = "http://169.254.169.254/simple/alpha/"
    allowed = Guard(allowed=(ip_network("127.0.0.0/8"),))
    led_away = look(make_lookout(guard=allowed), server)
    assert isinstance(led_away, Unseen)
    assert "169.254.169.254" in led_away.reason


@pytest.fixture
def granted(server: IndexServer, tmp_path: Path, clock: HandClock) -> Granted:
    path = tmp_path / "credentials.toml"
    path.write_text(
        f'[[credentials]]\nprefix = "{server.root}/simple/"\nusername = "u"\npassword = "hush-hush"\n'
        'repositories = ["acme/*"]\n'
    )
    return grant(read_entries(path, {}, clock), clock)


def test_a_private_index_is_looked_at_with_the_rights_of_who_depends_on_it(
    make_lookout: Callable[..., Lookout], server: IndexServer, granted: Granted, tmp_path: Path
) -> None:
    lookout = make_lookout(granted, tmp_path / "cache")
    server.page("alpha", [file("1.0")]).secret = "Basic dTpodXNoLWh1c2g="
    index = f"{server.root}/simple"
    rights = lookout.find_rights("acme/app", index, "alpha")
    assert rights
    assert "hush" not in rights
    assert lookout.find_rights("octo/app", index, "alpha") == ""
    assert isinstance(found := look(lookout, server, repository="acme/app"), Seen)
    nothing = Seen(releases=fingerprint(None), files="")
    assert look(lookout, server, repository="octo/app") == nothing
    assert look(lookout, server) == nothing
    assert look(lookout, server, repository="acme/app", is_anonymous=True) == nothing
    assert "hush" not in repr((lookout, found, granted))


def test_a_redirect_to_another_host_goes_without_credentials(
    make_lookout: Callable[..., Lookout], server: IndexServer, granted: Granted
) -> None:
    with running_server() as other:
        other.page("alpha", [file("1.0")])
        server.serve("/simple/alpha/", b"", status=302).headers["Location"] = f"{other.root}/simple/alpha/"
        assert isinstance(look(make_lookout(granted), server, repository="acme/app"), Seen)
        assert "authorization" in server.asked[0].headers
        assert "authorization" not in other.asked[0].headers


def test_what_came_anew_is_kept_for_the_runs_of_this_machine(
    make_lookout: Callable[..., Lookout], server: IndexServer, tmp_path: Path, clock: HandClock
) -> None:
    index = Index(url=f"{server.root}/simple")
    settings = IndexSettings(fetch=FetchSettings(clock=clock), cache_dir=tmp_path, clock=clock)
    with IndexClient(settings) as client:
        server.page("alpha", [file("1.0")], Cache_Control="max-age=600")
        assert client.get_page(index, "alpha") is not None
        server.page("alpha", [file("1.0"), file("2.0")], Cache_Control="max-age=600")
        look(make_lookout(cache_dir=tmp_path), server)
        asked = len(server.asked)
    with IndexClient(settings) as another:
        page = another.get_page(index, "alpha")
        assert page is not None
        assert [str(one) for one in page.versions] == ["1.0", "2.0"]
        assert len(server.asked) == asked


def test_a_run_after_a_change_asks_again_for_what_is_held_to_be_current(
    server: IndexServer, tmp_path: Path, clock: HandClock
) -> None:
    """The worker that runs need not be on the machine that looked."""
    index = Index(url=f"{server.root}/simple")
    with IndexClient(IndexSettings(fetch=FetchSettings(clock=clock), cache_dir=tmp_path, clock=clock)) as client:
        for name in ("alpha", "beta"):
            server.page(name, [file("1.0", name=name)], Cache_Control="max-age=600")
            client.get_page(index, name)
        for name in ("alpha", "beta"):
            server.page(name, [file("1.0", name=name), file("2.0", name=name)], Cache_Control="max-age=600")
        clock.now += 60
        client.begin_run()
        told = client.with_changed({(index.url, "alpha"): clock.now - 30})
        pages = {name: told.get_page(index, name) for name in ("alpha", "beta")}
    assert {name: len(page.versions) for name, page in pages.items() if page is not None} == {"alpha": 2, "beta": 1}


# --- feeds ----------------------------------------------------------------------------------------


def rss(*titles: str, head: str = "") -> bytes:
    items = "".join(f"<item><title>{title}</title><link>https://index.test/{title}</link></item>" for title in titles)
    return f'<?xml version="1.0"?>{head}<rss version="2.0"><channel><title>news</title>{items}</channel></rss>'.encode()


def read(lookout: Lookout, server: IndexServer, body: bytes, **headers: str) -> Told | Unchanged | Unseen:
    server.serve("/rss", body).headers |= headers
    return lookout.read_feed(f"{server.root}/rss", Marks(etag="old"))


def test_a_feed_names_packages(lookout: Lookout, server: IndexServer) -> None:
    told = read(lookout, server, rss("Zope.Interface 6.0", "alpha 1.0", "!!! 2"), ETag="new")
    assert told == Told(
        entries=(
            ("https://index.test/Zope.Interface 6.0", "zope-interface"),
            ("https://index.test/alpha 1.0", "alpha"),
        ),
        marks=Marks(etag="new"),
    )
    assert read(lookout, server, b"", ETag="old") == Unchanged()


BOMB = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is no XML"),
        (b"<rss><channel>", "it is no XML"),
        (rss("&b; 1", head=BOMB), "it declares a document type"),
        (b"<a>" * 50, "nested too deeply"),
        (b" " * ((4 << 20) + 1), "larger than"),
    ],
)
def test_a_feed_that_is_none(lookout: Lookout, server: IndexServer, body: bytes, reason: str) -> None:
    unseen = read(lookout, server, body)
    assert isinstance(unseen, Unseen)
    assert reason in unseen.reason


def test_of_a_feed_that_names_very_many_packages_a_few_thousand_are_read(lookout: Lookout, server: IndexServer) -> None:
    body = b"<rss>" + b"".join(b"<item><title>p%d 1</title></item>" % number for number in range(100_000)) + b"</rss>"
    told = read(lookout, server, body)
    assert isinstance(told, Told)
    assert len(told.entries) == 5000


def test_pages_are_looked_at_a_few_at_a_time_and_stopping_ends_the_rest(
    make_lookout: Callable[..., Lookout], server: IndexServer
) -> None:
    names = [f"p{number}" for number in range(40)]
    for name in names:
        server.page(name, [file("1.0", name=name)])
    index = f"{server.root}/simple"
    looking: Iterator[tuple[PageToLook, Sight]] = make_lookout(requests=2, connections=2).look(
        [PageToLook(key=key, index=index, package=name) for key, name in enumerate(names)]
    )
    for _ in range(3):
        next(looking)
    looking.close()  # type: ignore[attr-defined]
    assert 3 <= len(server.asked) < 40


def test_json_is_asked_for_first(lookout: Lookout, server: IndexServer) -> None:
    server.page("alpha", [file("1.0")])
    look(lookout, server)
    assert server.asked[0].headers["accept"].startswith("application/vnd.pypi.simple.v1+json")
    assert json.loads(server.replies["/simple/alpha/"].body)["name"] == "alpha"
