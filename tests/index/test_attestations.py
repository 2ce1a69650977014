"""Who published a file: read from the index's own provenance objects, in time or not at all."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from bot.errors import IndexFailure
from bot.index.attestations import parse_publishers
from bot.index.client import IndexClient
from bot.index.http.fetch import FetchSettings
from bot.index.http.guard import Guard
from bot.resolver.model.attested import Publisher
from bot.resolver.model.index import Index, ReleaseFile
from tests.index.archives import make_metadata
from tests.index.conftest import MakeClient
from tests.index.server import IndexServer

SHA = "a" * 64
FILE = "a-1.0-py3-none-any.whl"
WHEEL = {"filename": FILE, "url": f"../../files/{FILE}", "hashes": {"sha256": SHA}}
PROOF = f"/integrity/a/1.0/{FILE}/provenance"
OURS = Publisher(kind="GitHub", name="org/a")


def provenance(*publishers: object) -> bytes:
    bundles = [{"publisher": one, "attestations": [{"version": 1}]} for one in publishers]
    return json.dumps({"version": 1, "attestation_bundles": bundles}).encode()


GITHUB = {"kind": "GitHub", "repository": "org/a", "workflow": "release.yml", "environment": "", "claims": None}


def files(client: IndexClient, index: Index) -> list[ReleaseFile]:
    page = client.get_page(index, "a")
    assert page is not None
    return list(page.files(page.versions[-1]))


STATED = [
    ([GITHUB], [OURS]),
    ([GITHUB, GITHUB], [OURS]),
    ([{"kind": "Google", "email": "a@b.test"}], [Publisher(kind="Google", name="a@b.test")]),
    ([{"kind": "GitLab", "repository": "org/a"}, GITHUB], [Publisher(kind="GitLab", name="org/a"), OURS]),
    ([{"kind": "GitHub"}, {"repository": "org/a"}, {"kind": 1, "repository": "x"}, None, "text"], []),
    ([{"kind": "GitHub", "repository": "x" * 300}], []),
    ([{"kind": "GitHub", "repository": "a\u202eb"}], [Publisher(kind="GitHub", name="a\\u202eb")]),
    ([], []),
]


@pytest.mark.parametrize(("stated", "publishers"), STATED)
def test_publishers_of_a_provenance_object(stated: list[object], publishers: list[Publisher]) -> None:
    assert list(parse_publishers(provenance(*stated), "x")) == publishers


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"attestation_bundles": 1}', b"[" * 100_000, b"\xff"])
def test_what_is_no_provenance_object_is_a_failure(body: bytes) -> None:
    with pytest.raises(IndexFailure, match="x: the provenance"):
        parse_publishers(body, "x")


def test_publishers_are_asked_for_once_and_kept_on_disk(
    server: IndexServer, index: Index, make_client: MakeClient, tmp_path: Path
) -> None:
    server.page("a", [WHEEL | {"provenance": PROOF}])
    server.serve(PROOF, provenance(GITHUB))
    with make_client(cache_dir=tmp_path) as client:
        (file,) = files(client, index)
        assert file.provenance == f"{server.root}{PROOF}"
        for _ in range(2):
            assert client.gather_publishers([file, file], 5.0) == {file: (OURS,)}
    other = make_client(cache_dir=tmp_path)
    (file,) = files(other, index)
    assert other.gather_publishers([file], 5.0) == {file: (OURS,)}
    assert server.paths.count(PROOF) == 1
    assert server.asked[1].headers["accept"] == "application/vnd.pypi.integrity.v1+json"


def test_a_page_in_html_says_so_too(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    anchor = f'<a href="../../files/{FILE}#sha256={SHA}" data-provenance="{PROOF}">x</a>'
    server.serve("/simple/a/", anchor.encode(), Content_Type="text/html")
    (file,) = files(make_client(), index)
    assert file.provenance == f"{server.root}{PROOF}"


@pytest.mark.parametrize("stated", [None, False, 3, "", "x" * 2000, "a\nb", ["x"]])
def test_anything_else_says_that_there_is_none(
    server: IndexServer, index: Index, make_client: MakeClient, stated: object
) -> None:
    server.page("a", [WHEEL | {"provenance": stated}])
    client = make_client()
    (file,) = files(client, index)
    assert file.provenance is None
    assert client.gather_publishers([file], 5.0) == {}
    assert server.paths == ["/simple/a/"]


def test_what_fails_is_missing_and_holds_up_nothing(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    other = WHEEL | {"filename": "a-1.0-1-py3-none-any.whl", "provenance": "/gone"}
    server.page("a", [WHEEL | {"provenance": PROOF}, other])
    server.serve(PROOF, provenance(GITHUB))
    client = make_client()
    both = files(client, index)
    assert {file.filename: found for file, found in client.gather_publishers(both, 5.0).items()} == {FILE: (OURS,)}


def test_what_does_not_come_in_time_is_missing(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    gate = threading.Event()
    server.page("a", [WHEEL | {"provenance": PROOF}])
    server.serve(PROOF, provenance(GITHUB)).before = gate.wait
    client = make_client()
    (file,) = files(client, index)
    assert client.gather_publishers([file], 0.0) == {}
    gate.set()
    assert client.gather_publishers([file], 5.0) == {file: (OURS,)}


def test_no_page_leads_into_the_operators_network(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    server.page("a", [WHEEL | {"provenance": PROOF}])
    (file,) = files(make_client(), index)
    guarded = make_client(fetch=FetchSettings(guard=Guard()))
    assert guarded.gather_publishers([file], 5.0) == {}
    assert PROOF not in server.paths


def test_metadata_that_is_read_for_people_comes_in_time_or_not(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    server.page("a", [WHEEL | {"core-metadata": True}])
    client = make_client()
    (file,) = files(client, index)
    server.serve(f"/files/{FILE}.metadata", make_metadata("a", "1.0", "License: MIT"))
    assert [one.license for one in client.gather_metadata([file], 5.0).values()] == ["MIT"]
