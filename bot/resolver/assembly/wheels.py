"""Which wheels of a package can be installed anywhere that the package is reached (spec 6.7)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from bot.lockfile.model import File
from bot.markers import TRUE, Marker, parse_marker
from bot.patterns import pattern
from bot.resolver.model.index import WheelTags
from bot.resolver.model.python_range import PythonRange
from bot.resolver.model.resolution import PinnedPackage, PinnedWheel

_LINUX: Final = pattern(
    r"(?:(manylinux|musllinux)_[0-9]+_[0-9]+|(manylinux1|manylinux2010|manylinux2014|linux))_([a-z0-9_]+)", re.ASCII
)
_MACOS: Final = pattern(r"macosx_[0-9]+_[0-9]+_([a-z0-9_]+)", re.ASCII)
_ANDROID: Final = pattern(r"android_[0-9]+_(armeabi_v7a|arm64_v8a|x86|x86_64)", re.ASCII)
_IOS: Final = pattern(r"ios_[0-9]+_[0-9]+_((?:arm64|x86_64)_iphonesimulator|arm64_iphoneos)", re.ASCII)
_OTHER: Final = pattern(
    r"(?:freebsd|netbsd|openbsd|dragonfly|haiku|illumos)_[A-Za-z0-9_]+|solaris_[A-Za-z0-9_]+_64bit"
    r"|(?:pyodide|pyemscripten)_[0-9]+_[0-9]+_wasm32",
    re.ASCII,
)
#: Linux machines and the class of machines that each belongs to; machines without one are known, but not told apart.
_LINUX_MACHINES: Final = {
    "aarch64": "arm",
    "armv5tel": None,
    "armv6l": "armv6l",
    "armv7l": "armv7l",
    "armv8l": "armv7l",
    "ppc64le": "ppc64le",
    "ppc64": "ppc64",
    "ppc": None,
    "i686": "x86",
    "x86_64": "x86_64",
    "s390x": "s390x",
    "loongarch64": "loongarch64",
    "riscv64": "riscv64",
}
#: What the two oldest manylinux tags never stood for.
_MODERN_MACHINES: Final = frozenset(["ppc64le", "ppc64", "s390x", "riscv64", "loongarch64", "armv7l", "armv6l"])
_MACOS_MACHINES: Final = {
    "arm64": "arm",
    "i386": "x86",
    "x86_64": "x86_64",
    **dict.fromkeys(("fat", "fat32", "fat64", "intel", "ppc", "ppc64", "universal", "universal2")),
}
_WINDOWS: Final = {"win32": "x86", "win_amd64": "x86_64", "win_arm64": "arm", "win_ia64": None}

_SYSTEMS: Final = {
    "linux": "os_name == 'posix' and sys_platform == 'linux'",
    "windows": "os_name == 'nt' and sys_platform == 'win32'",
    "macos": "os_name == 'posix' and sys_platform == 'darwin'",
    "android": "sys_platform == 'android'",
}
_MACHINES: Final = {
    "arm": ("aarch64", "arm64", "ARM64"),
    "x86_64": ("x86_64", "amd64", "AMD64"),
    "x86": ("i686", "i386", "win32", "x86"),
    "armv7l": ("armv7l", "armv8l"),
    **{name: (name,) for name in ("ppc64le", "ppc64", "s390x", "riscv64", "loongarch64", "armv6l")},
}


class _Platform(NamedTuple):
    """What a platform tag stands for; ``None`` where that is not told apart."""

    system: str | None
    machine: str | None


@lru_cache(maxsize=4096)
def _parse_platform(tag: str) -> _Platform | None:
    """``None`` for a tag that is not known."""
    if tag in _WINDOWS:
        return _Platform("windows", _WINDOWS[tag])
    match = _LINUX.fullmatch(tag)
    if match is not None:
        return _linux(match[2], match[3])
    match = _MACOS.fullmatch(tag)
    if match is not None:
        return _Platform("macos", _MACOS_MACHINES[match[1]]) if match[1] in _MACOS_MACHINES else None
    match = _ANDROID.fullmatch(tag)
    if match is not None:
        return _Platform("android", "arm" if match[1] == "arm64_v8a" else None)
    match = _IOS.fullmatch(tag)
    if match is not None:
        return _Platform(None, "arm" if match[1].startswith("arm64") else "x86_64")
    return _Platform(None, None) if tag == "any" or _OTHER.fullmatch(tag) else None


def _linux(legacy: str | None, machine: str) -> _Platform | None:
    if machine not in _LINUX_MACHINES:
        return None
    known = _LINUX_MACHINES[machine]
    if known in _MODERN_MACHINES and legacy in ("manylinux1", "manylinux2010"):
        return _Platform("linux", None)
    if known in ("riscv64", "loongarch64") and legacy == "manylinux2014":
        return _Platform("linux", None)
    return _Platform("linux", known)


@lru_cache(maxsize=256)
def _where(system: str | None, machine: str | None) -> Marker:
    """Where a system and a kind of machine are found; TRUE for neither."""
    marker = TRUE if system is None else parse_marker(_SYSTEMS[system])
    if machine is not None:
        marker &= parse_marker(" or ".join(f"platform_machine == '{name}'" for name in _MACHINES[machine]))
    return marker


@lru_cache(maxsize=1 << 14)
def _is_reachable(platform_tags: tuple[str, ...], where: Marker) -> bool:
    """Whether a wheel for these platforms can be installed somewhere in ``where``."""
    platforms = [platform for tag in platform_tags if (platform := _parse_platform(tag)) is not None]
    if all(tag == "any" for tag in platform_tags if _parse_platform(tag) is not None):
        return True
    # An x86_64 Python that is emulated on Windows for ARM calls its machine ARM64.
    if "win_amd64" in platform_tags and not where.is_disjoint(_where("windows", "arm")):
        return True
    systems = {platform.system for platform in platforms}
    machines = {platform.machine for platform in platforms}
    system = systems.pop() if len(systems) == 1 else None
    machine = machines.pop() if len(machines) == 1 else None
    return not (where.is_disjoint(_where(system, machine)) or where.is_disjoint(_where(None, machine)))


def matches_platforms(tags: WheelTags, where: Marker) -> bool:
    """Whether some platform of the wheel is in ``where``, as far as its tags tell."""
    return _is_reachable(tags.platform, where)


def keep_reachable(wheels: Iterable[PinnedWheel], python: PythonRange, where: Marker) -> tuple[File, ...]:
    """The wheels that some supported Python on some platform in ``where`` can use."""
    return tuple(
        wheel.file for wheel in wheels if python.matches_wheel_tags(wheel.tags) and matches_platforms(wheel.tags, where)
    )


#: The files of reachable wheels of packages that last, by package, Python range and reach.
KnownWheels: TypeAlias = dict[tuple[PinnedPackage, PythonRange, Marker], tuple[File, ...]]


def reachable_wheels(pinned: PinnedPackage, python: PythonRange, where: Marker, known: KnownWheels) -> tuple[File, ...]:
    """The files of the wheels that are listed of a package; ``known`` remembers them where the package lasts."""
    if not pinned.lasts:
        return keep_reachable(pinned.wheels, python, where)
    found = known.get((pinned, python, where))
    if found is None:
        found = known[pinned, python, where] = keep_reachable(pinned.wheels, python, where)
    return found
