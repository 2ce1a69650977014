"""Hooks that run a tool which the lock holds too: revisions and ``additional_dependencies`` follow the lock's version.

Something moves when the lock's version of its package does, in the same commit. What belongs to no lock, and a tool that
stays in this proposal, is left as it is.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Final

from packaging.version import Version

from bot.detect.ignored import is_ignored
from bot.detect.left_alone import find_placeholder
from bot.detect.model import Listing
from bot.errors import InputError
from bot.follow.model import Followed, Follower, LeftAlone, Moment, Rewritten
from bot.follow.revisions import Decision, Edit, Left, Target, decide_requirement, decide_revision, name_of
from bot.patterns import pattern
from bot.ports.surroundings import HookPackage, HookPackages, Surroundings, Tags
from bot.precommit.config import is_hook_config, parse_hook_config
from bot.precommit.model import Hook, HookConfig, HookRepository, Text, address_of
from bot.printable import printable
from bot.repoconfig.model import RepoConfig
from bot.resolver.lowering.paths import join, parents

_LOCK: Final = "uv.lock"
_MANIFEST: Final = "pyproject.toml"
#: What pre-commit's own kinds of repositories are called.
_LOCAL: Final = "local"
_PACKAGE_NAME = pattern(r'^name = "([^"\n]{1,200})"', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRevisions:
    """The kind of followers that needs the table of hooks, and somebody who knows the tags of repositories."""

    surroundings: Surroundings

    def find(self, listing: Listing, config: RepoConfig) -> tuple[Follower, ...]:
        own = {
            address_of(one.repo): HookPackage(package=one.package, tag=one.tag) if one.enabled else None
            for one in config.hooks
        }
        merged = {**self.surroundings.hook_packages, **own}
        packages = {address: one for address, one in merged.items() if one is not None}
        paths = [path for path in listing.paths() if is_hook_config(path) and not _is_others(path)]
        return tuple(found for path in paths if (found := self._find(listing, path, packages)) is not None)

    def is_brought(self, path: str, files: Collection[str], /) -> bool:
        del files
        return is_hook_config(path) and not _is_others(path)

    def _find(self, listing: Listing, path: str, packages: HookPackages) -> Follower | None:
        text = ""
        try:
            text = listing.read_text(path) or ""
            names = {place.package for place in _places(parse_hook_config(text, path), packages)}
        except InputError as error:
            where = "" if error.line is None else f" in line {error.line}"
            is_template = find_placeholder(path, text) is not None
            return (
                None
                if is_template
                else _Unread(path=path, reason=f"it can't be read{where}: {printable(error.problem)}")
            )
        holders = _find_holders(listing, posixpath.dirname(path) or ".", names)
        tags = self.surroundings.tags
        return HookFile(path=path, text=text, packages=packages, tags=tags, holders=holders) if names else None


def _is_others(path: str) -> bool:
    """Whether a file is none of this repository's own: installed somewhere, or in a folder that is a template."""
    return is_ignored(path) or find_placeholder(path, "") is not None


def _find_holders(listing: Listing, folder: str, names: Set[str]) -> Mapping[str, tuple[str, ...]]:
    """The locks that hold each package: the nearest in or above the folder, else all below it."""
    if not names:
        return {}
    around = [join(place, _LOCK) for place in (folder, *parents(folder))]
    prefix = "" if folder == "." else f"{folder}/"
    below = [path for path in listing.paths() if posixpath.basename(path) == _LOCK and path.startswith(prefix)]
    held = {path: names & _names_in(listing, path) for path in dict.fromkeys((*around, *below))}
    found = {}
    for name in names:
        nearest = next((path for path in around if name in held[path]), None)
        locks = (nearest,) if nearest is not None else tuple(path for path in below if name in held[path])
        if locks:
            found[name] = locks
    return found


def _names_in(listing: Listing, path: str) -> frozenset[str]:
    try:
        return frozenset(_PACKAGE_NAME.findall(listing.read_text(path) or ""))
    except InputError:
        return frozenset()


# --- what is where ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Something of a configuration that is a version of ``package``: a repository's ``rev``, or one requirement."""

    package: str
    text: Text
    repository: HookRepository | None = None
    tag: str | None = None


def _places(config: HookConfig, packages: HookPackages) -> Iterator[_Place]:
    for repository in config.repositories:
        known = packages.get(repository.address)
        if known is not None and repository.rev is not None:
            yield _Place(package=known.package, text=repository.rev, repository=repository, tag=known.tag)
        for text in _requirements(repository):
            name = name_of(text)
            if name is not None:
                yield _Place(package=name, text=text)


def _requirements(repository: HookRepository) -> Iterator[Text]:
    for hook in repository.hooks:
        if _is_python(repository, hook):
            yield from hook.dependencies


def _is_python(repository: HookRepository, hook: Hook) -> bool:
    """A hook from elsewhere has the language that its repository says, which is Python for nearly all that name
    packages of Python."""
    return hook.language == "python" or (hook.language is None and repository.url != _LOCAL)


def _texts(config: HookConfig) -> Sequence[Text]:
    """Everything that may be edited, each as often as it is used."""
    revisions = [repository.rev for repository in config.repositories if repository.rev is not None]
    return [*revisions, *(text for _, hook in config.hooks() for text in hook.dependencies)]


# --- the follower -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unread:
    path: str
    reason: str

    def refresh(self, before: Moment, after: Moment) -> Followed:
        del before, after
        return Followed(left=(LeftAlone(path=self.path, reason=self.reason),))


@dataclass(frozen=True, slots=True, kw_only=True)
class HookFile:
    """A configuration of hooks. ``holders`` are the projects' locks that hold the packages which it names."""

    path: str
    text: str = field(repr=False)
    packages: HookPackages = field(repr=False)
    tags: Tags = field(repr=False)
    holders: Mapping[str, tuple[str, ...]]

    def refresh(self, before: Moment, after: Moment) -> Followed:
        text = after.texts.get(self.path, self.text)
        config = parse_hook_config(text, self.path)
        decided = [(place, self._decide(place, before, after)) for place in _places(config, self.packages)]
        decided = list(_unless_shared(config, decided))
        edits = sorted({edit for _, one in decided if not isinstance(one, Left) for edit in one}, key=_start_of)
        changed = _edited(text, edits)
        _check(config, changed, edits, self.path)
        left = [
            LeftAlone(path=f"{self.path}:{place.text.line}", reason=one.reason)
            for place, one in decided
            if isinstance(one, Left)
        ]
        told = [self._told(place, one) for place, one in decided if one and not isinstance(one, Left)]
        return Followed(
            texts={} if changed == text else {self.path: changed},
            rewritten=tuple(dict.fromkeys(told)),
            left=tuple(dict.fromkeys(left)),
        )

    def _told(self, place: _Place, edits: Sequence[Edit]) -> Rewritten:
        """Of a frozen revision the tags, which are the last edit."""
        rewritten = Rewritten(
            path=self.path,
            line=place.text.line,
            before=place.text.text,
            after=_after(place.text, edits),
            comment=place.text.comment.lstrip("#").strip(),
        )
        if place.repository is None:
            return rewritten
        if len(edits) == 1:
            return replace(rewritten, before=f"rev: {rewritten.before}", after=f"rev: {rewritten.after}")
        start = edits[-1].start - (place.text.comment_start or 0)
        tag = place.text.comment[start : start + edits[-1].end - edits[-1].start]
        return replace(rewritten, before=f"rev: {tag} (frozen)", after=f"rev: {edits[-1].text} (frozen)", comment="")

    def _decide(self, place: _Place, before: Moment, after: Moment) -> Decision:
        target = self._target(place.package, before, after)
        if target is None or isinstance(target, Left):
            return target or ()
        if place.repository is None:
            return decide_requirement(place.text, target)
        package = HookPackage(package=place.package, tag=place.tag)
        return decide_revision(place.repository, package, target, self.tags)

    def _target(self, name: str, before: Moment, after: Moment) -> Target | Left | None:
        """The version that the lock has come to hold; ``None`` where it did not move."""
        locks = self.holders.get(name) or tuple(lock for lock in after.locks if _is_of_requirements(lock))
        moved = [lock for lock in locks if _versions(before, lock, name) != _versions(after, lock, name)]
        if not moved:
            return None
        others = [lock for lock in locks if lock not in after.locks]
        found = sorted({version for lock in locks for version in _versions(after, lock, name)})
        if others and found:
            return Left(reason=f"{name} moves in {printable(moved[0])}, and {printable(others[0])} holds it too")
        if len(found) > 1:
            return Left(reason=f"{name} is locked in several versions: {', '.join(map(str, found))}")
        earlier = frozenset(version for lock in locks for version in _versions(before, lock, name))
        return Target(package=name, version=found[0], earlier=earlier, lock=moved[0]) if found else None


def _is_of_requirements(lock: str) -> bool:
    """Whether a lock is a file of pinned requirements; that of a script is for nobody else."""
    return not lock.endswith((".lock", ".py", _MANIFEST))


def _versions(moment: Moment, lock: str, name: str) -> frozenset[Version]:
    found = moment.locks.get(lock)
    packages = found.packages if found is not None else ()
    return frozenset(one.version for one in packages if one.name == name and one.version is not None)


def _unless_shared(config: HookConfig, decided: Sequence[tuple[_Place, Decision]]) -> Iterator[tuple[_Place, Decision]]:
    """A text that several places have by an anchor moves only where all of them want the same of it."""
    uses = Counter(text.start for text in _texts(config))
    alike = Counter((place.text.start, one) for place, one in decided)
    for place, one in decided:
        is_alike = isinstance(one, Left) or not one or alike[place.text.start, one] == uses[place.text.start]
        yield place, one if is_alike else Left(reason="its text is shared by an anchor with others that stay")


def _start_of(edit: Edit) -> int:
    return edit.start


def _edited(text: str, edits: Iterable[Edit]) -> str:
    """``edits`` in their order."""
    parts, at = [], 0
    for edit in edits:
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join((*parts, text[at:]))


def _check(config: HookConfig, changed: str, edits: Sequence[Edit], path: str) -> None:
    """The new text is read again: it says what it said, but for what was edited."""
    wanted = [_after(text, edits) for text in _texts(config)]
    if [text.text for text in _texts(parse_hook_config(changed, path))] != wanted:
        raise InputError("an edit would change something else in the file", path=path)


def _after(text: Text, edits: Sequence[Edit]) -> str:
    """What a text becomes by those of the edits, in their order, that lie in it."""
    start = text.start
    if start is None:
        return text.text
    first, last = (bisect_left(edits, at, key=_start_of) for at in (start, start + len(text.text)))
    inside = [Edit(start=one.start - start, end=one.end - start, text=one.text) for one in edits[first:last]]
    return _edited(text.text, inside)
