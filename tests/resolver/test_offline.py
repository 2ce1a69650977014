"""What the cache does not hold counts as not there while the network is off, as in uv."""

from __future__ import annotations

import pytest

from bot.errors import NoSolutionError, NotKeptError
from bot.index.memory import MemoryIndex
from bot.resolver.lock import Locked, LockTask, lock_project
from bot.resolver.lowering import CommandSettings, lower_project
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.effort import Advice
from bot.resolver.model.index import CoreMetadata, Index, Page, ReleaseFile
from tests.resolver.trees import MemoryTree

PROJECT = '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.9"\n'
_ADVICE = Advice(decisions=2000, forks=20, seconds=60.0)


class KeptIndex(MemoryIndex):
    """Only some pages and metadata are kept; the rest cannot be had."""

    def __init__(self, lost: str) -> None:
        super().__init__()
        self._lost = lost

    def get_page(self, index: Index, name: str) -> Page | None:
        if name == self._lost and not index.find_links:
            raise NotKeptError(f"{name}: it is not in the cache")
        return super().get_page(index, name)

    def get_metadata(self, file: ReleaseFile) -> CoreMetadata:
        if file.filename.startswith(f"{self._lost}-") and not file.index.find_links:
            raise NotKeptError(f"{file.filename}: its metadata is not in the cache")
        return super().get_metadata(file)


def lock(requirement: str, *, lost: str) -> Locked:
    index = KeptIndex(lost)
    index.add("app", "2.0", requires_dist=["lib"])
    index.add("app", "1.0", requires_dist=[])
    index.add("lib", "1.0", requires_dist=[])
    tree = MemoryTree({"pyproject.toml": f'{PROJECT}dependencies = ["{requirement}"]\n'})
    settings = CommandSettings()
    task = LockTask(
        request=lower_project(tree, root=".", settings=settings),
        index=index,
        sources=TreeLowering(tree, ".", settings, index),
        advice=_ADVICE,
    )
    return lock_project(task)


def versions(locked: Locked) -> dict[str, str]:
    return {package.name: str(package.version) for package in locked.lock.packages if package.name != "demo"}


@pytest.mark.parametrize("lost", ["lib", "app-2.0"])
def test_an_older_version_that_needs_nothing_of_it_is_taken(lost: str) -> None:
    assert versions(lock("app", lost=lost)) == {"app": "1.0"}


def test_a_folder_of_links_has_what_the_cache_does_not() -> None:
    index = KeptIndex("app")
    index.add("app", "2.0", requires_dist=[])
    tree = MemoryTree({"pyproject.toml": f'{PROJECT}dependencies = ["app"]\n'})
    settings = CommandSettings(find_links=("/links",), tree_root="/")
    request = lower_project(tree, root=".", settings=settings)
    index.add("app", "1.0", requires_dist=[], index=request.indexes[0])
    sources = TreeLowering(tree, ".", settings, index)
    assert versions(lock_project(LockTask(request=request, index=index, sources=sources))) == {"app": "1.0"}


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ("lib", "lib was not found in the cache, and the network is off"),
        ("app-2.0", "app 2.0 has unusable metadata (it is not in the cache, and the network is off)"),
    ],
)
def test_what_cannot_do_without_it_is_no_solution(lost: str, said: str) -> None:
    with pytest.raises(NoSolutionError) as caught:
        lock("app>=2", lost=lost)
    text = str(caught.value)
    assert said in text
    assert "hint: offline, packages are read from the cache alone" in text
    assert "It would lock" not in text
