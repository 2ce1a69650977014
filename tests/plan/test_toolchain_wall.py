"""Whatever fails while versions of a tool are read, decided or written: the units of the repository get their updates."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.pipeline.edges import Edges
from bot.pipeline.run import run_repository
from bot.plan.toolchain import propose
from bot.ports.run import BranchName, RunReport, RunRequest, Sha
from bot.toolchain import dockerfiles
from tests.kept_errors import KeptErrors
from tests.plan.scenario import Scenario, read_scenario
from tests.plan.scenario_runs import make_commit, make_index

SCENARIO = Path(__file__).parent / "scenarios" / "toolchain" / "in-a-named-group.toml"


@pytest.fixture
def scenario() -> Scenario:
    return read_scenario(SCENARIO)


def run(scenario: Scenario) -> RunReport:
    request = RunRequest(
        root=Path("/"), base=Sha("0" * 40), base_branch=BranchName("main"), now=scenario.now, repository="r"
    )
    edges = Edges(open_commit=make_commit(scenario).open, index=make_index(scenario), is_local=True, keep=KeptErrors())
    return run_repository(request, edges)


@pytest.mark.parametrize("place", ["decide_uv", "plan_edits", "write"])
def test_a_failure_is_the_tools_own(place: str, scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("/home/operator/secret")

    monkeypatch.setattr(propose, place, broken)
    report = run(scenario)
    assert [(one.group, [row.package for row in one.updates]) for one in report.proposals] == [("tools", ["alpha"])]
    (problem,) = report.problems
    assert problem.message == "lockbot failed here unexpectedly"
    assert report.solved == ("uv.lock",), "that nothing is proposed for the places proves nothing"


def test_a_file_that_cannot_be_looked_at_leaves_the_others(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(dockerfiles, "find", broken)
    report = run(scenario)
    assert [(one.group, [row.package for row in one.updates]) for one in report.proposals] == [("tools", ["alpha"])]
    assert [one.path for one in report.problems] == ["Dockerfile"]
