"""The client against a local server: statuses, caching, credentials, metadata sources."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import threading
from base64 import b64encode
from dataclasses import replace
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import pytest

from bot.errors import BuildRequiredError, IndexFailure
from bot.index.cache.disk import DiskCache
from bot.index.client import IndexClient
from bot.index.http.certificates import find_certificates
from bot.index.http.credentials import Credential, Credentials, configured_credentials
from bot.index.http.fetch import FetchSettings
from bot.index.pages.flat import LocalFiles
from bot.limits import Limits
from bot.lockfile.model import GitRequirement, PathRequirement, UrlRequirement
from bot.resolver.model.index import (
    Authenticate,
    GitTree,
    Index,
    IndexFormat,
    IndexPort,
    Login,
    MetadataUnavailable,
    ReleaseFile,
)
from tests.index.archives import make_metadata, make_sdist, make_wheel
from tests.index.conftest import HandClock, MakeClient
from tests.index.server import IndexServer

WHEEL = {"filename": "a-1.0-py3-none-any.whl", "url": "../../files/a-1.0-py3-none-any.whl", "hashes": {}}
SDIST = {"filename": "a-1.0.tar.gz", "url": "../../files/a-1.0.tar.gz", "hashes": {}}


def versions(client: object, index: Index, name: str = "a") -> list[str] | None:
    page = client.get_page(index, name)  # type: ignore[attr-defined]
    return None if page is None else [version.text for version in page.versions]


def versions_in_one_process(client: IndexClient, index: Index) -> list[str] | None:
    """The versions of ``a``, and all that is kept of them on disk."""
    with client:
        return versions(client, index)


def only_file(client: object, index: Index) -> ReleaseFile:
    page = client.get_page(index, "a")  # type: ignore[attr-defined]
    (file,) = page.files(page.versions[-1])
    assert isinstance(file, ReleaseFile)
    return file


# --- pages ---


def test_a_page_is_fetched_once_however_often_it_is_asked_for(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    server.page("a", [WHEEL])
    client = make_client()
    client.request_pages(index, ["a", "a"])
    assert client.get_page(index, "a") is client.get_page(index, "a")
    assert server.paths == ["/simple/a/"]


def test_requests_say_what_they_want_and_who_asks(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    server.page("a", [WHEEL])
    make_client().get_page(index, "a")
    headers = server.asked[0].headers
    assert headers["accept"].startswith("application/vnd.pypi.simple.v1+json,")
    assert headers["user-agent"] == f"lockbot/{installed_version('uv-lockbot')}"
    assert "gzip" in headers["accept-encoding"]


def test_pages_are_fetched_side_by_side(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    meeting = threading.Barrier(3, timeout=10)
    for name in ("a", "b", "c"):
        server.page(name, []).before = meeting.wait
    client = make_client()
    client.request_pages(index, ["a", "b", "c"])
    assert [versions(client, index, name) for name in ("a", "b", "c")] == [[], [], []]


def test_relative_links_start_from_where_a_redirect_led(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    server.serve("/simple/a/", b"", status=302, Location="/mirror/simple/a/")
    server.replies["/mirror/simple/a/"] = server.page("a-elsewhere", [WHEEL])
    assert only_file(make_client(), index).url == f"{server.root}/mirror/files/a-1.0-py3-none-any.whl"


@pytest.mark.parametrize("status", [401, 403, 400, 418])
def test_a_refusal_is_a_failure_and_not_a_missing_package(
    server: IndexServer, index: Index, make_client: MakeClient, status: int
) -> None:
    server.serve("/simple/a/", b"", status=status)
    with pytest.raises(IndexFailure, match=str(status)):
        make_client().get_page(index, "a")
    assert len(server.paths) == 1


def test_not_found_and_ignored_statuses_mean_that_there_is_no_such_package(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    server.serve("/simple/a/", b"", status=403)
    client = make_client()
    assert client.get_page(index, "nothing") is None
    assert client.get_page(replace(index, ignore_error_codes=(403,)), "a") is None


def test_a_server_that_stumbles_is_asked_again(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    server.page("a", [WHEEL]).statuses = [503, 429, 500]
    assert versions(make_client(), index) == ["1.0"]
    assert len(server.paths) == 4


def test_a_server_that_stays_down_is_a_failure_that_the_next_run_tries_again(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    server.page("a", [WHEEL]).statuses = [503] * 4
    client = make_client()
    for _time in range(2):
        with pytest.raises(IndexFailure, match="status 503"):
            client.get_page(index, "a")
    client.begin_run()
    assert versions(client, index) == ["1.0"]


def test_no_server_at_all_is_a_failure_with_the_address(make_client: MakeClient) -> None:
    with pytest.raises(IndexFailure, match=r"http://127\.0\.0\.1:9/simple/a/: no answer"):
        make_client().get_page(Index(url="http://127.0.0.1:9/simple"), "a")


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"{", "application/vnd.pypi.simple.v1+json", "malformed JSON"),
        (b"[" * 100_000, "application/vnd.pypi.simple.v1+json", "malformed JSON"),
        (b"[]", "application/vnd.pypi.simple.v1+json", "not a project page"),
        (b"hello", "text/plain", "answered with text/plain"),
        (b'<meta name="pypi:repository-version" content="2.0">', "text/html", "version 2.0"),
        (b'<html><form action="/login"><input name="user"></form></html>', "text/html", "isn't an index page"),
        (b'<META HTTP-EQUIV="refresh" CONTENT="0; URL=http://wifi.invalid/">', "text/html", "isn't an index page"),
        (b'<script>go()</script><a href="/terms.html">Terms</a>', "text/html", "isn't an index page"),
    ],
)
def test_what_is_no_page_is_a_failure(
    server: IndexServer, index: Index, make_client: MakeClient, body: bytes, kind: str, words: str
) -> None:
    server.serve("/simple/a/", body, Content_Type=kind)
    with pytest.raises(IndexFailure, match=words):
        make_client().get_page(index, "a")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body><h1>Links for a</h1></body></html>",
        b'<h1>Index of /simple/a</h1><img src="/icons/back.gif"><a href="../">Parent Directory</a>',
        b'<meta name="pypi:repository-version" content="1.0"><script src="theme.js"></script>',
        b'<script src="theme.js"></script><a href="b-1.0.tar.gz">of another</a>',
    ],
)
def test_a_page_without_files_is_one_of_a_project_without_files(
    server: IndexServer, index: Index, make_client: MakeClient, body: bytes
) -> None:
    server.serve("/simple/a/", body, Content_Type="text/html")
    page = make_client().get_page(index, "a")
    assert page is not None
    assert list(page.versions) == []


def test_a_page_over_the_limit_and_endless_redirects_are_refused(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    server.page("a", [WHEEL] * 100)
    server.serve("/simple/b/", b"", status=302, Location="/simple/b/")
    client = make_client(limits=Limits(page_bytes=1000), fetch=FetchSettings(redirects=3))
    with pytest.raises(IndexFailure, match="larger than 1000 bytes"):
        client.get_page(index, "a")
    with pytest.raises(IndexFailure, match="more than 3 redirects"):
        client.get_page(index, "b")
    assert server.paths.count("/simple/b/") == 4


# --- what is kept ---


def test_a_page_with_a_validator_is_asked_about_and_not_sent_again(
    server: IndexServer, index: Index, make_client: MakeClient, tmp_path: Path
) -> None:
    server.page("a", [WHEEL], ETag='"one"')
    assert versions_in_one_process(make_client(cache_dir=tmp_path), index) == ["1.0"]
    second = make_client(cache_dir=tmp_path)
    assert versions(second, index) == ["1.0"]
    assert server.asked[1].headers["if-none-match"] == '"one"'
    page = second.get_page(index, "a")
    second.begin_run()
    assert second.get_page(index, "a") is page
    assert len(server.paths) == 3


def test_a_changed_page_replaces_the_kept_one(
    server: IndexServer, index: Index, make_client: MakeClient, tmp_path: Path
) -> None:
    server.page("a", [WHEEL], Last_Modified="Mon, 01 Jan 2024 00:00:00 GMT")
    versions_in_one_process(make_client(cache_dir=tmp_path), index)
    newer = WHEEL | {"filename": "a-2.0-py3-none-any.whl"}
    server.page("a", [WHEEL, newer], Last_Modified="Tue, 02 Jan 2024 00:00:00 GMT")
    assert versions(make_client(cache_dir=tmp_path), index) == ["1.0", "2.0"]


def test_a_stated_age_is_believed_and_then_over(
    server: IndexServer, index: Index, make_client: MakeClient, tmp_path: Path, clock: HandClock
) -> None:
    server.page("a", [WHEEL], Cache_Control="max-age=600, public")
    client = make_client(cache_dir=tmp_path)
    versions(client, index)
    client.begin_run()
    versions_in_one_process(client, index)
    versions(make_client(cache_dir=tmp_path), index)
    assert len(server.paths) == 1
    clock.now += 601
    versions(make_client(cache_dir=tmp_path), index)
    assert len(server.paths) == 2


def test_a_page_without_cache_headers_is_fetched_once_in_each_process(
    server: IndexServer, index: Index, make_client: MakeClient, tmp_path: Path
) -> None:
    server.page("a", [WHEEL])
    for _process in range(2):
        client = make_client(cache_dir=tmp_path)
        page = client.get_page(index, "a")
        assert client.get_page(index, "a") is page
    assert len(server.paths) == 2
    client.begin_run()
    # Sent again, but the same: what was made from it is kept.
    assert client.get_page(index, "a") is page
    assert len(server.paths) == 3


def test_a_page_in_memory_is_asked_about_again_after_a_while(
    server: IndexServer, index: Index, make_client: MakeClient, clock: HandClock
) -> None:
    server.page("a", [WHEEL])
    client = make_client(fresh_for=60.0)
    for wait, asked in ((0, 1), (59, 1), (2, 2)):
        clock.now += wait
        versions(client, index)
        assert len(server.paths) == asked


def test_what_must_not_be_stored_is_not(
    server: IndexServer, index: Index, make_client: MakeClient, tmp_path: Path
) -> None:
    server.page("a", [WHEEL], Cache_Control="no-store, max-age=600", ETag='"one"')
    versions_in_one_process(make_client(cache_dir=tmp_path), index)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_offline_the_cache_answers_or_a_sentence_says_that_it_cannot(
    server: IndexServer, index: Index, make_client: MakeClient, tmp_path: Path, clock: HandClock
) -> None:
    content = make_metadata("a", "1.0", "Requires-Dist: b")
    server.page("a", [WHEEL | {"core-metadata": True, "hashes": {"sha256": "0" * 64}}])
    server.serve("/files/a-1.0-py3-none-any.whl.metadata", content)
    online = make_client(cache_dir=tmp_path)
    online.get_metadata(only_file(online, index))
    online.close()
    asked = len(server.paths)
    clock.now += 10_000_000
    offline = make_client(cache_dir=tmp_path, offline=True)
    assert offline.get_metadata(only_file(offline, index)).requires_dist == ("b",)
    with pytest.raises(IndexFailure, match="told to stay offline"):
        offline.get_page(index, "b")
    with pytest.raises(IndexFailure, match="told to stay offline"):
        offline.get_archive(UrlRequirement(url=f"{server.root}/x.whl"), "x")
    assert len(server.paths) == asked


def test_a_damaged_cache_is_ignored_and_written_again(
    server: IndexServer, index: Index, make_client: MakeClient, tmp_path: Path
) -> None:
    server.page("a", [WHEEL], Cache_Control="max-age=600")
    versions_in_one_process(make_client(cache_dir=tmp_path), index)
    (entry,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    whole = entry.read_bytes()
    for damaged in (b"", whole[:-1], whole[:-1] + b"?", b"lockbot1" + b"\0" * 40):
        entry.write_bytes(damaged)
        assert versions_in_one_process(make_client(cache_dir=tmp_path), index) == ["1.0"]
        assert entry.read_bytes() == whole
    assert len(server.paths) == 5


def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(
    server: IndexServer, index: Index, make_client: MakeClient, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    server.page("a", [WHEEL])
    assert versions(make_client(cache_dir=tmp_path / "file"), index) == ["1.0"]
    assert DiskCache(tmp_path / "file") is not None


def test_memory_is_bounded(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    for name in ("a", "b"):
        server.page(name, [])
    client = make_client(memory_bytes=2000)
    for name in ("a", "b", "a"):
        versions(client, index, name)
    assert server.paths == ["/simple/a/", "/simple/b/", "/simple/a/"]


# --- credentials ---


def test_credentials_go_to_their_prefix_and_no_further(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    server.page("a", [])
    server.serve("/simple/b/", b"", status=302, Location="/elsewhere/b/")
    secrets = Credentials(entries=(Credential(prefix=f"{server.root}/simple", username="u", password="s3cret"),))
    client = make_client(fetch=FetchSettings(credentials=secrets))
    client.get_page(index, "a")
    client.get_page(index, "b")
    client.get_page(Index(url=f"{server.root}/simple-other"), "c")
    sent = {asked.path: asked.headers.get("authorization") for asked in server.asked}
    assert sent == {
        "/simple/a/": "Basic dTpzM2NyZXQ=",
        "/simple/b/": "Basic dTpzM2NyZXQ=",
        "/elsewhere/b/": None,
        "/simple-other/c/": None,
    }


def closed(server: IndexServer, path: str, body: bytes, secret: str) -> None:
    """Serve ``path`` to who sends ``secret``; to others it is not there."""
    reply = server.serve(path, body, Content_Type="application/vnd.pypi.simple.v1+json")
    reply.secret = f"Basic {b64encode(secret.encode()).decode()}"


def page_of(name: str, url: str) -> bytes:
    return json.dumps({"files": [{"filename": f"{name}-1.0-py3-none-any.whl", "url": url}]}).encode()


ENVIRONMENT = {
    "UV_INDEX_ONE_USERNAME": "u",
    "UV_INDEX_ONE_PASSWORD": "1",
    "UV_INDEX_TWO_USERNAME": "u",
    "UV_INDEX_TWO_PASSWORD": "2",
}


@pytest.mark.parametrize("is_known_before", [True, False])
def test_two_indexes_of_one_host_are_each_sent_their_own(
    server: IndexServer, make_client: MakeClient, is_known_before: bool
) -> None:
    """An index that only a ``uv.toml`` or a script names isn't known before it is asked."""
    one, two = (Index(url=f"{server.root}/{name}/simple", name=name) for name in ("one", "two"))
    for index, name, secret in ((one, "a", "u:1"), (two, "b", "u:2")):
        closed(server, f"/{index.name}/simple/{name}/", page_of(name, "../../files/x.whl"), secret)
        closed(server, f"/{index.name}/files/x.whl", make_wheel(name, "1.0"), secret)
    known = configured_credentials((one, two) if is_known_before else (), ENVIRONMENT)
    client = make_client(fetch=FetchSettings(credentials=known, environment=ENVIRONMENT))
    for index, name in ((one, "a"), (two, "b")):
        page = client.get_page(index, name)
        assert page is not None
        assert client.get_metadata(page.files(page.versions[0])[0]).name == name
    sent = {(asked.path.split("/")[1], asked.headers.get("authorization")) for asked in server.asked}
    assert sent == {("one", "Basic dTox"), ("two", "Basic dToy")}


def test_files_elsewhere_on_the_host_are_tried_without_and_then_with(
    server: IndexServer, make_client: MakeClient
) -> None:
    index = Index(url=f"{server.root}/one/simple", name="one")
    closed(server, "/one/simple/a/", page_of("a", "/download/a.whl"), "u:1")
    closed(server, "/download/a.whl", make_wheel("a", "1.0"), "u:1")
    client = make_client(fetch=FetchSettings(credentials=configured_credentials((index,), ENVIRONMENT)))
    page = client.get_page(index, "a")
    assert page is not None
    assert client.get_metadata(page.files(page.versions[0])[0]).name == "a"
    sent = [asked.headers.get("authorization") for asked in server.asked if asked.path == "/download/a.whl"]
    assert sent[:2] == [None, "Basic dTox"]


def test_what_an_index_says_of_authentication_is_obeyed(server: IndexServer, make_client: MakeClient) -> None:
    index = Index(url=f"{server.root}/one/simple", name="one")
    server.serve("/one/simple/a/", page_of("a", "x"), Content_Type="application/vnd.pypi.simple.v1+json")
    operators = Credentials(entries=(Credential(prefix=server.root, password="s3cret"),))
    for known in (configured_credentials((index,), ENVIRONMENT), operators):
        settings = FetchSettings(credentials=known, environment=ENVIRONMENT)
        assert make_client(fetch=settings).get_page(replace(index, authenticate=Authenticate.NEVER), "a") is not None
    assert [asked.headers.get("authorization") for asked in server.asked] == [None, None]
    always = replace(index, authenticate=Authenticate.ALWAYS)
    with pytest.raises(
        IndexFailure, match='authenticate = "always", and none are known for it; set UV_INDEX_ONE_USERNAME'
    ):
        make_client().get_page(always, "a")
    assert len(server.asked) == 2
    client = make_client(fetch=FetchSettings(environment=ENVIRONMENT))
    assert client.get_page(always, "a") is not None
    assert server.asked[2].headers["authorization"] == "Basic dTox"


def test_what_the_url_of_an_index_states_goes_to_that_index(server: IndexServer, make_client: MakeClient) -> None:
    index = Index(url=f"{server.root}/one/simple", login=Login(username="u", password="1"))
    closed(server, "/one/simple/a/", page_of("a", "x"), "u:1")
    with IndexServer() as other:
        server.serve("/one/simple/b/", b"", status=302, Location=f"{other.root}/one/simple/b/")
        client = make_client()
        assert client.get_page(index, "a") is not None
        assert client.get_page(index, "b") is None
        assert "authorization" not in other.asked[0].headers


def test_a_signed_address_is_in_no_message(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    server.serve("/simple/a/", b"", status=302, Location="/storage/a?X-Amz-Signature=s3cret&X-Amz-Expires=9")
    server.serve("/simple/b/", b"", status=302, Location="http://127.0.0.1:9/b?sig=s3cret")
    server.serve("/storage/a?X-Amz-Signature=s3cret&X-Amz-Expires=9", b"words", Content_Type="text/plain")
    client = make_client()
    for name, words in (("a", r"/storage/a\?X-Amz-Signature=\*\*\*\*"), ("b", r"/b\?sig=\*\*\*\*")):
        with pytest.raises(IndexFailure, match=words) as caught:
            client.get_page(index, name)
        assert "s3cret" not in str(caught.value)


def test_a_redirect_cannot_take_a_credential_to_another_host(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    with IndexServer() as other:
        server.serve("/simple/a/", b"", status=307, Location=f"{other.root}/simple/a/")
        other.page("a", [])
        secrets = Credentials(entries=(Credential(prefix=server.root, password="s3cret"),))
        make_client(fetch=FetchSettings(credentials=secrets)).get_page(index, "a")
        assert "authorization" in server.asked[0].headers
        assert "authorization" not in other.asked[0].headers


def test_secrets_are_in_no_message_and_no_representation(server: IndexServer, make_client: MakeClient) -> None:
    secrets = Credentials(entries=(Credential(prefix=server.root, username="u", password="s3cret"),))
    settings = FetchSettings(credentials=secrets)
    assert "s3cret" not in repr(settings)
    server.serve("/simple/a/", b"", status=401)
    client = make_client(fetch=settings)
    inline = Index(url=server.root.replace("http://", "http://u:s3cret@") + "/simple")
    for get in (lambda: client.get_page(inline, "a"), lambda: client.get_archive(UrlRequirement(url=inline.url), "a")):
        with pytest.raises((IndexFailure, MetadataUnavailable)) as caught:
            get()
        seen = f"{caught.value!s} {caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
        assert "s3cret" not in seen
    assert "s3cret" not in repr(client)


# --- metadata of wheels ---


def test_the_metadata_file_is_used_where_the_index_has_one(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    content = make_metadata("a", "1.0", "Requires-Dist: b>=1", "Provides-Extra: x")
    digest = hashlib.sha256(content).hexdigest()
    server.page("a", [WHEEL | {"core-metadata": {"sha256": digest}}])
    server.serve("/files/a-1.0-py3-none-any.whl.metadata", content)
    client = make_client()
    file = only_file(client, index)
    client.request_metadata([file, file])
    found = client.get_metadata(file)
    assert (found.name, found.version, found.requires_dist, found.provides_extras) == ("a", "1.0", ("b>=1",), ("x",))
    assert server.paths == ["/simple/a/", "/files/a-1.0-py3-none-any.whl.metadata"]


def test_a_metadata_file_that_is_not_the_stated_one_is_a_failure(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    server.page("a", [WHEEL | {"core-metadata": {"sha256": "0" * 64}}])
    server.serve("/files/a-1.0-py3-none-any.whl.metadata", make_metadata())
    client = make_client()
    with pytest.raises(IndexFailure, match="not the one that the index describes"):
        client.get_metadata(only_file(client, index))


@pytest.mark.parametrize("padding", [0, 200_000])
def test_a_wheel_is_read_by_ranges(server: IndexServer, index: Index, make_client: MakeClient, padding: int) -> None:
    server.page("a", [WHEEL])
    body = make_wheel("a", "1.0", "Requires-Dist: b", padding=padding)
    server.serve("/files/a-1.0-py3-none-any.whl", body, ranges=True)
    client = make_client()
    assert client.get_metadata(only_file(client, index)).requires_dist == ("b",)
    spans = [asked.headers.get("range") for asked in server.asked[1:]]
    assert None not in spans
    assert len(spans) == (2 if padding else 1)


def test_without_ranges_the_whole_wheel_is_read_and_ranges_are_not_tried_again(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    other = WHEEL | {"filename": "a-2.0-py3-none-any.whl", "url": "../../files/a-2.0-py3-none-any.whl"}
    server.page("a", [WHEEL, other])
    for version in ("1.0", "2.0"):
        server.serve(f"/files/a-{version}-py3-none-any.whl", make_wheel("a", version, f"Requires-Dist: b=={version}"))
    client = make_client()
    page = client.get_page(index, "a")
    assert page is not None
    found = [client.get_metadata(file).requires_dist for v in page.versions for file in page.files(v)]
    assert found == [("b==1.0",), ("b==2.0",)]
    assert ["range" in asked.headers for asked in server.asked[1:]] == [True, False, False]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 416, 501])
def test_where_ranges_from_the_end_are_refused_the_length_is_asked_for(
    server: IndexServer, index: Index, make_client: MakeClient, status: int
) -> None:
    other = WHEEL | {"filename": "a-2.0-py3-none-any.whl", "url": "../../files/a-2.0-py3-none-any.whl"}
    server.page("a", [WHEEL, other])
    for version in ("1.0", "2.0"):
        body = make_wheel("a", version, f"Requires-Dist: b=={version}", padding=200_000)
        server.serve(f"/files/a-{version}-py3-none-any.whl", body, ranges=True).suffix_status = status
    client = make_client()
    page = client.get_page(index, "a")
    assert page is not None
    found = [client.get_metadata(file).requires_dist for v in page.versions for file in page.files(v)]
    assert found == [("b==1.0",), ("b==2.0",)]
    asked = [(one.method, one.headers.get("range", "")[:7]) for one in server.asked[1:]]
    # The second file of the same server is not asked for its end.
    first, second = asked[: asked.index(("HEAD", ""))], asked[asked.index(("HEAD", "")) :]
    assert first == [("GET", "bytes=-")]
    assert ("GET", "") not in second
    assert ("GET", "bytes=-") not in second


@pytest.mark.parametrize("head_status", [400, 403, 404, 405, 501])
def test_where_nothing_else_is_answered_the_whole_wheel_is_read(
    server: IndexServer, index: Index, make_client: MakeClient, head_status: int
) -> None:
    server.page("a", [WHEEL])
    reply = server.serve("/files/a-1.0-py3-none-any.whl", make_wheel("a", "1.0", "Requires-Dist: b"), ranges=True)
    reply.suffix_status, reply.head_status = 403, head_status
    client = make_client()
    assert client.get_metadata(only_file(client, index)).requires_dist == ("b",)
    assert [one.method for one in server.asked[1:]] == ["GET", "HEAD", "GET"]
    assert "range" not in server.asked[-1].headers


def test_a_server_that_serves_other_parts_than_it_says_is_asked_for_the_whole(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    server.page("a", [WHEEL])
    reply = server.serve("/files/a-1.0-py3-none-any.whl", make_wheel("a", "1.0", "Requires-Dist: b"))
    reply.headers["Content-Range"] = "bytes 0-99/100"
    client = make_client()
    assert client.get_metadata(only_file(client, index)).requires_dist == ("b",)


def test_an_advertised_metadata_file_that_is_missing_is_read_from_the_wheel(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    server.page("a", [WHEEL | {"core-metadata": True}])
    server.serve("/files/a-1.0-py3-none-any.whl", make_wheel(), ranges=True)
    client = make_client()
    assert client.get_metadata(only_file(client, index)).name == "a"


def test_a_file_that_is_gone_is_a_failure_and_one_of_another_project_is_out(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    server.page("a", [WHEEL])
    client = make_client()
    file = only_file(client, index)
    with pytest.raises(IndexFailure, match="listed but could not be fetched"):
        client.get_metadata(file)
    ignoring = make_client()
    with pytest.raises(MetadataUnavailable, match="does not have it"):
        ignoring.get_metadata(only_file(ignoring, replace(index, ignore_error_codes=(404,))))
    client.begin_run()
    server.serve("/files/a-1.0-py3-none-any.whl", make_wheel("b"))
    with pytest.raises(MetadataUnavailable, match="of another project"):
        client.get_metadata(file)


def test_metadata_with_a_digest_is_kept_for_ever(
    server: IndexServer, index: Index, make_client: MakeClient, tmp_path: Path, clock: HandClock
) -> None:
    body = make_wheel("a", "1.0", "Requires-Dist: b")
    server.page("a", [WHEEL | {"hashes": {"sha256": hashlib.sha256(body).hexdigest()}}])
    server.serve("/files/a-1.0-py3-none-any.whl", body)
    for _process in range(2):
        with make_client(cache_dir=tmp_path) as client:
            assert client.get_metadata(only_file(client, index)).requires_dist == ("b",)
        clock.now += 10_000_000
    assert server.paths.count("/files/a-1.0-py3-none-any.whl") == 2  # a try for ranges, then the whole


def test_a_download_with_another_digest_is_refused(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    server.page("a", [SDIST | {"hashes": {"sha256": "0" * 64}}])
    server.serve("/files/a-1.0.tar.gz", make_sdist({"PKG-INFO": make_metadata(metadata_version="2.2")}))
    client = make_client()
    with pytest.raises(IndexFailure, match="not the one that the index describes"):
        client.get_metadata(only_file(client, index))


# --- source distributions and archives ---


def test_static_metadata_of_a_source_distribution(
    server: IndexServer, index: Index, make_client: MakeClient, tmp_path: Path
) -> None:
    server.page("a", [SDIST | {"hashes": {"sha256": ""}}])
    server.serve("/files/a-1.0.tar.gz", make_sdist({"PKG-INFO": make_metadata("a", "1.0", metadata_version="2.2")}))
    client = make_client(cache_dir=tmp_path)
    assert client.get_metadata(only_file(client, index)).version == "1.0"


def test_a_source_distribution_that_needs_a_build_says_what_is_missing(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    body = make_sdist({"setup.py": "", "PKG-INFO": make_metadata(), "a.egg-info/PKG-INFO": make_metadata()})
    server.page("a", [SDIST])
    server.serve("/files/a-1.0.tar.gz", body)
    plain, recorded = make_client(), make_client(recorded=True)
    with pytest.raises(BuildRequiredError, match=r"no pyproject\.toml and its PKG-INFO has Metadata-Version 2\.1"):
        plain.get_metadata(only_file(plain, index))
    assert recorded.get_metadata(only_file(recorded, index)).recorded == "egg-info"


PYPROJECT = '[project]\nname = "a"\nversion = "1.0"\ndependencies = ["b"]\n'


def test_archives_by_url_are_hashed_and_asked_about(
    server: IndexServer, make_client: MakeClient, tmp_path: Path
) -> None:
    body = make_sdist({"sub/pyproject.toml": PYPROJECT})
    server.serve("/a%201.tar.gz", body, ETag='"x"')
    source = UrlRequirement(url=f"{server.root}/a%201.tar.gz", subdirectory="sub")
    for _process in range(2):
        with make_client(cache_dir=tmp_path) as client:
            archive = client.get_archive(source, "a")
        assert archive.hash == f"sha256:{hashlib.sha256(body).hexdigest()}"
        assert (archive.filename, archive.size, archive.is_wheel) == ("a 1.tar.gz", len(body), False)
        assert (archive.metadata.requires_dist, archive.pyproject) == (("b",), PYPROJECT)
    assert [asked.headers.get("if-none-match") for asked in server.asked] == [None, '"x"']


def test_archives_by_path(make_client: MakeClient, tmp_path: Path) -> None:
    (tmp_path / "a-1.0-py3-none-any.whl").write_bytes(make_wheel())
    (tmp_path / "bad.whl").write_bytes(b"")
    client = make_client()
    archive = client.get_archive(PathRequirement(path=str(tmp_path / "a-1.0-py3-none-any.whl")), "a")
    assert (archive.is_wheel, archive.metadata.version, archive.pyproject) == (True, "1.0", None)
    assert client.get_archive(UrlRequirement(url=(tmp_path / archive.filename).as_uri()), "a") == archive
    for path, problem in (("bad.whl", MetadataUnavailable), ("none.whl", IndexFailure)):
        with pytest.raises(problem):
            client.get_archive(PathRequirement(path=str(tmp_path / path)), "a")
    with pytest.raises(IndexFailure, match="absolute"):
        client.get_archive(PathRequirement(path="a.whl"), "a")


def test_a_source_archive_by_path_has_the_version_of_its_name(make_client: MakeClient, tmp_path: Path) -> None:
    dynamic = '[project]\nname = "a"\ndynamic = ["version"]\ndependencies = ["b"]\n'
    (tmp_path / "a-3.0.tar.gz").write_bytes(make_sdist({"pyproject.toml": dynamic}))
    (tmp_path / "a-2.0.tar.gz").write_bytes(make_sdist({"pyproject.toml": PYPROJECT}))
    archive = make_client().get_archive(PathRequirement(path=str(tmp_path / "a-3.0.tar.gz")), "a")
    assert (archive.metadata.version, archive.metadata.requires_dist) == ("3.0", ("b",))
    with pytest.raises(BuildRequiredError, match=r"of version 1\.0, not of 2\.0"):
        make_client().get_archive(PathRequirement(path=str(tmp_path / "a-2.0.tar.gz")), "a")


def test_an_archive_that_needs_a_build(make_client: MakeClient, tmp_path: Path) -> None:
    (tmp_path / "a-1.0.tar.gz").write_bytes(make_sdist({"setup.py": ""}))
    with pytest.raises(BuildRequiredError, match="no pyproject"):
        make_client().get_archive(PathRequirement(path=str(tmp_path / "a-1.0.tar.gz")), "a")


def test_git_is_delegated(make_client: MakeClient) -> None:
    source = GitRequirement(url="https://example.com/a.git")
    with pytest.raises(IndexFailure, match="git dependencies cannot be read"):
        make_client().get_git(source, None)
    tree = GitTree(commit="0" * 40, tree=object())  # type: ignore[arg-type]
    with IndexClient(open_git=lambda asked, locked: replace(tree, commit=f"{asked.url} {locked}")) as client:
        assert client.get_git(source, "1").commit == f"{source.url} 1"


# --- flat and local indexes ---


def test_a_flat_folder(make_client: MakeClient, tmp_path: Path) -> None:
    ab = PYPROJECT.replace('"a"', '"a.b"').replace("1.0", "2.0")
    (tmp_path / "a_b-1.0-py3-none-any.whl").write_bytes(make_wheel("a_b", "1.0", "Requires-Dist: c"))
    (tmp_path / "a-b-2.0.tar.gz").write_bytes(make_sdist({"pyproject.toml": ab}))
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "a_b-3.0-py3-none-any.whl").mkdir()
    for url in (str(tmp_path), tmp_path.as_uri()):
        client, index = make_client(), Index(url=url, format=IndexFormat.FLAT)
        assert versions(client, index, "a-b") == ["1.0", "2.0"]
        assert versions(client, index, "notes") is None
        page = client.get_page(index, "a-b")
        assert page is not None
        files = [file for version in page.versions for file in page.files(version)]
        assert [file.path for file in files] == [
            str(tmp_path / "a_b-1.0-py3-none-any.whl"),
            str(tmp_path / "a-b-2.0.tar.gz"),
        ]
        assert [client.get_metadata(file).requires_dist for file in files] == [("c",), ("b",)]


def test_a_flat_page_is_one_request_for_all_names(server: IndexServer, make_client: MakeClient, tmp_path: Path) -> None:
    html = b'<a href="files/a-1.0-py3-none-any.whl#sha256=' + b"0" * 64 + b'">x</a><a href="../b-2.0.zip">b</a>'
    server.serve("/links/x.html", html, Content_Type="text/html", ETag='"1"')
    index = Index(url=f"{server.root}/links/x.html", format=IndexFormat.FLAT)
    for _process in range(2):
        with make_client(cache_dir=tmp_path) as client:
            client.request_pages(index, ["a", "b", "c"])
            assert [versions(client, index, name) for name in "abc"] == [["1.0"], ["2.0"], None]
            assert only_file(client, index).url == f"{server.root}/links/files/a-1.0-py3-none-any.whl"
    assert server.paths == ["/links/x.html"] * 2
    assert "if-none-match" in server.asked[1].headers
    with pytest.raises(IndexFailure, match="404"):
        make_client().get_page(replace(index, url=f"{server.root}/none.html"), "a")


def test_a_simple_index_in_a_folder(make_client: MakeClient, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "index.html").write_text('<a href="a-1.0-py3-none-any.whl">a</a>')
    (tmp_path / "a" / "a-1.0-py3-none-any.whl").write_bytes(make_wheel())
    client, index = make_client(), Index(url=str(tmp_path))
    file = only_file(client, index)
    assert file.path == str(tmp_path / "a" / "a-1.0-py3-none-any.whl")
    assert client.get_metadata(file).name == "a"
    assert client.get_page(index, "b") is None
    with pytest.raises(IndexFailure, match="no such folder"):
        client.get_page(Index(url=str(tmp_path / "none"), format=IndexFormat.FLAT), "a")


@pytest.mark.pypi
def test_a_real_page_and_its_metadata(make_client: MakeClient) -> None:
    index = Index(url="https://pypi.org/simple")
    client = make_client(fetch=FetchSettings(certificates=find_certificates(os.environ)))
    page = client.get_page(index, "flask")
    assert page is not None
    wanted = next(version for version in page.versions if version.text == "3.0.0")
    sdist, wheel = page.files(wanted)
    assert (sdist.wheel, wheel.size) == (None, 99724)
    assert "Werkzeug>=3.0.0" in client.get_metadata(wheel).requires_dist


# --- strangers ---


def test_an_index_elsewhere_cannot_point_into_this_machine(
    server: IndexServer, index: Index, make_client: MakeClient, tmp_path: Path
) -> None:
    secret = tmp_path / "a-1.0-py3-none-any.whl"
    secret.write_bytes(make_wheel())
    server.page("a", [WHEEL | {"url": secret.as_uri()}])
    client = make_client()
    file = only_file(client, index)
    assert file.path is None
    with pytest.raises(IndexFailure, match="only http and https"):
        client.get_metadata(file)


def test_a_page_elsewhere_cannot_have_its_links_start_on_this_machine(
    server: IndexServer, index: Index, make_client: MakeClient, tmp_path: Path
) -> None:
    (tmp_path / "a-1.0-py3-none-any.whl").write_bytes(make_wheel())
    body = f'<base href="{tmp_path.as_uri()}/"><a href="a-1.0-py3-none-any.whl">a</a>'
    server.serve("/simple/a/", body.encode(), Content_Type="text/html")
    client = make_client()
    file = only_file(client, index)
    assert file.path is None
    with pytest.raises(IndexFailure, match="only http and https"):
        client.get_metadata(file)


def test_files_outside_of_the_allowed_folders_are_not_read(make_client: MakeClient, tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "a-1.0-py3-none-any.whl").write_bytes(make_wheel())
    (inside / "link.whl").symlink_to(outside / "a-1.0-py3-none-any.whl")
    client = make_client(local=LocalFiles(roots=(inside,)))
    flat = Index(url=str(inside), format=IndexFormat.FLAT)
    assert client.get_metadata(only_file(client, flat)).name == "a"
    for get in (
        lambda: client.get_page(replace(flat, url=str(outside)), "a"),
        lambda: client.get_page(replace(flat, url=f"{inside}/../out"), "a"),
        lambda: client.get_page(Index(url=outside.as_uri()), "a"),
        lambda: client.get_archive(PathRequirement(path=str(inside / "link.whl")), "a"),
        lambda: client.get_archive(UrlRequirement(url="file:///etc/passwd"), "a"),
    ):
        with pytest.raises(IndexFailure, match="outside of the repository"):
            get()


@pytest.mark.parametrize("url", ["http://[", "//[x/a", "http://x:port/", "https://\udcff/", "x\n"])
def test_malformed_links_do_no_harm(server: IndexServer, index: Index, make_client: MakeClient, url: str) -> None:
    server.page("a", [WHEEL | {"url": url}])
    server.serve("/simple/b/", b"", status=302, Location=url.encode("ascii", "replace").decode().strip())
    client = make_client()
    page = client.get_page(index, "a")
    assert page is not None
    for version in page.versions:
        for file in page.files(version):
            with pytest.raises(IndexFailure):
                client.get_metadata(file)
    assert client.get_page(index, "c") is None


def test_a_server_that_does_not_answer_is_a_failure(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    release = threading.Event()
    server.page("a", []).before = lambda: release.wait(10)
    try:
        with pytest.raises(IndexFailure, match="no answer"):
            make_client(fetch=FetchSettings(timeout=0.02)).get_page(index, "a")
        with pytest.raises(IndexFailure, match="took longer than 0 seconds"):
            make_client(fetch=FetchSettings(deadline=0.02)).get_page(index, "a")
    finally:
        release.set()


def test_packed_pages_are_unpacked_within_the_limit(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    page = server.page("a", [WHEEL], Content_Encoding="gzip")
    page.body = gzip.compress(page.body)
    server.page("bomb", [], Content_Encoding="gzip").body = gzip.compress(b" " * 10_000_000)
    port: IndexPort = make_client(limits=Limits(page_bytes=100_000))
    assert versions(port, index) == ["1.0"]
    with pytest.raises(IndexFailure, match="larger than 100000 bytes"):
        port.get_page(index, "bomb")


def test_long_error_pages_are_not_read(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    server.page("a", []).status = 404
    client = make_client(limits=Limits(page_bytes=10))
    assert client.get_page(index, "a") is None


def test_closing_ends_reads_that_wait(server: IndexServer, index: Index) -> None:
    asked, release = threading.Event(), threading.Event()

    def hang() -> None:
        asked.set()
        release.wait(10)

    server.page("a", []).before = hang
    client = IndexClient()
    problems: list[Exception] = []

    def read() -> None:
        try:
            client.get_page(index, "a")
        except IndexFailure as problem:
            problems.append(problem)

    reader = threading.Thread(target=read)
    reader.start()
    asked.wait(10)
    client.close()
    client.close()
    reader.join(10)
    release.set()
    assert [str(problem) for problem in problems] == ["a: reading was stopped before it was there"]
    with pytest.raises(IndexFailure, match="b: reading was stopped"):
        client.get_page(index, "b")


@pytest.mark.parametrize("is_kept_on_disk", [True, False], ids=["on disk", "in memory"])
@pytest.mark.parametrize(
    "stranger",
    [{}, {"login": Login(username="u", password="2")}, {"authenticate": Authenticate.NEVER}],
    ids=["without a login", "with a wrong one", "never authenticated"],
)
def test_what_one_repositorys_login_opened_is_kept_from_others(
    server: IndexServer, make_client: MakeClient, stranger: dict[str, Any], is_kept_on_disk: bool
) -> None:
    login = Login(username="u", password="1")
    index = Index(url=f"{server.root}/one/simple", login=login)
    wheel = make_wheel("a", "1.0")
    hashes = {"sha256": hashlib.sha256(wheel).hexdigest()}
    files = [{"filename": "a-1.0-py3-none-any.whl", "url": "/one/a-1.0-py3-none-any.whl", "hashes": hashes}]
    page = json.dumps({"meta": {"api-version": "1.1"}, "name": "a", "files": files}).encode()
    closed(server, "/one/simple/a/", page, "u:1")
    closed(server, "/one/a-1.0-py3-none-any.whl", wheel, "u:1")
    with make_client() as client:
        file = only_file(client, index)
        assert client.get_metadata(file).name == "a"
    if is_kept_on_disk:
        client = make_client()
    else:
        client = make_client(cache_dir=None)
        assert client.get_metadata(only_file(client, index)).name == "a"
    other = replace(index, **{"login": None} | stranger)
    assert versions(client, other) is None
    with pytest.raises(IndexFailure):
        client.get_metadata(replace(file, index=other))
    asked = len(server.asked)
    assert client.get_metadata(only_file(client, index)).name == "a"
    assert is_kept_on_disk or len(server.asked) == asked
