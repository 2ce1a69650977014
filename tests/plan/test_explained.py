"""Why packages are where they are, as a run tells it to who asks in a comment: what ``lockbot why`` prints."""

from __future__ import annotations

from pathlib import Path

from bot.ports.run import RunReport
from tests.plan.scenario import make_scenario
from tests.plan.scenario_runs import run_scenario


def explain(*names: str, **more: object) -> RunReport:
    table = {
        "why": "beta holds side back.",
        "root": {"requires": ["alpha", "beta==1.0"]},
        "locked": {"alpha": "1.0", "beta": "1.0", "side": "1.0"},
        "packages": {
            "alpha": {"versions": {"1.0": {"requires": ["side"]}, "1.1": {"requires": ["side"]}}},
            "beta": {"versions": {"1.0": {"requires": ["side<2"]}}},
            "side": {"versions": {"1.0": {}, "2.0": {}}},
        },
        **more,
    }
    return run_scenario(make_scenario(table, Path("explained")), explain=names)[1]


def test_each_package_that_is_asked_for_is_told_of_and_nothing_is_planned() -> None:
    report = explain("Side", "alpha", "nothing-like-it")
    assert report.proposals == ()
    side, alpha, nothing = report.explained
    assert (side.package, alpha.package, nothing.package) == ("Side", "alpha", "nothing-like-it")
    assert side.lines[0] == "side 1.0  (uv.lock)"
    assert any("beta 1.0: side<2" in line for line in side.lines)
    assert any("for 2.0:" in line and "beta" in line for line in side.lines)
    assert any("`lockbot upgrade alpha` takes it" in line for line in alpha.lines)
    assert nothing.lines == ()


def test_what_is_ignored_is_told_with_who_said_so() -> None:
    (alpha,) = explain("alpha", ignored=["alpha 1.1"]).explained
    assert any("alpha 1.1 is not to be had: ada said" in line for line in alpha.lines)


def test_a_broken_configuration_explains_nothing() -> None:
    report = explain("alpha", config="{")
    assert report.explained == ()
    assert report.config.problems
