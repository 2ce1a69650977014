"""Old releases from PyPI whose metadata uv builds: what a build left in them gives the same lock, and so does what the table of
known releases says.

The stored locks are uv's own, made with a build (Python 3.11), with placeholders for the hosts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.index.client import IndexClient, IndexSettings
from bot.index.http.certificates import find_certificates
from bot.index.http.fetch import FetchSettings
from bot.index.metadata.known import KnownReleases, shipped_releases
from bot.resolver.lock import Locked, LockTask, lock_project
from bot.resolver.lowering import CommandSettings, lower_project
from bot.resolver.lowering.dependencies import TreeLowering
from tests.resolver.trees import MemoryTree

STORED = Path(__file__).parent / "recorded_locks"
RELEASES = {
    "antlr4-python3-runtime": ("4.9.3", {"antlr4-python3-runtime"}),
    "forbiddenfruit": ("0.1.4", {"forbiddenfruit"}),
    "pyspark": ("3.5.0", {"pyspark"}),
}
_HOSTS = {"https://index.invalid": "https://pypi.org", "https://files.invalid": "https://files.pythonhosted.org"}

pytestmark = pytest.mark.pypi


@pytest.fixture(scope="module", params=["egg-info", "known"])
def place(request: pytest.FixtureRequest) -> str:
    """Where metadata are taken from that uv would build."""
    return str(request.param)


@pytest.fixture(scope="module")
def index(place: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexClient]:
    settings = IndexSettings(
        fetch=FetchSettings(certificates=find_certificates(os.environ)),
        cache_dir=tmp_path_factory.mktemp("cache"),
        recorded=True,
        known=shipped_releases() if place == "known" else KnownReleases(lambda: '{"releases": {}}'),
    )
    with IndexClient(settings) as client:
        yield client


def _lock(index: IndexClient, name: str, version: str) -> Locked:
    text = (
        f'[project]\nname = "tiny"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["{name}=={version}"]\n\n'
        '[tool.uv]\nexclude-newer = "2026-10-01T00:00:00Z"\n'
    )
    tree = MemoryTree({"pyproject.toml": text})
    settings = CommandSettings(now=datetime.now(UTC), zone=UTC)
    request = lower_project(tree, root=".", settings=settings)
    sources = TreeLowering(tree, ".", settings, index)
    return lock_project(LockTask(request=request, index=index, sources=sources))


@pytest.mark.parametrize("name", RELEASES)
def test_metadata_that_were_not_built_give_the_lock_of_a_build(index: IndexClient, place: str, name: str) -> None:
    version, recorded = RELEASES[name]
    stored = (STORED / f"{name}.lock").read_text("utf-8")
    for placeholder, host in _HOSTS.items():
        stored = stored.replace(placeholder, host)
    locked = _lock(index, name, version)
    assert locked.text == stored
    assert dict.fromkeys(recorded, place) == locked.recorded
