"""Asks OSV's API: identifiers for many packages at once, then each record, which a cache may have.

The address is the operator's; redirects are not followed, answers are read up to a limit, and nothing but the names and
versions that are asked about is sent. Whatever goes wrong is an ``AdvisoryFailure`` with the host's name.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar
from urllib.parse import quote

import httpx

from bot.advisories.findings import Locked
from bot.advisories.model import Advisory
from bot.advisories.osv import ECOSYSTEM, is_id, parse_advisory
from bot.advisories.port import AdvisoryFailure
from bot.errors import InputError
from bot.limits import ADVISORY_BYTES, ADVISORY_IDS, ADVISORY_PAGES
from bot.osv.records import RecordCache
from bot.threads import CarryingPool

#: The most queries in one request.
_BATCH = 1000
_THREADS = 8
_PAGE = "https://osv.dev/vulnerability/"

#: What is asked about: a package in one version, or its name.
_Key = TypeVar("_Key", bound=Hashable)
#: One query of a batch.
_Question: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class OsvClient:
    """Implements ``bot.advisories.port.AdvisoryPort``. Leaving it as a context closes it."""

    http: httpx.Client = field(repr=False)
    records: RecordCache

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        self.http.close()

    def list_ids(self, packages: Sequence[Locked], /) -> Mapping[Locked, Mapping[str, str]]:
        """What there are records about; raises ``AdvisoryFailure``."""
        found = self._identifiers({one: _about(one.name, str(one.version)) for one in packages})
        return {one: rows for one, rows in found.items() if rows}

    def find(self, packages: Sequence[Locked], /) -> Mapping[Locked, Sequence[Advisory]]:
        """The records about each package, sorted by identifier; raises ``AdvisoryFailure``."""
        return self._records({one: _about(one.name, str(one.version)) for one in packages})

    def find_all(self, names: Sequence[str], /) -> Mapping[str, Sequence[Advisory]]:
        """The same for each package in any version."""
        return self._records({name: _about(name, None) for name in names})

    def _records(self, questions: Mapping[_Key, _Question]) -> Mapping[_Key, Sequence[Advisory]]:
        known = self._identifiers(questions)
        wanted = {name: modified for rows in known.values() for name, modified in rows.items()}
        if len(wanted) > ADVISORY_IDS:
            raise self._failure(f"it knows {len(wanted)} advisories about these packages, more than {ADVISORY_IDS}")
        with CarryingPool(_THREADS) as pool:
            records = dict(zip(wanted, pool.map(self._record, wanted, wanted.values()), strict=True))
        return {one: [records[name] for name in sorted(rows)] for one, rows in known.items() if rows}

    # --- identifiers --------------------------------------------------------------------------------

    def _identifiers(self, questions: Mapping[_Key, _Question]) -> Mapping[_Key, dict[str, str]]:
        """Identifiers with when their records were last changed, page after page."""
        found: dict[_Key, dict[str, str]] = {key: {} for key in questions}
        waiting: list[tuple[_Key, _Question]] = list(questions.items())
        for _ in range(ADVISORY_PAGES):
            if not waiting:
                return found
            following: list[tuple[_Key, _Question]] = []
            for start in range(0, len(waiting), _BATCH):
                batch = waiting[start : start + _BATCH]
                for (key, asked), result in zip(batch, self._ask([asked for _, asked in batch]), strict=True):
                    found[key].update(_listed(result))
                    token = result.get("next_page_token")
                    if isinstance(token, str) and token:
                        following.append((key, {**asked, "page_token": token}))
            waiting = following
        raise self._failure("its answer goes on without end")

    def _ask(self, questions: Sequence[_Question]) -> Sequence[Mapping[str, Any]]:
        results = self._json("POST", "/v1/querybatch", {"queries": questions}).get("results")
        if not isinstance(results, list) or len(results) != len(questions):
            raise self._failure("its answer does not have a result for each question")
        return [one if isinstance(one, Mapping) else {} for one in results]

    # --- records ------------------------------------------------------------------------------------

    def _record(self, name: str, modified: str) -> Advisory:
        """The record, from the cache while nothing changed in it; one that can't be read is still one."""
        body = self.records.get(name, modified)
        if body is None:
            body = self._json("GET", f"/v1/vulns/{quote(name, safe='')}")
            self.records.put(name, modified, body)
        try:
            found = parse_advisory(body)
        except InputError:
            found = None
        if found is None or name not in found.ids:
            return Advisory(id=name, modified=modified, link=f"{_PAGE}{name}")
        return found

    # --- requests -----------------------------------------------------------------------------------

    def _json(self, method: str, path: str, body: object = None) -> Mapping[str, Any]:
        try:
            with self.http.stream(method, path, json=body) as response:
                if response.status_code != httpx.codes.OK:
                    raise self._failure(f"it answered with status {response.status_code}")
                content = self._read(response)
            found = json.loads(content)
        except httpx.HTTPError as error:
            raise self._failure(str(error) or type(error).__name__) from None
        except (ValueError, RecursionError):
            raise self._failure("its answer is not JSON") from None
        if not isinstance(found, dict):
            raise self._failure("its answer is not a JSON object")
        return found

    def _read(self, response: httpx.Response) -> bytes:
        content = bytearray()
        for part in response.iter_bytes():
            content += part
            if len(content) > ADVISORY_BYTES:
                raise self._failure(f"its answer has more than {ADVISORY_BYTES} bytes")
        return bytes(content)

    def _failure(self, why: str) -> AdvisoryFailure:
        return AdvisoryFailure(f"advisories can't be read from {self.http.base_url.host}: {why}")


def make_osv_client(
    url: str, records: RecordCache, *, proxy: str | None = None, certificates: ssl.SSLContext | None = None
) -> OsvClient:
    """A client for the API at ``url``, through a ``proxy`` or directly; nothing is taken from the environment."""
    client = httpx.Client(
        base_url=url.rstrip("/"),
        timeout=httpx.Timeout(20.0, connect=10.0),
        proxy=proxy,
        verify=certificates or ssl.create_default_context(),
        trust_env=False,
    )
    return OsvClient(http=client, records=records)


def _about(name: str, version: str | None) -> _Question:
    question: dict[str, object] = {"package": {"name": name, "ecosystem": ECOSYSTEM}}
    return question if version is None else {**question, "version": version}


def _listed(result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    rows = result.get("vulns")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and is_id(row.get("id")):
            modified = row.get("modified")
            yield row["id"], modified if isinstance(modified, str) else ""
