"""``required-version`` of every place that settings come from, and whether uv 0.13.9 and we refuse it alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.errors import InputError
from bot.resolver.lowering import CommandSettings, lower_project, lower_script
from bot.resolver.model.request import LockRequest
from tests.resolver.locked_cases import OfflineUv, settings_of, write_files
from tests.resolver.trees import MemoryTree

PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
WANTS_OLD = '[tool.uv]\nrequired-version = "<0.5"\n'
SCRIPT = '#!/usr/bin/env python\n# /// script\n# requires-python = ">=3.11"\n# dependencies = []\n'
SCRIPT_WANTS_OLD = SCRIPT + '# [tool.uv]\n# required-version = "<0.5"\n# ///\n'
WORKSPACE = PROJECT + '[tool.uv.workspace]\nmembers = ["m"]\n'
MEMBER = '[project]\nname = "m"\nversion = "1"\nrequires-python = ">=3.11"\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Files, what is locked of them, and the place that is refused (``None``: none is)."""

    files: Mapping[str, str]
    root: str = "."
    script: str | None = None
    refused: tuple[str, int] | None = None


CASES = {
    "project": Case(files={"pyproject.toml": PROJECT + WANTS_OLD}, refused=("pyproject.toml", 6)),
    "project that admits it": Case(
        files={"pyproject.toml": PROJECT + '[tool.uv]\nrequired-version = ">=0.13,<0.14"\n'}
    ),
    "series": Case(files={"pyproject.toml": PROJECT + '[tool.uv]\nrequired-version = "==0.13.*"\n'}),
    "bare version": Case(
        files={"pyproject.toml": PROJECT + '[tool.uv]\nrequired-version = "0.12.5"\n'}, refused=("pyproject.toml", 6)
    ),
    "bare version that is it": Case(files={"pyproject.toml": PROJECT + '[tool.uv]\nrequired-version = "0.13.9"\n'}),
    "uv.toml": Case(
        files={"pyproject.toml": PROJECT, "uv.toml": 'required-version = "==0.4.0"\n'}, refused=("uv.toml", 1)
    ),
    "hidden by uv.toml": Case(files={"pyproject.toml": PROJECT + WANTS_OLD, "uv.toml": "no-sources = false\n"}),
    "member": Case(files={"pyproject.toml": WORKSPACE, "m/pyproject.toml": MEMBER + WANTS_OLD}, root="m"),
    "root of a member": Case(
        files={"pyproject.toml": WORKSPACE + WANTS_OLD, "m/pyproject.toml": MEMBER},
        root="m",
        refused=("pyproject.toml", 8),
    ),
    "folder above": Case(
        files={"pyproject.toml": WANTS_OLD, "below/pyproject.toml": PROJECT},
        root="below",
        refused=("pyproject.toml", 2),
    ),
    "script": Case(files={"s.py": SCRIPT_WANTS_OLD}, script="s.py", refused=("s.py", 6)),
    "folder of a script": Case(
        files={"pyproject.toml": PROJECT + WANTS_OLD, "s.py": SCRIPT + "# ///\n"},
        script="s.py",
        refused=("pyproject.toml", 6),
    ),
    "script before its folder": Case(
        files={
            "pyproject.toml": PROJECT + WANTS_OLD,
            "s.py": SCRIPT + '# [tool.uv]\n# required-version = ">=0.13"\n# ///\n',
        },
        script="s.py",
    ),
}
REFUSED = {name: case for name, case in CASES.items() if case.refused}
ADMITTED = {name: case for name, case in CASES.items() if not case.refused}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def lower(case: Case, settings: CommandSettings) -> LockRequest:
    tree = MemoryTree(case.files)
    if case.script:
        return lower_script(tree, path=case.script, settings=settings)
    return lower_project(tree, root=case.root, settings=settings)


SETTINGS = settings_of(Path("/case"), {})


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_who_stands_for_one_uv_is_refused_at_the_line(case: Case) -> None:
    with pytest.raises(InputError, match="required-version asks for uv ") as caught:
        lower(case, replace(SETTINGS, stands_for="0.13.9"))
    assert (caught.value.path, caught.value.line) == case.refused


@pytest.mark.parametrize("case", ADMITTED.values(), ids=ADMITTED)
def test_who_stands_for_one_uv_that_is_admitted_goes_on(case: Case) -> None:
    lower(case, replace(SETTINGS, stands_for="0.13.9"))


@every_case
def test_who_stands_for_none_is_never_refused(case: Case) -> None:
    lower(case, SETTINGS)


@pytest.mark.uv
@every_case
def test_uv_refuses_the_same(case: Case, offline_uv: OfflineUv, tmp_path: Path) -> None:
    write_files(case.files, tmp_path)
    options = ("--script", case.script) if case.script else ()
    done = offline_uv.lock(tmp_path, tmp_path / case.root, {}, *options)
    assert done.returncode == (2 if case.refused else 0), done.stderr
    assert ("Required uv version" in done.stderr) is (case.refused is not None)


def test_a_required_version_that_is_none_counts_as_little_as_the_settings_beside_it() -> None:
    case = Case(files={"pyproject.toml": PROJECT + '[tool.uv]\nrequired-version = "0.5 or later"\n'})
    (warning,) = lower(case, SETTINGS).warnings
    assert "is not a list of version specifiers" in warning.problem
    assert (warning.path, warning.line) == ("pyproject.toml", 6)
