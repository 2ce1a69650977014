"""Metadata that would need a build: what the lock recorded, what an earlier build left, and refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.errors import BuildRequiredError
from bot.lockfile.model import Lock
from bot.lockfile.reader import parse_lock
from bot.markers import parse_marker
from bot.resolver.model.index import CoreMetadata
from bot.resolver.model.needs import Facts, facts_of
from bot.resolver.model.versions import parse_version
from bot.resolver.search.locked_facts import LOCK, locked_facts, with_specifiers
from tests.resolver.explained import Bench, make_bench

UNBUILT: Mapping[str, Any] = {"wheels": [], "sdist": True, "static_sdist": False}


def project(*requirements: str, python: str = ">=3.9", more: str = "") -> dict[str, str]:
    rows = ", ".join(f'"{one}"' for one in requirements)
    head = f'[project]\nname = "demo"\nversion = "1"\nrequires-python = "{python}"\ndependencies = [{rows}]\n'
    return {"pyproject.toml": head + more}


def bench_of(files: Mapping[str, str], *, left: Sequence[str] | None = None, **more: Any) -> Bench:
    """``old`` 1.0 and 2.0 need a build; ``left`` is what an earlier build left in them."""
    packages = {"old": {"1.0": UNBUILT, **more.pop("old", {})}, "dep": {"1.0": [], "2.0": []}, **more}
    bench = make_bench({"files": files, "packages": packages})
    if left is not None:
        for version in packages["old"]:
            bench.index.recorded[f"old-{version}.tar.gz"] = CoreMetadata(
                name="old",
                version=version,
                requires_dist=tuple(left),
                provides_extras=("fast",),
                recorded="egg-info",
            )
    return bench


def a_lock(left: Sequence[str], requirement: str = "old", more: Sequence[str] = (), python: str = ">=3.9") -> Lock:
    """A lock made when ``old`` could be read, as a lock file gives it back."""
    locked = bench_of(project(requirement, *more, python=python), left=left).lock()
    return parse_lock(locked.text, "uv.lock")


def versions(lock: Lock) -> dict[str, str]:
    return {package.name: str(package.version) for package in lock.packages}


# --- what an earlier build left ---------------------------------------------------------------------------------------


def test_what_a_build_left_is_used_and_told() -> None:
    locked = bench_of(project("old"), left=["dep<2"]).lock()
    assert versions(locked.lock)["dep"] == "1.0"
    assert locked.recorded == {"old": "egg-info"}


def test_static_metadata_is_not_told() -> None:
    assert bench_of(project("dep")).lock().recorded == {}


# --- what the lock recorded -------------------------------------------------------------------------------------------


def test_the_lock_stands_in_for_a_build() -> None:
    existing = a_lock(["dep<2; sys_platform == 'win32'"])
    locked = bench_of(project("old", "extra"), extra={"1.0": []}).lock(existing)
    assert versions(locked.lock) == {"demo": "1", "dep": "1.0", "extra": "1.0", "old": "1.0"}
    (old,) = (package for package in locked.lock.packages if package.name == "old")
    assert [(edge.name, str(edge.marker)) for edge in old.dependencies] == [("dep", "sys_platform == 'win32'")]
    assert locked.recorded == {"old": LOCK}


def test_the_lock_says_what_is_required_and_a_build_how_much() -> None:
    existing = a_lock(["dep<2"])
    bench = bench_of(project("old", "extra"), left=["dep<2", "elsewhere"], extra={"1.0": []})
    locked = bench.lock(existing)
    assert versions(locked.lock) == {"demo": "1", "dep": "1.0", "extra": "1.0", "old": "1.0"}
    assert locked.recorded == {"old": "egg-info"}


def test_a_dependency_that_has_to_move_is_refused() -> None:
    existing = a_lock(["dep<2"])
    with pytest.raises(BuildRequiredError, match="does not say which other versions of dep it allows"):
        bench_of(project("old", "dep>=2")).lock(existing)


def test_a_dependency_may_move_where_a_build_left_its_range() -> None:
    existing = a_lock(["dep>=1"], more=["dep<2"])
    locked = bench_of(project("old", "dep>=2"), left=["dep>=1"]).lock(existing)
    assert versions(locked.lock)["dep"] == "2.0"


def test_another_version_is_not_what_the_lock_recorded() -> None:
    existing = a_lock(["dep"])
    with pytest.raises(BuildRequiredError, match=r"^old 2\.0 "):
        bench_of(project("old>=2"), old={"2.0": UNBUILT}).lock(existing)


REFUSED_RECORDS = {
    "older Pythons than the lock's": project("old", "extra", python=">=3.8"),
    "an override that the lock does not have": project(
        "old", "extra", more='[tool.uv]\noverride-dependencies = ["other==1"]\n'
    ),
    "an exclude that the lock does not have": project(
        "old", "extra", more='[tool.uv]\nexclude-dependencies = ["other"]\n'
    ),
    "an extra that nobody asked for before": project("old[fast]", "extra"),
}


@pytest.mark.parametrize("name", REFUSED_RECORDS)
def test_a_lock_that_did_not_see_it_is_no_record(name: str) -> None:
    existing = a_lock(["dep"])
    with pytest.raises(BuildRequiredError):
        bench_of(REFUSED_RECORDS[name], extra={"1.0": []}).lock(existing)


def test_extras_are_recorded_with_their_condition() -> None:
    existing = a_lock(["dep; extra == 'fast'"], "old[fast]")
    request = bench_of(project("old[fast]")).request()
    (facts,) = locked_facts(request, existing, frozenset()).values()
    assert facts.extras == ("fast",)
    assert [(need.name, need.marker) for need in facts.needs] == [("dep", parse_marker("extra == 'fast'"))]


def test_a_package_to_be_upgraded_has_no_record() -> None:
    existing = a_lock(["dep"])
    assert locked_facts(bench_of(project("old")).request(), existing, frozenset({"old"})) == {}


def test_packages_with_wheels_need_no_record() -> None:
    existing = a_lock(["dep"])
    found = locked_facts(bench_of(project("old")).request(), existing, frozenset())
    assert list(found) == [("old", parse_version("1.0"))]


def _facts(*requirements: str, recorded: str) -> Facts:
    return facts_of(CoreMetadata(name="old", version="1.0", requires_dist=requirements, recorded=recorded))


def test_a_requirement_that_a_build_did_not_leave_has_no_specifier() -> None:
    assert with_specifiers(_facts("dep", recorded=LOCK), _facts("other", recorded="egg-info")) is None


def test_requirements_that_differ_by_marker_are_not_mixed_up() -> None:
    left = _facts("dep<2; sys_platform == 'win32'", "dep<3; sys_platform != 'win32'", recorded="egg-info")
    both = with_specifiers(_facts("dep; sys_platform == 'win32'", recorded=LOCK), left)
    assert both is not None
    assert [str(need.specifiers) for need in both.needs] == ["<2"]
    assert with_specifiers(_facts("dep", recorded=LOCK), left) is None


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_a_refusal_says_who_needs_the_package_and_what_to_do() -> None:
    bench = bench_of(project("app"), app={"3.0": ["mid"]}, mid={"2.0": ["old"]})
    with pytest.raises(BuildRequiredError) as caught:
        bench.lock()
    assert caught.value.needed_by == ("demo (pyproject.toml:5)", "app 3.0", "mid 2.0")
    assert str(caught.value) == (
        "old 1.0 (old-1.0.tar.gz): its metadata is not static; lockbot never builds packages "
        "(needed by demo (pyproject.toml:5) -> app 3.0 -> mid 2.0 -> old 1.0). "
        "Choose a version with a wheel, or state its metadata in "
        "[[tool.uv.dependency-metadata]]:\n"
        "    [[tool.uv.dependency-metadata]]\n"
        '    name = "old"\n'
        '    version = "1.0"\n'
        "    requires-dist = []  # what it requires"
    )


def test_what_the_refusal_proposes_works() -> None:
    stated = '[[tool.uv.dependency-metadata]]\nname = "old"\nversion = "1.0"\nrequires-dist = ["dep<2"]\n'
    locked = bench_of(project("old", more=stated)).lock()
    assert versions(locked.lock)["dep"] == "1.0"


def test_a_version_that_is_not_chosen_may_need_a_build() -> None:
    bench = bench_of(project("old"), old={"2.0": []})
    assert versions(bench.lock().lock)["old"] == "2.0"


def test_source_distributions_do_not_count_without_builds() -> None:
    bench = bench_of(project("old"), left=["dep"], old={"0.9": []})
    without = replace(bench, arguments={"no_build": True}, index=bench.index)
    without.index.recorded.pop("old-0.9.tar.gz", None)
    assert versions(without.lock().lock) == {"demo": "1", "old": "0.9"}
