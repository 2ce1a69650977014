"""Laws of a run, on small random universes: what is proposed can be locked, never goes back, and comes to rest."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from packaging.version import Version

from bot.index.memory import MemoryIndex, build_memory_index
from bot.lockfile.reader import parse_lock
from bot.pipeline.edges import Edges
from bot.pipeline.run import run_repository
from bot.plan.solver import Solver
from bot.plan.worlds.holdings import locked_versions
from bot.ports.run import BranchName, RunReport, RunRequest, Sha
from bot.resolver.lowering import CommandSettings, lower_project
from tests.kept_errors import keep_nothing
from tests.plan.memory_commit import MemoryCommit
from tests.runs.local_repository import NOW, project

NAMES = "abcdef"
SETTINGS = CommandSettings(now=NOW)


def relock(tree: MemoryCommit, index: MemoryIndex) -> tuple[str, bool]:
    """The lock's text, and whether the one that is there stands."""
    text = tree.read_text("uv.lock")
    locked = Solver(index=index, settings=SETTINGS)(
        lower_project(tree, root=".", settings=SETTINGS),
        tree=tree,
        folder=".",
        existing=parse_lock(text, "uv.lock") if text else None,
        existing_text=text,
    )
    return locked.text, locked.unchanged


def make_world(seed: int) -> tuple[MemoryCommit, MemoryIndex]:
    """A locked project on version 1.0 of everything, and an index where all went on and came to depend on each other."""
    chance = random.Random(seed)
    specifiers = ["==1.0", ">=1.0", ">=1.0,<2", "~=1.0", "<2", ""]
    direct = chance.sample(NAMES, chance.randint(2, 5))
    manifest = project(*(f"{name}{chance.choice(specifiers)}" for name in direct))
    old = build_memory_index({name: {"1.0": []} for name in NAMES})
    new: dict[str, dict[str, list[str]]] = {name: {"1.0": []} for name in NAMES}
    for name in NAMES:
        for version in ("1.1", "1.2", "2.0", "3.1"):
            others = chance.sample([other for other in NAMES if other != name], chance.randint(0, 2))
            bounds = chance.choice(["<1.2", ">=1.1", "<2", ">=2", "", "<3,>=1.1"])
            new[name][version] = [f"{other}{bounds}" for other in others]
    tree = MemoryCommit({"pyproject.toml": manifest})
    return MemoryCommit({**tree.files, "uv.lock": relock(tree, old)[0]}), build_memory_index(new)


def run(tree: MemoryCommit, index: MemoryIndex) -> RunReport:
    request = RunRequest(root=Path("/"), base=Sha("0" * 40), base_branch=BranchName("main"), now=NOW, repository="r")
    return run_repository(request, Edges(open_commit=tree.open, index=index, keep=keep_nothing))


@pytest.mark.parametrize("seed", range(25))
def test_every_proposal_holds_and_none_goes_back(seed: int) -> None:
    tree, index = make_world(seed)
    report = run(tree, index)
    assert report.problems == ()
    for proposal in report.proposals:
        assert relock(tree.with_proposal(proposal), index)[1], f"{proposal.branch} is not what would be locked"
        if proposal.group != "lock-maintenance":
            assert all(Version(row.before or "0") <= Version(row.after) for row in proposal.updates)


@pytest.mark.parametrize("seed", range(25))
def test_merging_goes_forward_and_comes_to_rest(seed: int) -> None:
    """Whatever is merged in whatever order: no direct package goes back, and at the end nothing is proposed."""
    tree, index = make_world(seed)
    chance = random.Random(seed)
    for _ in range(60):
        proposals = run(tree, index).proposals
        if not proposals:
            return
        chosen = chance.choice(proposals)
        for row in chosen.updates:
            assert Version(row.before or "0") <= Version(row.after), f"{chosen.branch} takes {row.package} back"
        assert chosen.updates or chosen.group == "lock-maintenance"
        tree = tree.with_proposal(chosen)
    pytest.fail("still proposing after sixty merges")


@pytest.mark.parametrize("seed", range(25))
def test_what_is_held_back_is_not_proposed(seed: int) -> None:
    tree, index = make_world(seed)
    report = run(tree, index)
    for held in report.held_back:
        assert held.reason
        for proposal in report.proposals:
            lock = parse_lock(tree.with_proposal(proposal).files["uv.lock"], "uv.lock")
            if proposal.group != "lock-maintenance":
                assert Version(held.latest) not in locked_versions(lock).get(held.package, ())
