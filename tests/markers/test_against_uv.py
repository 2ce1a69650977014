"""Random markers through the real uv: the text it writes into a lockfile, and the order it writes them in.

uv prints the markers of constraints in canonical form into ``[manifest]`` and asks no index for it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from random import Random

import pytest

from bot.markers import marker_text, parse_marker, sort_key
from tests.markers.random_markers import random_marker
from tests.real_uv import need_uv

pytestmark = pytest.mark.uv


def _constraint_markers(folder: Path, constraints: list[str]) -> dict[str, list[str | None]]:
    """Return the markers that uv writes for each name, in its order."""
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "markers"\nversion = "1"\nrequires-python = ">=3.8"\n\n'
        f"[tool.uv]\nconstraint-dependencies = {json.dumps(constraints)}\n"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("UV_")}
    subprocess.run(
        [need_uv(), "lock", "--quiet", "--offline", "--python", sys.executable],
        cwd=folder,
        env=environment | {"UV_PYTHON_DOWNLOADS": "never"},
        check=True,
    )
    lock = tomllib.loads((folder / "uv.lock").read_text())
    found: dict[str, list[str | None]] = {}
    for constraint in lock["manifest"]["constraints"]:
        found.setdefault(constraint["name"], []).append(constraint.get("marker"))
    return found


@pytest.fixture(scope="module")
def texts() -> list[str]:
    random = Random(20260801)
    return [random_marker(random, random.choice([1, 2, 2, 3]), releases=True) for _ in range(200)]


def test_texts_are_those_of_uv(texts: list[str], tmp_path: Path) -> None:
    found = _constraint_markers(tmp_path, [f"p{number}<9 ; {text}" for number, text in enumerate(texts)])

    ours = {text: marker_text(parse_marker(text)) for text in texts}
    assert ours == {text: found[f"p{number}"][0] for number, text in enumerate(texts)}


def test_order_is_that_of_uv(texts: list[str], tmp_path: Path) -> None:
    found = _constraint_markers(tmp_path, [f"p<9 ; {text}" for text in texts])

    ours = sorted({parse_marker(text) for text in texts}, key=sort_key)
    assert [marker_text(marker) for marker in ours] == found["p"]
