"""What changed between two locks, package name by package name.

A name may have several entries (forks, sources); all of them are compared together, so a name is one change. What a
pull request says of an update comes from here alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from packaging.version import Version

from bot.lockfile.graph import PackageId, id_of, own_packages, packages_by_name, parents_by_name, root_names
from bot.lockfile.model import File, Lock, Package, Source
from bot.values import value


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@value
class LockedEntry:
    """One ``[[package]]`` of a name; ``version`` is ``None`` for a source tree whose version is dynamic."""

    version: Version | None
    source: Source


@value
class LostPlatform:
    """A platform that an earlier version had wheels for and a later one has none for; ``tag`` as in ``win_amd64``.

    Release numbers in tags are left out (``manylinux_x86_64``, ``macosx_arm64``). ``any``: there was a wheel for all
    platforms, and now there are only wheels for some.
    """

    version: Version | None
    tag: str


@value
class PackageChange:
    """What happened to one name.

    ``old`` and ``new`` are all entries of the name before and after. ``parents`` are the names that require it in the
    new lock (in the old one where it is gone); ``is_direct`` is whether the project itself does. ``added_files`` and
    ``removed_files`` are names of files of entries that are in both locks. ``edges_changed`` and ``forks_changed``
    tell whether such entries differ in what they require, or in the forks they belong to.
    """

    name: str
    kind: ChangeKind
    old: tuple[LockedEntry, ...] = ()
    new: tuple[LockedEntry, ...] = ()
    parents: tuple[str, ...] = ()
    is_direct: bool = False
    added_files: tuple[str, ...] = ()
    removed_files: tuple[str, ...] = ()
    lost_platforms: tuple[LostPlatform, ...] = ()
    edges_changed: bool = False
    forks_changed: bool = False
    metadata_changed: bool = False


def diff_locks(old: Lock | None, new: Lock) -> tuple[PackageChange, ...]:
    """All names that differ, sorted; no old lock means that everything was added."""
    before = {} if old is None else packages_by_name(old)
    after = packages_by_name(new)
    parents = {**({} if old is None else parents_by_name(old)), **parents_by_name(new)}
    direct = _direct_names(new) if old is None else _direct_names(old) - frozenset(after) | _direct_names(new)
    lasting = frozenset() if old is None else frozenset(map(id_of, old.packages)) & frozenset(map(id_of, new.packages))
    changes: list[PackageChange] = []
    for name in sorted({*before, *after}):
        olds, news = before.get(name, ()), after.get(name, ())
        if olds != news:
            change = _change(name, olds, news, parents=parents.get(name, ()), is_direct=name in direct, lasting=lasting)
            changes.append(change)
    return tuple(change for change in changes if not _says_nothing(change))


def _direct_names(lock: Lock) -> frozenset[str]:
    """What the project itself names: requirements of a script or of a root's own groups, and those of the members."""
    members = frozenset(package.name for package in own_packages(lock))
    named = {name for name, parents in parents_by_name(lock).items() if members.intersection(parents)}
    return root_names(lock) - members | named


def _entries(packages: Sequence[Package]) -> tuple[LockedEntry, ...]:
    return tuple(LockedEntry(version=package.version, source=package.source) for package in packages)


def _change(
    name: str,
    olds: Sequence[Package],
    news: Sequence[Package],
    *,
    parents: tuple[str, ...],
    is_direct: bool,
    lasting: frozenset[PackageId],
) -> PackageChange:
    kind = ChangeKind.ADDED if not olds else ChangeKind.REMOVED if not news else ChangeKind.CHANGED
    same = _entries_in_both(olds, news)
    added, removed = _file_changes(same)
    return PackageChange(
        name=name,
        kind=kind,
        old=_entries(olds),
        new=_entries(news),
        parents=parents,
        is_direct=is_direct,
        added_files=added,
        removed_files=removed,
        lost_platforms=_lost_platforms(olds, news) if kind is ChangeKind.CHANGED else (),
        edges_changed=any(_edges(before, lasting) != _edges(after, lasting) for before, after in same),
        forks_changed=any(before.resolution_markers != after.resolution_markers for before, after in same),
        metadata_changed=any(_statements(before) != _statements(after) for before, after in same),
    )


def _says_nothing(change: PackageChange) -> bool:
    """Entries that differ in what nobody asks about, such as upload times that an older revision did not have."""
    return (
        change.kind is ChangeKind.CHANGED
        and change.old == change.new
        and not (change.added_files or change.removed_files)
        and not (change.edges_changed or change.forks_changed or change.metadata_changed)
    )


def _entries_in_both(olds: Sequence[Package], news: Sequence[Package]) -> list[tuple[Package, Package]]:
    known = {(package.version, package.source): package for package in olds}
    pairs = ((known.get((package.version, package.source)), package) for package in news)
    return [(before, after) for before, after in pairs if before is not None]


def _edges(package: Package, lasting: frozenset[PackageId]) -> object:
    """What the package requires. The very entry counts only where both locks have it, for else it is just updated."""
    tables = {
        **package.optional_dependencies,
        **{f"group {name}": rows for name, rows in package.dev_dependencies.items()},
    }
    return {
        name: [(row.name, row.extras, row.marker, id_of(row) if id_of(row) in lasting else None) for row in rows]
        for name, rows in {"": package.dependencies, **tables}.items()
    }


def _statements(package: Package) -> object:
    return (package.metadata, package.default_groups, dict(package.group_requires_python))


# --- files ------------------------------------------------------------------------------------------


def file_name(file: File) -> str | None:
    """The name of a file, from its URL or path; ``None`` for the nameless archive of a direct source."""
    if file.filename is not None:
        return file.filename
    location = file.url or file.path
    return None if location is None else location.partition("#")[0].partition("?")[0].rpartition("/")[2]


def _files(package: Package) -> dict[str, str | None]:
    files = package.wheels if package.sdist is None else (package.sdist, *package.wheels)
    return {file_name(file) or "": file.hash for file in files}


def _file_changes(same: Sequence[tuple[Package, Package]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of files that came and went; one whose hash changed did both."""
    added: set[str] = set()
    removed: set[str] = set()
    for before, after in same:
        old, new = _files(before), _files(after)
        added.update(name for name, digest in new.items() if name not in old or old[name] != digest)
        removed.update(name for name, digest in old.items() if name not in new or new[name] != digest)
    return tuple(sorted(added)), tuple(sorted(removed))


def _lost_platforms(olds: Sequence[Package], news: Sequence[Package]) -> tuple[LostPlatform, ...]:
    """Platforms with wheels before that no wheel serves any more; none where a new entry runs anywhere.

    An sdist does not count: it has to be built.
    """
    had = {tag for package in olds for tag in _platforms(package.wheels)}
    lost: list[LostPlatform] = []
    for package in news:
        has = _platforms(package.wheels)
        if package.wheels and "any" in has:
            continue
        if not any(package.version == old.version and package.source == old.source for old in olds):
            gone = had - has if "any" not in had else {"any"}
            lost += [LostPlatform(version=package.version, tag=tag) for tag in sorted(gone)]
    return tuple(lost)


#: Tags of macOS that stand for several processors.
_TOGETHER = {
    "macosx_universal2": ("macosx_x86_64", "macosx_arm64"),
    "macosx_intel": ("macosx_x86_64",),
    "macosx_universal": ("macosx_x86_64",),
    "macosx_fat64": ("macosx_x86_64",),
}


def _platforms(wheels: Sequence[File]) -> set[str]:
    tags: set[str] = set()
    for wheel in wheels:
        stem = (file_name(wheel) or "").removesuffix(".whl")
        for tag in map(_without_release, stem.rpartition("-")[2].split(".")):
            tags.update(_TOGETHER.get(tag, (tag,)))
    return tags


def _without_release(tag: str) -> str:
    """``manylinux_2_17_x86_64`` and ``manylinux2014_x86_64`` -> ``manylinux_x86_64``; others without their digits."""
    head, _, tail = tag.partition("_")
    if head.startswith("manylinux"):
        head = "manylinux"
    elif head in ("win32", "win", "any", "linux"):
        return tag
    parts = tail.split("_")
    while parts and parts[0].isdigit():
        parts.pop(0)
    return "_".join((head, *parts)) if parts != [""] else head
