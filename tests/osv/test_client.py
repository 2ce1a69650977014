"""OSV's API: what is asked, how answers go on, what the cache saves, and what is said when the service fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import respx
from packaging.version import Version

from bot.advisories.findings import Locked
from bot.advisories.port import AdvisoryFailure
from bot.limits import ADVISORY_BYTES
from bot.osv.client import OsvClient, make_osv_client
from bot.osv.records import RecordCache
from tests.advisories.service import Known, Service

URL = "https://osv.invalid"
ALPHA = Locked(name="alpha", version=Version("1.0"))
BETA = Locked(name="beta", version=Version("2.0"))


def client(url: str = URL, folder: Path | None = None) -> OsvClient:
    return make_osv_client(url, RecordCache(folder=folder))


def test_records_come_by_package_and_nothing_else_is_sent() -> None:
    records = [Known(id="A-2", name="alpha"), Known(id="A-1", name="alpha"), Known(id="C-1", name="gamma")]
    with Service(records) as service, client(service.root) as asked:
        found = asked.find([ALPHA, BETA])
    assert {one.name: [row.id for row in rows] for one, rows in found.items()} == {"alpha": ["A-1", "A-2"]}
    assert service.asked == [("alpha", "1.0"), ("beta", "2.0")]
    assert sorted(service.fetched) == ["A-1", "A-2"]


def test_pages_are_followed() -> None:
    records = [Known(id=f"A-{number}", name="alpha") for number in range(7)]
    with Service(records, page=3) as service, client(service.root) as asked:
        found = asked.find([ALPHA, BETA])
    assert len(found[ALPHA]) == 7
    assert service.asked.count(("beta", "2.0")) == 1


def test_many_packages_are_asked_about_in_batches() -> None:
    packages = [Locked(name=f"package-{number}", version=Version("1")) for number in range(2_100)]
    with Service([Known(id="A-1", name="package-2050")]) as service, client(service.root) as asked:
        found = asked.find(packages)
    assert [one.name for one in found] == ["package-2050"]
    assert len(service.asked) == 2_100


def test_a_record_is_fetched_again_only_when_it_changed(tmp_path: Path) -> None:
    with Service([Known(id="A-1", name="alpha", summary="Old")]) as service:
        for _ in range(2):
            with client(service.root, tmp_path) as asked:
                asked.find([ALPHA])
        assert service.fetched == ["A-1"]
        service.records["A-1"] = Known(id="A-1", name="alpha", summary="New", modified="2026-01-01T00:00:00Z")
        with client(service.root, tmp_path) as asked:
            assert [one.summary for one in asked.find([ALPHA])[ALPHA]] == ["New"]
        assert service.fetched == ["A-1", "A-1"]


@pytest.mark.parametrize("damage", [b"", b"{", b"[" * 100_000, b"null", b'{"id": "A-1"}', b"\xff"])
def test_a_damaged_entry_of_the_cache_is_none(damage: bytes, tmp_path: Path) -> None:
    with Service([Known(id="A-1", name="alpha")]) as service:
        with client(service.root, tmp_path) as asked:
            asked.find([ALPHA])
        (kept,) = tmp_path.rglob("*.json")
        kept.write_bytes(damage)
        with client(service.root, tmp_path) as asked:
            assert [one.id for one in asked.find([ALPHA])[ALPHA]] == ["A-1"]


def test_a_folder_that_can_not_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Service([Known(id="A-1", name="alpha")]) as service, client(service.root, tmp_path / "file") as asked:
        assert [one.id for one in asked.find([ALPHA])[ALPHA]] == ["A-1"]


def _batch(*rows: object) -> httpx.Response:
    return httpx.Response(200, json={"results": list(rows)})


FAILURES: dict[str, tuple[Callable[[], httpx.Response | Exception], str]] = {
    "down": (lambda: httpx.ConnectError("connection refused"), "osv.invalid: connection refused"),
    "too slow": (lambda: httpx.ReadTimeout(""), "osv.invalid: ReadTimeout"),
    "an error": (lambda: httpx.Response(503), "status 503"),
    "elsewhere": (lambda: httpx.Response(302, headers={"Location": "http://169.254.169.254/"}), "status 302"),
    "a page of HTML": (lambda: httpx.Response(200, text="<html>"), "not JSON"),
    "deep JSON": (lambda: httpx.Response(200, text="[" * 200_000), "not JSON"),
    "a list": (lambda: httpx.Response(200, json=[]), "not a JSON object"),
    "no results": (lambda: httpx.Response(200, json={}), "a result for each question"),
    "a result too few": (lambda: _batch(), "a result for each question"),
    "a result too many": (lambda: _batch({}, {}), "a result for each question"),
    "pages without end": (lambda: _batch({"next_page_token": "x"}), "goes on without end"),
    "much too much": (lambda: httpx.Response(200, content=b"x" * (ADVISORY_BYTES + 1)), "more than"),
}


@pytest.mark.parametrize(("answer", "told"), FAILURES.values(), ids=FAILURES)
def test_what_is_said_when_the_service_fails(answer: Callable[[], httpx.Response | Exception], told: str) -> None:
    with respx.mock(base_url=URL) as service, client() as asked:
        service.post("/v1/querybatch").mock(side_effect=lambda _: _given(answer()))
        with pytest.raises(AdvisoryFailure, match=told):
            asked.find([ALPHA])


def _given(answer: httpx.Response | Exception) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.mark.parametrize("body", [{}, {"id": "B-1"}, {"id": 7}])
def test_a_record_that_is_none_is_still_a_finding(body: object) -> None:
    with respx.mock(base_url=URL) as service, client() as asked:
        service.post("/v1/querybatch").mock(return_value=_batch({"vulns": [{"id": "A-1", "modified": "2025"}]}))
        service.get("/v1/vulns/A-1").mock(return_value=httpx.Response(200, json=body))
        (found,) = asked.find([ALPHA])[ALPHA]
    assert (found.id, found.link) == ("A-1", "https://osv.dev/vulnerability/A-1")


@pytest.mark.parametrize("name", ["../../admin", "A/1", "", None, 5, "A-1?x=1", "A 1"])
def test_what_can_be_no_identifier_is_not_fetched(name: object) -> None:
    with respx.mock(base_url=URL) as service, client() as asked:
        service.post("/v1/querybatch").mock(return_value=_batch({"vulns": [{"id": name}, "x", None]}))
        assert asked.find([ALPHA]) == {}


def test_only_names_and_versions_leave_this_machine() -> None:
    with respx.mock(base_url=URL) as service, client() as asked:
        route = service.post("/v1/querybatch").mock(return_value=_batch({}))
        asked.find([ALPHA])
    request = route.calls.last.request
    assert json.loads(request.content) == {
        "queries": [{"package": {"name": "alpha", "ecosystem": "PyPI"}, "version": "1.0"}]
    }
    assert "authorization" not in request.headers
    assert "cookie" not in request.headers
