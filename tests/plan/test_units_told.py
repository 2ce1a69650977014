"""A run says which units it has read and solved, and which of them each proposal changes."""

from __future__ import annotations

import pytest

from tests.plan.scenario import read_scenario
from tests.plan.scenario_runs import run_scenario
from tests.plan.test_scenarios import FOLDER


@pytest.mark.parametrize(
    ("name", "solved", "changed"),
    [
        ("units/two-locks", ("a/uv.lock", "b/uv.lock"), [("a/uv.lock", "b/uv.lock")]),
        ("units/workspace", ("uv.lock",), [("uv.lock",)]),
        ("units/no-lock", ("pyproject.toml",), [("pyproject.toml",), ("pyproject.toml",)]),
        ("problems/broken-lock", (), []),
        ("problems/broken-manifest", ("uv.lock",), [("uv.lock",)]),
        ("problems/index-down", ("a/uv.lock",), [("a/uv.lock",)]),
        ("problems/index-down-for-a-major", (), []),
        ("problems/several-scripts-one-broken", ("b.py",), [("b.py",)]),
    ],
)
def test_units_are_told(name: str, solved: tuple[str, ...], changed: list[tuple[str, ...]]) -> None:
    _, report = run_scenario(read_scenario(FOLDER / f"{name}.toml"))
    assert report.solved == solved
    assert [one.units for one in report.proposals] == changed
