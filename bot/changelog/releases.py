"""GitHub's releases: from the API's JSON to versions, by the names of their tags. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

#: A name, what parts it from the version, and the version; dots may be written as underscores.
_TAG = re.compile(
    r"(?:(?P<name>[A-Za-z][A-Za-z0-9._-]{0,80}?)(?:==|[@/_-])v?|[vV]|)(?P<version>\d[0-9A-Za-z._+!-]{0,60})"
)
#: Names that say nothing of the package.
_PLAIN = frozenset(("", "release", "releases", "rel", "version", "v", "ver", "py", "python", "stable"))
_TEXT, _TAG_LENGTH = 40_000, 120


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedRelease:
    """``day`` as ``2026-11-30``."""

    tag: str
    text: str
    day: str | None
    url: str | None


def parse_releases(found: object) -> tuple[TaggedRelease, ...]:
    """The releases of an answer, without drafts; what is of another form is left out."""
    rows = found if isinstance(found, list) else []
    return tuple(release for row in rows if isinstance(row, Mapping) and (release := _parse_release(row)) is not None)


def _parse_release(row: Mapping[str, Any]) -> TaggedRelease | None:
    tag, body, day, url = (row.get(key) for key in ("tag_name", "body", "published_at", "html_url"))
    if not isinstance(tag, str) or not 0 < len(tag) <= _TAG_LENGTH or row.get("draft") is True:
        return None
    return TaggedRelease(
        tag=tag,
        text=body[:_TEXT] if isinstance(body, str) else "",
        day=day[:10] if isinstance(day, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", day[:10]) else None,
        url=url if isinstance(url, str) else None,
    )


def find_versions(releases: Sequence[TaggedRelease], package: str) -> Mapping[Version, TaggedRelease]:
    """The releases of a package by version: where a project tags several, those under its name alone."""
    read = [(name, version, release) for release in releases for name, version in _read_tag(release.tag)]
    own = canonicalize_name(package)
    named = {version: release for name, version, release in read if name == own}
    return named or {version: release for name, version, release in read if name in _PLAIN}


def _read_tag(tag: str) -> Iterator[tuple[str, Version]]:
    found = _TAG.fullmatch(tag)
    if found is not None:
        try:
            version = Version(found["version"].replace("_", "."))
        except InvalidVersion:
            return
        yield canonicalize_name(found["name"] or ""), version
