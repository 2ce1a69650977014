"""Which versions an index has that could be proposed: published before the cut-off and not yanked.

Whether they fit the other requirements, or the Python range, is for the solver to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.lockfile.model import RegistryRequirement
from bot.resolver.model.cutoffs import is_kept, make_cutoffs
from bot.resolver.model.index import Index, IndexPort, Page
from bot.resolver.model.request import LockRequest
from bot.resolver.model.versions import PyVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """``in_major``: the newest of the current major; ``overall``: the newest of all, if its major is higher."""

    in_major: Version | None
    overall: Version | None


def request_pages(
    request: LockRequest, index: IndexPort, packages: Mapping[str, Sequence[RegistryRequirement]]
) -> None:
    """Hint at every page that ``find_newest`` will ask for."""
    wanted: dict[int, list[str]] = {}
    for name, sources in packages.items():
        for position, _ in _indexes(request, sources):
            wanted.setdefault(position, []).append(name)
            break
    for position, names in wanted.items():
        index.request_pages(request.indexes[position], names)


def find_newest(
    request: LockRequest, index: IndexPort, name: str, sources: Sequence[RegistryRequirement], current: Version
) -> Newest:
    """The newest versions above ``current``; pre-releases only for who is on one of the same release already."""
    in_major = overall = None
    for version in _versions(request, index, name, sources):
        if version <= current:
            break
        if version.is_prerelease and not _continues(current, version):
            continue
        if (version.epoch, version.major) == (current.epoch, current.major):
            in_major = version
            break
        overall = overall or version
    return Newest(in_major=in_major, overall=overall)


def _continues(current: Version, version: Version) -> bool:
    return current.is_prerelease and version.release == current.release


def _versions(
    request: LockRequest, index: IndexPort, name: str, sources: Sequence[RegistryRequirement]
) -> Iterator[Version]:
    """Usable versions of the first index that has the package, newest first."""
    cutoffs = make_cutoffs(request.options)
    for _, place in _indexes(request, sources):
        page = index.get_page(place, name)
        if page is None:
            continue
        instant = cutoffs.instant(name, place)
        yield from (Version(found.text) for found in reversed(page.versions) if _is_usable(page, found, instant))
        return


def _is_usable(page: Page, version: PyVersion, instant: int | None) -> bool:
    return any(is_kept(file, instant) and not file.yanked for file in page.files(version))


def _indexes(request: LockRequest, sources: Sequence[RegistryRequirement]) -> Iterator[tuple[int, Index]]:
    named = {source.index for source in sources if source.index is not None}
    for position, place in enumerate(request.indexes):
        if place.url in named or (not named and not place.explicit):
            yield position, place


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A version that could be chosen; ``uploaded``: when its first file was, in microseconds since the epoch."""

    version: Version
    uploaded: int | None


def find_published(
    request: LockRequest, index: IndexPort, name: str, sources: Sequence[RegistryRequirement], *wanted: Version
) -> Mapping[Version, Published]:
    """What the index knows of these versions, also of those that were yanked since."""
    for _, place in _indexes(request, sources):
        page = index.get_page(place, name)
        if page is not None:
            known = zip(page.versions, page.first_uploads, strict=True)
            pairs = ((Version(found.text), uploaded) for found, uploaded in known)
            return {version: Published(version=version, uploaded=at) for version, at in pairs if version in wanted}
    return {}


def find_newest_admitted(
    request: LockRequest,
    index: IndexPort,
    name: str,
    sources: Sequence[RegistryRequirement],
    specifiers: Sequence[SpecifierSet],
    newest: Version,
) -> Version | None:
    """The newest version up to ``newest`` that all these specifiers admit; of pre-releases only ``newest`` itself."""
    for version in _versions(request, index, name, sources):
        if version > newest or (version.is_prerelease and version != newest):
            continue
        if all(specifier.contains(version, prereleases=True) for specifier in specifiers):
            return version
    return None
