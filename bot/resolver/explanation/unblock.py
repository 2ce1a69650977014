"""The smallest change of the project that would give a lock: its requirements are loosened and solved again.

One at a time first; where none helps alone, each is loosened with one of those that then contradict each other.
Nothing is promised that was not solved. The search is bounded, as it runs after a failure and only for its message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, zip_longest

from packaging.specifiers import SpecifierSet

from bot.lockfile.model import Override, RegistryRequirement, Requirement, ScopedOverride
from bot.manifest.model import Declaration
from bot.pubgrub.version_set import VersionSet
from bot.resolver.explanation.facts import Fact, NeedsPython, Origin, Requires
from bot.resolver.explanation.places import lines_of
from bot.resolver.explanation.ranges import render_versions
from bot.resolver.explanation.story import Story, find_crux
from bot.resolver.model.request import LockRequest, Member
from bot.resolver.model.resolution import Resolution
from bot.resolver.model.specifiers import to_range
from bot.resolver.model.versions import decode_key
from bot.resolver.search.universal import Contradiction
from bot.values import replace, value

#: Solves a changed request within the bounds of advice; ``None`` where these are met.
Attempt = Callable[[LockRequest], Resolution | Contradiction | None]

#: How many changes of a kind are tried.
_ATTEMPTS = 4
_PAIRS = 2 * _ATTEMPTS
_ANY = SpecifierSet()

#: What becomes of a requirement: another one, or nothing.
Edit = Callable[[Requirement], Requirement | None]


@value
class ContradictionFacts:
    """The facts of one contradiction, and who tells them."""

    facts: Sequence[Fact]
    story: Story


#: Reads the contradiction of a changed request.
Read = Callable[[Contradiction, LockRequest], ContradictionFacts]


@value
class _Change:
    """A changed request; ``tell`` says what was changed, given what it solves to."""

    request: LockRequest
    tell: Callable[[Resolution], str]


@value(kw_only=False)
class _Failed:
    """A change that does not give a lock alone, and why."""

    change: _Change
    why: Contradiction


def find_unblocking(request: LockRequest, reason: ContradictionFacts, attempt: Attempt, read: Read) -> str | None:
    """A sentence on the first changes that give a lock, ``None`` where none of those tried does."""
    facts, story = reason.facts, reason.story
    failed: list[_Failed] = []
    told = [
        _first(islice(_loosened(request, facts, story), _ATTEMPTS), attempt, failed),
        _first(_newer_python(request, facts, story), attempt, []),
    ]
    is_asked = any(isinstance(fact, Requires) and fact.origin is Origin.SESSION for fact in facts)
    if not any(told) and not is_asked:
        told = [
            _first(islice(_left_out(request, facts, story), _ATTEMPTS), attempt, []),
            _first(islice(_loosened_further(failed, read), _PAIRS), attempt, []),
        ]
    found = [one for one in told if one is not None]
    return f"It would lock {', or '.join(found)}." if found else None


def _first(changes: Iterable[_Change], attempt: Attempt, failed: list[_Failed]) -> str | None:
    """What the first change that gives a lock says; those before it are added to ``failed``."""
    for change in changes:
        outcome = attempt(change.request)
        if isinstance(outcome, Contradiction):
            failed.append(_Failed(change, outcome))
        elif outcome is not None:
            return change.tell(outcome)
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


def _loosened_further(failed: Sequence[_Failed], read: Read) -> Iterator[_Change]:
    """Each change with the most promising second one, then each with the next, no pair twice."""
    seconds = [_second_changes(one, read) for one in failed]
    seen: list[LockRequest] = []
    for change in (one for row in zip_longest(*seconds) for one in row if one is not None):
        if change.request not in seen:
            seen.append(change.request)
            yield change


def _second_changes(failed: _Failed, read: Read) -> Iterator[_Change]:
    first = failed.change
    reason = read(failed.why, first.request)
    for second in _loosened(first.request, reason.facts, reason.story):
        yield _Change(request=second.request, tell=_both(first, second))


def _both(first: _Change, second: _Change) -> Callable[[Resolution], str]:
    return lambda resolution: f"{first.tell(resolution)} and {second.tell(resolution).removeprefix('if ')}"


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
