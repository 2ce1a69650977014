"""The platforms that ``--python-platform`` names, as uv knows them: marker values, and the tags of wheels that run there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bot.errors import InputError
from bot.markers.point import Point
from bot.patterns import pattern
from bot.pep440 import parse_version, shorten
from bot.resolver.model.target import Target, WheelRanks

#: What is compiled for where nothing is said, whatever machine lockbot runs on: Debian 12, that of the images of Python. uv
#: takes the machine's own glibc there; its ``linux`` is an older one, for which some wheels of today are too new.
DEFAULT_PLATFORM: Final = "x86_64-manylinux_2_36"

_MANYLINUX: Final = pattern(r"(?P<arch>[a-z0-9_]+)-manylinux(?:(?P<legacy>2014)|_2_(?P<minor>\d\d))")
_MANYLINUX_ALIAS: Final = pattern(r"manylinux(?P<which>2014|_2_\d\d)_(?P<arch>[a-z0-9_]+)")
_MINORS: Final = (17, 28, *range(31, 41))
#: The least minor version of glibc for which there are tags.
_LEAST_MINOR: Final = {
    "x86_64": 5, "aarch64": 17, "s390x": 17, "ppc64le": 17, "riscv64": 31, "loongarch64": 36,
}  # fmt: skip
_LEGACY: Final = {12: "manylinux2010", 17: "manylinux2014", 5: "manylinux1"}
_INTEL: Final = ("x86_64", "intel", "fat64", "fat32", "universal2", "universal")
_ARM: Final = ("arm64", "universal2")
_ANDROID: Final = {"aarch64": "arm64_v8a", "x86_64": "x86_64"}
_NAMES: Final = {
    "linux": ("Linux", "posix"),
    "darwin": ("Darwin", "posix"),
    "win32": ("Windows", "nt"),
    "android": ("Android", "posix"),
    "emscripten": ("Emscripten", "posix"),
    "ios": ("iOS", "posix"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """``system`` and ``machine`` are those of markers, ``tags`` the platform tags of wheels, the best first."""

    system: str
    machine: str
    tags: tuple[str, ...]
    release: str = ""
    version: str = ""


def find_platform(name: str, variables: Mapping[str, str]) -> Platform:
    """The platform of a name; ``variables`` may raise the least system that is meant. Raises ``InputError``."""
    found = _linux(name) or _other(name, variables)
    if found is None:
        raise InputError(
            f"--python-platform {shorten(name)!r} is not a platform that uv knows",
            hint="use linux, macos or windows, or a triple such as aarch64-unknown-linux-gnu",
        )
    return found


def _linux(name: str) -> Platform | None:
    match name:
        case "linux" | "x86_64-unknown-linux-gnu" | "x8664-unknown-linux-gnu":
            return _manylinux("x86_64", 28)
        case "aarch64-unknown-linux-gnu" | "s390x-unknown-linux-gnu":
            return _manylinux(name.partition("-")[0], 28)
        case "powerpc64le-unknown-linux-gnu":
            return _manylinux("ppc64le", 28)
        case "loongarch64-unknown-linux-gnu":
            return _manylinux("loongarch64", 36)
        case "riscv64-unknown-linux":
            return _manylinux("riscv64", 39)
        case "aarch64-unknown-linux-musl" | "x86_64-unknown-linux-musl":
            return _musllinux(name.partition("-")[0])
        case "x8664-unknown-linux-musl":
            return _musllinux("x86_64")
    return _by_libc(name)


def _by_libc(name: str) -> Platform | None:
    """A platform that names the least glibc."""
    alias = _MANYLINUX_ALIAS.fullmatch(name)
    found = _MANYLINUX.fullmatch(name if alias is None else f"{alias['arch']}-manylinux{alias['which']}")
    if found is None:
        return None
    arch, minor = found["arch"], 17 if found["legacy"] else int(found["minor"])
    least = {"loongarch64": 36, "riscv64": 99}.get(arch, 17)
    return _manylinux(arch, minor) if arch in _LEAST_MINOR and minor in _MINORS and minor >= least else None


def _manylinux(arch: str, minor: int) -> Platform:
    return Platform(system="linux", machine=arch, tags=tuple(_glibc_tags(arch, minor)))


def _glibc_tags(arch: str, minor: int) -> Iterator[str]:
    for one in range(minor, _LEAST_MINOR[arch] - 1, -1):
        yield f"manylinux_2_{one}_{arch}"
        if one in _LEGACY:
            yield f"{_LEGACY[one]}_{arch}"
    yield f"linux_{arch}"


def _musllinux(arch: str) -> Platform:
    tags = (*(f"musllinux_1_{minor}_{arch}" for minor in (2, 1, 0)), f"linux_{arch}")
    return Platform(system="linux", machine=arch, tags=tags)


def _other(name: str, variables: Mapping[str, str]) -> Platform | None:
    match name:
        case "windows" | "x86_64-pc-windows-msvc" | "x8664-pc-windows-msvc":
            return Platform(system="win32", machine="AMD64", tags=("win_amd64",))
        case "aarch64-pc-windows-msvc" | "arm64-pc-windows-msvc":
            return Platform(system="win32", machine="ARM64", tags=("win_arm64",))
        case "i686-pc-windows-msvc":
            return Platform(system="win32", machine="x86", tags=("win32",))
        case "macos" | "aarch64-apple-darwin":
            return _macos("arm64", variables)
        case "x86_64-apple-darwin" | "x8664-apple-darwin":
            return _macos("x86_64", variables)
        case "aarch64-linux-android" | "x86_64-linux-android":
            return _android(name.partition("-")[0], variables)
        case "wasm32-pyodide2024":
            return _pyodide(2024, "3.1.58")
        case "wasm32-pyodide2025":
            return _pyodide(2025, "4.0.9")
        case "arm64-apple-ios":
            return _ios("arm64", "iphoneos", variables)
        case "arm64-apple-ios-simulator" | "x86_64-apple-ios-simulator":
            return _ios(name.partition("-")[0], "iphonesimulator", variables)
    return None


def _macos(machine: str, variables: Mapping[str, str]) -> Platform:
    major, minor = _least(variables.get("MACOSX_DEPLOYMENT_TARGET"))
    return Platform(system="darwin", machine=machine, tags=tuple(_macos_tags(machine, major, minor)))


def _macos_tags(machine: str, major: int, minor: int) -> Iterator[str]:
    formats = _ARM if machine == "arm64" else _INTEL
    if major == 10 and machine == "x86_64":
        yield from (f"macosx_10_{one}_{name}" for one in range(minor, 3, -1) for name in formats)
        return
    yield from (f"macosx_{one}_0_{name}" for one in range(major, 10, -1) for name in formats)
    older = ("universal2",) if machine == "arm64" else formats
    yield from (f"macosx_10_{one}_{name}" for one in range(16, 3, -1) for name in older)


def _android(machine: str, variables: Mapping[str, str]) -> Platform:
    said = variables.get("ANDROID_API_LEVEL", "")
    level = int(said) if said.isdecimal() and int(said) < 1 << 16 else 24
    tags = tuple(f"android_{one}_{_ANDROID[machine]}" for one in range(level, 15, -1))
    return Platform(system="android", machine=machine, tags=tags)


def _pyodide(year: int, release: str) -> Platform:
    tags = (f"pyemscripten_{year}_0_wasm32", f"pyodide_{year}_0_wasm32")
    return Platform(system="emscripten", machine="wasm32", tags=tags, release=release, version="#1")


def _ios(machine: str, kind: str, variables: Mapping[str, str]) -> Platform:
    major, minor = _least(variables.get("IPHONEOS_DEPLOYMENT_TARGET"))
    versions = [(major, one) for one in range(minor, -1, -1)] if major >= 12 else []
    versions += [(one, part) for one in range(major - 1, 11, -1) for part in range(9, -1, -1)]
    tags = tuple(f"ios_{one}_{part}_{machine}_{kind}" for one, part in versions)
    return Platform(system="ios", machine=machine, tags=tags)


def _least(said: str | None) -> tuple[int, int]:
    """The least system that a variable names; 13.0 where it names none."""
    major, _, rest = (said or "").partition(".")
    minor = rest.partition(".")[0] or "0"
    if not (major.isdecimal() and minor.isdecimal()) or max(len(major), len(minor)) > 3:
        return 13, 0
    return int(major), int(minor)


# --- a platform with a Python -----------------------------------------------------------------------


@lru_cache(maxsize=64)
def make_target(platform: Platform, python: str) -> Target:
    """The one environment of a platform and a Python (CPython, with its patch or without)."""
    return Target(point=_point(platform, python), wheels=WheelRanks(_tags(platform, python)))


def _point(platform: Platform, python: str) -> Point:
    system, os_name = _NAMES[platform.system]
    return Point(
        os_name=os_name,
        sys_platform=platform.system,
        platform_system=system,
        platform_machine=platform.machine,
        platform_release=platform.release,
        platform_version=platform.version,
        implementation_version=python,
        python_full_version=python,
    )


def _tags(platform: Platform, python: str) -> Iterator[tuple[str, str, str]]:
    major, minor = (*parse_version(python).release, 0)[:2]
    own = f"cp{major}{minor}"
    abi = f"{own}m" if (major, minor) <= (3, 7) else own
    yield from ((own, abi, tag) for tag in platform.tags)
    for one in range(minor, 1, -1):
        yield from ((f"cp{major}{one}", "abi3", tag) for tag in platform.tags)
        if one == minor:
            yield from ((own, "none", tag) for tag in platform.tags)
    yield from ((name, "none", tag) for name in _languages(major, minor) for tag in platform.tags)
    yield own, "none", "any"
    yield from ((name, "none", "any") for name in _languages(major, minor))


def _languages(major: int, minor: int) -> Iterator[str]:
    for one in range(minor, -1, -1):
        yield f"py{major}{one}"
        if one == minor:
            yield f"py{major}"
