"""What becomes of one revision, or one requirement, of a hook when the lock's version of its package moves: pure rules.

A revision goes to the tag of the version that the lock holds, from wherever it was behind. It goes back only with the
lock. Where a revision is a commit (``# frozen: v1.2`` beside it), the tag's own commit has to be known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from bot.manifest.edit import specifier_of, specifier_span
from bot.manifest.ranges import Changed, Kept, RangeStrategy, Refused, change_specifier, find_floor
from bot.manifest.requirement import InvalidRequirement, parse_requirement
from bot.patterns import pattern
from bot.pep440 import parse_version
from bot.ports.surroundings import HookPackage, Tags
from bot.precommit.model import HookRepository, Text
from bot.printable import printable

_FROZEN = pattern(r"#\s*frozen:\s*(?P<tag>\S+)")
_COMMIT = pattern(r"[0-9a-f]{7,64}")
#: What YAML takes for a number where it stands without quotes.
_NUMBER = pattern(r"[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?")
_OTHER_FORM: Final = {"v{}": "{}", "{}": "v{}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A package that moves. ``earlier`` are the versions that the lock held before."""

    package: str
    version: Version
    earlier: frozenset[Version]
    lock: str

    def is_new(self, current: Version) -> bool:
        """Whether something that is at ``current`` is to move: forward, or back with the lock."""
        return current < self.version or (current > self.version and current in self.earlier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Why something stays; a sentence about the place without its subject."""

    reason: str


Decision = tuple[Edit, ...] | Left


def decide_revision(repository: HookRepository, package: HookPackage, target: Target, tags: Tags) -> Decision:
    """The edits of a repository's ``rev``; none where it says already what it should, or names no version."""
    rev = repository.rev
    if rev is None:
        return ()
    frozen = _FROZEN.search(rev.comment) if _is_commit(rev.text) else None
    if frozen is None and _is_commit(rev.text):
        return Left(reason="its rev is a commit, and no comment tells its tag (# frozen: v1.2)")
    now = frozen["tag"] if frozen is not None else rev.text
    current = _version_of(now, package.tag)
    if current is None or current == target.version:
        return ()
    if not target.is_new(current):
        return _newer(f"its rev {printable(now)}", target)
    wanted = _find_tag(repository, _tags_for(now, package.tag, target.version), tags)
    if isinstance(wanted, Left):
        return wanted
    if frozen is None:
        return _written(rev, wanted.tag)
    if wanted.commit is None:
        return Left(
            reason=f"its rev is frozen, and the commit of {wanted.tag} could not be read from {_shown(repository)}"
        )
    return _thawed(rev, frozen.span("tag"), wanted.tag, wanted.commit)


def _is_commit(text: str) -> bool:
    return _COMMIT.fullmatch(text) is not None


def _newer(what: str, target: Target) -> Left:
    return Left(reason=f"{what} is newer than the {target.package} {target.version} of {printable(target.lock)}")


def _shown(repository: HookRepository) -> str:
    return printable(repository.address)


def _version_of(tag: str, form: str | None) -> Version | None:
    before, _, after = (form or "").partition("{}")
    if form is not None and tag.startswith(before) and tag.endswith(after):
        found = _parse(tag[len(before) : len(tag) - len(after)])
        if found is not None:
            return found
    return _parse(tag.removeprefix("v"))


def _parse(text: str) -> Version | None:
    try:
        return parse_version(text) if text[:1].isdigit() else None
    except InvalidVersion:
        return None


def _tags_for(now: str, form: str | None, version: Version) -> Sequence[str]:
    """What the tag may be called, the likeliest first."""
    first = form or ("v{}" if now.startswith("v") else "{}")
    forms = dict.fromkeys((first, _OTHER_FORM.get(first, first)))
    return [one.replace("{}", str(version)) for one in forms]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tag:
    tag: str
    commit: str | None


def _find_tag(repository: HookRepository, names: Sequence[str], tags: Tags) -> _Tag | Left:
    """The tag that the repository has; where it can't be asked, what the table says."""
    known = tags.find_commits(repository.address, names)
    if known is None:
        return _Tag(tag=names[0], commit=None)
    found = next((name for name in names if name in known), None)
    if found is None:
        return Left(reason=f"{_shown(repository)} has no tag {names[0]} yet")
    return _Tag(tag=found, commit=known[found])


def _written(rev: Text, tag: str) -> Decision:
    if rev.start is None:
        return Left(reason="its rev is written in a way that can't be edited")
    if not rev.is_quoted and _NUMBER.fullmatch(tag):
        return Left(reason=f"its rev stands without quotes, where {tag} would be a number")
    return (Edit(start=rev.start, end=rev.start + len(rev.text), text=tag),)


def _thawed(rev: Text, place: tuple[int, int], tag: str, commit: str) -> Decision:
    """The commit of a frozen revision, and the tag in the comment behind it."""
    if rev.start is None or rev.comment_start is None:
        return Left(reason="its rev is written in a way that can't be edited")
    return (
        Edit(start=rev.start, end=rev.start + len(rev.text), text=commit),
        Edit(start=rev.comment_start + place[0], end=rev.comment_start + place[1], text=tag),
    )


# --- requirements -----------------------------------------------------------------------------------


def name_of(text: Text) -> str | None:
    """The package that an entry of ``additional_dependencies`` names; ``None`` where it is no requirement of Python."""
    try:
        found = parse_requirement(text.text)
    except InvalidRequirement:
        return None
    return None if found.url is not None else found.name


def decide_requirement(text: Text, target: Target) -> Decision:
    """The edits of an entry whose package moves; none where its specifier admits the version, or it has none."""
    specifier = specifier_of(text.text)
    if not specifier:
        return ()
    stated = SpecifierSet(specifier)
    floor = find_floor(stated)
    moves_back = any(stated.contains(version, prereleases=True) for version in target.earlier)
    if floor is not None and floor > target.version and not moves_back:
        return _newer(f"its {printable(text.text)}", target)
    match change_specifier(specifier, target.version, RangeStrategy.REPLACE):
        case Kept():
            return ()
        case Refused(reason=reason):
            return Left(reason=f"its {printable(text.text)} stays: {reason}")
        case Changed(text=changed):
            return _respecified(text, changed)


def _respecified(text: Text, specifier: str) -> Decision:
    if text.start is None:
        return Left(reason=f"its {printable(text.text)} is written in a way that can't be edited")
    span = specifier_span(text.text)
    return (Edit(start=text.start + span.start, end=text.start + span.end, text=specifier),)
