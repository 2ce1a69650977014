"""An index host on the loopback interface: pages, metadata files, and archives with range requests (RFC 9110)."""

from __future__ import annotations

from urllib.parse import unquote

from tests.loopback import NOT_FOUND, Answer, Asked, Loopback, with_range
from tests.resolver.universe import Served, Site


class IndexHost(Loopback):
    """Serves one site after the other, each below a path of its own, so that no cache mixes them up."""

    def __init__(self) -> None:
        super().__init__()
        self._sites: dict[str, Site] = {}
        self._count = 0

    def open_place(self) -> str:
        """The URL under which the sites of one scenario will be."""
        self._count += 1
        return f"{self.root}/{self._count}"

    def put(self, place: str, site: Site) -> None:
        self._sites[place.rpartition("/")[2]] = site

    def answer(self, asked: Asked) -> Answer:
        served = self._find(asked.path)
        if served is None:
            return NOT_FOUND
        headers = {"Content-Type": served.kind, "Accept-Ranges": "bytes", "Cache-Control": "no-store"}
        return with_range(Answer(body=served.body, headers=headers), asked)

    def _find(self, path: str) -> Served | None:
        _, place, rest = path.split("/", 2) if path.count("/") > 1 else ("", "", "")
        return self._sites.get(place, {}).get(f"/{unquote(rest)}")
