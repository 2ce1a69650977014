"""A service of advisories on the loopback interface: OSV's API over a table of records.

Which versions a record is about is said by a specifier and judged by ``packaging``, apart from what is tested.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from packaging.specifiers import SpecifierSet

from tests.loopback import NOT_FOUND, Answer, Asked, Loopback


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A record about one package. ``spans``: from (``"0"``: the beginning) and the version that mends it (``None``: none)."""

    id: str
    name: str
    spans: Sequence[tuple[str, str | None]] = (("0", None),)
    versions: Sequence[str] = ()
    aliases: Sequence[str] = ()
    summary: str | None = "Something is wrong"
    modified: str = "2025-01-01T00:00:00Z"
    more: Mapping[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        events = [[{"introduced": start}, *([{"fixed": end}] if end is not None else [])] for start, end in self.spans]
        return {
            "id": self.id,
            "modified": self.modified,
            "schema_version": "1.6.0",
            "summary": self.summary,
            "aliases": list(self.aliases),
            "affected": [
                {
                    "package": {"name": self.name, "ecosystem": "PyPI"},
                    "ranges": [{"type": "ECOSYSTEM", "events": one} for one in events],
                    "versions": list(self.versions),
                }
            ],
            **self.more,
        }

    def is_about(self, name: str, version: str | None) -> bool:
        if name != self.name:
            return False
        return version is None or version in self.versions or any(_is_in(version, *span) for span in self.spans)


def _is_in(version: str, start: str, end: str | None) -> bool:
    bounds = [*([f">={start}"] if start != "0" else []), *([f"<{end}"] if end else [])]
    return SpecifierSet(",".join(bounds)).contains(version, prereleases=True)


class Service(Loopback):
    """``page``: so many identifiers at a time. ``asked`` keeps the questions, ``fetched`` the identifiers of records."""

    def __init__(self, records: Sequence[Known], page: int = 1000) -> None:
        super().__init__()
        self.records = {one.id: one for one in records}
        self.asked: list[tuple[str, str | None]] = []
        self.fetched: list[str] = []
        self._page = page

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/v1/querybatch" and asked.method == "POST":
            queries = json.loads(asked.body)["queries"]
            return _json({"results": [self._result(one) for one in queries]})
        name = asked.path.removeprefix("/v1/vulns/")
        if name in self.records:
            self.fetched.append(name)
            return _json(self.records[name].record())
        return NOT_FOUND

    def _result(self, query: Mapping[str, Any]) -> dict[str, Any]:
        assert query["package"]["ecosystem"] == "PyPI"
        name, version = query["package"]["name"], query.get("version")
        start = int(query.get("page_token", 0))
        self.asked.append((name, version))
        found = [one for one in self.records.values() if one.is_about(name, version)]
        rows = [{"id": one.id, "modified": one.modified} for one in found[start : start + self._page]]
        rest = {"next_page_token": str(start + self._page)} if len(found) > start + self._page else {}
        return {"vulns": rows, **rest} if rows else {}


def _json(content: object) -> Answer:
    return Answer(body=json.dumps(content).encode(), headers={"Content-Type": "application/json"})
