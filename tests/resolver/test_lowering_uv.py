"""What lowering makes of a manifest, against the lock that the real uv writes for it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import InputError
from bot.index.memory import MemoryIndex
from bot.lockfile.model import DirectorySource, EditableSource, Lock, Package, VirtualSource
from bot.lockfile.reader import parse_lock
from bot.lockfile.writer import render_lock
from bot.resolver.assembly.manifest import lock_manifest, lock_options, package_metadata, recorded_default_groups
from bot.resolver.judge.verdict import Satisfied, judge_lock
from bot.resolver.lowering import discover_workspace, lower_project, lower_script
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.python_range import parse_python_range
from bot.resolver.model.request import LockRequest, ResolverOptions, TreeMetadata
from tests.resolver.locked_cases import OfflineUv, settings_of, write_case
from tests.resolver.trees import FolderTree

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "lowering_cases.toml").read_text("utf-8"))["case"]


@dataclass(frozen=True)
class Locked:
    """A case on disk, locked by uv and lowered by us."""

    text: str
    lock: Lock
    request: LockRequest
    sources: TreeLowering


def lock_with_uv(uv: OfflineUv, case: dict[str, Any], root: Path) -> Locked:
    write_case(case["files"], root)
    variables = {"UV_FIND_LINKS": str(root / "links"), **case.get("settings", {})}
    script = case.get("script")
    done = uv.lock(root, root / case.get("root", "."), variables, *(["--script", script] if script else []))
    assert done.returncode == 0, done.stderr
    tree, settings = FolderTree(root), settings_of(root, variables)
    if script:
        where, lock_path = str(Path(script).parent), f"{script}.lock"
        request = lower_script(tree, path=script, settings=settings)
    else:
        where = discover_workspace(tree, case.get("root", ".")).root
        lock_path = str(Path(where) / "uv.lock")
        request = lower_project(tree, root=case.get("root", "."), settings=settings)
    text = (root / lock_path).read_text("utf-8")
    sources = TreeLowering(tree, where, settings, MemoryIndex())
    lock = read_unreadable(text, request) if case.get("unreadable") else parse_lock(text, lock_path)
    return Locked(text=text, lock=lock, request=request, sources=sources)


def read_unreadable(text: str, request: LockRequest) -> Lock:
    """A lock that uv wrote and would refuse to read, as its sets of conflicts have one item: read without them."""
    with pytest.raises(InputError, match="at least two entries"):
        parse_lock(text, "uv.lock")
    without = re.sub(r"^conflicts = \[\[\n.*?^\]\]\n", "", text, flags=re.DOTALL | re.MULTILINE)
    return replace(parse_lock(without, "uv.lock"), conflicts=request.conflicts)


def restated(package: Package, tree: TreeMetadata, source: EditableSource | VirtualSource | DirectorySource) -> Package:
    """The entry of a source tree with everything that its manifest states taken from our metadata."""
    return replace(
        package,
        version=tree.version,
        source=source,
        default_groups=recorded_default_groups(tree.default_groups) if source == package.source else None,
        group_requires_python=tree.group_requires_python,
        metadata=package_metadata(tree, ResolverOptions()),
    )


def restate(locked: Locked) -> Lock:
    """The lock of uv with everything that comes from manifests replaced by ours."""
    members = {member.metadata.name: member for member in locked.request.members}
    packages = []
    for package in locked.lock.packages:
        member = members.pop(package.name, None)
        if member is not None:
            packages.append(restated(package, member.metadata, member.source))
        elif isinstance(package.source, EditableSource | VirtualSource | DirectorySource):
            tree = locked.sources.locked(package)
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
def test_a_lock_records_the_manifest_as_uv_does_and_is_satisfied(
    case: dict[str, Any], offline_uv: OfflineUv, tmp_path: Path
) -> None:
    locked = lock_with_uv(offline_uv, case, tmp_path)
    assert render_lock(restate(locked)) == locked.text
    assert judge_lock(locked.request, locked.lock, locked.sources.locked) == Satisfied()
