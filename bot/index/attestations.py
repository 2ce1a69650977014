"""Provenance objects (PEP 740) of release files: who the index says has published them. They never change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial

from bot.errors import IndexFailure
from bot.index import MISREAD
from bot.index.cache.disk import Bucket, CacheHit, DiskCache, decoded
from bot.index.http.background import Background
from bot.index.http.credentials import NO_RIGHTS, Rights, access_of
from bot.index.http.fetch import Fetcher
from bot.ports.counting import IndexOutcome, count_index
from bot.printable import printable
from bot.resolver.model.attested import Publisher
from bot.resolver.model.index import ReleaseFile
from bot.values import value

_ACCEPT = "application/vnd.pypi.integrity.v1+json"
#: Largest object: some ten kilobytes for each attestation.
_BYTES = 1 << 20
_BUNDLES = 20
#: What names the publisher, by the kinds that there are.
_NAMES = ("repository", "email", "project", "sub")
_LONGEST = 200


def parse_publishers(body: bytes, where: str) -> tuple[Publisher, ...]:
    """The publishers of all bundles, each once; raises ``IndexFailure`` for what is no provenance object."""
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        raise IndexFailure(f"{where}: the provenance is not JSON") from None
    bundles = found.get("attestation_bundles") if isinstance(found, dict) else None
    if not isinstance(bundles, list):
        raise IndexFailure(f"{where}: the provenance has no list of bundles")
    return tuple(dict.fromkeys(_publishers(bundles[:_BUNDLES])))


def _publishers(bundles: list[object]) -> Iterator[Publisher]:
    for bundle in bundles:
        stated = bundle.get("publisher") if isinstance(bundle, dict) else None
        kind = stated.get("kind") if isinstance(stated, dict) else None
        named = [stated.get(key) for key in _NAMES] if isinstance(stated, dict) else []
        name = next((text for text in named if isinstance(text, str) and text), None)
        if isinstance(kind, str) and name is not None and len(kind) + len(name) <= _LONGEST:
            yield Publisher(kind=printable(kind), name=printable(name))


@value
class AttestationSource:
    """Loads them; the coroutine is advanced by ``background``."""

    background: Background
    fetcher: Fetcher
    cache: DiskCache | None
    offline: bool
    clock: Callable[[], float]

    async def load(self, file: ReleaseFile, rights: Rights) -> tuple[Publisher, ...]:
        """Who published a file that has a provenance; raises ``IndexFailure``."""
        try:
            return await self._load(file, rights)
        except MISREAD as problem:
            raise IndexFailure(f"{file.filename}: its provenance cannot be read ({problem})") from problem

    async def _load(self, file: ReleaseFile, rights: Rights) -> tuple[Publisher, ...]:
        url, key = file.provenance or "", _key(file, rights)
        kept = decoded(self.cache.read(Bucket.PUBLISHERS, key), _decode) if self.cache is not None else None
        if kept is not None:
            count_index(IndexOutcome.DISK)
            return kept
        if self.offline:
            raise IndexFailure(f"{url}: it is not in the cache, and lockbot was told to stay offline")
        answer = await self.fetcher.get(url, limit=_BYTES, index=file.index, headers={"Accept": _ACCEPT}, rights=rights)
        if answer.status != 200:
            raise IndexFailure(f"{url}: the provenance could not be read (status {answer.status})")
        found = parse_publishers(answer.body, url)
        if self.cache is not None and file.hash is not None:
            plain = tuple((one.kind, one.name) for one in found)
            self.background.later(partial(self.cache.write, Bucket.PUBLISHERS, key, plain, self.clock()))
        return found


def _key(file: ReleaseFile, rights: Rights = NO_RIGHTS) -> str:
    return "\n".join([file.provenance or "", file.hash or "", *filter(None, [access_of(file.index), rights.key])])


def _decode(hit: CacheHit) -> tuple[Publisher, ...]:
    if not isinstance(hit.value, tuple):
        raise TypeError("not stored publishers")
    return tuple(map(_decode_one, hit.value))


def _decode_one(value: object) -> Publisher:
    match value:
        case (str(kind), str(name)):
            return Publisher(kind=kind, name=name)
    raise TypeError("not a stored publisher")
