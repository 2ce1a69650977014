"""Environments that a wheel can serve, read off its tags as a marker (spec 4.5).

The inverse of tag generation: generous on purpose, and only used for coverage questions (required environments,
local versions, upper Python bounds), never to prune files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from bot.markers import FALSE, TRUE, Marker, any_of, parse_marker
from bot.patterns import pattern
from bot.resolver.model.index import WheelTags

_LINUX = pattern(r"(?:manylinux1|manylinux2010|manylinux2014|manylinux_\d+_\d+|musllinux_\d+_\d+|linux)_(?P<arch>.+)")
_LIBC = pattern(r"(?P<libc>manylinux|musllinux)_(?P<major>\d+)_(?P<minor>\d+)_")
_MACOS = pattern(r"macosx_(?P<major>\d+)_(?P<minor>\d+)_(?P<format>.+)")
_ANDROID = pattern(r"android_\d+_(?P<abi>.+)")
_INTERPRETER = pattern(r"(?P<name>py|cp|pp|graalpy|pyston)(?P<major>\d)(?:_?(?P<minor>\d+))?")

_LINUX_ARCHES = frozenset(
    [
        "aarch64",
        "armv5tel",
        "armv6l",
        "armv7l",
        "loongarch64",
        "ppc",
        "ppc64",
        "ppc64le",
        "i686",
        "x86_64",
        "riscv64",
        "s390x",
    ]
)
_WINDOWS = {"win32": "x86", "win_amd64": "AMD64", "win_arm64": "ARM64"}
_ANDROID_ARCHES = {"arm64_v8a": "aarch64", "armeabi_v7a": "armv7l", "x86": "i686", "x86_64": "x86_64"}
_MACOS_FORMATS: Mapping[str, tuple[str, ...]] = {
    "arm64": ("arm64",),
    "fat": ("x86_64", "ppc"),
    "fat32": ("x86_64", "i386", "ppc", "ppc64"),
    "fat64": ("x86_64", "ppc64"),
    "i386": ("i386",),
    "intel": ("x86_64", "i386"),
    "ppc": ("ppc",),
    "ppc64": ("ppc64",),
    "universal": ("x86_64", "i386", "ppc64", "ppc", "intel"),
    "universal2": ("x86_64", "arm64"),
    "x86_64": ("x86_64",),
}
_IMPLEMENTATIONS = {"cp": "CPython", "pp": "PyPy", "graalpy": "GraalPy", "pyston": "Pyston"}
_LEGACY_GLIBC = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}


def _darwin_release(major: int, minor: int) -> str | None:
    """The Darwin kernel release of a macOS version; 10.16 is how 11 spells itself to old programs."""
    if major == 10:
        early = {0: "1.3.0", 1: "1.4.1"}
        return early.get(minor) or (f"{minor + 4}.0.0" if 2 <= minor <= 16 else None)
    if minor:
        return None
    if 11 <= major <= 15:
        return f"{major + 9}.0.0"
    if major == 26:
        return "25.0.0"
    return f"{major}.0.0" if major >= 27 else None


@lru_cache(maxsize=4096)
def _platform(tag: str) -> Marker:
    if tag == "any":
        return TRUE
    if machine := _WINDOWS.get(tag):
        return parse_marker(f"sys_platform == 'win32' and platform_machine == '{machine}'")
    if (match := _LINUX.fullmatch(tag)) and match["arch"] in _LINUX_ARCHES:
        return parse_marker(f"sys_platform == 'linux' and platform_machine == '{match['arch']}'")
    if match := _MACOS.fullmatch(tag):
        return _macos(int(match["major"]), int(match["minor"]), match["format"])
    if (match := _ANDROID.fullmatch(tag)) and (machine := _ANDROID_ARCHES.get(match["abi"])):
        return parse_marker(f"sys_platform == 'android' and platform_machine == '{machine}'")
    return FALSE


def _macos(major: int, minor: int, binary_format: str) -> Marker:
    release = _darwin_release(major, minor)
    arches = _MACOS_FORMATS.get(binary_format)
    if release is None or arches is None:
        return FALSE
    marker = FALSE
    for arch in arches:
        # Macs with ARM processors began with macOS 11.
        needed = "20.0.0" if arch == "arm64" and int(release.partition(".")[0]) < 20 else release
        marker |= parse_marker(f"platform_machine == '{arch}' and platform_release >= '{needed}'")
    return parse_marker("sys_platform == 'darwin'") & marker


@lru_cache(maxsize=1024)
def _interpreter(tag: str, stable_abi: bool) -> Marker | None:
    """The Python versions and implementation of one tag; ``None`` for a tag that says nothing (no restriction)."""
    if tag == "none":
        return None
    match = _INTERPRETER.fullmatch(tag)
    if match is None:
        return FALSE
    name, major, minor = match["name"], match["major"], match["minor"]
    if minor is None:
        versions = f"python_version >= '{major}'" if stable_abi else f"python_version == '{major}.*'"
    elif name == "py":
        versions = f"python_version >= '{major}.{minor}' and python_version == '{major}.*'"
    elif stable_abi:
        versions = f"python_version >= '{major}.{minor}'"
    else:
        versions = f"python_version == '{major}.{minor}.*'"
    implementation = _IMPLEMENTATIONS.get(name)
    if implementation:
        versions += f" and platform_python_implementation == '{implementation}'"
    return parse_marker(versions)


@lru_cache(maxsize=8192)
def python_coverage(python: tuple[str, ...], abi: tuple[str, ...]) -> Marker:
    """The interpreters that the Python and ABI tags of a wheel admit."""
    stable_abi = any(tag in ("abi3", "abi3t") for tag in abi)
    marker = FALSE
    for tag in python:
        admitted = _interpreter(tag, stable_abi)
        if admitted is None:
            return TRUE
        marker |= admitted
    return marker


@lru_cache(maxsize=8192)
def platform_coverage(platform: frozenset[str]) -> Marker:
    """The platforms that a wheel's platform tags admit."""
    marker = FALSE
    for tag in platform:
        admitted = _platform(tag)
        if admitted.is_true:
            return TRUE
        marker |= admitted
    return marker


def _libc_floor(tag: str) -> tuple[str, tuple[int, int]] | None:
    for legacy, version in _LEGACY_GLIBC.items():
        if tag.startswith(legacy + "_"):
            return "glibc", version
    match = _LIBC.match(tag)
    if match is None:
        return None
    return ("glibc" if match["libc"] == "manylinux" else "musl"), (int(match["major"]), int(match["minor"]))


def wheels_coverage(wheels: Iterable[WheelTags], minimum_libc: Mapping[str, str]) -> tuple[Marker, Marker]:
    """(environments, interpreters) that at least one of the wheels serves; with baselines, environments of both libcs.

    Wheels of one interpreter are taken together first: which platforms a project builds for is much the same for all
    its interpreters and for other projects, so few unions are new.
    """
    platforms: dict[Marker, set[str]] = {}
    for tags in wheels:
        platforms.setdefault(python_coverage(tags.python, tags.abi), set()).update(tags.platform)
    if not minimum_libc:
        return _served(platforms), any_of(platforms)
    glibc, musl = (
        _served({python: _of_libc(tags, libc, minimum_libc.get(libc)) for python, tags in platforms.items()})
        for libc in ("glibc", "musl")
    )
    return glibc & musl, any_of(platforms)


def _served(platforms: Mapping[Marker, set[str]]) -> Marker:
    pythons: dict[Marker, Marker] = {}
    for python, tags in platforms.items():
        where = platform_coverage(frozenset(tags))
        pythons[where] = pythons.get(where, FALSE) | python
    return any_of(where & python for where, python in pythons.items())


def _of_libc(tags: set[str], libc: str, floor: str | None) -> set[str]:
    return {tag for tag in tags if _serves(tag, libc, floor)}


def _serves(tag: str, libc: str, floor: str | None) -> bool:
    needed = _libc_floor(tag)
    if needed is None:
        return True
    if needed[0] != libc:
        # A baseline that is not configured is not asked for, so any wheel serves it.
        return floor is None
    if floor is None:
        return True
    major, _, minor = floor.partition(".")
    return needed[1] <= (int(major), int(minor or 0))
