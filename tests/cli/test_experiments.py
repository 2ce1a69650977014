"""Which of uv's experiments are tried, and that the names are those of the program."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bot.command_line.experiments import Preview, Tried, tried
from tests.real_uv import need_uv

ALL = tried(True, (), None).names
SBOM, AUDIT = frozenset({"sbom-export"}), frozenset({"audit-command"})


@pytest.mark.parametrize(
    ("switch", "names", "configured", "found"),
    [
        (None, (), None, Tried()),
        (None, (), True, Tried(ALL)),
        (None, (), False, Tried()),
        (None, (), ("sbom-export", "no-such"), Tried(SBOM)),
        (None, ("audit",), ("sbom-export",), Tried(AUDIT)),
        (None, ("audit", "no-such", "no-such"), None, Tried(AUDIT, ("no-such",))),
        (None, ("no-such",), True, Tried(ALL, ("no-such",))),
        (None, ("audit",), False, Tried(AUDIT)),
        (True, ("no-such",), False, Tried(ALL)),
        (False, ("audit",), True, Tried()),
    ],
)
def test_a_switch_counts_most_then_everything_then_names(
    switch: bool | None, names: tuple[str, ...], configured: Preview | None, found: Tried
) -> None:
    assert tried(switch, names, configured) == found


@pytest.mark.uv
def test_the_names_are_those_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.9"\n', "utf-8"
    )
    names = ",".join([*sorted(ALL), "format", "audit", "check", "no-such"])
    call = [need_uv(), "--preview-features", names, "lock", "--offline"]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "Unknown preview feature" in line] == [
        "warning: Unknown preview feature: `no-such`"
    ]
