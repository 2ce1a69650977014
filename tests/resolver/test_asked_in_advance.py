"""What is asked of the index before it is needed: early, and nothing that is not needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from bot.resolver.model.index import Index, ReleaseFile
from bot.resolver.search.head_start import request_first_pages
from tests.resolver.explained import Bench, RecordingIndex


class DistantIndex(RecordingIndex):
    """An index whose pages come while something is waited for. ``early``: the metadata asked for in advance."""

    def __init__(self) -> None:
        super().__init__()
        self.requested: list[str] = []
        self.early: list[str] = []
        self._on_the_way: set[str] = set()
        self._there: set[str] = set()

    def request_pages(self, index: Index, names: Iterable[str]) -> None:
        self.requested += [name for name in names if name not in self._on_the_way]
        self._on_the_way.update(self.requested)

    def has_page(self, index: Index, name: str) -> bool:
        return name in self._there

    def await_page(self, index: Index, name: str, meanwhile: Callable[[], None]) -> None:
        if name not in self._there:
            self._arrive(meanwhile)
            self._there.add(name)

    def request_metadata(self, files: Iterable[ReleaseFile]) -> None:
        self.early = list(dict.fromkeys([*self.early, *(file.filename for file in files)]))

    def await_metadata(self, file: ReleaseFile, meanwhile: Callable[[], None]) -> None:
        self._arrive(meanwhile)

    def _arrive(self, meanwhile: Callable[[], None]) -> None:
        meanwhile()
        if self._on_the_way - self._there:
            self._there |= self._on_the_way
            meanwhile()


def project(*dependencies: str, more: str = "", python: str = ">=3.11") -> dict[str, str]:
    listed = ", ".join(f'"{one}"' for one in dependencies)
    head = f'[project]\nname = "p"\nversion = "1"\nrequires-python = "{python}"\ndependencies = [{listed}]\n'
    return {"pyproject.toml": head + more}


def first_pages(files: dict[str, str], **arguments: Any) -> list[str]:
    index = DistantIndex()
    request_first_pages(Bench(files=files, index=index, arguments=arguments).request(), index)
    return index.requested


def test_direct_requirements_are_asked_for_first() -> None:
    more = '[project.optional-dependencies]\nx = ["c"]\n[dependency-groups]\ndev = ["d", "a"]\n'
    assert first_pages(project("b", "a>=1", more=more)) == ["b", "a", "c", "d"]


@pytest.mark.parametrize(
    "more",
    [
        '[tool.uv.sources]\na = { url = "https://example.com/a-1.0-py3-none-any.whl" }\n',
        '[tool.uv]\noverride-dependencies = ["a==2"]\n',
        '[tool.uv.sources]\na = { index = "i" }\n[[tool.uv.index]]\nname = "i"\nurl = "https://i.test/s"\nexplicit = true\n',
    ],
)
def test_what_is_not_surely_read_from_the_first_index_is_left_to_the_solver(more: str) -> None:
    assert "a" not in first_pages(project("a", more=more))


def test_requirements_of_other_pythons_are_left_out() -> None:
    assert first_pages(project("a; python_version < '3.9'", "b; sys_platform == 'win32'")) == ["b"]


def test_a_strategy_that_looks_at_all_indexes_is_left_to_the_solver() -> None:
    assert first_pages(project("a"), index_strategy="unsafe-best-match") == []


def test_metadata_is_asked_for_as_soon_as_pages_are_there() -> None:
    index = DistantIndex()
    for name, requires in (("a", ["d"]), ("b", []), ("c", []), ("d", [])):
        index.add(name, "1.0", requires_dist=requires)
    Bench(files=project("a", "b; sys_platform == 'win32'", "c"), index=index).lock()
    # One wait for the first pages asks for all that is likely, conditional or not.
    assert set(index.early[:3]) == {f"{name}-1.0-py3-none-any.whl" for name in "abc"}
    assert sorted(index.early) == sorted(f"{name}-1.0-py3-none-any.whl" for name in "abcd")


def test_what_the_index_says_is_for_newer_pythons_alone_is_not_asked_for() -> None:
    index = DistantIndex()
    index.add("a", "1.0")
    index.add("b", "1.0")
    index.add("b", "2.0", requires_python=">=3.13")
    Bench(files=project("a", "b", python=">=3.11,<3.12"), index=index).lock()
    assert sorted(index.early) == ["a-1.0-py3-none-any.whl", "b-1.0-py3-none-any.whl"]


class RoundTrips(DistantIndex):
    """An index of which all that was asked for comes with the next that is waited for. ``waits``: how often."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = 0
        self._came: set[str] = set()

    def await_metadata(self, file: ReleaseFile, meanwhile: Callable[[], None]) -> None:
        super().await_metadata(file, meanwhile)
        if file.filename not in self._came:
            self.waits += 1
            self._came |= {*self.early, file.filename}


@pytest.mark.parametrize(("resolution", "fitting"), [("highest", 0), ("lowest", 99)])
def test_what_each_version_of_another_needs_in_its_own_version_is_asked_for_in_advance(
    resolution: str, fitting: int
) -> None:
    """As with boto3, each of which needs a botocore of its own: a set of one version never says what comes next."""
    index = RoundTrips()
    index.add("dates", "3.0")
    for number in range(100):
        index.add("kit", f"1.{number}", requires_dist=[f"core==1.{number}"])
        index.add("core", f"1.{number}", requires_dist=[] if number == fitting else ["dates<3"])
    Bench(files=project("kit", "dates"), index=index, arguments={"resolution": resolution}).lock()
    assert len(index.early) > 190
    assert index.waits < 10
