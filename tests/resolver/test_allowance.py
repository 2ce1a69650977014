"""What advice on a contradiction may cost: counted, the same on every machine, and no more than the search or a little."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from bot.errors import GaveUpError, NoSolutionError
from bot.index.memory import PYPI, MemoryIndex
from bot.resolver.explanation.allowance import Allowance, CountedIndex
from bot.resolver.model.effort import Advice, Effort, EffortLimits
from bot.resolver.model.index import CoreMetadata, ReleaseFile
from tests.resolver.explained import Bench, RecordingIndex


class CountingIndex(RecordingIndex):
    """Counts which metadata is read, and by whom it is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.read: Counter[str] = Counter()

    def get_metadata(self, file: ReleaseFile) -> CoreMetadata:
        self.read[file.name] += 1
        return super().get_metadata(file)


def project(*requirements: str) -> dict[str, str]:
    rows = "".join(f'    "{one}",\n' for one in requirements)
    head = '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = [\n'
    return {"pyproject.toml": f"{head}{rows}]\n"}


def large(size: int) -> tuple[CountingIndex, Bench]:
    """Two pins contradict each other at once; whoever loosens one has a graph of ``size`` packages to read."""
    index = CountingIndex()
    index.add("app", "1", requires_dist=["left<2", *(f"p{number}" for number in range(size))])
    index.add("left", "1")
    index.add("left", "2")
    for number in range(size):
        index.add(f"p{number}", "1", requires_dist=[f"q{number}"])
        index.add(f"q{number}", "1")
    return index, Bench(files=project("app", "left>=2"), index=index)


@pytest.mark.parametrize(("size", "told"), [(5, "It would lock if `left>=2`"), (200, "It would lock without `app`")])
def test_a_change_that_takes_more_reading_than_the_search_did_is_given_up(size: int, told: str) -> None:
    index, bench = large(size)
    with pytest.raises(NoSolutionError) as caught:
        bench.lock(advice=Advice(seconds=60.0))
    assert "No version of left is left" in str(caught.value)
    assert told in str(caught.value)
    assert index.read.total() <= Advice().loads


def test_a_search_that_was_hard_may_be_followed_by_advice_that_is_as_hard() -> None:
    index, bench = large(40)
    for number in range(700):
        index.add("hard", f"1.{number}", requires_dist=[f"other=={number}"])
        index.add("other", str(number))
    index.add("other", "700")
    hard = replace(bench, files=project("app", "hard", "other>=700"))
    with pytest.raises(NoSolutionError, match="It would lock if `other>=700`"):
        hard.lock(advice=Advice(seconds=60.0))


def test_nothing_is_read_once_the_time_is_over() -> None:
    now = [0.0]
    allowance = Allowance(Advice(seconds=1.0), Effort(EffortLimits(), lambda: now[0]), frozenset(), lambda: now[0])
    index, _ = large(1)
    share = allowance.share(index)
    share.index.await_page(PYPI, "p0", lambda: None)
    now[0] = 2.0
    with pytest.raises(GaveUpError):
        share.index.await_page(PYPI, "p0", lambda: None)
    with pytest.raises(GaveUpError):
        share.index.get_metadata(release(index, "p0"))
    assert not allowance.is_left()


def release(index: MemoryIndex, name: str) -> ReleaseFile:
    page = index.get_page(PYPI, name)
    assert page is not None
    return page.files(page.versions[0])[0]


def counted(limit: int, known: frozenset[str] = frozenset()) -> tuple[CountedIndex, dict[str, ReleaseFile]]:
    index = MemoryIndex()
    files = {name: index.add(name, "1")[0] for name in ("a", "b", "c")}
    return CountedIndex(index, known, limit, lambda: True), files


def test_a_package_costs_its_page_and_its_metadata_once() -> None:
    index, files = counted(4)
    for name in ("a", "a", "b"):
        index.get_metadata(files[name])
    assert index.loads == 4
    with pytest.raises(GaveUpError):
        index.get_metadata(files["c"])


def test_a_page_that_the_search_read_costs_nothing() -> None:
    index, files = counted(1, frozenset({"a"}))
    index.get_metadata(files["a"])
    assert index.loads == 1


@pytest.mark.parametrize(("size", "cost"), [(300_000, 5), (None, 11)])
def test_a_source_distribution_costs_what_it_weighs(size: int | None, cost: int) -> None:
    index, files = counted(cost - 1)
    with pytest.raises(GaveUpError):
        index.await_metadata(replace(files["a"], wheel=None, size=size), lambda: None)
    assert index.loads == 0


def test_each_attempt_gets_half_of_what_is_left() -> None:
    spent = Effort(EffortLimits(), lambda: 0.0)
    allowance = Allowance(Advice(decisions=8, loads=8), spent, frozenset(), lambda: 0.0)
    seen = []
    while allowance.is_left():
        share = allowance.share(MemoryIndex())
        with pytest.raises(GaveUpError):
            _decide_on_and_on(share.effort)
        seen.append(share.effort.decisions - 1)
        allowance.settle(share)
    assert seen == [4, 2]


def _decide_on_and_on(effort: Effort) -> None:
    while True:
        effort.decide()
