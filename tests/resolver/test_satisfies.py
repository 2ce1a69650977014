"""Which edits leave a lock as it is, and what the others leave of it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.index.memory import MemoryIndex
from bot.lockfile.model import (
    Dependency,
    Lock,
    Package,
    RegistryRequirement,
    RegistrySource,
    Requirement,
    UrlSource,
)
from bot.lockfile.reader import parse_lock
from bot.manifest.requirement import parse_requirement
from bot.markers import TRUE, parse_marker
from bot.resolver.assembly.manifest import lock_manifest, lock_options, package_metadata
from bot.resolver.judge.verdict import (
    Judgement,
    Preferable,
    Satisfied,
    Unusable,
    VersionsOnly,
    judge_lock,
)
from bot.resolver.lowering import lower_project
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.request import LockRequest, TreeMetadata, Upgrade
from tests.resolver.locked_cases import OfflineUv, settings_of, write_case, write_files
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
            metadata=package_metadata(member.metadata, request.options),
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


def judge(
    request: LockRequest, lock: Lock, read_metadata: Callable[[Package], TreeMetadata | None] = lambda _: None
) -> Judgement:
    """The judgement; unless told otherwise, the lock's word counts for what lies outside the workspace."""
    return judge_lock(request, lock, read_metadata)


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
    check(case, judge(request, lock))


@pytest.mark.uv
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_uv_judges_an_edit_alike(case: dict[str, Any], offline_uv: OfflineUv, tmp_path: Path) -> None:
    before, after = texts(case)
    links = {"UV_FIND_LINKS": str(tmp_path / "links")}
    write_case({"pyproject.toml": before}, tmp_path)
    first = offline_uv.lock(tmp_path, tmp_path, links | case.get("before_settings", {}))
    assert first.returncode == 0, first.stderr
    write_files({"pyproject.toml": after, **case.get("also", {})}, tmp_path)
    variables = links | case.get("settings", {})
    said = offline_uv.lock(tmp_path, tmp_path, variables, "--dry-run", "-v").stderr
    verdict = "unusable" if "Ignoring existing lockfile" in said else "resolve"
    verdict = "satisfied" if "satisfies workspace requirements" in said else verdict
    expected = case["verdict"] if case["verdict"] in ("satisfied", "unusable") else "resolve"
    assert verdict == expected, said
    tree, settings = FolderTree(tmp_path), settings_of(tmp_path, variables)
    request = lower_project(tree, root=".", settings=settings)
    lock = parse_lock((tmp_path / "uv.lock").read_text("utf-8"), "uv.lock")
    check(case, judge(request, lock, TreeLowering(tree, ".", settings, MemoryIndex()).locked))


# --- packages beyond the workspace ----------------------------------------------------------------

TEXT = DOCUMENT["base"]["text"]
INDEX = '[[tool.uv.index]]\nname = "x"\nurl = "https://{}/s"\n'


def with_dependency(lock: Lock, name: str) -> Lock:
    """The lock with an edge from its last package (the member) to a pin."""
    pin = next(package for package in lock.packages if package.name == name)
    edge = Dependency(name=name, version=pin.version, source=pin.source, marker=TRUE)
    member = replace(lock.packages[-1], dependencies=(edge,))
    return replace(lock, packages=(*lock.packages[:-1], member))


def test_a_package_from_an_index_that_is_no_longer_configured_is_not_trusted() -> None:
    lock = with_dependency(lock_of(request_of({"pyproject.toml": TEXT})), "a")
    assert judge(request_of({"pyproject.toml": TEXT}), lock) == Satisfied()
    assert judge(request_of({"pyproject.toml": TEXT + INDEX.format("x.test")}), lock) == Satisfied()
    assert judge(request_of({"pyproject.toml": TEXT + INDEX.format("y.test")}), lock) == Preferable(
        reason="a is locked from https://x.test/s, which is no configured index"
    )


def test_an_index_that_only_a_source_names_is_trusted_for_its_requirement() -> None:
    member = '[project]\nname = "m"\nversion = "1"\ndependencies = ["a"]\n[tool.uv.sources]\na = {index = "x"}\n'
    files = {
        "pyproject.toml": '[tool.uv.workspace]\nmembers = ["m"]\n' + INDEX.format("y.test").replace('"x"', '"y"'),
        "m/pyproject.toml": member + INDEX.format("x.test"),
    }
    lock = with_dependency(lock_of(request_of(files)), "a")
    assert judge(request_of(files), lock) == Satisfied()


def test_a_package_named_by_url_is_read_again() -> None:
    files = {"pyproject.toml": TEXT.replace('"b[x]"', '"b @ https://e.test/b-1.0.zip"')}
    lock = lock_of(request_of(files))
    archive = Package(name="b", version=Version("1.0"), source=UrlSource(url="https://e.test/b-1.0.zip"))
    others = tuple(package for package in lock.packages if package.name != "b")
    lock = with_dependency(replace(lock, packages=(archive, *others)), "b")

    def judged(version: str, *names: str) -> Judgement:
        requires_dist = tuple(
            Requirement(name=name, marker=TRUE, source=RegistryRequirement(specifier=SpecifierSet())) for name in names
        )
        tree = TreeMetadata(name="b", version=Version(version), requires_dist=requires_dist)
        return judge(request_of(files), lock, lambda package: tree if package.name == "b" else None)

    assert judge(request_of(files), lock) == Satisfied()
    assert judged("1.0") == Satisfied()
    assert judged("2.0") == Preferable(reason="the version of b changed from 1.0 to 2.0")
    assert judged("1.0", "c", "a") == Preferable(reason="the requirements of b changed: a, c")


def test_recursive_extras_that_a_backend_wrote_out_are_the_same() -> None:
    files = {
        "pyproject.toml": '[project]\nname = "demo"\ndynamic = ["version"]\n[project.optional-dependencies]\n'
        'x = ["a>=1; sys_platform == \'linux\'"]\ny = ["demo[x]", "b"]\nz = ["demo[y]"]\n'
    }
    request = request_of(files)
    lock = lock_of(request)
    flat = [f"a>=1; sys_platform == 'linux' and extra == '{extra}'" for extra in "xyz"]
    flat += [f"b; extra == '{extra}'" for extra in "yz"]
    written = tuple(lower_plain_text(text) for text in flat)
    metadata = replace(lock.packages[-1].metadata, requires_dist=written)
    lock = replace(lock, packages=(*lock.packages[:-1], replace(lock.packages[-1], metadata=metadata)))
    assert judge(request, lock) == Satisfied()
    static = replace(lock, packages=(*lock.packages[:-1], replace(lock.packages[-1], version=Version("1"))))
    assert isinstance(judge(request, static), Preferable)


def lower_plain_text(text: str) -> Requirement:
    found = parse_requirement(text)
    return Requirement(name=found.name, marker=found.marker, source=RegistryRequirement(specifier=found.specifier))


# --- what the command line asks for ---------------------------------------------------------------

WISHES = {
    "everything": (Upgrade(everything=True), Unusable(reason="everything is to be upgraded")),
    "a package": (Upgrade(packages=frozenset(("b", "a"))), Preferable(reason="to be upgraded: a, b")),
    "a group": (Upgrade(groups=frozenset(("dev",))), Preferable(reason="to be upgraded: group dev")),
}


@pytest.mark.parametrize(("upgrade", "judgement"), WISHES.values(), ids=WISHES)
def test_an_upgrade_is_a_reason(upgrade: Upgrade, judgement: Judgement) -> None:
    request = request_of({"pyproject.toml": TEXT})
    assert judge(replace(request, upgrade=upgrade), lock_of(request)) == judgement


def test_an_old_revision_is_not_asked_for_what_it_could_not_record() -> None:
    text = TEXT.replace("[tool.uv]", "empty = []\n[tool.uv]\ndefault-groups = []").replace(
        'x = ["d"]', 'x = ["d"]\ny = []'
    )
    request = request_of({"pyproject.toml": text})
    lock = lock_of(request)
    metadata = lock.packages[-1].metadata
    dev = {name: requirements for name, requirements in metadata.requires_dev.items() if requirements}
    member = replace(lock.packages[-1], metadata=replace(metadata, provides_extras=(), requires_dev=dev))
    old = replace(lock, revision=0, packages=(*lock.packages[:-1], member))
    assert judge(request, old) == Satisfied()
    assert isinstance(judge(request, replace(old, revision=1)), Preferable)
