"""What an index is without what the configuration forbids: versions, and single files that came late."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from packaging.version import Version

from bot.index.memory import PYPI, MemoryIndex
from bot.lockfile.model import Lock, Package, RegistrySource
from bot.plan.index.permitted import Held, Permit, PermittedIndex, find_held
from bot.resolver.model.index import Index, IndexFormat
from tests.plan.scenario import read_scenario
from tests.plan.scenario_runs import run_scenario

NOW = datetime(2026, 11, 22, tzinfo=UTC)
OLD, YOUNG = "2026-01-01T00:00:00Z", "2026-11-21T00:00:00Z"


@dataclass
class OneForAll:
    permit: Permit
    asked: list[str] = field(default_factory=list)

    def limits(self, name: str) -> bool:
        self.asked.append(name)
        return self.permit != Permit()

    def of(self, name: str, version: Version) -> Permit:
        return self.permit


def permitted(index: MemoryIndex, permit: Permit, **held: Held) -> PermittedIndex:
    return PermittedIndex(port=index, permits=OneForAll(permit), held=held, dated=frozenset(), now=NOW)


def seen(index: PermittedIndex, place: Index = PYPI) -> dict[str, list[str]]:
    page = index.get_page(place, "alpha")
    assert page is not None
    assert [one.key for one in page.versions] == list(page.keys)
    assert len(page.first_uploads) == len(page.versions)
    assert [page.version_at(at) for at in range(len(page.versions))] == list(page.versions)
    return {one.text: [file.filename for file in page.files(one)] for one in page.versions}


def make_index(**uploads: str | None) -> MemoryIndex:
    index = MemoryIndex()
    for name, moment in uploads.items():
        index.add("alpha", name.removeprefix("v").replace("_", "."), upload_time=moment)
    return index


WEEK = Permit(age=timedelta(days=7))


def test_a_young_version_is_not_there() -> None:
    assert list(seen(permitted(make_index(v1=OLD, v2=YOUNG), WEEK))) == ["1"]


def test_one_that_is_locked_is() -> None:
    held = Held(versions=(Version("2"),), files=frozenset({"alpha-2-py3-none-any.whl"}))
    assert list(seen(permitted(make_index(v1=OLD, v2=YOUNG, v3=YOUNG), WEEK, alpha=held))) == ["1", "2"]


@pytest.mark.parametrize(("locked", "kept"), [(False, 1), (True, 2)])
def test_a_file_that_came_late_waits_by_itself_unless_the_lock_has_it(locked: bool, kept: int) -> None:
    index = make_index(v1=OLD)
    index.add("alpha", "1", wheels=["cp314-cp314-win_amd64"], upload_time=YOUNG)
    late = frozenset({"alpha-1-cp314-cp314-win_amd64.whl"}) if locked else frozenset[str]()
    held = Held(versions=(Version("1"),), files=late)
    assert [len(files) for files in seen(permitted(index, WEEK, alpha=held)).values()] == [kept]


@pytest.mark.parametrize(("uploads", "left"), [((None, None), ["1", "2"]), ((OLD, None), ["1"]), ((YOUNG, None), [])])
def test_without_a_time_a_version_passes_where_nothing_has_one(uploads: tuple[str, None], left: list[str]) -> None:
    first, second = uploads
    assert list(seen(permitted(make_index(v1=first, v2=second), WEEK))) == left


def test_where_the_lock_knows_that_the_index_dates_its_files_none_passes() -> None:
    index = PermittedIndex(
        port=make_index(v1=None), permits=OneForAll(WEEK), held={}, dated=frozenset({PYPI.url}), now=NOW
    )
    assert seen(index) == {}


def test_a_flat_place_has_no_ages() -> None:
    index, flat = MemoryIndex(), Index(url="https://index.test/files", format=IndexFormat.FLAT)
    index.add("alpha", "1", upload_time=None, index=flat)
    assert list(seen(permitted(index, WEEK), flat)) == ["1"]


@pytest.mark.parametrize(
    ("allowed", "left"), [("<2", ["1"]), ("!/^1$/", ["2", "3.1"]), ("/\\.1$/", ["3.1"]), ("2", ["2"]), (">=9", [])]
)
def test_versions_that_are_not_allowed_are_not_there(allowed: str, left: list[str]) -> None:
    assert list(seen(permitted(make_index(v1=OLD, v2=OLD, v3_1=OLD), Permit(allowed=allowed)))) == left


def test_what_leaves_a_vulnerability_need_not_wait_but_has_to_be_allowed() -> None:
    index = permitted(make_index(v1=OLD, v2=YOUNG, v3=YOUNG), Permit(age=timedelta(days=7), allowed="<3"))
    assert list(seen(index)) == ["1"]
    assert list(seen(index.letting(["alpha"]))) == ["1", "2"]
    assert list(seen(index.letting(["beta"]))) == ["1"]


def test_of_a_lock_that_names_no_files_all_files_count() -> None:
    pins = Lock(
        requires_python="", packages=(Package(name="alpha", version=Version("2"), source=RegistrySource(url=PYPI.url)),)
    )
    held = find_held(pins, {})["alpha"]
    assert list(seen(permitted(make_index(v1=OLD, v2=YOUNG, v3=YOUNG), WEEK, alpha=held))) == ["1", "2"]


def test_a_page_of_which_nothing_is_forbidden_is_the_index_own() -> None:
    index = make_index(v1=OLD)
    assert permitted(index, Permit()).get_page(PYPI, "alpha") is index.get_page(PYPI, "alpha")


def test_a_run_knows_when_the_first_update_comes_of_age() -> None:
    path = Path(__file__).parent / "scenarios" / "cooldown" / "direct-and-indirect.toml"
    _, report = run_scenario(read_scenario(path))
    assert report.ripe_at == datetime(2026, 11, 27, 12, 0, 30, tzinfo=UTC).timestamp()
