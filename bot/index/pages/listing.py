"""Pages in a compact form: per version one blob of rows, turned into ``ReleaseFile`` values when it is asked for.

A page of PyPI lists thousands of files of which a solve looks at a few, so reading a page costs little more than
reading its text, and a page kept in memory costs little more than its rows. Rows hold plain values only, so that the
disk cache stores them as they are.
"""

from __future__ import annotations

import marshal
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from urllib.parse import unquote, urljoin, urlsplit

from bot.index.pages.filenames import (
    normalize_name,
    parse_wheel_tags,
    sdist_ending,
    sdist_version_text,
    wheel_version_text,
)
from bot.index.pages.lenient import repair_specifier
from bot.limits import PAGE_SPECIFIERS, STATUS_REASON_LENGTH, URL_LENGTH
from bot.patterns import pattern
from bot.ports.projects import Adverse
from bot.resolver.model.index import Index, ProjectStatus, ReleaseFile
from bot.resolver.model.versions import PyVersion, parse_version, try_parse_version
from bot.values import value

#: file name, URL as served, digests (weakest first; a single text: the SHA-256 as served), size, upload time as served,
#: repaired requires-python, yanked, digests of the metadata file (``None``: not advertised), version text, URL of the
#: provenance as served
Row = tuple[
    str, str, tuple[str, ...] | str, int | None, str | None, str | None, bool, tuple[str, ...] | None, str, str | None
]  # fmt: skip

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UTC_TIMES = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)+")
_DIGEST_LENGTH = {"md5": 32, "sha256": 64, "sha384": 96, "sha512": 128, "blake2b": 64}
_DIGEST_ALIASES = {"blake2b_256": "blake2b", "blake2b-256": "blake2b"}
_ALGORITHMS = tuple(_DIGEST_LENGTH)
_SHA256 = pattern(r"[0-9a-f]{64}", re.ASCII)
_HEXADECIMAL = frozenset("0123456789abcdef")
_ADVERSE: Mapping[str, Adverse] = {one.value: one for one in Adverse}


@value(eq=False)
class ListedFile(ReleaseFile):
    """A release file with the digests that the index states for its metadata file (empty: none stated)."""

    metadata_hashes: tuple[str, ...] = ()


@value
class Listing:
    """One page as columns with an entry for each version, ascending.

    ``keys`` and ``first_uploads`` are those of ``Page``. ``rows`` holds the marshalled rows of the versions one after
    the other, each in ``Page.files`` order, up to its place in ``ends``: one text of bytes is read sooner than thousands.
    ``base``: what relative URLs are relative to. ``status``: of the project; a page for all projects states none.
    """

    name: str
    base: str
    versions: tuple[str, ...]
    keys: tuple[bytes, ...]
    first_uploads: tuple[int | None, ...]
    rows: bytes
    ends: tuple[int, ...]
    status: ProjectStatus | None = None

    def weight(self) -> int:
        """About how many bytes of memory it takes, with the little that is usually built from it."""
        return 1000 + 200 * len(self.ends) + len(self.rows)


class ListedPage:
    """The ``Page`` of a listing. Safe to share between threads: what is built twice is equal in value."""

    __slots__ = ("_files", "_index", "_versions", "has_locals", "listing")

    def __init__(self, listing: Listing, index: Index) -> None:
        self.listing = listing
        self._index = index
        self._versions: tuple[PyVersion, ...] | None = None
        self._files: dict[PyVersion, tuple[ReleaseFile, ...]] = {}
        self.has_locals = any("+" in text for text in listing.versions)

    @property
    def status(self) -> ProjectStatus | None:
        return self.listing.status

    @property
    def keys(self) -> Sequence[bytes]:
        return self.listing.keys

    @property
    def first_uploads(self) -> Sequence[int | None]:
        return self.listing.first_uploads

    def version_at(self, position: int) -> PyVersion:
        return parse_version(self.listing.versions[position])

    @property
    def versions(self) -> Sequence[PyVersion]:
        if self._versions is None:
            self._versions = tuple(map(parse_version, self.listing.versions))
        return self._versions

    def files(self, version: PyVersion) -> Sequence[ReleaseFile]:
        built = self._files.get(version)
        if built is None:
            # ``setdefault``: files are compared by identity, so two threads must see the same ones.
            built = self._files.setdefault(version, tuple(self._file(row) for row in self._rows(version.key)))
        return built

    def _rows(self, key: bytes) -> list[Row]:
        at = bisect_left(self.listing.keys, key)
        if at == len(self.listing.keys) or self.listing.keys[at] != key:
            return []
        ends = self.listing.ends
        blob = self.listing.rows[ends[at - 1] if at else 0 : ends[at]]
        rows: list[Row] = marshal.loads(blob)  # noqa: S302  # made by ``marshal.dumps`` here
        return rows

    def _file(self, row: Row) -> ReleaseFile:
        filename, url, stated, size, uploaded, requires_python, yanked, metadata_hashes, version, proof = row
        hashes = digest_texts({"sha256": stated}) if isinstance(stated, str) else stated
        absolute = absolute_url(url, self.listing.base)
        return ListedFile(
            name=self.listing.name,
            version=parse_version(version),
            filename=filename,
            url=absolute,
            # An index elsewhere must not point into this machine.
            path=local_path(absolute) if self._index.folder is not None else None,
            index=self._index,
            hash=hashes[-1] if hashes else None,
            hashes=hashes,
            size=size,
            upload_time=parse_upload_time(uploaded),
            requires_python=requires_python,
            yanked=yanked,
            core_metadata=metadata_hashes is not None,
            wheel=parse_wheel_tags(filename),
            provenance=absolute_url(proof, self.listing.base) if proof else None,
            metadata_hashes=metadata_hashes or (),
        )


def absolute_url(url: str, base: str) -> str:
    """``url`` without fragment, joined to ``base`` where it is relative."""
    plain = url.partition("#")[0]
    if plain.startswith(("https://", "http://")):
        return plain
    try:
        return urljoin(base, plain)
    except ValueError:
        return plain  # what cannot be a URL is refused when it is fetched


def usable_address(stated: object) -> str | None:
    """What a page says where something is, ``None`` where it says nothing that could be asked."""
    return stated if isinstance(stated, str) and stated and len(stated) <= URL_LENGTH and stated.isprintable() else None


def read_status(stated: object, reason: object = None) -> ProjectStatus | None:
    """What a page says against its project. A status that no standard knows is none."""
    adverse = _ADVERSE.get(stated) if isinstance(stated, str) else None
    if adverse is None:
        return None
    kept = reason[:STATUS_REASON_LENGTH] if isinstance(reason, str) else None
    # Halves of characters can be written nowhere.
    return ProjectStatus(status=adverse, reason=None if kept is None else kept.encode(errors="replace").decode())


def local_path(url: str) -> str | None:
    """The absolute path that a ``file:`` URL names, ``None`` for any other URL."""
    if not url.startswith("file:"):
        return None
    return unquote(urlsplit(url).path)


def parse_upload_time(text: str | None) -> int | None:
    """Microseconds since the epoch of an RFC 3339 time; ``None`` for what is no such time or has no zone."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment - _EPOCH) // _MICROSECOND if moment.tzinfo else None


def first_upload(times: Iterable[str | None]) -> int | None:
    """The earliest of the times, as ``parse_upload_time`` reads them; ``None`` where none is a time."""
    texts = [text for text in times if text is not None]
    if _UTC_TIMES.fullmatch("".join(texts)):
        # Texts of one form order as the times do, so that one is parsed instead of dozens.
        earliest = parse_upload_time(min(texts))
        if earliest is not None:
            return earliest
    return min((time for time in map(parse_upload_time, texts) if time is not None), default=None)


def digest_text(algorithm: str, value: object) -> str | None:
    """``"algorithm:hex"`` of a digest that is known and well formed."""
    name = _DIGEST_ALIASES.get(algorithm, algorithm)
    if not isinstance(value, str) or len(value) != _DIGEST_LENGTH.get(name):
        return None
    lowered = value.lower()
    return f"{name}:{lowered}" if _HEXADECIMAL.issuperset(lowered) else None


def digest_texts(hashes: Mapping[str, object]) -> tuple[str, ...]:
    """The known digests of a PEP 691 mapping, weakest first."""
    # What nearly every file has, thousands of times on a page.
    sha256 = hashes.get("sha256")
    if len(hashes) == 1 and isinstance(sha256, str) and _SHA256.fullmatch(sha256):
        return (f"sha256:{sha256}",)
    found = [digest_text(algorithm, value) for algorithm, value in hashes.items()]
    ranked = sorted((_ALGORITHMS.index(text.partition(":")[0]), text) for text in found if text)
    return tuple(text for _rank, text in ranked)


def digest_fragment(fragment: str) -> str | None:
    """The digest in a URL fragment such as ``sha256=…``; ``None`` where it holds no name with a value.

    Raises ``ValueError`` where that is no digest: uv takes nothing of a page with such a link.
    """
    algorithm, equals, value = unquote(fragment).partition("=")
    if not equals or "=" in value:
        return None
    text = digest_text(algorithm, value) if algorithm in _DIGEST_LENGTH else None
    if text is None:
        raise ValueError(f"{algorithm}={value}")
    return text


def digest_attribute(stated: str) -> str | None:
    """The digest that an attribute states; ``None`` where it states none."""
    algorithm, _equals, value = stated.partition("=")
    return digest_text(algorithm, value)


def version_text_of(filename: str, name: str) -> str | None:
    """The version part of the name of a wheel or source distribution of project ``name``."""
    return (wheel_version_text if filename.endswith(".whl") else sdist_version_text)(filename, name)


def project_of(filename: str) -> str | None:
    """The project that a file name alone says it is of; for flat listings, where no name is given."""
    if filename.endswith(".whl"):
        return normalize_name(filename.partition("-")[0])
    ending = sdist_ending(filename)
    return normalize_name(filename[: -len(ending)].rpartition("-")[0]) if ending else None


def usable_requires_python(text: str | None, seen: int = 0) -> tuple[bool, str | None]:
    """Whether a file with this requires-python stays listed, and the repaired text.

    ``seen``: how many other texts its page has shown; beyond a limit, files with new ones are out.
    """
    if not text:
        return True, None
    if seen > PAGE_SPECIFIERS:
        return False, None
    repaired = repair_specifier(text)
    return repaired is not None, repaired


def build_listing(name: str, base: str, rows: Iterable[Row], status: ProjectStatus | None = None) -> Listing:
    """Group rows by version, versions ascending, source distributions first, each kind bytewise by file name."""
    groups = _by_version(rows)
    for _version, group in groups:
        if len(group) > 1:
            group.sort(key=_file_order)
    return _listing(name, base, groups, status)


def build_listing_in_order(name: str, base: str, rows: Iterable[Row]) -> Listing:
    """The same, but the files of a version stay in the order in which they are given."""
    return _listing(name, base, _by_version(rows))


def _by_version(rows: Iterable[Row]) -> list[tuple[PyVersion, list[Row]]]:
    """Versions that are equal but written differently (``1.0``, ``1.0.0``) are one; the first spelling names it."""
    by_text: dict[str, list[Row]] = {}
    for row in rows:
        by_text.setdefault(row[8], []).append(row)
    by_key: dict[bytes, tuple[PyVersion, list[Row]]] = {}
    for text, group in by_text.items():
        version = try_parse_version(text)
        if version is None:
            continue
        if version.key in by_key:
            by_key[version.key][1].extend(group)
        else:
            by_key[version.key] = (version, group)
    return [group for _key, group in sorted(by_key.items())]


def _listing(
    name: str, base: str, groups: Sequence[tuple[PyVersion, list[Row]]], status: ProjectStatus | None = None
) -> Listing:
    blobs = [marshal.dumps(group) for _, group in groups]
    return Listing(
        name=name,
        base=base,
        versions=tuple(version.text for version, _ in groups),
        keys=tuple(version.key for version, _ in groups),
        first_uploads=tuple(first_upload([row[4] for row in group]) for _, group in groups),
        rows=b"".join(blobs),
        ends=tuple(accumulate(map(len, blobs))),
        status=status,
    )


def _file_order(row: Row) -> tuple[bool, str]:
    return row[0].endswith(".whl"), row[0]
