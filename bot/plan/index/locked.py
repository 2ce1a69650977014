"""An index port that takes the lock's word for git repositories and archives that can't be read, or only be built.

Of a git repository a lock holds which packages it requires, and where they are, but not which other versions of them
would do: so they are required as they are locked, and everything else may move. Of an archive it repeats what that
requires.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from bot.errors import IndexFailure
from bot.lockfile.model import (
    Dependency,
    File,
    GitRequirement,
    GitSource,
    Lock,
    Package,
    PathRequirement,
    PathSource,
    RegistryRequirement,
    RegistrySource,
    Requirement,
    UrlRequirement,
    UrlSource,
)
from bot.resolver.model.forwarding import ForwardingIndex
from bot.resolver.model.index import Archive, CoreMetadata, GitTree, IndexPort


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedSources(ForwardingIndex):
    """Passes everything on; ``believed`` are the packages of which the lock's word is taken, with the reason."""

    port: IndexPort
    lock: Lock | None
    believed: dict[str, str] = field(default_factory=dict, repr=False)

    def believe(self, name: str, reason: str) -> bool:
        """Take the lock's word for a package from now on; ``False`` where that changes nothing, or the lock can't tell."""
        packages = [one for one in self.lock.packages if one.name == name] if self.lock else []
        if name in self.believed or len(packages) != 1 or not _can_tell(packages[0]):
            return False
        self.believed[name] = reason
        return True

    @property
    def guessed(self) -> frozenset[str]:
        """Those among the believed of which the lock doesn't say which other versions of what they require would do."""
        packages = self.lock.packages if self.lock else ()
        return frozenset(one.name for one in packages if one.name in self.believed and not _is_archive(one))

    def tell(self, packages: Iterable[str]) -> str | None:
        """Why packages contradict each other, where that comes of taking the lock's word alone."""
        among = frozenset(packages)
        guessed = self.guessed
        for package in self.lock.packages if self.lock else ():
            held = {edge.name for edge in _edges(package)} & among
            if package.name in guessed and package.name in among and held:
                names = ", ".join(sorted(held))
                return f"{package.name} needs {names}, and it can't be read which other versions would do"
        return None

    def get_archive(self, source: UrlRequirement | PathRequirement, name: str) -> Archive:
        held = (
            [one for one in self.lock.packages if one.name == name and _is_archive_of(one, source)] if self.lock else []
        )
        if name not in self.believed:
            try:
                return self.port.get_archive(source, name)
            except IndexFailure as error:
                if not held or not self.believe(name, str(error)):
                    raise
        if not held:
            return self.port.get_archive(source, name)
        return _archive(held[0])

    def get_git(self, source: GitRequirement, locked_commit: str | None) -> GitTree:
        held = [one for one in self.lock.packages if _is_of(one, source)] if self.lock else []
        if not any(one.name in self.believed for one in held):
            try:
                return self.port.get_git(source, locked_commit)
            except IndexFailure as error:
                # All of them, so that what is told does not depend on which is asked for first.
                if not [one for one in held if self.believe(one.name, str(error))]:
                    raise
        (commit,) = {one.source.commit for one in held if isinstance(one.source, GitSource)}
        return GitTree(commit=commit, tree=_Manifests(texts=dict(map(_manifest, filter(_can_tell, held)))))


def _is_of(package: Package, source: GitRequirement) -> bool:
    found = package.source
    return isinstance(found, GitSource) and (found.url, found.reference) == (source.url, source.reference)


def _can_tell(package: Package) -> bool:
    """Whether the entry says all that a manifest would: a version, and what is required, of packages of an index."""
    if package.version is None:
        return False
    if _is_archive(package):
        is_stated = bool(package.metadata.requires_dist) or not any(_edges(package))
        return is_stated and _file(package) is not None and all(map(_is_plain_row, package.metadata.requires_dist))
    return isinstance(package.source, GitSource) and all(_is_plain(edge) for edge in _edges(package))


def _is_archive(package: Package) -> bool:
    return isinstance(package.source, UrlSource | PathSource)


def _is_archive_of(package: Package, source: UrlRequirement | PathRequirement) -> bool:
    match package.source:
        case UrlSource(url=url, subdirectory=subdirectory) if isinstance(source, UrlRequirement):
            return (url, subdirectory) == (source.url, source.subdirectory)
        case PathSource(path=path) if isinstance(source, PathRequirement):
            # The port is asked for a path of this machine, the lock's starts from its own folder.
            return f"/{source.path}".endswith(f"/{posixpath.normpath(path).lstrip('./')}")
        case _:
            return False


def _is_plain_row(row: Requirement) -> bool:
    source = row.source
    return (
        isinstance(source, RegistryRequirement) and source.index is None and source.conflict is None and not row.groups
    )


def _file(package: Package) -> File | None:
    """The one file of an archive, with its hash."""
    files = (*package.wheels, *((package.sdist,) if package.sdist else ()))
    return files[0] if len(files) == 1 and files[0].hash else None


def _archive(package: Package) -> Archive:
    """An archive that declares what the lock holds."""
    source, file = package.source, _file(package)
    assert isinstance(source, UrlSource | PathSource)
    assert file is not None
    assert file.hash is not None
    place = urlsplit(source.url).path if isinstance(source, UrlSource) else source.path
    return Archive(
        filename=unquote(posixpath.basename(place)),
        hash=file.hash,
        metadata=CoreMetadata(
            name=package.name,
            version=str(package.version),
            requires_dist=tuple(map(_declared, package.metadata.requires_dist)),
            provides_extras=package.metadata.provides_extras,
        ),
        is_wheel=bool(package.wheels),
    )


def _declared(row: Requirement) -> str:
    """A row as metadata has it."""
    assert isinstance(row.source, RegistryRequirement)
    extras = f"[{','.join(row.extras)}]" if row.extras else ""
    marker = "" if row.marker.is_true else f" ; {row.marker}"
    return f"{row.name}{extras}{row.source.specifier}{marker}"


def _is_plain(edge: Dependency) -> bool:
    return isinstance(edge.source, RegistrySource) and edge.version is not None and not edge.marker.extras()


def _edges(package: Package) -> Iterator[Dependency]:
    yield from package.dependencies
    for edges in package.optional_dependencies.values():
        yield from edges


def _manifest(package: Package) -> tuple[str, str]:
    """The path in the repository and the text of a manifest that declares what the lock holds."""
    assert isinstance(package.source, GitSource)
    rows = [
        "[project]",
        f"name = {_quoted(package.name)}",
        f"version = {_quoted(str(package.version))}",
        f"dependencies = {_requirements(package.dependencies)}",
    ]
    if package.optional_dependencies:
        rows.append("[project.optional-dependencies]")
        rows += [f"{_quoted(extra)} = {_requirements(edges)}" for extra, edges in package.optional_dependencies.items()]
    path = posixpath.normpath(posixpath.join(package.source.subdirectory or ".", "pyproject.toml"))
    return path, "\n".join(rows) + "\n"


def _requirements(edges: Sequence[Dependency]) -> str:
    return f"[{', '.join(_quoted(_requirement(edge)) for edge in edges)}]"


def _requirement(edge: Dependency) -> str:
    extras = f"[{','.join(edge.extras)}]" if edge.extras else ""
    marker = "" if edge.marker.is_true else f" ; {edge.marker}"
    return f"{edge.name}{extras}=={edge.version}{marker}"


def _quoted(text: str) -> str:
    """A TOML string: JSON's are."""
    return json.dumps(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manifests:
    """A source tree that holds nothing but manifests."""

    texts: Mapping[str, str]

    def read_text(self, path: str) -> str | None:
        return self.texts.get(posixpath.normpath(path))

    def list_dirs(self, path: str) -> Sequence[str]:
        del path
        return ()

    def is_dir(self, path: str) -> bool:
        folder = posixpath.normpath(path)
        return any(posixpath.dirname(one) in {folder, "" if folder == "." else folder} for one in self.texts)

    def exists(self, path: str) -> bool:
        return self.read_text(path) is not None or self.is_dir(path)
