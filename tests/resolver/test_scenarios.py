"""Scenarios: small universes whose lock, or whose refusal, is known; lockbot in memory, and lockbot against uv."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.resolver.expectations import write_expected
from tests.resolver.scenario_runs import Uv, run_lockbot
from tests.resolver.universe import Scenario, read_scenario

FOLDER = Path(__file__).parent.parent / "scenarios"
SCENARIOS = [read_scenario(path) for path in sorted(FOLDER.rglob("*.toml"))]
COMPARED = [scenario for scenario in SCENARIOS if scenario.not_compared is None]

#: The rules of resolution that the README lists by number.
RULES = range(1, 57)


def name_of(scenario: Scenario) -> str:
    return scenario.path.relative_to(FOLDER).with_suffix("").as_posix()


@pytest.fixture
def rewrites(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--rewrite-snapshots"))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=name_of)
def test_lockbot_gives_what_the_scenario_expects(scenario: Scenario, rewrites: bool) -> None:
    found = run_lockbot(scenario)
    if rewrites and scenario.not_compared is not None:
        write_expected(scenario.path, found)
    elif not rewrites:
        assert found == scenario.expected


@pytest.mark.uv
@pytest.mark.parametrize("scenario", COMPARED, ids=name_of)
def test_uv_gives_what_the_scenario_expects(scenario: Scenario, uv: Uv, rewrites: bool, tmp_path: Path) -> None:
    expected = run_lockbot(scenario) if rewrites else scenario.expected
    run, existing = uv.run(scenario, tmp_path)
    if expected.is_lock:
        assert run.lock is not None, run.said
        assert (existing if expected.unchanged else expected.lock) == run.lock
    else:
        assert run.lock is None, "uv locks what lockbot refuses"
        assert ("No solution found" in run.said) == (expected.no_solution is not None), run.said
    if rewrites and expected != scenario.expected:
        write_expected(scenario.path, expected)


def test_every_scenario_states_one_expectation() -> None:
    assert [name_of(scenario) for scenario in SCENARIOS if not scenario.expected.is_stated] == []


def test_an_unchanged_lock_needs_one_that_existed() -> None:
    pointless = [
        scenario
        for scenario in SCENARIOS
        if scenario.expected.unchanged and scenario.existing is None and scenario.before is None
    ]
    assert [name_of(scenario) for scenario in pointless] == []


def test_every_rule_has_a_scenario_and_every_number_a_rule() -> None:
    named = {rule for scenario in SCENARIOS for rule in scenario.rules}
    assert named == set(RULES)


def test_every_rule_is_explained() -> None:
    readme = (FOLDER / "README.md").read_text("utf-8")
    assert [rule for rule in RULES if f"\n{rule}. " not in readme] == []


def test_nothing_else_lies_among_the_scenarios() -> None:
    others = [path.name for path in FOLDER.rglob("*") if path.is_file() and path.suffix != ".toml"]
    assert others == ["README.md"]
