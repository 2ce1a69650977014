"""Which versions an advisory is about, by the algorithm of the OSV schema, and what odd records say."""

from __future__ import annotations

from typing import Any

import pytest
from packaging.version import Version

from bot.advisories.osv import parse_advisory
from bot.errors import InputError


def record(ranges: list[dict[str, Any]], versions: list[str] | None = None, name: str = "alpha") -> dict[str, Any]:
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": ranges, "versions": versions or []}
    return {"id": "PYSEC-2025-1", "modified": "2025-01-01T00:00:00Z", "affected": [affected]}


def span(*events: tuple[str, str], kind: str = "ECOSYSTEM") -> list[dict[str, Any]]:
    return [{"type": kind, "events": [{key: version} for key, version in events]}]


#: ranges, single versions -> versions that are affected, versions that are not.
COVERED: dict[str, tuple[list[dict[str, Any]], list[str], list[str], list[str]]] = {
    "from the beginning to the mended one": (
        span(("introduced", "0"), ("fixed", "1.2")), [], ["0.1", "1.1.9", "1.2a1", "1.1+cpu"], ["1.2", "1.2.0", "1.2+cpu", "2"],
    ),
    "two spans": (
        span(("introduced", "1"), ("fixed", "1.5"), ("introduced", "2"), ("fixed", "2.5")),
        [], ["1", "1.4", "2.0", "2.4.9"], ["0.9", "1.5", "1.9", "2.5"],
    ),
    "events in no order": (
        span(("fixed", "2.5"), ("introduced", "2"), ("fixed", "1.5"), ("introduced", "1")),
        [], ["1.4", "2.4"], ["1.6", "2.6"],
    ),
    "a last affected version": (span(("introduced", "1"), ("last_affected", "1.5")), [], ["1.0", "1.5"], ["1.5.1", "0.9"]),
    "one version alone": (span(("introduced", "1.5"), ("last_affected", "1.5")), [], ["1.5", "1.5.0"], ["1.4", "1.5.1"]),
    "no end": (span(("introduced", "1")), [], ["1", "99"], ["0.9"]),
    "mended and broken again by one version": (
        span(("introduced", "1"), ("fixed", "2"), ("introduced", "2"), ("fixed", "3")), [], ["1", "2", "2.9"], ["3"],
    ),
    "a limit": (span(("introduced", "0"), ("limit", "3")), [], ["2.9"], ["3", "4"]),
    "versions that are listed": ([], ["1.0", "2.0.0"], ["1", "1.0.0", "2", "2.0+x"], ["1.1", "3"]),
    "listed beside a range": (span(("introduced", "5")), ["1"], ["1", "5"], ["4"]),
    "ranges of commits say nothing": (span(("introduced", "0"), kind="GIT"), [], [], ["1"]),
    "ranges of other schemes say nothing": (span(("introduced", "0"), kind="SEMVER"), [], [], ["1"]),
    "a version that is none": (span(("introduced", "0"), ("fixed", "trunk")), [], ["1"], []),
    "epochs": (span(("introduced", "0"), ("fixed", "1!2")), [], ["99", "1!1"], ["1!2"]),
}  # fmt: skip


@pytest.mark.parametrize(("ranges", "versions", "hit", "missed"), COVERED.values(), ids=COVERED)
def test_which_versions_are_affected(
    ranges: list[dict[str, Any]], versions: list[str], hit: list[str], missed: list[str]
) -> None:
    advisory = parse_advisory(record(ranges, versions))
    assert [one for one in (*hit, *missed) if advisory.affects("alpha", Version(one))] == hit


def test_names_are_compared_normalized_and_ecosystems_exactly() -> None:
    named = record(span(("introduced", "0")), name="Al.Pha_x")
    assert parse_advisory(named).affects("al-pha-x", Version("1"))
    named["affected"][0]["package"]["ecosystem"] = "npm"
    assert not parse_advisory(named).affects("al-pha-x", Version("1"))


ODD: dict[str, object] = {
    "nothing but its name": {"id": "X-1"},
    "other types everywhere": {
        "id": "X-1", "modified": 5, "aliases": "CVE-1", "summary": ["x"], "affected": {"package": 1}, "references": [1, {}],
        "database_specific": [], "withdrawn": 7,
    },
    "odd parts of what is affected": {
        "id": "X-1", "affected": [None, {"package": None}, {"package": {"name": 5, "ecosystem": "PyPI"}},
        {"package": {"name": "alpha", "ecosystem": "PyPI"}, "ranges": [{"type": "ECOSYSTEM", "events": [[], {"fixed": 1}]}]}],
    },
    "a link that is none": {"id": "X-1", "references": [{"type": "ADVISORY", "url": "javascript:alert(1)"}]},
    "aliases that can't be identifiers": {"id": "X-1", "aliases": ["../../x", "a b", "", None, "X-1"]},
}  # fmt: skip


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_what_is_not_understood_says_nothing(body: object) -> None:
    advisory = parse_advisory(body)
    assert (advisory.ids, advisory.link) == (("X-1",), "https://osv.dev/vulnerability/X-1")
    assert not advisory.affects("alpha", Version("1"))


@pytest.mark.parametrize("body", [None, [], {}, {"id": 5}, {"id": ""}, {"id": "../x"}, {"id": "a" * 200}])
def test_without_an_identifier_there_is_no_record(body: object) -> None:
    with pytest.raises(InputError, match="without an identifier"):
        parse_advisory(body)


def test_the_identifier_that_is_shown() -> None:
    def best(*ids: str) -> str:
        return parse_advisory({"id": ids[0], "aliases": list(ids[1:])}).best_id

    assert best("GHSA-1", "CVE-1", "PYSEC-1") == "PYSEC-1"
    assert best("CVE-1", "GHSA-1") == "GHSA-1"
    assert best("OTHER-1", "CVE-1") == "CVE-1"
    assert best("OTHER-1", "ELSE-2") == "OTHER-1"
    assert parse_advisory({"id": "GHSA-1", "aliases": ["MAL-2025-1"]}).is_malicious
