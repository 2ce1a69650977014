"""What changed between two locks."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from packaging.version import Version

from bot.lockfile.diff import ChangeKind, LockedEntry, LostPlatform, PackageChange, diff_locks
from bot.lockfile.graph import own_packages, parents_by_name, root_names
from bot.lockfile.model import Lock, RegistrySource
from tests.lockfile.samples import RARE, read

INDEX = RegistrySource(url="https://index.test")


def _entry(name: str, version: str, *lines: str, source: str = 'registry = "https://index.test"') -> str:
    return "\n".join(
        ("", "[[package]]", f'name = "{name}"', f'version = "{version}"', f"source = {{ {source} }}", *lines, "")
    )


def _edges(*names: str) -> str:
    return "dependencies = [\n" + "".join(f'    {{ name = "{name}" }},\n' for name in names) + "]"


def _wheels(*files: str) -> str:
    rows = (f'    {{ url = "https://files.test/{file}", hash = "sha256:{len(file)}" }},\n' for file in files)
    return "wheels = [\n" + "".join(rows) + "]"


def _lock(*entries: str) -> Lock:
    return read('version = 1\nrevision = 5\nrequires-python = ">=3.12"\n' + "".join(entries))


DEMO = _entry("demo", "0.1", _edges("a"), source='editable = "."')


def _only(changes: tuple[PackageChange, ...], name: str) -> PackageChange:
    (found,) = [change for change in changes if change.name == name]
    return found


def _versions(entries: Iterable[LockedEntry], others: Iterable[LockedEntry]) -> list[str]:
    """The versions among the entries that the others do not have."""
    known = {entry.version for entry in others}
    found = {entry.version for entry in entries if entry.version is not None and entry.version not in known}
    return [str(version) for version in sorted(found)]


def _gone(change: PackageChange) -> list[str]:
    return _versions(change.old, change.new)


def _new(change: PackageChange) -> list[str]:
    return _versions(change.new, change.old)


def test_equal_locks_have_no_changes() -> None:
    assert diff_locks(read(RARE), read(RARE)) == ()


def test_without_an_old_lock_everything_was_added() -> None:
    changes = diff_locks(None, read(RARE))

    assert {change.kind for change in changes} == {ChangeKind.ADDED}
    assert [change.name for change in changes] == ["a", "b", "c", "demo", "dynamic", "lib"]
    assert _new(_only(changes, "dynamic")) == []
    assert _new(_only(changes, "a")) == ["1.0", "1.0+local"]


def test_an_update_tells_both_versions_and_who_requires_it() -> None:
    old = _lock(DEMO, _entry("a", "1.0", _edges("b")), _entry("b", "1.0"))
    new = _lock(DEMO, _entry("a", "1.0", _edges("b")), _entry("b", "2.0"))

    (change,) = diff_locks(old, new)

    assert (change.kind, change.name) == (ChangeKind.CHANGED, "b")
    assert (_gone(change), _new(change)) == (["1.0"], ["2.0"])
    assert change.parents == ("a",)
    assert not change.is_direct


def test_direct_is_what_the_project_names() -> None:
    old = _lock(DEMO, _entry("a", "1.0", _edges("b")), _entry("b", "1.0"))
    new = _lock(DEMO, _entry("a", "2.0", _edges("c")), _entry("c", "1.0"))

    changes = diff_locks(old, new)

    assert [(change.name, change.kind, change.is_direct) for change in changes] == [
        ("a", ChangeKind.CHANGED, True),
        ("b", ChangeKind.REMOVED, False),
        ("c", ChangeKind.ADDED, False),
    ]
    assert _only(changes, "b").parents == ("a",)
    assert _only(changes, "b").old == (LockedEntry(version=Version("1.0"), source=INDEX),)


def test_what_was_direct_and_is_gone_stays_direct() -> None:
    old = _lock(DEMO, _entry("a", "1.0"))
    new = _lock(DEMO.replace(_edges("a") + "\n", ""))

    assert _only(diff_locks(old, new), "a").is_direct


def test_a_name_with_several_versions_is_one_change() -> None:
    old = _lock(_entry("a", "1.0"), _entry("a", "2.0"))
    new = _lock(_entry("a", "1.0"), _entry("a", "2.1"), _entry("a", "3.0"))

    (change,) = diff_locks(old, new)

    assert _gone(change) == ["2.0"]
    assert _new(change) == ["2.1", "3.0"]
    assert [entry.version for entry in change.new] == [Version("1.0"), Version("2.1"), Version("3.0")]


def test_a_change_of_source_is_told() -> None:
    old = _lock(_entry("a", "1.0"))
    new = _lock(_entry("a", "1.0", source='registry = "https://mirror.test"'))

    (change,) = diff_locks(old, new)

    assert [entry.source for entry in change.old] == [INDEX]
    assert [entry.source for entry in change.new] == [RegistrySource(url="https://mirror.test")]


def test_new_files_of_the_same_version_are_told_apart_from_updates() -> None:
    old = _lock(_entry("a", "1.0", _wheels("a-1.0-py3-none-any.whl", "a-1.0-cp312-cp312-win32.whl")))
    new = _lock(_entry("a", "1.0", _wheels("a-1.0-py3-none-any.whl", "a-1.0-cp312-cp312-linux_x86_64.whl")))

    (change,) = diff_locks(old, new)

    assert (_gone(change), _new(change), change.edges_changed) == ([], [], False)
    assert change.added_files == ("a-1.0-cp312-cp312-linux_x86_64.whl",)
    assert change.removed_files == ("a-1.0-cp312-cp312-win32.whl",)


def test_a_file_with_another_hash_is_another_file() -> None:
    old = _lock(_entry("a", "1.0", _wheels("a-1.0-py3-none-any.whl")))
    new = _lock(_entry("a", "1.0", _wheels("a-1.0-py3-none-any.whl").replace("sha256:", "sha256:9")))

    (change,) = diff_locks(old, new)

    assert change.added_files == change.removed_files == ("a-1.0-py3-none-any.whl",)


def test_upload_times_alone_are_no_change() -> None:
    wheel = _wheels("a-1.0-py3-none-any.whl")
    timed = wheel.replace('" },', '", upload-time = "2024-01-01T00:00:00Z" },')

    assert diff_locks(_lock(_entry("a", "1.0", wheel)), _lock(_entry("a", "1.0", timed))) == ()


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (["py3-none-any"], ["py3-none-any"], []),
        (["cp312-cp312-win_amd64", "cp312-cp312-win32"], ["cp313-cp313-win_amd64"], ["win32"]),
        (["cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64"], ["cp312-cp312-manylinux_2_28_x86_64"], []),
        (["cp312-cp312-macosx_11_0_arm64"], ["cp312-cp312-macosx_14_0_arm64"], []),
        (["cp312-cp312-macosx_11_0_arm64", "cp312-cp312-musllinux_1_2_x86_64"], ["py3-none-any"], []),
        (
            ["cp312-cp312-macosx_11_0_arm64", "cp312-cp312-musllinux_1_2_x86_64"],
            [],
            ["macosx_arm64", "musllinux_x86_64"],
        ),
        (["py3-none-any"], ["cp312-cp312-linux_x86_64"], ["any"]),
        (
            ["cp312-cp312-macosx_11_0_universal2"],
            ["cp312-cp312-macosx_11_0_arm64", "cp312-cp312-macosx_11_0_x86_64"],
            [],
        ),
        (["cp312-cp312-macosx_11_0_universal2"], ["cp312-cp312-macosx_11_0_arm64"], ["macosx_x86_64"]),
        (["cp312-cp312-macosx_10_9_x86_64"], ["cp312-cp312-macosx_11_0_universal2"], []),
        (["cp312-cp312-macosx_10_9_intel"], ["cp312-cp312-macosx_11_0_x86_64"], []),
    ],
)
def test_lost_platforms_are_told(before: list[str], after: list[str], lost: list[str]) -> None:
    old = _lock(_entry("a", "1.0", _wheels(*(f"a-1.0-{tags}.whl" for tags in before))))
    new = _lock(_entry("a", "2.0", _wheels(*(f"a-2.0-{tags}.whl" for tags in after))))

    (change,) = diff_locks(old, new)

    assert change.lost_platforms == tuple(LostPlatform(version=Version("2.0"), tag=tag) for tag in lost)


def test_other_edges_of_the_same_version_are_a_change() -> None:
    old = _lock(_entry("a", "1.0", _edges("b")), _entry("b", "1"))
    new = _lock(_entry("a", "1.0"), _entry("b", "1"))

    (change,) = diff_locks(old, new)

    assert change.edges_changed


def test_requirements_of_a_script_are_direct() -> None:
    head = '\n[manifest]\nrequirements = [{ name = "a" }]\n'

    changes = diff_locks(None, _lock(head, _entry("a", "1", _edges("b")), _entry("b", "1")))

    assert [(change.name, change.is_direct) for change in changes] == [("a", True), ("b", False)]


# --- graph --------------------------------------------------------------------------------------------


def test_parents_are_found_through_extras_and_groups() -> None:
    assert parents_by_name(read(RARE))["lib"] == ("demo",)
    assert parents_by_name(read(RARE))["demo"] == ("a",)
    assert parents_by_name(read(RARE))["c"] == ()


def test_the_project_is_its_members() -> None:
    assert [package.name for package in own_packages(read(RARE))] == ["demo", "lib"]
    assert root_names(read(RARE)) == {"a", "demo", "lib"}
    assert [package.name for package in own_packages(_lock(DEMO, _entry("a", "1")))] == ["demo"]


def test_files_of_direct_sources_are_named_too() -> None:
    (change,) = diff_locks(read(RARE), read(RARE.replace("sha256:03", "sha256:04").replace("sha512:02", "sha512:03")))[
        1:
    ]

    assert (change.name, change.added_files) == ("c", ("c-1.0-py3-none-any.whl",))


def test_a_package_is_not_its_own_parent() -> None:
    assert parents_by_name(_lock(_entry("a", "1", _edges("a"))))["a"] == ()
