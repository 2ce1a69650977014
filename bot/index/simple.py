"""The JSON form of the simple API (PEP 691, 700, 714): bytes to ``Listing``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from bot.errors import IndexFailure
from bot.index.page import Listing, Row, build_listing, digest_texts, usable_requires_python, version_text_of

#: What is asked for: JSON first, HTML where there is nothing else.
ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"


def parse_json_page(body: bytes, name: str, url: str) -> Listing:
    """Read one project page; files of other projects and files that cannot be used are left out.

    Raises ``IndexFailure`` where the text is not such a page at all.
    """
    try:
        page: object = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise IndexFailure(f"{url}: the index answered with malformed JSON ({type(problem).__name__})") from None
    files = page.get("files") if isinstance(page, dict) else None
    if not isinstance(files, list):
        raise IndexFailure(f"{url}: the index answered with JSON that is not a project page (no list of files)")
    seen: dict[str | None, tuple[bool, str | None]] = {}
    rows = [row for entry in files if (row := _row(entry, name, seen))]
    return build_listing(name, url, rows)


def _row(entry: object, name: str, seen: dict[str | None, tuple[bool, str | None]]) -> Row | None:
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
        usable = seen[requires_python] = usable_requires_python(requires_python)
    if not usable[0]:
        return None
    hashes, size, uploaded = get("hashes"), get("size"), get("upload-time")
    return (
        filename,
        url,
        digest_texts(hashes) if isinstance(hashes, dict) else (),
        size if type(size) is int and size >= 0 else None,
        uploaded if isinstance(uploaded, str) else None,
        usable[1],
        get("yanked") not in (None, False),
        _metadata_hashes(cast("Mapping[str, object]", entry)),
        version,
    )


def _metadata_hashes(entry: Mapping[str, object]) -> tuple[str, ...] | None:
    stated = entry.get("core-metadata")
    if stated is None:
        stated = entry.get("data-dist-info-metadata", entry.get("dist-info-metadata"))
    if isinstance(stated, dict):
        return digest_texts(stated)
    return () if stated is True else None
