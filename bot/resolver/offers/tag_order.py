"""The order of wheels in folders and ``find-links`` places: by the meaning of their tags, so that ``cp39`` comes before
``cp310``.

Indexes list wheels by file name; only these places are put in this order. Tags that mean nothing do not take part.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.patterns import pattern
from bot.resolver.model.index import ReleaseFile, WheelTags

#: The kind of a tag, then what it says; kinds are compared first, so the rest only meets its like.
Rank = tuple[int | str, ...]

_LANGUAGES = {"cp": 2, "pp": 3, "graalpy": 4, "pyston": 5}
_LANGUAGE = pattern(r"(cp|pp|graalpy|pyston)(\d)(\d+)", re.ASCII)
_ABIS = {"none": 0, "abi3": 1, "abi3t": 2}
_CPYTHON_ABI = pattern(r"cp(\d)(\d+)([tudm]*)", re.ASCII)
_CPYTHON_BUILDS = {"t": 1, "u": 2, "d": 4, "m": 8}
_PYPY_ABI = pattern(r"pypy(?:(\d)(\d+))?_(?:pp)?(\d)(\d+)", re.ASCII)
_GRAALPY_ABI = pattern(r"graalpy(\d)(\d+)_(\d)(\d+)_native", re.ASCII)

_ARCHES = (
    ("aarch64", "arm64"), ("armv5tel",), ("armv6l",), ("armv7l", "armv8l"), ("ppc64le",), ("ppc64",), ("ppc",),
    ("x86", "i386", "i686"), ("x86_64", "amd64"), ("s390x",), ("loongarch64",), ("riscv64",), ("wasm32",),
)  # fmt: skip
_ARCH = {name: rank for rank, names in enumerate(_ARCHES) for name in names}
_MAC_FORMATS = (
    "arm64", "fat", "fat32", "fat64", "i386", "intel", "ppc", "ppc64", "universal", "universal2", "x86_64",
)  # fmt: skip
_PLAIN_PLATFORMS = {"any": 0, "win32": 8, "win_amd64": 9, "win_arm64": 10, "win_ia64": 11}
_LEGACY_LINUX = {"manylinux1": 2, "manylinux2010": 3, "manylinux2014": 4, "linux": 5}
_LEGACY_PLATFORM = pattern(r"(manylinux1|manylinux2010|manylinux2014|linux)_(\w+)", re.ASCII)
_VERSIONED = {"manylinux": 1, "musllinux": 6, "macosx": 7}
_VERSIONED_PLATFORM = pattern(r"(manylinux|musllinux|macosx)_(\d+)_(\d+)_(\w+)", re.ASCII)
_OTHERS = (
    "android", "freebsd", "netbsd", "openbsd", "dragonfly", "haiku", "illumos", "solaris", "pyodide", "pyemscripten",
    "ios",
)  # fmt: skip

#: The others whose release is a number; those of the BSDs and their like are texts.
_NUMBERED = frozenset({"android", "pyodide", "pyemscripten", "ios"})


def flat_order(file: ReleaseFile) -> tuple[object, ...]:
    """The key by which files of one version from several places are sorted."""
    return (*name_order(file.filename, file.wheel), file.index.url)


def name_order(filename: str, wheel: WheelTags | None) -> tuple[object, ...]:
    """The key for files of one version in one place: source archives, plain wheels, then those with several tags."""
    return (0, filename) if wheel is None else (1, *_wheel_order(wheel, filename))


def _wheel_order(tags: WheelTags, filename: str) -> tuple[object, ...]:
    parts = (_ranks(tags.python, _language), _ranks(tags.abi, _abi), _ranks(tags.platform, _platform))
    is_plain = tags.build is None and len(tags.python) == len(tags.abi) == len(tags.platform) == 1
    if is_plain and all(parts):
        return (0, *parts)
    return (1, tags.build or (-1, ""), *parts, filename)


def _ranks(tags: tuple[str, ...], rank: Callable[[str], Rank | None]) -> tuple[Rank, ...]:
    found = (rank(tag) for tag in tags)
    return tuple(one for one in found if one is not None)


def _language(tag: str) -> Rank | None:
    if tag == "none":
        return (0,)
    if tag in ("cp2", "cp3"):
        return (6, int(tag[2]))
    if (version := tag.removeprefix("py")).isdigit() and tag.startswith("py") and len(version) < 4:
        return (1, int(version[0]), int(version[1:]) if len(version) > 1 else -1)
    match = _LANGUAGE.fullmatch(tag)
    return (_LANGUAGES[match[1]], int(match[2]), int(match[3])) if match else None


def _abi(tag: str) -> Rank | None:
    if tag in _ABIS:
        return (_ABIS[tag],)
    if match := _CPYTHON_ABI.fullmatch(tag):
        return (3, int(match[1]), int(match[2]), sum(_CPYTHON_BUILDS[letter] for letter in match[3]))
    if match := _PYPY_ABI.fullmatch(tag):
        return (4, *(-1 if number is None else int(number) for number in match.groups()))
    if match := _GRAALPY_ABI.fullmatch(tag):
        return (5, int(match[3]), int(match[4]), int(match[1]), int(match[2]))
    return (6, tag) if tag.startswith("pyston_") else None


def _platform(tag: str) -> Rank | None:
    if tag in _PLAIN_PLATFORMS:
        return (_PLAIN_PLATFORMS[tag],)
    if match := _VERSIONED_PLATFORM.fullmatch(tag):
        kinds = _MAC_FORMATS if match[1] == "macosx" else tuple(_ARCH)
        if match[4] not in kinds:
            return None
        rank = _MAC_FORMATS.index(match[4]) if match[1] == "macosx" else _ARCH[match[4]]
        return (_VERSIONED[match[1]], int(match[2]), int(match[3]), rank)
    if match := _LEGACY_PLATFORM.fullmatch(tag):
        return (_LEGACY_LINUX[match[1]], _ARCH[match[2]]) if match[2] in _ARCH else None
    system, _, rest = tag.partition("_")
    if system == "solaris":
        rest = rest.removesuffix("_64bit") if rest.endswith("_64bit") else ""
    if system not in _OTHERS or not rest:
        return None
    return (12 + _OTHERS.index(system), *(_numbers_first(rest) if system in _NUMBERED else (rest,)))


def _numbers_first(text: str) -> Rank:
    """A level or release before what follows it: ``24_arm64_v8a`` is 24, then the rest."""
    number, _, rest = text.partition("_")
    return (int(number), rest) if number.isdigit() else (-1, text)
