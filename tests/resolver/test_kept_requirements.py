"""Requirements of a kept version whose wheels say different things.

The lock lists only the wheels that can be used where it is reached. With it, uv reads another wheel than without it,
so its next lock drops an edge that nobody changed; a lock whose style is kept does not.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.lockfile.reader import parse_lock
from bot.resolver.assembly.written import KEEP, Revision
from tests.resolver.scenario_runs import run_lockbot
from tests.resolver.universe import read_scenario

ARM, INTEL = "py3-none-manylinux2014_aarch64", "py3-none-manylinux2014_x86_64"
UNIVERSE = """
why = "Two wheels of one version require different things."
arguments = ["--upgrade-package", "bumped"]
[root]
requires = ["torn; sys_platform == 'linux' and platform_machine == 'x86_64'", "bumped"]
[before]
without = ["bumped 2.0"]
[packages.bumped.versions."1.0"]
[packages.bumped.versions."2.0"]
[packages.needed.versions."1.0"]
"""
TORN = """
[packages.torn.versions."1.0"]
sdist = false
wheel_tags = ["{arm}", "{intel}"]
files = {{ "{speaks}" = {{ requires = ["needed"] }} }}
"""


def edges_after_a_bump(folder: Path, speaks: str, revision: Revision) -> dict[str, list[str]]:
    """The edges of ``torn`` after a bump of ``bumped``, where the wheel ``speaks`` requires ``needed``."""
    path = folder / "universe.toml"
    path.write_text(UNIVERSE + TORN.format(arm=ARM, intel=INTEL, speaks=speaks))
    text = run_lockbot(read_scenario(path), revision).lock
    assert text is not None
    packages = {package.name: package for package in parse_lock(text, "uv.lock").packages}
    assert str(packages["bumped"].version) == "2.0"
    assert [wheel.url for wheel in packages["torn"].wheels if "aarch64" in (wheel.url or "")] == []
    return {name: [edge.name for edge in packages[name].dependencies] for name in packages if name != "project"}


@pytest.mark.parametrize(
    ("speaks", "revision", "edges"),
    [
        (ARM, KEEP, ["needed"]),
        (ARM, None, []),
        (INTEL, KEEP, []),
        (INTEL, None, ["needed"]),
    ],
    ids=["kept", "as uv writes it", "kept, the other wheel", "as uv writes it, the other wheel"],
)
def test_an_edge_that_nobody_changed_stays_where_the_style_is_kept(
    tmp_path: Path, speaks: str, revision: Revision, edges: list[str]
) -> None:
    found = edges_after_a_bump(tmp_path, speaks, revision)
    assert found["torn"] == edges
    assert ("needed" in found) == bool(edges)
