"""Which edits leave a lock as it is, and what the others leave of it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from bot.index.memory import MemoryIndex
from bot.lockfile.model import Lock, Package, RegistrySource
from bot.lockfile.reader import parse_lock
from bot.markers import parse_marker
from bot.resolver.assembly.manifest import lock_manifest, lock_options, package_metadata
from bot.resolver.lowering import lower_project
from bot.resolver.request import LockRequest
from bot.resolver.satisfies import (
    Judgement,
    Preferable,
    Satisfied,
    Unusable,
    VersionsOnly,
    judge_lock,
)
from bot.resolver.tree_lowering import TreeLowering
from tests.resolver.locked_cases import run_uv, settings_of, write_case, write_files
from tests.resolver.trees import FolderTree, MemoryTree

DOCUMENT: dict[str, Any] = tomllib.loads((Path(__file__).parent / "satisfies_cases.toml").read_text("utf-8"))
CASES: list[dict[str, Any]] = DOCUMENT["case"]
VERDICTS = {"satisfied": Satisfied, "preferable": Preferable, "versions": VersionsOnly, "unusable": Unusable}


def texts(case: dict[str, Any]) -> tuple[str, str]:
    """The manifest before and after the edit."""
    before = DOCUMENT["base"][case.get("base", "text")].removeprefix("\n")
    after = before
    for old, new in case.get("replace", []):
        assert old in after, old
        after = after.replace(old, new, 1)
    return before, after


def lock_of(request: LockRequest) -> Lock:
    """A lock of what a request states, with made-up pins; no search is needed for what is judged here."""
    trees = tuple(
        Package(
            name=member.metadata.name,
            version=member.metadata.version,
            source=member.source,
            group_requires_python=member.metadata.group_requires_python,
            metadata=package_metadata(member.metadata),
        )
        for member in request.members
    )
    pins = tuple(
        Package(name=name, version=Version("1.0"), source=RegistrySource(url="https://x.test/s")) for name in "abcd"
    )
    return Lock(
        revision=5,
        requires_python=request.requires_python_text,
        conflicts=request.conflicts,
        options=lock_options(request.options),
        manifest=lock_manifest(request),
        packages=(*pins, *trees),
    )


def request_of(files: dict[str, str], variables: dict[str, str] | None = None) -> LockRequest:
    return lower_project(MemoryTree(files), root=".", settings=settings_of(Path("/case"), variables or {}))


def check(case: dict[str, Any], judgement: Judgement) -> None:
    assert isinstance(judgement, VERDICTS[case["verdict"]]), judgement
    if not isinstance(judgement, Satisfied):
        assert case["reason"] in judgement.reason


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_an_edit_leaves_of_the_lock_what_it_should(case: dict[str, Any]) -> None:
    before, after = texts(case)
    lock = lock_of(request_of({"pyproject.toml": before}, case.get("before_settings")))
    if case.get("base") == "forked":
        forks = (parse_marker("sys_platform == 'linux'"), parse_marker("sys_platform != 'linux'"))
        lock = replace(lock, resolution_markers=forks)
    request = request_of({"pyproject.toml": after, **case.get("also", {})}, case.get("settings"))
    check(case, judge_lock(request, lock))


@pytest.mark.uv
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_uv_judges_an_edit_alike(case: dict[str, Any], tmp_path: Path) -> None:
    before, after = texts(case)
    links = {"UV_FIND_LINKS": str(tmp_path / "links")}
    write_case({"pyproject.toml": before}, tmp_path)
    first = run_uv(tmp_path, tmp_path, links | case.get("before_settings", {}))
    assert first.returncode == 0, first.stderr
    write_files({"pyproject.toml": after, **case.get("also", {})}, tmp_path)
    variables = links | case.get("settings", {})
    said = run_uv(tmp_path, tmp_path, variables, "--dry-run", "-v").stderr
    verdict = "unusable" if "Ignoring existing lockfile" in said else "resolve"
    verdict = "satisfied" if "satisfies workspace requirements" in said else verdict
    expected = case["verdict"] if case["verdict"] in ("satisfied", "unusable") else "resolve"
    assert verdict == expected, said
    tree, settings = FolderTree(tmp_path), settings_of(tmp_path, variables)
    request = lower_project(tree, root=".", settings=settings)
    lock = parse_lock((tmp_path / "uv.lock").read_text("utf-8"), "uv.lock")
    check(case, judge_lock(request, lock, TreeLowering(tree, ".", settings, MemoryIndex()).locked))
