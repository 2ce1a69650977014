"""Which pages are watched: what a run asks for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from bot.lockfile.model import RegistrySource
from bot.plan.inventory.depended import _of_unit
from bot.plan.proposals.repository import Workload
from bot.repoconfig.model import RepoConfig
from bot.resolver.model.index import Index, IndexPort

HERE, GONE = "https://index.test/simple", "https://gone.test/simple"


class Asked:
    """Notes what it is asked for, and has nothing."""

    def __init__(self) -> None:
        self.pages: list[tuple[str, str]] = []

    def get_page(self, index: Index, name: str) -> None:
        self.pages.append((index.url, name))


def test_an_index_that_nothing_but_a_lock_names_is_watched_and_not_asked_by_the_run() -> None:
    """It may never answer, and the run did not need it."""
    locked = [SimpleNamespace(name=name, source=RegistrySource(url=url)) for name, url in (("a", HERE), ("b", GONE))]
    trial = SimpleNamespace(
        unit=SimpleNamespace(declarations=()),
        base=SimpleNamespace(lock=SimpleNamespace(packages=locked)),
        request=SimpleNamespace(indexes=(Index(url=HERE, default=True),)),
    )
    asked = Asked()
    unit, index = cast(Workload, SimpleNamespace(trial=trial)), cast(IndexPort, asked)
    found = [*_of_unit(unit, RepoConfig(), index, ("a", "b"))]
    assert [(one.index, one.package, one.seen) for one in found][1] == (GONE, "b", "")
    assert (len(found), asked.pages) == (2, [(HERE, "a")])
