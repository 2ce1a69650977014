"""What lowering makes of a manifest, against the lock that the real uv writes for it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.lockfile.model import DirectorySource, EditableSource, Lock, Package, VirtualSource
from bot.lockfile.reader import parse_lock
from bot.lockfile.writer import render_lock
from bot.resolver.assembly.manifest import lock_manifest, lock_options, package_metadata, recorded_default_groups
from bot.resolver.lowering import (
    CommandSettings,
    command_settings_from_environment,
    discover_workspace,
    lower_project,
    lower_script,
    read_locked_folders,
)
from bot.resolver.python_range import parse_python_range
from bot.resolver.request import LockRequest, TreeMetadata
from bot.resolver.satisfies import Satisfied, judge_lock
from tests.resolver.trees import FolderTree

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "lowering_cases.toml").read_text("utf-8"))["case"]
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def make_wheel(folder: Path, name: str, version: str) -> None:
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


@dataclass(frozen=True)
class Locked:
    """A case on disk, locked by uv and lowered by us."""

    text: str
    lock: Lock
    request: LockRequest
    folder: str
    tree: FolderTree
    settings: CommandSettings


def lock_with_uv(case: dict[str, Any], root: Path) -> Locked:
    for path, text in case["files"].items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text.removeprefix("\n"), "utf-8", newline="")
    for folder in ("links", "links2"):
        for name in "abcd":
            for version in ("1.0", "2.0"):
                make_wheel(root / folder, name, version)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    variables = {"UV_NO_INDEX": "1", "UV_FIND_LINKS": str(root / "links"), **case.get("settings", {})}
    if any('index = "' in text for text in case["files"].values()):
        del variables["UV_NO_INDEX"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
    environment |= {"UV_CACHE_DIR": str(root / ".cache"), "UV_PYTHON": sys.executable, "TZ": "UTC", **variables}
    environment |= {"XDG_CONFIG_HOME": str(root / ".config"), "XDG_CONFIG_DIRS": str(root / ".config")}
    script = case.get("script")
    command = [str(Path(sys.executable).parent / "uv"), "lock", "--offline", *(["--script", script] if script else [])]
    folder = root / case.get("root", ".")
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    settings = replace(
        command_settings_from_environment(variables), python=python, tree_root=str(root), now=NOW, zone=UTC
    )
    tree = FolderTree(root)
    if script:
        where, lock_path = str(Path(script).parent), f"{script}.lock"
        request = lower_script(tree, path=script, settings=settings)
    else:
        workspace = discover_workspace(tree, case.get("root", "."))
        where, lock_path = workspace.root, str(Path(workspace.root) / "uv.lock")
        request = lower_project(tree, root=case.get("root", "."), settings=settings)
    text = (root / lock_path).read_text("utf-8")
    lock = parse_lock(text, lock_path)
    return Locked(text=text, lock=lock, request=request, folder=where, tree=tree, settings=settings)


def restated(package: Package, tree: TreeMetadata, source: EditableSource | VirtualSource | DirectorySource) -> Package:
    """The entry of a source tree with everything that its manifest states taken from our metadata."""
    return replace(
        package,
        version=tree.version,
        source=source,
        default_groups=recorded_default_groups(tree.default_groups) if source == package.source else None,
        group_requires_python=tree.group_requires_python,
        metadata=package_metadata(tree),
    )


def restate(locked: Locked) -> Lock:
    """The lock of uv with everything that comes from manifests replaced by ours."""
    read_folder = read_locked_folders(locked.tree, root=locked.folder, settings=locked.settings)
    members = {member.metadata.name: member for member in locked.request.members}
    packages = []
    for package in locked.lock.packages:
        member = members.pop(package.name, None)
        if member is not None:
            packages.append(restated(package, member.metadata, member.source))
        elif isinstance(package.source, EditableSource | VirtualSource | DirectorySource):
            tree = read_folder(package)
            assert tree is not None
            plain = replace(tree, default_groups=None, group_requires_python={})
            packages.append(restated(package, plain, package.source))
        else:
            packages.append(package)
    assert not members
    simplify = parse_python_range(locked.request.requires_python_text).simplify
    return replace(
        locked.lock,
        requires_python=locked.request.requires_python_text,
        supported_markers=tuple(map(simplify, locked.request.environments)),
        required_markers=tuple(map(simplify, locked.request.required_environments)),
        conflicts=locked.request.conflicts,
        options=lock_options(locked.request.options),
        manifest=lock_manifest(locked.request),
        packages=tuple(packages),
    )


@pytest.mark.uv
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_lock_records_the_manifest_as_uv_does_and_is_satisfied(case: dict[str, Any], tmp_path: Path) -> None:
    locked = lock_with_uv(case, tmp_path)
    assert render_lock(restate(locked)) == locked.text
    assert judge_lock(locked.request, locked.lock) == Satisfied()
