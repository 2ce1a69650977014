"""Locks from hand-made solutions, compared with what uv 0.13.9 wrote for the same project and packages.

A case names the packages an index has (which is all uv saw), and what a solver finds there: forks with edges such as
``p[x] -> e==1.0 ; sys_platform == 'linux'``, their own or those of the case. Options, metadata and files are read off
uv's lock; the graph is not.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import ResolutionError
from bot.lockfile.model import (
    ConflictItem,
    ConflictKind,
    EditableSource,
    File,
    Lock,
    Package,
    RegistrySource,
    Requirement,
    VirtualSource,
)
from bot.lockfile.reader import parse_lock
from bot.lockfile.writer import render_lock
from bot.markers import TRUE, parse_marker
from bot.resolver.assembly.compare import is_same_lock
from bot.resolver.assembly.lock import assemble_lock
from bot.resolver.model.request import LockRequest
from bot.resolver.model.resolution import (
    Edge,
    ForkResolution,
    NodeKind,
    PackageKey,
    PackageNode,
    PinnedPackage,
    Resolution,
)
from bot.resolver.model.versions import parse_version
from tests.resolver.lock_resolutions import pinned_packages, pinned_wheel, request_of, resolution_of

CASES = Path(__file__).with_name("assemble_cases")
LOCKS = Path(__file__).parents[1] / "snapshots" / "locks"

_NODE = re.compile(r"(?P<name>[a-z0-9-]+)(?:\[(?P<extra>[a-z0-9-]+)\]|:(?P<group>[a-z0-9-]+))?(?:==(?P<version>.+))?")


def _read(case: str) -> tuple[dict[str, Any], str]:
    universe = tomllib.loads((CASES / f"{case}.toml").read_text(encoding="utf-8"))
    return universe, (LOCKS / "assemble" / f"{case}.lock").read_text(encoding="utf-8")


class _Solution:
    """Reads the forks of a case; packages that uv's lock lacks are made up."""

    def __init__(self, universe: dict[str, Any], lock: Lock) -> None:
        self.universe = universe
        self.lock = lock
        self.known = pinned_packages(lock)
        self.packages: dict[PackageKey, PinnedPackage] = {}

    def node(self, text: str) -> PackageNode:
        match = _NODE.fullmatch(text.strip())
        assert match, text
        key = self.key(match["name"], match["version"])
        if match["extra"]:
            return PackageNode(package=key, kind=NodeKind.EXTRA, kind_name=match["extra"])
        if match["group"]:
            return PackageNode(package=key, kind=NodeKind.GROUP, kind_name=match["group"])
        return PackageNode(package=key)

    def key(self, name: str, version: str | None) -> PackageKey:
        found = [key for key in self.known if key.name == name and version in (None, key.version.text)]
        if not found:
            key = PackageKey(
                name=name, version=parse_version(version or ""), source=RegistrySource(url="https://index.test/simple/")
            )
            self.packages[key] = PinnedPackage(version=key.version)
            return key
        (key,) = found
        self.packages[key] = self.with_all_wheels(key)
        return key

    def with_all_wheels(self, key: PackageKey) -> PinnedPackage:
        """The package with every wheel that the index has, in the order of their names."""
        pinned = self.known[key]
        release = self.universe["packages"].get(key.name, {}).get("versions", {}).get(key.version.text)
        if release is None or "wheel_tags" not in release:
            return pinned
        kept = {(wheel.file.url or "").rpartition("/")[2]: wheel for wheel in pinned.wheels}
        names = sorted(f"{key.name}-{key.version}-{tag}.whl" for tag in release["wheel_tags"])
        return replace(pinned, wheels=tuple(kept.get(name) or pinned_wheel(File(url=f"x/{name}")) for name in names))

    def item(self, text: str) -> ConflictItem:
        node = self.node(text)
        if node.kind is NodeKind.BASE:
            return ConflictItem(package=node.package.name, kind=ConflictKind.PROJECT)
        return ConflictItem(package=node.package.name, kind=ConflictKind(node.kind.value), name=node.kind_name)

    def fork(self, table: dict[str, Any]) -> ForkResolution:
        nodes: dict[PackageNode, int] = {}
        edges: list[Edge] = []
        here = parse_marker(table["marker"]) if "marker" in table else TRUE
        for line in table.get("edges", self.universe.get("edges", [])):
            ends, _, marker = line.partition(";")
            source, _, target = ends.partition(" -> ")
            if marker and parse_marker(marker).is_disjoint(here):
                continue
            edges.append(
                Edge(
                    source=None if source == "root" else nodes.setdefault(self.node(source), len(nodes)),
                    target=nodes.setdefault(self.node(target), len(nodes)),
                    marker=parse_marker(marker) if marker else TRUE,
                )
            )
        return ForkResolution(
            marker=here,
            included=frozenset(map(self.item, table.get("include", []))),
            excluded=frozenset(map(self.item, table.get("exclude", []))),
            nodes=tuple(nodes),
            edges=tuple(edges),
        )

    def resolution(self) -> Resolution:
        forks = tuple(self.fork(table) for table in self.universe["forks"])
        return Resolution(forks=forks, packages=self.packages)


def _assemble(case: str) -> tuple[str, str]:
    universe, expected = _read(case)
    lock = parse_lock(expected, case)
    return render_lock(assemble_lock(request_of(lock), _Solution(universe, lock).resolution())), expected


@pytest.mark.parametrize("case", sorted(path.stem for path in CASES.glob("*.toml")))
def test_the_lock_of_a_solution_is_that_of_uv(case: str) -> None:
    found, expected = _assemble(case)

    assert found == expected


def _backwards(table: dict[str, Any]) -> dict[str, Any]:
    return {**table, "edges": table["edges"][::-1]} if "edges" in table else table


@pytest.mark.parametrize("case", sorted(path.stem for path in CASES.glob("*.toml")))
def test_the_order_in_which_edges_are_found_does_not_matter(case: str) -> None:
    universe, expected = _read(case)
    universe = {**_backwards(universe), "forks": [_backwards(table) for table in universe["forks"]]}
    lock = parse_lock(expected, case)

    assert render_lock(assemble_lock(request_of(lock), _Solution(universe, lock).resolution())) == expected


@pytest.mark.parametrize("path", sorted(LOCKS.glob("*.lock")), ids=lambda path: path.stem)
def test_a_lock_taken_apart_is_put_together_again(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lock = parse_lock(text, path.name)

    assert render_lock(assemble_lock(request_of(lock), resolution_of(lock))) == text


def test_every_snapshot_belongs_to_a_case() -> None:
    assert {path.stem for path in (LOCKS / "assemble").glob("*.lock")} == {path.stem for path in CASES.glob("*.toml")}


def test_requirements_are_recorded_sorted_and_once() -> None:
    _, text = _read("manifest_tables")
    lock = parse_lock(text, "")
    request = request_of(lock)
    spellings = ('>=1.0.0"', '>=1.0"', '>=1"')
    twice: list[Requirement] = []
    for spelling in spellings:
        other = parse_lock(text.replace('name = "c", specifier = ">=1"', f'name = "c", specifier = "{spelling}'), "")
        twice = (
            [*reversed(other.manifest.constraints), *twice]
            if spelling == '>=1"'
            else [*twice, *other.manifest.constraints]
        )
    request = replace(request, constraints=tuple(reversed(twice)), excludes=tuple(reversed(request.excludes)))

    manifest = assemble_lock(request, resolution_of(lock)).manifest

    assert manifest.excludes == lock.manifest.excludes
    assert [row.name for row in manifest.constraints] == [row.name for row in lock.manifest.constraints]


def test_an_extra_without_its_package_is_refused() -> None:
    source = RegistrySource(url="https://index.test/simple/")
    key = PackageKey(name="a", version=parse_version("1"), source=source)
    node = PackageNode(package=key, kind=NodeKind.EXTRA, kind_name="x")
    fork = ForkResolution(marker=TRUE, nodes=(node,), edges=(Edge(source=None, target=0, marker=TRUE),))
    lock = parse_lock(_read("extras")[1], "")

    with pytest.raises(ResolutionError, match="the extra 'x' of a is reached"):
        assemble_lock(request_of(lock), Resolution(forks=(fork,), packages={key: PinnedPackage(version=key.version)}))


# --- comparing ----------------------------------------------------------------------------------------


def _lock(text: str) -> Lock:
    return parse_lock(text, "uv.lock")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('requires-python = ">=3.12"', 'requires-python = ">=3.12.0"'),
        ('    { name = "a" },\n    { name = "half" },\n', '    { name = "half" },\n    { name = "a" },\n'),
        ('    { name = "half" },\n', "    {name='half'}, # by hand\n"),
        ('{ name = "e", marker', '{ name = "e", groups = [], marker'),
    ],
)
def test_layout_order_and_spelling_make_no_difference(before: str, after: str) -> None:
    _, text = _read("extras")
    assert text.count(before) >= 1

    assert is_same_lock(_lock(text.replace(before, after, 1)), _lock(text))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("revision = 5", "revision = 4"),
        ('requires-python = ">=3.12"', 'requires-python = ">=3.13"'),
        ('    { name = "half" },\n', ""),
        ("sys_platform != 'win32'", "sys_platform == 'win32'"),
        ('provides-extras = ["zeta", "alpha-1", "empty"]', 'provides-extras = ["alpha-1", "zeta", "empty"]'),
    ],
)
def test_a_difference_in_meaning_counts(before: str, after: str) -> None:
    _, text = _read("extras")
    assert text.count(before) >= 1

    assert not is_same_lock(_lock(text.replace(before, after, 1)), _lock(text))


def test_a_marker_that_the_environment_implies_makes_no_difference() -> None:
    _, text = _read("environments")
    before = '    { name = "l" },\n'
    after = "    { name = \"l\", marker = \"sys_platform == 'linux' or sys_platform == 'win32'\" },\n"
    assert before in text

    assert is_same_lock(_lock(text.replace(before, after)), _lock(text))


def _project(lock: Lock) -> Package:
    return next(package for package in lock.packages if isinstance(package.source, EditableSource | VirtualSource))


def test_metadata_is_recorded_for_what_can_change() -> None:
    _, text = _read("extras")
    lock = _lock(text)
    request: LockRequest = request_of(lock)

    assembled = assemble_lock(request, resolution_of(lock))

    assert _project(assembled).metadata == _project(lock).metadata
    assert all(not package.metadata.requires_dist for package in assembled.packages if package.name != "project")
