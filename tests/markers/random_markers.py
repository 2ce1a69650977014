"""Seeded random marker texts."""

from __future__ import annotations

from random import Random
from typing import Final

_VERSIONS: Final = [f"3.{minor}" for minor in range(8, 15)]
_TEXTS: Final = {
    "sys_platform": ["linux", "win32", "darwin", "cygwin", "emscripten", "android", "ios"],
    "os_name": ["nt", "posix", "java"],
    "platform_system": ["Windows", "Linux", "Darwin", "FreeBSD", "Java", "Emscripten"],
    "platform_machine": ["x86_64", "arm64", "aarch64"],
    "implementation_name": ["cpython", "pypy"],
    "platform_python_implementation": ["CPython", "PyPy"],
}
_OPERATORS: Final = ["<", "<=", ">", ">=", "==", "!="]


def _version_test(random: Random) -> str:
    key = random.choice(["python_version", "python_full_version", "implementation_version"])
    version = random.choice(_VERSIONS)
    match random.randrange(4):
        case 0:
            return f"python_full_version {random.choice(_OPERATORS)} '{version}.{random.randint(1, 4)}'"
        case 1:
            listed = " ".join(sorted(random.sample(_VERSIONS, 3)))
            return f"python_version {random.choice(['in', 'not in'])} '{listed}'"
        case 2:
            return f"python_version {random.choice(['~=', '==', '>='])} '{version}'"
        case _:
            return f"{key} {random.choice(_OPERATORS)} '{version}'"


def _text_test(random: Random) -> str:
    key = random.choice(list(_TEXTS))
    value = random.choice(_TEXTS[key])
    if random.random() < 0.8:
        return f"{key} {random.choice(['==', '==', '!='])} '{value}'"
    operator = random.choice(["in", "not in"])
    return f"'{value[:3]}' {operator} {key}" if random.random() < 0.5 else f"{key} {operator} '{value} and others'"


def _release_test(random: Random) -> str:
    value = random.choice(["20.1", "23", "5.4", "6.1.0-amd64"])
    return f"platform_release {random.choice(_OPERATORS)} '{value}'"


def _extra_test(random: Random) -> str:
    return f"extra {random.choice(['==', '!='])} '{random.choice('abc')}'"


def _test(random: Random, *, releases: bool) -> str:
    kind = random.random()
    if kind < 0.35:
        return _version_test(random)
    if kind < 0.42 and releases:
        return _release_test(random)
    return _text_test(random) if kind < 0.88 else _extra_test(random)


def random_marker(random: Random, depth: int, *, releases: bool = False) -> str:
    """Return a marker text of at most ``depth`` nested parentheses; ``platform_release`` only if ``releases``."""
    if depth == 0 or random.random() < 0.15:
        return _test(random, releases=releases)
    parts = [random_marker(random, depth - 1, releases=releases) for _ in range(random.randint(2, 3))]
    return f"({random.choice([' and ', ' or ']).join(parts)})"
