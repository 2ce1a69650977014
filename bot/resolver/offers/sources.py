"""Sources that are named by URL or path, read once: workspace members, folders, archives, git (spec 2.4, 3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.errors import InputError
from bot.lockfile.model import (
    DirectoryKind,
    DirectoryRequirement,
    DirectorySource,
    EditableSource,
    File,
    GitReference,
    GitRequirement,
    GitSource,
    PathRequirement,
    PathSource,
    RegistryRequirement,
    RequirementSource,
    Source,
    UrlRequirement,
    UrlSource,
    VirtualSource,
)
from bot.markers import Marker
from bot.resolver.lowering.paths import is_source_archive
from bot.resolver.model.index import Archive, IndexPort, WheelTags
from bot.resolver.model.needs import Facts, facts_of_tree
from bot.resolver.model.request import LockRequest, Member, TreeMetadata
from bot.resolver.model.versions import PyVersion, parse_version
from bot.resolver.offers.coverage import wheels_coverage
from bot.values import field, replace, value


@value
class SourceRead:
    """What a source turned out to be. ``stand_in`` is the version to search with where it is dynamic."""

    facts: Facts
    source: Source
    stand_in: PyVersion
    wheel: WheelTags | None = None
    file: File | None = None

    def wheel_markers(self, minimum_libc: Mapping[str, str]) -> Marker:
        assert self.wheel is not None
        return wheels_coverage((self.wheel,), minimum_libc)[0]


@value
class KeptSources:
    """Of the existing lock: the commits of git references, and the hashes of source archives by URL or path."""

    commits: Mapping[tuple[str, GitReference | None], str] = field(default_factory=dict)
    hashes: Mapping[tuple[str, Source], str] = field(default_factory=dict)


class SourceLowering(Protocol):
    """How the lowered manifest of a source is had: from a folder of the project, a git checkout, an archive."""

    def folder(self, name: str, path: str) -> TreeMetadata: ...

    def git(self, name: str, source: GitRequirement, commit: str | None) -> tuple[str, TreeMetadata]: ...

    def archive(self, archive: Archive) -> TreeMetadata: ...

    def stated(self, name: str) -> TreeMetadata | None: ...

    def on_disk(self, path: str) -> str: ...


_DYNAMIC = parse_version("0")


class SourceReader:
    """Reads each source once. ``kept`` is what the existing lock says of sources that are not being upgraded."""

    def __init__(
        self,
        request: LockRequest,
        port: IndexPort,
        lowering: SourceLowering,
        kept: KeptSources,
    ) -> None:
        self._port = port
        self._lowering = lowering
        self._kept = kept
        self._members = {member.metadata.name: member for member in request.members}
        self._read: dict[tuple[str, RequirementSource], SourceRead] = {}
        self._commits: dict[tuple[str, GitReference | None], str] = {}

    def read(self, name: str, source: RequirementSource) -> SourceRead:
        """Raises ``InputError`` or ``BuildRequiredError`` for a source whose metadata cannot be known."""
        found = self._read.get((name, source))
        if found is None:
            found = self._read[name, source] = self._fetch(name, source)
        return found

    def facts(self, name: str, source: RequirementSource) -> Facts:
        return self.read(name, source).facts

    def commit(self, source: GitRequirement) -> str | None:
        """The commit that a git source stands for; ``None`` where it was not read."""
        return self._commits.get((source.url, source.reference))

    def _fetch(self, name: str, source: RequirementSource) -> SourceRead:
        match source:
            case DirectoryRequirement():
                return self._directory(name, source)
            case GitRequirement():
                commit, tree = self._lowering.git(name, source, self._kept.commits.get((source.url, source.reference)))
                self._commits[source.url, source.reference] = commit
                return _of_tree(tree, _git_source(source, commit))
            case UrlRequirement():
                url = UrlSource(url=source.url, subdirectory=source.subdirectory)
                return self._stated_archive(name, url, source.url) or self._archive(
                    self._port.get_archive(source, name), url
                )
            case PathRequirement():
                file = PathSource(path=source.path)
                on_disk = PathRequirement(path=self._lowering.on_disk(source.path))
                return self._stated_archive(name, file, source.path) or self._archive(
                    self._port.get_archive(on_disk, name), file
                )
            case RegistryRequirement():
                raise AssertionError("a registry requirement has no source to read")

    def _directory(self, name: str, source: DirectoryRequirement) -> SourceRead:
        member = self._members.get(name)
        if member is not None and member.source.path == source.path:
            return _of_tree(member.metadata, member.source)
        return _of_tree(self._lowering.folder(name, source.path), _directory_source(source))

    def _stated_archive(self, name: str, source: Source, place: str) -> SourceRead | None:
        """A source archive whose metadata is stated: uv never reads it, so only an earlier lock knows its hash."""
        tree = self._lowering.stated(name) if is_source_archive(place) else None
        if tree is None:
            return None
        known = self._kept.hashes.get((name, source))
        if known is None:
            problem = f"{name}: its metadata is stated, so uv does not read {place} and has no hash of it to lock"
            raise InputError(problem, hint="name a wheel, a folder or a git repository, or take out what is stated")
        return replace(_of_tree(tree, source), file=File(hash=known))

    def _archive(self, archive: Archive, source: Source) -> SourceRead:
        return SourceRead(
            facts=replace(facts_of_tree(self._lowering.archive(archive)), recorded=archive.metadata.recorded),
            source=source,
            stand_in=_DYNAMIC,
            wheel=_tags(archive.filename) if archive.is_wheel else None,
            file=_archive_file(archive, source),
        )


def _tags(filename: str) -> WheelTags:
    """The tags of a wheel file name that was parsed before; a build tag makes no difference here."""
    python, abi, platform = filename.removesuffix(".whl").split("-")[-3:]
    return WheelTags(python=tuple(python.split(".")), abi=tuple(abi.split(".")), platform=tuple(platform.split(".")))


def _of_tree(tree: TreeMetadata, source: Source) -> SourceRead:
    return SourceRead(facts=facts_of_tree(tree), source=source, stand_in=_DYNAMIC)


def _archive_file(archive: Archive, source: Source) -> File:
    if not archive.is_wheel:
        return File(hash=archive.hash)
    if isinstance(source, UrlSource):
        return File(url=source.url, hash=archive.hash)
    return File(filename=archive.filename, hash=archive.hash)


def _git_source(source: GitRequirement, commit: str) -> GitSource:
    return GitSource(
        url=source.url,
        commit=commit,
        reference=source.reference,
        subdirectory=source.subdirectory,
        path=source.path,
        lfs=source.lfs,
    )


def _directory_source(source: DirectoryRequirement) -> Source:
    match source.kind:
        case DirectoryKind.EDITABLE:
            return EditableSource(path=source.path)
        case DirectoryKind.VIRTUAL:
            return VirtualSource(path=source.path)
        case DirectoryKind.DIRECTORY:
            return DirectorySource(path=source.path)


def member_requirement(member: Member) -> DirectoryRequirement:
    """The source by which the root requires a member."""
    match member.source:
        case EditableSource():
            kind = DirectoryKind.EDITABLE
        case VirtualSource():
            kind = DirectoryKind.VIRTUAL
        case DirectorySource():
            kind = DirectoryKind.DIRECTORY
    return DirectoryRequirement(path=member.source.path, kind=kind)
