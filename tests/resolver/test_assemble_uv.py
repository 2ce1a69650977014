"""The locks that hand-made solutions are held against are those that the real uv writes for the same packages."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.resolver.scenario_runs import Uv
from tests.resolver.universe import read_scenario, toml_value

CASES = Path(__file__).with_name("assemble_cases")
LOCKS = Path(__file__).parents[1] / "snapshots" / "locks" / "assemble"

#: What a case says of the solution, which uv has to find itself.
_SOLUTION = frozenset(["edges", "forks"])


def _without_solution(case: Path, folder: Path) -> Path:
    table = tomllib.loads(case.read_text(encoding="utf-8"))
    path = folder / case.name
    lines = [f"{key} = {toml_value(value)}" for key, value in table.items() if key not in _SOLUTION]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.uv
@pytest.mark.parametrize("case", sorted(CASES.glob("*.toml")), ids=lambda path: path.stem)
def test_uv_writes_the_lock_of_a_case(case: Path, uv: Uv, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    project = tmp_path / "project"
    project.mkdir()
    run, _ = uv.run(read_scenario(_without_solution(case, tmp_path)), project)
    snapshot = LOCKS / f"{case.stem}.lock"

    if run.lock is not None and request.config.getoption("--rewrite-snapshots"):
        snapshot.write_text(run.lock, encoding="utf-8")

    assert run.lock == snapshot.read_text(encoding="utf-8"), run.said
