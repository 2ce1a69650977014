"""Planner scenarios: a repository's texts and a small index, and what is proposed, held back and wrong."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import pytest

from bot.ports.run import Proposal
from tests.plan.scenario import Scenario, read_scenario
from tests.plan.scenario_runs import (
    found_depended,
    found_detected,
    found_held_back,
    found_problem,
    found_proposal,
    found_security,
    is_notebook,
    make_index,
    recompile,
    relock,
    run_scenario,
)
from tests.resolver.universe import ScenarioError

FOLDER = Path(__file__).parent / "scenarios"
SCENARIOS = [read_scenario(path) for path in sorted(FOLDER.rglob("*.toml"))]


def name_of(scenario: Scenario) -> str:
    return scenario.path.relative_to(FOLDER).with_suffix("").as_posix()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=name_of)
def test_a_run_finds_what_the_scenario_expects(scenario: Scenario) -> None:
    commit, report = run_scenario(scenario)
    expected = {one.group: one for one in scenario.proposals}
    found = [found_proposal(one, commit, expected.get(one.group)) for one in report.proposals]
    assert found == list(scenario.proposals)
    assert [found_held_back(*pair) for pair in zip_longest(report.held_back, scenario.held_back)] == list(
        scenario.held_back
    )
    assert [found_problem(row) for row in report.problems] == list(scenario.problems)
    assert [found_problem(row) for row in report.warnings] == list(scenario.warnings)
    assert [found_security(*pair) for pair in zip_longest(report.security, scenario.security)] == list(
        scenario.security
    )
    assert [f"{row.path}: {row.reason}" for row in report.left_alone] == list(scenario.left_alone)
    assert scenario.detected is None or found_detected(report.detected) == scenario.detected
    assert scenario.depended is None or found_depended(report.depended or ()) == scenario.depended
    for proposal in report.proposals:
        merged = commit.with_proposal(proposal)
        for path in locks_of(proposal):
            locked = relock(merged, path, make_index(scenario, reads_archives=True), scenario)
            assert locked.unchanged, f"{path} of {proposal.branch} is not what would be locked: {locked.reason}"
        for path in (change.path for change in proposal.files if change.path.endswith(".txt")):
            assert recompile(merged, path, make_index(scenario), scenario), f"{path} of {proposal.branch} is stale"


DETECTED = [one for one in SCENARIOS if one.detected is not None]


@pytest.mark.parametrize("scenario", DETECTED, ids=name_of)
def test_what_is_detected_asks_no_index_for_more(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    index, less = make_index(scenario), make_index(scenario)
    run_scenario(scenario, index)
    monkeypatch.setattr("bot.pipeline.planning.tell_detected", lambda *_: ())
    assert run_scenario(scenario, less)[1].detected == ()
    assert set(index.asked) == set(less.asked)


def locks_of(proposal: Proposal) -> list[str]:
    """The locks that are files, and those that changed in notebooks."""
    changed = {change.lockfile for change in proposal.lock_changes}
    return [
        one.path
        for one in proposal.files
        if one.path.endswith(".lock") or (is_notebook(one.path) and one.path in changed)
    ]


def test_nothing_else_lies_among_the_scenarios() -> None:
    others = [path.name for path in FOLDER.rglob("*") if path.is_file() and path.suffix != ".toml"]
    assert others == ["README.md"]


MEANINGLESS = [
    ("why = 'No sentence'", "must be a sentence"),
    ("why = 'So.'\nnothing = 1", "unknown keys: nothing"),
    ("why = 'So.'\nbefore.locked = {}", "unknown keys: locked"),
    ("why = 'So.'\n[[proposals]]\ngroup = 'g'\ntitle = 't'\nkind = 'k'", "unknown keys: kind"),
    ("why = 'So.'\n[[held_back]]\nwhy = 'x'", "unknown keys: why"),
    ("why = 'So.'\n[[problems]]\nwhy = 'x'", "unknown keys: why"),
    ("why = 'So.'\npackages.a.version = '1.0'", "unknown keys: version"),
    ("why = 'So.'\npackages.a.versions.'1.0'.needs = ['b']", "unknown keys: needs"),
    ("why = 'So.'\nroot.requires = ['a']\nlocked.a = '1.0'", "uv.lock can't be made"),
]


@pytest.mark.parametrize(("text", "problem"), MEANINGLESS)
def test_what_has_no_meaning_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ScenarioError, match=problem):
        run_scenario(read_scenario(path))
