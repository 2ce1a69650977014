"""The lock of a newer uv: what isn't known is kept wherever the rest of its entry is."""

from __future__ import annotations

import difflib
from dataclasses import replace

import pytest
from packaging.version import Version

from bot.lockfile.graph import PackageId, id_of
from bot.lockfile.model import Lock
from bot.lockfile.reader import parse_lock
from bot.lockfile.sections import split_lock
from bot.lockfile.unknown import carry_unknown
from bot.lockfile.writer import render_lock
from bot.resolver.assembly.lock import REVISION
from bot.resolver.assembly.style import restyle

#: A lock of a revision to come: fields in every kind of table, tables of its own, and fields of rows.
NEWER = f"""\
version = 1
revision = {REVISION + 1}
requires-python = ">=3.12"
written-by = "uv 0.99"
resolution-markers = [
    "sys_platform == 'win32'",
    "sys_platform != 'win32'",
]
forks = [
    {{ marker = "sys_platform == 'win32'", reason = "a" }},
    {{ marker = "sys_platform != 'win32'", reason = "b" }},
]

[options]
exclude-newer = "2026-01-01T00:00:00Z"
index-hash = "sha512"

[provenance]
build = "1"

[manifest]
members = [
    "demo",
]
layout = "flat"

[[package]]
name = "alpha"
version = "1.0"
source = {{ registry = "https://index.invalid/simple", mirror = "m" }}
licence = "MIT"
dependencies = [
    {{ name = "beta", why = "core" }},
    {{ name = "gamma", marker = "sys_platform == 'win32'", why = "windows" }},
]
sdist = {{ url = "https://files.invalid/alpha-1.0.tar.gz", hash = "sha256:01", size = 1, signed = true }}
wheels = [
    {{ url = "https://files.invalid/alpha-1.0-py3-none-any.whl", hash = "sha256:02", size = 2, signed = true }},
]

[package.attestation]
subject = "alpha"

[[package.notes]]
text = "one"

[[package.notes]]
text = "two"

[[package]]
name = "beta"
version = "1.0"
source = {{ registry = "https://index.invalid/simple" }}
licence = "BSD"
wheels = [
    {{ url = "https://files.invalid/beta-1.0-py3-none-any.whl", hash = "sha256:03", signed = true }},
]

[[package]]
name = "demo"
version = "0"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "alpha" }},
]

[package.metadata]
requires-dist = [{{ name = "alpha", specifier = ">=1", note = "x" }}]
checked = true

[[package]]
name = "gamma"
version = "1.0"
source = {{ registry = "https://index.invalid/simple" }}
wheels = [
    {{ url = "https://files.invalid/gamma-1.0-py3-none-any.whl", hash = "sha256:04" }},
]
"""


def known_files(*locks: Lock) -> dict[PackageId, frozenset[str]]:
    packages = [package for lock in locks for package in lock.packages]
    return {id_of(package): frozenset({f"{package.name}-1.0-py3-none-any.whl"}) for package in packages}


def kept(new: Lock, old_text: str = NEWER) -> str:
    old = parse_lock(old_text, "uv.lock")
    new = replace(new, revision=old.revision)
    return restyle(render_lock(new), old, old_text, new, known_files(old, new))


def changed_lines(before: str, after: str) -> list[str]:
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:1] in "+-"]


def moved(lock: Lock, name: str) -> Lock:
    """The lock with a package at 2.0, and no files."""
    packages = []
    for package in lock.packages:
        edges = tuple(
            replace(edge, version=Version("2.0")) if edge.name == name else edge for edge in package.dependencies
        )
        package = replace(package, dependencies=edges)
        if package.name == name:
            package = replace(package, version=Version("2.0"), wheels=(), sdist=None)
        packages.append(package)
    return replace(lock, packages=tuple(packages))


def test_the_reader_passes_over_what_it_does_not_know() -> None:
    lock = parse_lock(NEWER, "uv.lock")
    assert lock.revision == REVISION + 1
    assert [package.name for package in lock.packages] == ["alpha", "beta", "demo", "gamma"]


def test_a_lock_that_says_the_same_keeps_every_field() -> None:
    assert kept(parse_lock(NEWER, "uv.lock")) == NEWER


def test_only_the_entry_that_changes_loses_what_is_not_known() -> None:
    text = kept(moved(parse_lock(NEWER, "uv.lock"), "beta"))
    assert changed_lines(NEWER, text) == [
        '- version = "1.0"',
        '+ version = "2.0"',
        '- licence = "BSD"',
        "- wheels = [",
        '-     { url = "https://files.invalid/beta-1.0-py3-none-any.whl", hash = "sha256:03", signed = true },',
        "- ]",
    ]


def test_a_package_that_goes_takes_its_fields_along() -> None:
    lock = parse_lock(NEWER, "uv.lock")
    fewer = tuple(
        replace(package, dependencies=tuple(edge for edge in package.dependencies if edge.name != "beta"))
        for package in lock.packages
        if package.name != "beta"
    )
    lines = changed_lines(NEWER, kept(replace(lock, packages=fewer)))
    assert '-     { name = "beta", why = "core" },' in lines
    assert not [line for line in lines if line.startswith("+")]
    assert not [line for line in lines if "MIT" in line or "alpha" in line]


def test_a_lock_of_a_known_revision_is_written_as_its_uv_would() -> None:
    text = NEWER.replace(f"revision = {REVISION + 1}", f"revision = {REVISION}")
    assert "attestation" not in kept(parse_lock(text, "uv.lock"), text)


@pytest.mark.parametrize(
    ("before", "after", "carried"),
    [
        ("[a]\nx = 1\n", "", "[a]\nx = 1\n"),
        ("[options]\nnew = 1\n", "", "[options]\nnew = 1\n"),
        ("[options]\nfork-strategy = 1\n", "", ""),
        ("[options]\na = 1\nfork-strategy = 1\nb = 2\n", "[options]\nfork-strategy = 9\n",
         "[options]\na = 1\nfork-strategy = 9\nb = 2\n"),
        ("[manifest]\nmembers = 1\n\n[x]\na = 1\n\n[y]\nb = 1\n", "[options]\nc = 1\n\n[manifest]\nmembers = 2\n\n[z]\nd = 1\n",
         "[options]\nc = 1\n\n[manifest]\nmembers = 2\n\n[x]\na = 1\n\n[y]\nb = 1\n\n[z]\nd = 1\n"),
        ("[manifest.dependency-groups]\nodd = 1\n", "", ""),
    ],
)  # fmt: skip
def test_fields_and_tables_stand_where_they_stood(before: str, after: str, carried: str) -> None:
    sections = [split_lock(f"version = 1\n\n{text}" if text else "version = 1\n") for text in (before, after, carried)]
    old, new, wanted = (one.head for one in sections if one is not None)
    assert carry_unknown(old, new) == wanted
