"""Recorded advisories of real packages: what is proposed of each affected version, direct, indirect, and where somebody holds
it; which version is right is judged by ``packaging`` over the same records."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from packaging.version import Version

from tests.advisories.recorded import RECORDED, RELEASES
from tests.plan.security_runs import mend

VERSIONS = dict(RELEASES)


def is_affected(name: str, version: str) -> bool:
    return any(one.is_about(name, version) for one in RECORDED)


AFFECTED = [(name, version) for name, versions in RELEASES for version in versions if is_affected(name, version)]


def nearest(name: str, version: str) -> str | None:
    """The lowest version above that nothing is known of, else the highest below."""
    free = sorted((one for one in VERSIONS[name] if not is_affected(name, one)), key=Version)
    above = [one for one in free if Version(one) > Version(version)]
    below = [one for one in free if Version(one) < Version(version)]
    return above[0] if above else below[-1] if below else None


def releases(name: str, holder: Sequence[str] = ()) -> dict[str, dict[str, list[str]]]:
    return {name: {one: [] for one in VERSIONS[name]}, "click": {"8.1.7": list(holder)}}


@pytest.mark.parametrize(("name", "version"), AFFECTED)
def test_the_nearest_version_that_nothing_is_known_of(name: str, version: str) -> None:
    wanted = nearest(name, version)
    moves = {} if wanted is None else {name: wanted}
    direct = mend([name], {name: version}, releases(name), *RECORDED)
    indirect = mend(["click"], {"click": "8.1.7", name: version}, releases(name, [name]), *RECORDED)
    assert [direct.versions(), indirect.versions()] == [moves, moves]
    blocked = [one.package for done in (direct, indirect) for one in done.fixes.blocked]
    assert blocked == ([name, name] if wanted is None else [])


@pytest.mark.parametrize(("name", "version"), AFFECTED)
def test_who_holds_it_is_named(name: str, version: str) -> None:
    held = mend(["click"], {"click": "8.1.7", name: version}, releases(name, [f"{name}=={version}"]), *RECORDED)
    assert held.versions() == {}
    (blocked,) = held.fixes.blocked
    assert blocked.package == name
    assert ("click" in blocked.reason) == (nearest(name, version) is not None)


def test_there_are_enough_of_them() -> None:
    assert len(AFFECTED) * 3 >= 30
    assert {"ecdsa", "ultralytics"} <= {name for name, _ in AFFECTED}
