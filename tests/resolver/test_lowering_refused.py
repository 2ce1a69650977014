"""Manifests that can't be locked get one sentence, with file and line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.errors import BuildRequiredError, InputError
from bot.resolver.lowering import lower_project
from tests.resolver.locked_cases import OfflineUv, settings_of, write_case
from tests.resolver.trees import MemoryTree

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "refused_cases.toml").read_text("utf-8"))["case"]


def files_of(case: dict[str, Any]) -> dict[str, str]:
    # The first line break after the quotes does not count in TOML; it stands for line 1 here.
    return {"pyproject.toml": "\n" + case["text"], **case.get("also", {})}


@pytest.mark.parametrize("case", CASES, ids=[case["says"] for case in CASES])
def test_a_wrong_manifest_is_refused_at_its_line(case: dict[str, Any]) -> None:
    with pytest.raises((InputError, BuildRequiredError)) as caught:
        lower_project(MemoryTree(files_of(case)), root=".", settings=settings_of(Path("/case"), {}))
    assert case["says"] in str(caught.value)
    if isinstance(caught.value, InputError):
        assert (caught.value.path, caught.value.line) == (case.get("path", "pyproject.toml"), case.get("line"))


SHARED = [case for case in CASES if case.get("uv", True)]


@pytest.mark.uv
@pytest.mark.parametrize("case", SHARED, ids=[case["says"] for case in SHARED])
def test_uv_refuses_it_with_the_same_exit_code(case: dict[str, Any], offline_uv: OfflineUv, tmp_path: Path) -> None:
    write_case(files_of(case), tmp_path)
    with pytest.raises((InputError, BuildRequiredError)) as caught:
        lower_project(MemoryTree(files_of(case)), root=".", settings=settings_of(Path("/case"), {}))
    done = offline_uv.lock(tmp_path, tmp_path, {"UV_FIND_LINKS": str(tmp_path / "links")})
    assert done.returncode == caught.value.exit_code, done.stderr
