"""The JSON form of the simple API (PEP 691, 700, 714): bytes to ``Listing``.

Nearly every page has the form that the standards state, and is decoded into just the fields that are needed. One that
has not, in whatever place, goes to the patient reader, which leaves out no more than what is wrong. Both make the same
of a page that both can read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeGuard, cast

import msgspec

from bot.errors import IndexFailure
from bot.index.pages.listing import (
    Listing,
    Row,
    build_listing,
    digest_texts,
    read_status,
    usable_address,
    usable_requires_python,
    version_text_of,
)
from bot.limits import ODD_PAGE_BYTES, PAGE_FILES
from bot.resolver.model.index import ProjectStatus

#: What is asked for: JSON first, HTML where there is nothing else.
ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"


class _Digests(msgspec.Struct, gc=False):
    """The digests that pages are read for."""

    sha256: str | None = None
    md5: str | None = None
    sha384: str | None = None
    sha512: str | None = None
    blake2b: str | None = None
    blake2b_256: str | None = None
    dashed: str | None = msgspec.field(default=None, name="blake2b-256")


class _File(msgspec.Struct, gc=False):
    filename: str
    url: str
    hashes: _Digests | None = None
    size: int | float | None = None
    requires_python: str | None = msgspec.field(default=None, name="requires-python")
    upload_time: str | None = msgspec.field(default=None, name="upload-time")
    yanked: bool | str | None = None
    provenance: str | bool | None = None
    core_metadata: bool | _Digests | None = msgspec.field(default=None, name="core-metadata")
    #: Two older names of the same, looked into only where the new one states nothing.
    data_dist_info: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="data-dist-info-metadata")
    dist_info: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="dist-info-metadata")


class _Page(msgspec.Struct, gc=False):
    files: list[_File]
    #: Of whatever type it is, it spoils no page.
    status: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="project-status")


#: No file has more bytes than this many digits can say.
_SIZE_DIGITS = 18

_DECODER = msgspec.json.Decoder(_Page)
_STATED = msgspec.json.Decoder(bool | _Digests | None)


def parse_json_page(body: bytes, name: str, url: str) -> Listing:
    """Read one project page; files of other projects and files that cannot be used are left out.

    Raises ``IndexFailure`` where the text is not such a page at all, or has more on it than any page has.
    """
    if body.count(b'"filename"') > PAGE_FILES:
        raise IndexFailure(f"{url}: the page lists more than {PAGE_FILES} files")
    try:
        page = _DECODER.decode(body)
        rows, status = list(_rows(page.files, name, is_printable=_is_printable(body))), _status(page.status)
    except (ValueError, RecursionError):
        odd = _patient_page(body, url)
        rows, status = list(_patient_rows(odd, name, url)), _read_status(odd.get("project-status"))
    return build_listing(name, url, rows, status)


def _is_printable(body: bytes) -> bool:
    """Whether all texts of a page surely are, as nothing in it is escaped: JSON has no bare control characters."""
    return b"\\" not in body and body.isascii() and b"\x7f" not in body


def _rows(files: Iterable[_File], name: str, *, is_printable: bool) -> Iterator[Row]:
    usable: dict[str | None, tuple[bool, str | None]] = {}
    for file in files:
        filename, url, asked, size = file.filename, file.url, file.requires_python, file.size
        version = version_text_of(filename, name) if is_printable or url.isprintable() else None
        if version is None:
            continue
        if asked not in usable:
            usable[asked] = usable_requires_python(asked, len(usable))
        is_usable, requires_python = usable[asked]
        if is_usable:
            yield (
                filename,
                url,
                _file_digests(file.hashes),
                size if _is_size(size) else None,
                file.upload_time,
                requires_python,
                file.yanked is not None and file.yanked is not False,
                _stated_metadata(file),
                version,
                usable_address(file.provenance),
            )


def _status(raw: msgspec.Raw) -> ProjectStatus | None:
    text = bytes(raw)
    return _read_status(json.loads(text, parse_int=_size)) if text else None


def _read_status(stated: object) -> ProjectStatus | None:
    return read_status(stated.get("status"), stated.get("reason")) if isinstance(stated, dict) else None


def _file_digests(found: _Digests | None) -> tuple[str, ...] | str:
    if found is None:
        return ()
    if found.md5 or found.sha384 or found.sha512 or found.blake2b or found.blake2b_256 or found.dashed:
        return _digests(found)
    return found.sha256 or ()


def _digests(found: _Digests) -> tuple[str, ...]:
    return digest_texts(msgspec.to_builtins(found))


def _stated_metadata(file: _File) -> tuple[str, ...] | None:
    stated = file.core_metadata
    if stated is None:
        stated = _older_statement(file)
    if stated is None or isinstance(stated, bool):
        return () if stated else None
    return _digests(stated)


def _older_statement(file: _File) -> bool | _Digests | None:
    raw = bytes(file.data_dist_info) or bytes(file.dist_info)
    return _STATED.decode(raw) if raw else None


# --- pages of other forms ---


def _patient_page(body: bytes, url: str) -> Mapping[str, object]:
    if len(body) > ODD_PAGE_BYTES:
        raise IndexFailure(f"{url}: the index answered with JSON of another form than a project page's")
    try:
        page: object = json.loads(body, parse_int=_size)
    except (ValueError, RecursionError) as problem:
        raise IndexFailure(f"{url}: the index answered with malformed JSON ({type(problem).__name__})") from None
    return page if isinstance(page, dict) else {}


def _patient_rows(page: Mapping[str, object], name: str, url: str) -> Iterator[Row]:
    files = page.get("files")
    if not isinstance(files, list):
        raise IndexFailure(f"{url}: the index answered with JSON that is not a project page (no list of files)")
    seen: dict[str | None, tuple[bool, str | None]] = {}
    for entry in files:
        row = _patient_row(entry, name, seen)
        if row is not None:
            yield row


def _size(text: str) -> int | None:
    # The interpreter makes no integer of thousands of digits.
    return int(text) if len(text) <= _SIZE_DIGITS else None


def _is_size(stated: object) -> TypeGuard[int]:
    """Whether a file may be that large: both readers of pages ask the same, so that they agree."""
    return type(stated) is int and 0 <= stated < 10**_SIZE_DIGITS


def _patient_row(entry: object, name: str, seen: dict[str | None, tuple[bool, str | None]]) -> Row | None:
    if not isinstance(entry, dict):
        return None
    get = entry.get
    filename, url, requires_python = get("filename"), get("url"), get("requires-python")
    # A lone surrogate or control character would end up in a lock file.
    if not isinstance(filename, str) or not isinstance(url, str) or not url.isprintable():
        return None
    version = version_text_of(filename, name)
    if version is None:
        return None
    if not isinstance(requires_python, str):
        requires_python = None
    usable = seen.get(requires_python)
    if usable is None:
        usable = seen[requires_python] = usable_requires_python(requires_python, len(seen))
    if not usable[0]:
        return None
    hashes, size, uploaded = get("hashes"), get("size"), get("upload-time")
    return (
        filename,
        url,
        digest_texts(hashes) if isinstance(hashes, dict) else (),
        size if _is_size(size) else None,
        uploaded if isinstance(uploaded, str) else None,
        usable[1],
        get("yanked") not in (None, False),
        _metadata_hashes(cast("Mapping[str, object]", entry)),
        version,
        usable_address(get("provenance")),
    )


def _metadata_hashes(entry: Mapping[str, object]) -> tuple[str, ...] | None:
    stated = entry.get("core-metadata")
    if stated is None:
        stated = entry.get("data-dist-info-metadata", entry.get("dist-info-metadata"))
    if isinstance(stated, dict):
        return digest_texts(stated)
    return () if stated is True else None
