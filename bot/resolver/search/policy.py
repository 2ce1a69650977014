"""What the manifest as a whole allows, gathered before the search: URL sources, explicit indexes, pre-releases, yanks.

All are read off the same requirements: those of the root, of everything the root names by URL or path, the constraints
and the overrides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from bot.errors import ResolutionError
from bot.lockfile.model import ConflictItem, DirectoryKind, DirectoryRequirement, RequirementSource
from bot.markers import TRUE, Marker
from bot.markers.point import Point, holds_at
from bot.resolver.model.environment import Environment
from bot.resolver.model.index import Index
from bot.resolver.model.modifiers import Modifiers
from bot.resolver.model.needs import Facts, Need
from bot.resolver.model.request import LockRequest, PrereleaseMode, ResolutionMode
from bot.resolver.model.specifiers import exact_pin, mentions_prerelease
from bot.resolver.model.versions import PyVersion, parse_version
from bot.resolver.offers.same_source import FindCommit, names_the_same
from bot.values import field, value

#: Facts of what a source names; raises where it cannot be read.
ReadSource = Callable[[str, RequirementSource], Facts]


@value(kw_only=False)
class Where:
    """Which requirements count: those of the one environment that is solved for, or those that may apply anywhere."""

    point: Point | None = None

    def counts(self, need: Need, extras: Iterable[str] = ()) -> bool:
        """Whether a requirement may apply where these extras are asked for."""
        if self.point is None:
            return need.marker.holds_somewhere(extras)
        return holds_at(need.marker, self.point, extras)


@value
class Lookahead:
    """What a URL source requires, and the extras it was asked for with. ``is_tree``: it is a folder of the project.

    ``version`` is a stand-in where ``is_dynamic``: only a build would tell it.
    """

    name: str
    version: PyVersion
    extras: tuple[str, ...]
    needs: tuple[Need, ...]
    is_tree: bool
    is_dynamic: bool


def look_ahead(
    roots: Iterable[Need],
    constraints: Mapping[str, Sequence[Need]],
    modifiers: Modifiers,
    read: ReadSource,
    where: Where,
) -> list[Lookahead]:
    """Follow URL sources from the root, breadth first."""
    queue = deque(need for need in _constrained(modifiers.apply(roots), constraints) if _is_url(need, (), where))
    seen: set[tuple[str, RequirementSource, tuple[str, ...], tuple[str, ...], Marker]] = set()
    found: list[Lookahead] = []
    while queue:
        need = queue.popleft()
        key = (need.name, need.source, need.extras, need.groups, need.marker)
        if key in seen:
            continue
        seen.add(key)
        ahead = _read(need, read)
        found.append(ahead)
        applied = modifiers.apply(ahead.needs, package=ahead.name, version=ahead.version)
        queue.extend(one for one in _constrained(applied, constraints) if _is_url(one, ahead.extras, where))
    return found


def _read(need: Need, read: ReadSource) -> Lookahead:
    facts = read(need.name, need.source)
    needs = (*facts.needs, *(one for group in need.groups for one in facts.groups.get(group, ())))
    own = (one if one.name != need.name else _with_source(one, need) for one in needs)
    return Lookahead(
        name=need.name,
        version=parse_version(facts.version or "0"),
        extras=need.extras,
        needs=tuple(own),
        is_tree=isinstance(need.source, DirectoryRequirement),
        is_dynamic=facts.version is None,
    )


def _with_source(need: Need, parent: Need) -> Need:
    return Need(need.name, need.extras, need.groups, need.marker, parent.source, parent.specifiers, parent.range)


def _is_url(need: Need, extras: tuple[str, ...], where: Where) -> bool:
    return not need.is_registry and where.counts(need, extras)


def _constrained(needs: Iterable[Need], constraints: Mapping[str, Sequence[Need]]) -> Iterator[Need]:
    """Each need, then the constraints on its name under the need's conditions on extras."""
    for need in needs:
        yield need
        kept = TRUE if need.marker.is_false else need.marker.only_extras()
        for constraint in constraints.get(need.name, ()):
            yield constraint.under(constraint.marker & kept)


@value(kw_only=False)
class Scoped:
    """A value that counts where a requirement applies."""

    value: object
    marker: Marker
    conflict: ConflictItem | None

    def matches(self, environment: Environment) -> bool:
        """What one environment has nothing of was left out from the beginning, with the extras that were asked for."""
        if environment.point is not None:
            return True
        return environment.admits(self.marker) and (self.conflict is None or environment.admits_item(self.conflict))


@value(eq=False)
class ManifestPolicy:
    """What the manifest as a whole says of packages, by name: where they may come from, which versions are let in."""

    urls: Mapping[str, Sequence[RequirementSource]]
    override_urls: Mapping[str, Sequence[Scoped]]
    member_urls: Mapping[str, RequirementSource]
    indexes: Mapping[str, Sequence[Scoped]]
    yanks: Mapping[str, frozenset[PyVersion]]
    find_commit: FindCommit
    opted_in: Mapping[str, Sequence[Scoped]] = field(default_factory=dict)
    first_party: Mapping[str, Sequence[Scoped]] = field(default_factory=dict)

    def may_have_url(self, name: str) -> bool:
        return name in self.member_urls or name in self.override_urls or name in self.urls

    def may_move(self, name: str) -> bool:
        """Whether the package may come from elsewhere than the usual indexes."""
        return self.may_have_url(name) or name in self.indexes

    def urls_for(self, name: str, url: RequirementSource | None, environment: Environment) -> list[RequirementSource]:
        """The source that a dependency takes in a fork; raises for one that nobody allowed, or that conflicts."""
        if name in self.member_urls:
            return [self._member(name, url, environment)]
        if name in self.override_urls:
            return [_as_source(one) for one in self.override_urls[name] if one.matches(environment)]
        return [] if url is None else [self._allowed(name, url)]

    def _member(self, name: str, url: RequirementSource | None, environment: Environment) -> RequirementSource:
        member = self.member_urls[name]
        overrides = [_as_source(one) for one in self.override_urls.get(name, ()) if one.matches(environment)]
        for asked in overrides or ([] if url is None else [url]):
            if not names_the_same(member, asked, self.find_commit):
                raise ResolutionError(
                    f"{name} is a member of the workspace, but a requirement takes it from elsewhere; "
                    "use `workspace = true` for it everywhere"
                )
        return member

    def _allowed(self, name: str, url: RequirementSource) -> RequirementSource:
        for known in self.urls.get(name, ()):
            if names_the_same(known, url, self.find_commit):
                return known
        raise ResolutionError(
            f"{name} is required by URL, which only the project itself may do; add it to the project's own "
            "requirements or sources if that is wanted"
        )

    def indexes_for(self, name: str, environment: Environment) -> list[Index]:
        found = [one.value for one in self.indexes.get(name, ()) if one.matches(environment)]
        return [index for index in found if isinstance(index, Index)]


def _as_source(scoped: Scoped) -> RequirementSource:
    return scoped.value  # type: ignore[return-value]


@value(eq=False)
class ManifestNeeds:
    """The requirements that policy is read off, as needs."""

    lookaheads: Sequence[Lookahead]
    roots: Sequence[Need]
    constraints: Sequence[Need]
    modifiers: Modifiers
    where: Where

    def without_overrides(self) -> Iterator[Need]:
        yield from self.first_party(trees_only=False)
        for need in self.constraints:
            if not self.modifiers.is_excluded(need.name) and self.where.counts(need):
                yield need

    def first_party(self, *, trees_only: bool) -> Iterator[Need]:
        for ahead in self.lookaheads:
            if trees_only and not ahead.is_tree:
                continue
            for need in self.modifiers.apply(ahead.needs, package=ahead.name, version=ahead.version):
                if self.where.counts(need, ahead.extras):
                    yield need
        for need in self.modifiers.apply(self.roots):
            if self.where.counts(need):
                yield need

    def overrides(self) -> Iterator[Need]:
        return (need for need in self.modifiers.global_overrides() if self.where.counts(need))

    def everything(self) -> Iterator[Need]:
        yield from self.without_overrides()
        yield from self.overrides()

    def for_candidates(self) -> Iterator[Need]:
        yield from self.everything()
        for need in self.modifiers.all_scoped_overrides():
            if self.where.counts(need):
                yield need


def make_policy(
    request: LockRequest,
    needs: ManifestNeeds,
    members: Mapping[str, RequirementSource],
    indexes: Mapping[str, Index],
    locked: Mapping[str, frozenset[PyVersion]],
    find_commit: FindCommit,
) -> ManifestPolicy:
    """Gather the policy of one run; ``locked`` are versions that the existing lock holds (a yank does not unseat them)."""
    urls: dict[str, list[RequirementSource]] = {}
    for need in needs.without_overrides():
        if not need.is_registry:
            _merge_url(urls.setdefault(need.name, []), need.source, find_commit)
    overrides: dict[str, list[Scoped]] = {}
    for need in needs.overrides():
        if not need.is_registry:
            urls.pop(need.name, None)
            overrides.setdefault(need.name, []).append(_scoped(need, need.source))
    pinned: dict[str, set[PyVersion]] = {name: set(versions) for name, versions in locked.items()}
    for need in needs.for_candidates():
        pin = exact_pin(need.specifiers) if need.is_registry else None
        if pin is not None:
            pinned.setdefault(need.name, set()).add(pin)
    return ManifestPolicy(
        urls=urls,
        override_urls=overrides,
        member_urls=members,
        indexes=_explicit_indexes(needs, indexes),
        yanks={name: frozenset(versions) for name, versions in pinned.items()},
        find_commit=find_commit,
        opted_in=_opted_in(request, needs),
        first_party=_first_party(request, needs),
    )


def _merge_url(known: list[RequirementSource], source: RequirementSource, find_commit: FindCommit) -> None:
    """Of several spellings of one source the last counts."""
    for position, one in enumerate(known):
        if names_the_same(one, source, find_commit):
            known[position] = _more_editable(one, source)
            return
    known.append(source)


def _more_editable(old: RequirementSource, new: RequirementSource) -> RequirementSource:
    if isinstance(old, DirectoryRequirement) and old.kind is DirectoryKind.EDITABLE:
        return old
    return new


def _scoped(need: Need, value: object) -> Scoped:
    return Scoped(value, need.marker, need.conflict)


def _by_name(values: Iterable[tuple[Need, object]]) -> dict[str, list[Scoped]]:
    """What requirements say, each once: a list may say the same a thousand times, and all of it is asked each time."""
    found: dict[str, dict[Scoped, None]] = {}
    for need, said in values:
        found.setdefault(need.name, {})[_scoped(need, said)] = None
    return {name: list(scoped) for name, scoped in found.items()}


def _explicit_indexes(needs: ManifestNeeds, indexes: Mapping[str, Index]) -> dict[str, list[Scoped]]:
    return _by_name(
        (need, indexes.get(need.index) or Index(url=need.index, explicit=True))
        for need in needs.everything()
        if need.index is not None
    )


def _opted_in(request: LockRequest, needs: ManifestNeeds) -> dict[str, list[Scoped]]:
    """Packages for which a first-party requirement names a pre-release; only the ``explicit`` mode asks."""
    modes = {request.options.prerelease, *request.options.prerelease_package.values()}
    if PrereleaseMode.EXPLICIT not in modes:
        return {}
    asking = (need for need in needs.for_candidates() if need.is_registry and mentions_prerelease(need.specifiers))
    return _by_name((need, None) for need in asking)


def _first_party(request: LockRequest, needs: ManifestNeeds) -> dict[str, list[Scoped]]:
    """Packages that the project itself requires; only ``lowest-direct`` asks."""
    if request.options.resolution is not ResolutionMode.LOWEST_DIRECT:
        return {}
    return _by_name((need, None) for need in needs.first_party(trees_only=True))
