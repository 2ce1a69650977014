"""Pythons that lost their wheels: of those that the lock is for, and of which anybody can have some."""

from __future__ import annotations

import pytest
from packaging.version import Version

from bot.lockfile.model import File, Lock, Package, RegistrySource
from bot.plan.releases.wheels import find_lost_pythons, has_lost_all_wheels

PYPI = RegistrySource(url="https://pypi.org/simple")


def lock(*tags: str, python: str = ">=3.9", sdist: bool = True) -> Lock:
    wheels = tuple(File(url=f"https://x.invalid/a-1-{one}.whl", hash="sha256:0") for one in tags)
    source = File(url="https://x.invalid/a-1.tar.gz", hash="sha256:0") if sdist else None
    package = Package(name="a", version=Version("1"), source=PYPI, wheels=wheels, sdist=source)
    return Lock(requires_python=python, packages=(package,))


LOST = [
    (["cp39-cp39-any", "cp310-cp310-any"], ["cp310-cp310-any"], ">=3.9", ("3.9",)),
    (["cp39-cp39-any", "cp310-cp310-any"], ["cp310-cp310-any"], ">=3.10", ()),
    (["cp39-abi3-any"], ["cp311-abi3-any"], ">=3.9", ("3.9", "3.10")),
    (["cp39-cp39-any", "cp314-cp314-any"], ["cp39-abi3-any"], ">=3.9", ()),
    (["py3-none-any"], ["cp311-cp311-any", "cp312-cp312-any"], ">=3.10", ("3.10",)),
    (["py2.py3-none-any"], ["py3-none-any"], ">=3.9", ()),
    (["cp39-cp39-any"], [], ">=3.9", ()),
    ([], ["cp39-cp39-any"], ">=3.9", ()),
    (["cp39-cp39-any"], ["cp310-cp310-any"], "no range", ()),
    (["odd"], ["cp310-cp310-any"], ">=3.9", ()),
]


@pytest.mark.parametrize(("before", "after", "python", "lost"), LOST)
def test_pythons_without_wheels(before: list[str], after: list[str], python: str, lost: tuple[str, ...]) -> None:
    assert find_lost_pythons(lock(*before), lock(*after, python=python), "a") == lost


def test_a_fork_that_keeps_an_older_version_still_serves() -> None:
    (old,), (new,) = lock("cp39-cp39-any", "cp310-cp310-any").packages, lock("cp310-cp310-any").packages
    both = Lock(requires_python=">=3.9", packages=(old, new))
    assert find_lost_pythons(lock("cp39-cp39-any", "cp310-cp310-any"), both, "a") == ()


NONE_LEFT = [(["py3-none-any"], [], True), ([], [], False), (["py3-none-any"], ["cp39-cp39-any"], False)]


@pytest.mark.parametrize(("before", "after", "is_lost"), NONE_LEFT)
def test_no_wheel_left(before: list[str], after: list[str], is_lost: bool) -> None:
    assert has_lost_all_wheels(lock(*before), lock(*after), "a") is is_lost


def test_a_package_that_is_new_lost_nothing() -> None:
    empty = Lock(requires_python=">=3.9", packages=())
    assert not has_lost_all_wheels(empty, lock(), "a")
