"""Whether a pull request is about a lock: it changes the lock, or something that the lock is made of."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from bot.lockfile.model import DirectorySource, EditableSource, VirtualSource
from bot.plan.unit import Unit
from bot.ports.judging import JudgeRequest
from bot.resolver.lowering.paths import join

_MANIFEST = "pyproject.toml"
#: Files that requirements and settings of a folder may stand in.
_BESIDE = ("uv.toml", ".python-version", "setup.cfg", "PKG-INFO")


def is_made_of(unit: Unit, request: JudgeRequest) -> bool:
    return request.touched is None or not request.touched.isdisjoint(_paths(unit))


def _paths(unit: Unit) -> Iterator[str]:
    yield from unit.reads
    yield from (row.path for row in unit.declarations)
    yield unit.path
    if unit.lock_path is not None:
        yield unit.lock_path
    folders = {unit.folder, *_local_folders(unit)}
    yield from (_in(folder, name) for folder in folders for name in (_MANIFEST, *_BESIDE))


def _local_folders(unit: Unit) -> Iterator[str]:
    """The folders of the repository that the lock holds."""
    for package in unit.lock.packages if unit.lock is not None else ():
        if isinstance(package.source, DirectorySource | EditableSource | VirtualSource):
            yield join(unit.folder, package.source.path)


def _in(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name))
