"""An index port that takes the lock's word for git repositories and archives that can't be read, or only be built.

A lock holds which packages such a dependency requires, and where they are, but not which other versions of them would
do: so they are required as they are locked, and everything else may move.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.errors import IndexFailure
from bot.lockfile.model import (
    Dependency,
    GitRequirement,
    GitSource,
    Lock,
    Package,
    RegistrySource,
)
from bot.resolver.model.forwarding import ForwardingIndex
from bot.resolver.model.index import GitTree, IndexPort


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

    def tell(self, packages: Iterable[str]) -> str | None:
        """Why packages contradict each other, where that comes of taking the lock's word alone."""
        among = frozenset(packages)
        for package in self.lock.packages if self.lock else ():
            held = {edge.name for edge in _edges(package)} & among
            if package.name in self.believed and package.name in among and held:
                names = ", ".join(sorted(held))
                return f"{package.name} needs {names}, and it can't be read which other versions would do"
        return None

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
    """Whether the entry says all that a manifest would: a version, and plain edges to packages of an index."""
    return (
        isinstance(package.source, GitSource)
        and package.version is not None
        and all(_is_plain(edge) for edge in _edges(package))
    )


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
