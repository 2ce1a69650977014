"""What uv refuses in a lock whose values all have the right form (``unreadable_cases.toml``)."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.errors import InputError
from bot.lockfile.reader import parse_lock
from tests.real_uv import need_uv

CASES: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("unreadable_cases.toml").read_text())["case"]
IDS = [f"{number} {case['says']}" for number, case in enumerate(CASES)]


def text_of(case: dict[str, Any]) -> str:
    return f'version = 1\nrevision = 5\nrequires-python = ">=3.11"\n{case["lock"]}'


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_what_uv_refuses_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        parse_lock(text_of(case), "uv.lock")
    assert case["says"] in caught.value.problem
    assert caught.value.line is not None
    assert caught.value.line == case.get("line", caught.value.line)


@pytest.mark.uv
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_uv_refuses_it(case: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.11"\n')
    (tmp_path / "uv.lock").write_text(text_of(case))
    done = subprocess.run(
        [need_uv(), "lock", "--no-cache", "--offline", "--python", sys.executable],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "UV_PYTHON_DOWNLOADS": "never"},
    )
    assert done.returncode == 2, done.stderr
    assert "Failed to parse `uv.lock`" in done.stderr
