"""The texts in which every place of a tool names another version, and the places that can't."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from packaging.version import Version

from bot.follow.model import LeftAlone
from bot.manifest.ranges import RangeStrategy
from bot.plan.changes import RequirementEdit
from bot.plan.policy import may_break, update_kind
from bot.plan.toolchain.decide import Toolchain
from bot.ports.registry import ImageRegistry, RegistryFailure
from bot.ports.run import WORKFLOWS, UpdateLine
from bot.ports.surroundings import NoTags, Tags
from bot.toolchain.forms import Unchangeable, admits, base_version, parse_specifier, renew
from bot.toolchain.model import Frozen, Image, Place, Role

_SEVERAL = "it is one of several versions that are used in turn"
_NO_PERMISSION = "lockbot lacks the permission to write workflows here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One place with its new text; ``seal`` is the digest of the image, or the commit of the tag, that it then names.

    ``unasked``: why nobody knows whether there is such an image.
    """

    place: Place
    text: str
    seal: str = ""
    unasked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """``refused``: why the version can't be proposed at all."""

    moved: tuple[Moved, ...] = ()
    left: tuple[LeftAlone, ...] = ()
    refused: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What an edit may need: a registry and tags to ask for, and whether workflows may be written."""

    registry: ImageRegistry
    tags: Tags = field(default_factory=NoTags)
    may_write_workflows: bool = True


def plan_edits(chain: Toolchain, version: Version, means: Means) -> Edits:
    """What becomes of each place. Places that share a text (a variable that several images use) move together or not."""
    judged = [(place, _judge(chain, place, version, means)) for place in chain.places if place.role is not Role.BOUND]
    stuck = {_key(place): reason for place, reason in judged if isinstance(reason, str)}
    moved = [one for _, one in judged if isinstance(one, Moved) and _key(one.place) not in stuck]
    left = {place: stuck[_key(place)] for place, one in judged if one is not None and _key(place) in stuck}
    gone = {row.place for row in moved}
    staying = (one for one in chain.places if one.role is not Role.BOUND and one not in gone)
    used = {base for one in staying if not admits(one, version) and (base := base_version(one)) is not None}
    fixed = {one.place for one in chain.bounds}
    bounds = [
        (place, _bounded(chain, place, version, used))
        for place in chain.places
        if place.role is Role.BOUND and _where(place) not in fixed
    ]
    refusals = [(place, one) for place, one in bounds if isinstance(one, Unchangeable)]
    return Edits(
        moved=tuple(sorted((*moved, *(one for _, one in bounds if isinstance(one, Moved))), key=_order)),
        left=tuple(_left(place, reason) for place, reason in left.items()),
        refused=next((f"{_where(place)}: {one.reason}" for place, one in refusals), None),
    )


def _key(place: Place) -> tuple[str, int]:
    return place.path, place.start


def _order(one: Moved) -> tuple[str, int]:
    return _key(one.place)


def _where(place: Place) -> str:
    return f"{place.shown} ({place.path}:{place.line})"


def _left(place: Place, reason: str) -> LeftAlone:
    shown = place.shown.partition("@sha256:")[0]
    return LeftAlone(path=f"{place.path}:{place.line}", reason=f"{shown}: {reason}")


def _judge(chain: Toolchain, place: Place, version: Version, means: Means) -> Moved | str | None:
    """The new text, why there is none, or ``None`` where the place stays right."""
    text = renew(place, version, chain.strategy_of(place))
    if text is None or place.role is Role.OLDEST:
        return None
    if place.kept is not None or place.role is Role.ONE_OF:
        return place.kept or _SEVERAL
    if isinstance(text, Unchangeable):
        return text.reason
    if place.path.startswith(WORKFLOWS) and not means.may_write_workflows:
        return _NO_PERMISSION
    if place.frozen is not None:
        return _commit(place, place.frozen, text, means)
    return _image(place, place.image, text, means) if place.image is not None else Moved(place=place, text=text)


def _commit(place: Place, frozen: Frozen, tag: str, means: Means) -> Moved | str:
    known = means.tags.find_commits(frozen.repository, [tag])
    if known is None:
        return f"it is frozen to a commit, and the one of {tag} could not be read from {frozen.repository}"
    found = known.get(tag)
    return f"{frozen.repository} has no tag {tag}" if found is None else Moved(place=place, text=tag, seal=found)


def _image(place: Place, image: Image, text: str, means: Means) -> Moved | str:
    """An image that is known by its digest needs the one of the new tag; of others a tag is looked for where it may lack."""
    tag = image.retagged(place.text, text)
    if not image.digest and tag == text:
        return Moved(place=place, text=text)
    try:
        digest = means.registry.find_digest(image.registry, image.repository, tag)
    except RegistryFailure as error:
        if image.digest:
            return f"its digest can't be renewed: {error}"
        return Moved(
            place=place, text=text, unasked=f"whether there is {image.repository}:{tag} could not be looked up: {error}"
        )
    if digest is None:
        return f"{image.registry} has no image {image.repository} with the tag {tag}"
    return Moved(place=place, text=text, seal=digest if image.digest else "")


# --- bounds ---------------------------------------------------------------------------------------


def _bounded(
    chain: Toolchain, place: Place, version: Version, used: Collection[Version]
) -> Moved | Unchangeable | None:
    """A bound has to admit the version, and whatever else goes on being ``used`` that it admitted before."""
    before = parse_specifier(place.text)
    kept = sorted(one for one in used if before is not None and before.contains(one, prereleases=True))
    reason = "it can't be changed to admit the version"
    for strategy in dict.fromkeys((chain.strategy_of(place), RangeStrategy.WIDEN)):
        text = renew(place, version, strategy)
        if text is None:
            return None if admits(place, version) else Unchangeable(f"it admits nothing as old as {version}")
        if isinstance(text, Unchangeable):
            reason = text.reason
            continue
        after = parse_specifier(text)
        lost = next((one for one in kept if after is None or not after.contains(one, prereleases=True)), None)
        if lost is None:
            return Moved(place=place, text=text)
        reason = f"it can't admit both {version} and the {lost} that stays in use elsewhere"
    return Unchangeable(reason)


# --- texts ----------------------------------------------------------------------------------------


def write(text: str, moved: Sequence[Moved]) -> str:
    """The text of a file with all of these in it, every other byte kept."""
    spans: dict[tuple[int, int], str] = {}
    for one in moved:
        spans[one.place.start, one.place.end] = one.text
        if one.seal and one.place.sealed is not None:
            start, sealed = one.place.sealed
            spans[start, start + len(sealed)] = one.seal
    for (start, end), new in sorted(spans.items(), reverse=True):
        text = text[:start] + new + text[end:]
    return text


def tell_edits(moved: Sequence[Moved]) -> Iterator[RequirementEdit]:
    """Each place before and after, as people know it; once where several things use one text."""
    told: set[tuple[str, int]] = set()
    for one in moved:
        if _key(one.place) not in told:
            told.add(_key(one.place))
            after, sealed = one.place.shown_with(one.text), one.place.sealed
            after = after.replace(sealed[1], one.seal) if sealed is not None and one.seal else after
            yield RequirementEdit(
                path=one.place.path, line=one.place.line, before=one.place.shown, after=after, comment=one.place.comment
            )


def tell_updates(chain: Toolchain, version: Version, moved: Sequence[Moved]) -> Iterator[UpdateLine]:
    """One row for each file and version that it named."""
    rows: Mapping[tuple[str, str], UpdateLine] = {
        (before, one.place.path): UpdateLine(
            package=chain.tool.value,
            kind=update_kind(base, version),
            before=before,
            after=str(version),
            manifest=one.place.path,
            may_break=may_break(base, version),
        )
        for one in moved
        if (base := base_version(one.place) or version) is not None
        for before in (str(base),)
    }
    yield from rows.values()
