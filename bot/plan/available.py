"""Which versions an index has that could be proposed: published before the cut-off and not yanked.

Whether they fit the other requirements, or the Python range, is for the solver to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.errors import IndexFailure
from bot.lockfile.model import RegistryRequirement
from bot.plan.policy import is_same_major
from bot.resolver.model.cutoffs import is_kept, make_cutoffs
from bot.resolver.model.index import Index, IndexPort, Page, ProjectStatus
from bot.resolver.model.request import LockRequest
from bot.resolver.model.versions import PyVersion

_STAGES = {"a": 1, "b": 2, "rc": 3}
_FINAL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """``in_major``: the newest of the current major; ``overall``: the newest of all, if its major is higher.

    ``shunned``: pre-releases above the current version (one itself) that its requirement would admit all the same.
    ``foreign``: a newer release that only exists in other variants. ``is_shared``: it is what several indexes have alike.
    ``majors``: the newest of each major over the current one, ascending.
    """

    in_major: Version | None
    overall: Version | None
    shunned: tuple[Version, ...] = ()
    foreign: Version | None = None
    is_shared: bool = False
    majors: tuple[Version, ...] = ()


def request_pages(
    request: LockRequest, index: IndexPort, packages: Mapping[str, Sequence[RegistryRequirement]]
) -> None:
    """Hint at every page that ``find_newest`` will ask for."""
    wanted: dict[int, list[str]] = {}
    for name, sources in packages.items():
        for places in _places(request, sources):
            for position, _ in places[:1]:
                wanted.setdefault(position, []).append(name)
    for position, names in wanted.items():
        index.request_pages(request.indexes[position], names)


def find_newest(
    request: LockRequest,
    index: IndexPort,
    name: str,
    sources: Sequence[RegistryRequirement],
    current: Sequence[Version],
    within: SpecifierSet | None = None,
) -> Newest:
    """The newest versions above the highest of ``current`` (ascending), ``within`` the bounds of its series.

    A version that is built in variants keeps the label of its own. Who is on a pre-release gets newer ones of its family
    (no less ripe) where there is no newer release.
    """
    top = current[-1]
    each = [
        [
            one
            for one in found
            if one.public != top.public and (within is None or within.contains(one, prereleases=True))
        ]
        for found in _newer(request, index, name, sources, top)
    ]
    newer = _common([[one for one in found if is_own_label(one, current)] for found in each])
    finals = [one for one in newer if not one.is_prerelease]
    family = [one for one in newer if one.is_prerelease and _is_of_family(top, one)]
    inside = _first(finals, top, same=True) or _first(family, top, same=True)
    over = _first(finals, top, same=False) or (None if finals else _first(family, top, same=False))
    best = max((one for one in (inside, over) if one is not None), default=top)
    foreign = next((one for one in _common(each) if not one.is_prerelease and Version(one.public) > best), None)
    return Newest(
        in_major=inside,
        overall=over,
        shunned=_shunned(top, newer, finals),
        foreign=foreign,
        is_shared=len(each) > 1,
        majors=_majors(top, finals),
    )


def _majors(top: Version, finals: Sequence[Version]) -> tuple[Version, ...]:
    """``finals`` are newest first."""
    newest: dict[tuple[int, int], Version] = {}
    for one in finals:
        if not is_same_major(top, one):
            newest.setdefault((one.epoch, one.major), one)
    return tuple(reversed(newest.values()))


def find_usable(
    request: LockRequest,
    index: IndexPort,
    name: str,
    sources: Sequence[RegistryRequirement],
    current: Sequence[Version],
) -> Sequence[Version]:
    """All versions that could be chosen in place of the locked ones, ascending: of several indexes those that all have."""
    each = [list(_versions(request, index, name, places)) for places in _places(request, sources)]
    own = _common([[one for one in found if is_own_label(one, current)] for found in each])
    is_early = any(one.is_prerelease for one in current)
    return sorted(one for one in own if is_early or not one.is_prerelease)


def is_own_label(version: Version, current: Iterable[Version]) -> bool:
    """Whether a version has the label of one that is locked; where none has one, any will do."""
    labels = {one.local for one in current}
    return not any(labels) or version.local in labels


def find_variants(
    request: LockRequest, index: IndexPort, name: str, sources: Sequence[RegistryRequirement], floor: Version
) -> tuple[Version, ...]:
    """The versions from ``floor`` on that have a label, and those without that stand beside them."""
    labelled = (page for page in _pages(request, index, name, sources) if page.has_locals)
    found = (Version(one.text) for page in labelled for one in page.versions)
    lowest = Version(floor.public)
    return tuple(dict.fromkeys(one for one in found if Version(one.public) >= lowest))


def shut_out_variants(
    request: LockRequest,
    index: IndexPort,
    locked: Mapping[str, Sequence[Version]],
    sources: Mapping[str, Sequence[RegistryRequirement]],
) -> Mapping[str, SpecifierSet]:
    """For every package of which the lock has labelled versions, a bound against those of other labels."""
    explicit = [RegistryRequirement(specifier=SpecifierSet(), index=one.url) for one in request.indexes if one.explicit]
    anywhere = [RegistryRequirement(specifier=SpecifierSet()), *explicit]
    found: dict[str, SpecifierSet] = {}
    for name, versions in locked.items():
        if any(one.local for one in versions):
            # An index that is down has nothing that could be taken instead.
            with suppress(IndexFailure):
                variants = find_variants(request, index, name, sources.get(name, anywhere), versions[0])
                found[name] = _without_foreign(variants, versions)
    return found


def _without_foreign(variants: Sequence[Version], locked: Sequence[Version]) -> SpecifierSet:
    """What has no label may stay where it stands beside one of an own label: another platform has it so."""
    labels = {one.local for one in locked if one.local}
    beside = {one.public for one in variants if one.local in labels}
    foreign = (one for one in variants if not is_own_label(one, locked))
    return SpecifierSet(",".join(f"!={one}" for one in foreign if one.local or one.public not in beside))


def _first(versions: Iterable[Version], top: Version, *, same: bool) -> Version | None:
    return next((one for one in versions if is_same_major(top, one) is same), None)


def _is_of_family(current: Version, version: Version) -> bool:
    return current.is_prerelease and _stage(version) >= _stage(current)


def _stage(version: Version) -> int:
    if version.is_devrelease:
        return 0
    return _STAGES[version.pre[0]] if version.pre else _FINAL


def _shunned(current: Version, newer: Sequence[Version], finals: Sequence[Version]) -> tuple[Version, ...]:
    """Pre-releases that nobody asked for: beside newer releases, or less ripe than the current one."""
    if not current.is_prerelease:
        return ()
    wanted = (one for one in newer if one.is_prerelease)
    return tuple(
        one for one in wanted if not _is_of_family(current, one) or (finals and one.release != current.release)
    )


def _newer(
    request: LockRequest, index: IndexPort, name: str, sources: Sequence[RegistryRequirement], floor: Version
) -> Sequence[Sequence[Version]]:
    """The usable versions above ``floor`` of each index that is asked, newest first."""
    return [
        list(takewhile(lambda one: one > floor, _versions(request, index, name, places)))
        for places in _places(request, sources)
    ]


def _common(each: Sequence[Sequence[Version]]) -> Sequence[Version]:
    """Of several indexes the releases that all have, without labels."""
    if len(each) <= 1:
        return each[0] if each else []
    shared = set.intersection(*({one.public for one in found} for found in each))
    return sorted(map(Version, shared), reverse=True)


def find_withdrawn(
    request: LockRequest,
    index: IndexPort,
    locked: Mapping[str, Sequence[Version]],
    sources: Mapping[str, Sequence[RegistryRequirement]],
) -> Mapping[str, str]:
    """Those whose locked versions are no longer to be had, with the reason; an index that fails says nothing."""
    found = {
        name: _why_withdrawn(request, index, name, versions, sources.get(name, ())) for name, versions in locked.items()
    }
    return {name: why for name, why in found.items() if why is not None}


def _why_withdrawn(
    request: LockRequest,
    index: IndexPort,
    name: str,
    versions: Sequence[Version],
    sources: Sequence[RegistryRequirement],
) -> str | None:
    try:
        pages = list(_pages(request, index, name, sources))
    except IndexFailure:
        return None
    listed = {Version(one.text): (page, one) for page in pages for one in page.versions}
    for version in versions if pages else ():
        if version not in listed:
            return f"the locked version {version} is no longer in the index"
        page, found = listed[version]
        if all(file.yanked for file in page.files(found)):
            return f"the locked version {version} was yanked, and nothing newer fits"
    return None


def find_statuses(
    request: LockRequest, index: IndexPort, name: str, sources: Sequence[RegistryRequirement]
) -> Sequence[ProjectStatus]:
    """What the indexes that a package is taken from say against it; raises ``IndexFailure``."""
    return [page.status for page in _pages(request, index, name, sources) if page.status is not None]


def _pages(request: LockRequest, index: IndexPort, name: str, sources: Sequence[RegistryRequirement]) -> Iterator[Page]:
    """The first page of each index that is asked."""
    for places in _places(request, sources):
        found = (index.get_page(place, name) for _, place in places)
        page = next((one for one in found if one is not None), None)
        if page is not None:
            yield page


def _versions(
    request: LockRequest, index: IndexPort, name: str, places: Sequence[tuple[int, Index]]
) -> Iterator[Version]:
    """Usable versions of the first index that has the package, newest first."""
    cutoffs = make_cutoffs(request.options)
    for _, place in places:
        page = index.get_page(place, name)
        if page is None:
            continue
        instant = cutoffs.instant(name, place)
        yield from (Version(found.text) for found in reversed(page.versions) if _is_usable(page, found, instant))
        return


def _is_usable(page: Page, version: PyVersion, instant: int | None) -> bool:
    return any(is_kept(file, instant) and not file.yanked for file in page.files(version))


def _places(request: LockRequest, sources: Sequence[RegistryRequirement]) -> Iterator[Sequence[tuple[int, Index]]]:
    """For each index that is named the one, and the common ones in their order where none is."""
    numbered = list(enumerate(request.indexes))
    for url in sorted({source.index for source in sources} or {None}, key=str):
        places = [
            (position, place)
            for position, place in numbered
            if (place.url == url if url is not None else not place.explicit)
        ]
        if places:
            yield places


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A version that could be chosen; ``uploaded``: when its first file was, in microseconds since the epoch."""

    version: Version
    uploaded: int | None


def find_published(
    request: LockRequest, index: IndexPort, name: str, sources: Sequence[RegistryRequirement], *wanted: Version
) -> Mapping[Version, Published]:
    """What the index knows of these versions, also of those that were yanked since."""
    for _, place in (one for places in _places(request, sources) for one in places):
        page = index.get_page(place, name)
        if page is not None:
            return _find_on_page(page, wanted)
    return {}


def _find_on_page(page: Page, wanted: Sequence[Version]) -> Mapping[Version, Published]:
    """Most pages spell versions as they are known; of those that don't, every version is read."""
    texts = {str(one): one for one in wanted}
    known = list(zip(page.versions, page.first_uploads, strict=True))
    found = {texts[one.text]: uploaded for one, uploaded in known if one.text in texts}
    if len(found) < len(texts):
        pairs = ((Version(one.text), uploaded) for one, uploaded in known)
        found = {version: uploaded for version, uploaded in pairs if version in wanted}
    return {version: Published(version=version, uploaded=at) for version, at in found.items()}


def find_newest_admitted(
    request: LockRequest,
    index: IndexPort,
    name: str,
    sources: Sequence[RegistryRequirement],
    specifiers: Sequence[SpecifierSet],
    newest: Version,
) -> Version | None:
    """The newest version up to ``newest`` that all these specifiers admit; of pre-releases only ``newest`` itself."""
    for version in (one for places in _places(request, sources) for one in _versions(request, index, name, places)):
        if version > newest or (version.is_prerelease and version != newest):
            continue
        if all(specifier.contains(version, prereleases=True) for specifier in specifiers):
            return version
    return None
