"""Names of wheels and source distributions (PEP 427, PEP 625 and what came before it).

A quick splitter for pages with thousands of files: it answers only "which version, which kind"; tags are taken apart
when a file is really looked at. What it accepts is what uv accepts: compressed tag sets of letters, digits and
underscores, a build tag that starts with a number of 64 bits. Variant wheels (PEP 825) are not accepted.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from packaging.utils import canonicalize_name

from bot.patterns import pattern
from bot.resolver.model.index import WheelTags
from bot.resolver.model.versions import PyVersion, try_parse_version

_TAGS = r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*"
_BUILD_TAG = r"[0-9]{1,19}(?![0-9])[A-Za-z0-9_.]*"
_WHEEL = pattern(rf"([^-]+)-([^-]+)-(?:({_BUILD_TAG})-)?((?![0-9]){_TAGS})-({_TAGS})-({_TAGS})\.whl", re.ASCII)
_NAME = pattern(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", re.ASCII)
_SEPARATORS = str.maketrans({"_": "-", ".": "-"})
_BUILD = pattern(r"([0-9]+)(.*)", re.ASCII)

#: Endings of source distributions, longest first. Only ``.tar.gz`` and ``.zip`` name one as PEP 625 has it.
SDIST_ENDINGS = (
    ".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tar.zst", ".tar.lzma", ".tar.lz", ".tgz", ".tbz", ".txz", ".tlz", ".tar",
)  # fmt: skip


class FileName(NamedTuple):
    """A file name taken apart: normalized project name, version, and whether it is a wheel."""

    name: str
    version: PyVersion
    is_wheel: bool


def normalize_name(raw: str) -> str | None:
    """The normalized project name (PEP 503), ``None`` where ``raw`` is no valid name."""
    return canonicalize_name(raw) if _NAME.fullmatch(raw) else None


@lru_cache(maxsize=1 << 10)
def _canonical(raw: str) -> str:
    # A page has thousands of files whose names begin with the same few spellings.
    return canonicalize_name(raw)


def sdist_ending(filename: str) -> str | None:
    """The ending of a source distribution's file name, ``None`` where it has none that is known."""
    if filename.endswith(".tar.gz"):
        return ".tar.gz"
    return next((ending for ending in SDIST_ENDINGS if filename.endswith(ending)), None)


def wheel_version_text(filename: str, name: str) -> str | None:
    """The version part of a wheel of project ``name`` (normalized), ``None`` where it is not one."""
    match = _WHEEL.fullmatch(filename)
    if match is None:
        return None
    raw = match[1]
    return match[2] if raw == name or _canonical(raw) == name else None


def sdist_version_text(filename: str, name: str) -> str | None:
    """The version part of a source distribution of project ``name`` (normalized), ``None`` where it is not one.

    The name's length must be the normalized one: without knowing the name, ``a-1-1.zip`` could be read in two ways.
    """
    ending = sdist_ending(filename)
    if ending is None:
        return None
    length = len(name)
    if filename[length : length + 1] != "-":
        return None
    raw = filename[:length]
    if raw != name and raw.lower().translate(_SEPARATORS) != name:
        return None
    return filename[length + 1 : -len(ending)] or None


def parse_file_name(filename: str, name: str | None = None) -> FileName | None:
    """Take one file name apart; without ``name`` a source distribution's version is what follows the last dash."""
    if filename.endswith(".whl"):
        return _parse_wheel(filename, name)
    ending = sdist_ending(filename)
    if ending is None:
        return None
    wanted = name or normalize_name(filename[: -len(ending)].rpartition("-")[0])
    if wanted is None:
        return None
    text = sdist_version_text(filename, wanted) if name else filename[: -len(ending)].rpartition("-")[2]
    version = try_parse_version(text) if text else None
    return FileName(wanted, version, False) if version else None


def _parse_wheel(filename: str, name: str | None) -> FileName | None:
    match = _WHEEL.fullmatch(filename)
    if match is None:
        return None
    found = normalize_name(match[1])
    version = try_parse_version(match[2])
    if found is None or version is None or name not in (None, found):
        return None
    return FileName(found, version, True)


@lru_cache(maxsize=1 << 14)
def _tag_set(text: str) -> tuple[str, ...]:
    return tuple(text.split("."))


@lru_cache(maxsize=1 << 14)
def _tags(build: str | None, python: str, abi: str, platform: str) -> WheelTags:
    number = _BUILD.fullmatch(build) if build else None
    return WheelTags(
        python=_tag_set(python),
        abi=_tag_set(abi),
        platform=_tag_set(platform),
        build=(int(number[1]), number[2]) if number else None,
    )


def parse_wheel_tags(filename: str) -> WheelTags | None:
    """The tags of a wheel, ``None`` where the name is no wheel's. Equal tags are the same object."""
    match = _WHEEL.fullmatch(filename)
    return _tags(match[3], match[4], match[5], match[6]) if match else None
