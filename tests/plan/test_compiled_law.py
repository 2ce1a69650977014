"""Random requirements files whose output is out of date: what is proposed for it stands when it is compiled again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from bot.compile.arguments import parse_arguments
from bot.compile.compiling import CompileTask, Solving, compile_planned, plan_compile
from bot.errors import LockbotError
from bot.pipeline.edges import Edges
from bot.pipeline.run import run_repository
from bot.ports.run import BranchName, RunReport, RunRequest, Sha
from bot.resolver.lowering import CommandSettings
from bot.resolver.model.effort import EffortLimits
from bot.resolver.model.index import Index, Page
from bot.values import replace
from tests.compile.compiling import INDEX
from tests.compile.random_compiles import random_compile
from tests.kept_errors import keep_nothing
from tests.plan.memory_commit import MemoryCommit
from tests.resolver.universe import Site, State
from tests.resolver.universe_index import UniverseIndex

NOW = datetime(2025, 6, 1, tzinfo=UTC)
SEEDS = range(60)
#: Options that are about one run, or under which no header says what to do.
_PASSING = ("-U", "--upgrade", "-P", "--upgrade-package", "--no-header", "--resolution")


class PublicIndex(UniverseIndex):
    """The main index of a universe in the place of the public one."""

    def get_page(self, index: Index, name: str) -> Page | None:
        return super().get_page(replace(index, url=INDEX), name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    commit: MemoryCommit
    site: Site
    words: Sequence[str]
    output: str


def compiled(case: Case, existing: str | None, *more: str) -> str:
    words = ("pip", "compile", *case.words, *more)
    task = CompileTask(
        arguments=parse_arguments(words),
        words=words,
        settings=CommandSettings(now=NOW, tree_root="/repository"),
        existing=existing,
        python="3.13",
    )
    limits = EffortLimits(decisions=3000, forks=60)
    index = index_of(case)
    return compile_planned(plan_compile(task, index, case.commit), index, Solving(limits=limits)).text


def index_of(case: Case) -> PublicIndex:
    return PublicIndex(State(files=case.commit.files, copies={}, arguments=(), site=case.site))


def make_case(seed: int) -> Case | None:
    """A repository whose output holds the lowest versions; ``None`` where there is nothing to compile."""
    made = random_compile(Random(seed))
    words = [word for word, before in zip(made.words, ("", *made.words), strict=False) if before not in _PASSING]
    words = [word for word in words if word.partition("=")[0] not in _PASSING]
    try:
        output = parse_arguments(("pip", "compile", *words)).pip.output_file
    except LockbotError:
        return None
    words += ["-o", "out.txt"] if output is None else []
    path = os.path.normpath(output or "out.txt")
    files = {name: text for name, text in made.repository.files.items() if name not in (path, "out.txt")}
    case = Case(commit=MemoryCommit(files), site=made.repository.site, words=words, output=path)
    try:
        text = compiled(case, None, "--resolution=lowest").replace(" --resolution=lowest", "", 1)
    except LockbotError:
        return None
    return Case(commit=MemoryCommit({**files, path: text}), site=case.site, words=words, output=path)


def run(case: Case) -> RunReport:
    request = RunRequest(
        root=Path("/repository"), base=Sha("0" * 40), base_branch=BranchName("main"), now=NOW, repository="o/n"
    )
    edges = Edges(open_commit=case.commit.open, index=index_of(case), is_local=True, keep=keep_nothing)
    return run_repository(request, edges)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_proposed_stands_when_it_is_compiled_again(seed: int) -> None:
    case = make_case(seed)
    if case is None:
        return
    for proposal in run(case).proposals:
        merged = case.commit.with_proposal(proposal)
        after = Case(commit=merged, site=case.site, words=case.words, output=case.output)
        text = merged.files[case.output]
        assert compiled(after, text).splitlines()[2:] == text.splitlines()[2:], proposal.branch


def test_most_of_them_say_something() -> None:
    found = [case for seed in SEEDS if (case := make_case(seed)) is not None]
    assert len(found) > len(SEEDS) // 2
    assert sum(bool(run(case).proposals) for case in found[:10]) > 5
