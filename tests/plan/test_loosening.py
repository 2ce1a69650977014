"""Requests with loosened requirements."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.lockfile.model import (
    ModifierScope,
    PathRequirement,
    RegistryRequirement,
    Requirement,
    ScopedOverride,
    VirtualSource,
)
from bot.markers import TRUE
from bot.plan.loosening import Bounds, next_major, range_from, registry_sources, with_specifiers, with_upgrade
from bot.resolver.model.request import LockRequest, Member, TreeMetadata


def need(name: str, specifier: str = "==1") -> Requirement:
    return Requirement(name=name, marker=TRUE, source=RegistryRequirement(specifier=SpecifierSet(specifier)))


def request() -> LockRequest:
    metadata = TreeMetadata(
        name="app", version=Version("1"), requires_dist=(need("a"), need("b")), groups={"dev": (need("a"),)}
    )
    local = Requirement(name="local", marker=TRUE, source=PathRequirement(path="x.whl"))
    return LockRequest(
        requires_python=SpecifierSet(">=3.11"),
        requires_python_text=">=3.11",
        members=(Member(folder=".", source=VirtualSource(path="."), metadata=metadata),),
        requirements=(need("a"), local, need("app")),
        dependency_groups={"g": (need("a"),)},
        constraints=(need("a", "<2"),),
        overrides=(need("a"), ScopedOverride(scope=ModifierScope(package="p"), dependencies=(need("a"),))),
    )


def test_a_looser_specifier_replaces_it_everywhere() -> None:
    loose = SpecifierSet(">=1,<3")
    changed = with_specifiers(request(), {("a", SpecifierSet("==1")): loose, ("local", SpecifierSet("==1")): loose})
    found = str(changed)
    assert found.count(repr(loose)) == 6
    assert "<SpecifierSet('==1')>" in found, "b keeps its own"
    assert "<SpecifierSet('<2')>" in found, "so does what a says elsewhere"


def test_no_other_specifier_is_the_same_request() -> None:
    plain = request()
    assert with_specifiers(plain, {}) is plain


def test_bounds_are_for_one_run() -> None:
    upgraded = with_upgrade(request(), ["a"], Bounds(specifiers={"a": SpecifierSet("<3")}, told={}))
    assert upgraded.upgrade.packages == {"a"}
    assert [str(row.source) for row in upgraded.upgrade.constraints] == [str(need("a", "<3").source)]
    assert upgraded.constraints == request().constraints


def test_only_packages_that_come_from_an_index_can_move() -> None:
    assert sorted(registry_sources(request())) == ["a", "b"]


@pytest.mark.parametrize(
    ("floor", "specifiers", "below", "expected"),
    [
        ("1.2", [">=1,<2"], None, ">=1.2"),
        ("1.2", [">=1,<2"], "2", ">=1.2,<2"),
        ("1.2", ["!=1.3,<2", "!=1.3,!=1.4.*"], "2", ">=1.2,<2,!=1.3,!=1.4.*"),
        ("1.2+local", ["==1.2"], None, ">=1.2"),
    ],
)
def test_a_range_never_goes_back(floor: str, specifiers: list[str], below: str | None, expected: str) -> None:
    found = range_from(Version(floor), [SpecifierSet(text) for text in specifiers], below)
    assert found == SpecifierSet(expected)


@pytest.mark.parametrize(("version", "expected"), [("1.9", "2"), ("0.3", "1"), ("1!3.4", "1!4"), ("2.0rc1", "3")])
def test_the_next_major(version: str, expected: str) -> None:
    assert next_major(Version(version)) == expected
