"""The smallest change of the project that would give a lock: its requirements are loosened one at a time and solved again.

Nothing is promised that was not solved. The search is bounded, as it runs after a failure and only for its message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from packaging.specifiers import SpecifierSet

from bot.lockfile.model import Override, RegistryRequirement, Requirement, ScopedOverride
from bot.manifest.model import Declaration
from bot.pubgrub.version_set import VersionSet
from bot.resolver.explanation.facts import Fact, NeedsPython, Origin, Requires
from bot.resolver.explanation.places import lines_of
from bot.resolver.explanation.ranges import render_versions
from bot.resolver.explanation.story import Story, find_crux
from bot.resolver.request import LockRequest, Member
from bot.resolver.resolution import Resolution
from bot.resolver.specifiers import to_range
from bot.resolver.versions import decode_key
from bot.values import replace, value

#: Solves a changed request within the bounds of advice; ``None`` where that gives no lock.
Attempt = Callable[[LockRequest], Resolution | None]

#: How many changes of a kind are tried.
_ATTEMPTS = 4
_ANY = SpecifierSet()

#: What becomes of a requirement: another one, or nothing.
Edit = Callable[[Requirement], Requirement | None]


@value
class _Change:
    request: LockRequest
    tell: Callable[[Resolution], str]


def find_unblocking(request: LockRequest, facts: Sequence[Fact], story: Story, attempt: Attempt) -> str | None:
    """A sentence on the first change that gives a lock, ``None`` where none of those tried does."""
    told = [_first(_loosened(request, facts, story), attempt), _first(_newer_python(request, facts, story), attempt)]
    found = [one for one in told if one is not None]
    is_asked = any(isinstance(fact, Requires) and fact.origin is Origin.SESSION for fact in facts)
    if not found and not is_asked:
        found = [one for one in (_first(_left_out(request, facts, story), attempt),) if one is not None]
    return f"It would lock {', or '.join(found)}." if found else None


def _first(changes: Iterable[_Change], attempt: Attempt) -> str | None:
    for change in islice(changes, _ATTEMPTS):
        resolution = attempt(change.request)
        if resolution is not None:
            return change.tell(resolution)
    return None


# --- candidates -------------------------------------------------------------------------------------------------------


def _own(facts: Iterable[Fact], story: Story) -> list[Requires]:
    """What the project can change, that on the disputed package first."""
    facts = list(facts)
    crux = find_crux(facts, story.known)
    rows = [
        fact
        for fact in facts
        if isinstance(fact, Requires)
        and fact.origin is not Origin.SESSION
        and (not fact.subject.name or fact.subject.name in story.members)
    ]
    return sorted(rows, key=lambda fact: fact.target.name != crux)


def _loosened(request: LockRequest, facts: Sequence[Fact], story: Story) -> Iterator[_Change]:
    for fact in _own(facts, story):
        if not fact.wanted.is_full():
            yield _Change(
                request=_edited(request, fact.origin, _without_specifier(fact.target.name, fact.wanted)),
                tell=_teller(fact, story),
            )


def _teller(fact: Requires, story: Story) -> Callable[[Resolution], str]:
    name = fact.target.name
    rows = story.declared(fact)

    def tell(resolution: Resolution) -> str:
        versions = sorted({key.version for key in resolution.packages if key.name == name})
        texts = " and ".join(str(one) for one in versions if not fact.wanted.contains(one.key)) or "another version"
        return f"if {_quoted(fact, rows)} allowed {name} {texts}"

    return tell


def _quoted(fact: Requires, rows: Sequence[Declaration]) -> str:
    what = "the constraint " if fact.origin is Origin.CONSTRAINT else ""
    what = "the override " if fact.origin is Origin.OVERRIDE else what
    text = rows[0].text if rows else f"{fact.target.name} {render_versions(fact.wanted)}"
    return f"{what}`{text}`{lines_of(rows)}"


def _newer_python(request: LockRequest, facts: Iterable[Fact], story: Story) -> Iterator[_Change]:
    lowers = {
        low
        for fact in facts
        if isinstance(fact, NeedsPython)
        for low, _ in list(fact.wanted.intervals())[:1]
        if low is not None
    }
    for low in sorted(lowers)[:2]:
        floor = f">={decode_key(low[:-1])}"
        specifiers = request.requires_python & SpecifierSet(floor)
        yield _Change(
            request=replace(request, requires_python=specifiers, requires_python_text=str(specifiers)),
            tell=lambda _, floor=floor: f"if requires-python{story.places.python()} were {floor}",  # type: ignore[misc]
        )


def _left_out(request: LockRequest, facts: Sequence[Fact], story: Story) -> Iterator[_Change]:
    for fact in _own(facts, story):
        yield _Change(
            request=_edited(request, fact.origin, _without(fact.target.name, fact.wanted)),
            tell=lambda _, fact=fact: f"without {_quoted(fact, story.declared(fact))}",  # type: ignore[misc]
        )


# --- editing a request ------------------------------------------------------------------------------------------------


def _without_specifier(name: str, wanted: VersionSet) -> Edit:
    def edit(requirement: Requirement) -> Requirement | None:
        if not _is_meant(requirement, name, wanted):
            return requirement
        assert isinstance(requirement.source, RegistryRequirement)
        return replace(requirement, source=replace(requirement.source, specifier=_ANY))

    return edit


def _without(name: str, wanted: VersionSet) -> Edit:
    return lambda requirement: None if _is_meant(requirement, name, wanted) else requirement


def _is_meant(requirement: Requirement, name: str, wanted: VersionSet) -> bool:
    source = requirement.source
    return (
        requirement.name == name
        and isinstance(source, RegistryRequirement)
        and to_range(source.specifier).versions is wanted
    )


def _edited(request: LockRequest, origin: Origin, edit: Edit) -> LockRequest:
    match origin:
        case Origin.CONSTRAINT:
            return replace(request, constraints=_each(request.constraints, edit))
        case Origin.OVERRIDE:
            return replace(request, overrides=tuple(_overrides(request.overrides, edit)))
        case _:
            return replace(
                request,
                members=tuple(_member(member, edit) for member in request.members),
                requirements=_each(request.requirements, edit),
                dependency_groups={group: _each(rows, edit) for group, rows in request.dependency_groups.items()},
            )


def _member(member: Member, edit: Edit) -> Member:
    metadata = member.metadata
    groups = {group: _each(rows, edit) for group, rows in metadata.groups.items()}
    return replace(member, metadata=replace(metadata, requires_dist=_each(metadata.requires_dist, edit), groups=groups))


def _overrides(overrides: Iterable[Override], edit: Edit) -> Iterator[Override]:
    for override in overrides:
        if isinstance(override, ScopedOverride):
            yield replace(override, dependencies=_each(override.dependencies, edit))
            continue
        edited = edit(override)
        if edited is not None:
            yield edited


def _each(requirements: Iterable[Requirement], edit: Edit) -> tuple[Requirement, ...]:
    return tuple(edited for one in requirements if (edited := edit(one)) is not None)
