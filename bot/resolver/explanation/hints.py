"""Why versions that exist are not taken, and which setting would take them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from bot.errors import IndexFailure
from bot.pubgrub.version_set import VersionSet
from bot.resolver.explanation.facts import Barred, Fact, Missing, Requires
from bot.resolver.explanation.ranges import render_versions
from bot.resolver.model.cutoffs import is_kept, make_cutoffs
from bot.resolver.model.index import NETWORK_IS_OFF, Index, IndexPort, Page
from bot.resolver.model.request import IndexStrategy, LockRequest
from bot.resolver.model.versions import PyVersion, decode_key
from bot.resolver.offers.releases import Obstacle
from bot.values import value

_SETTINGS = {
    Obstacle.YANKED: "a yanked version is taken only where the project itself pins it with ==",
    Obstacle.NO_BUILD: "source distributions are switched off (no-build)",
    Obstacle.NO_BINARY: "wheels are switched off (no-binary)",
    Obstacle.MISSING_PLATFORM: "required-environments asks for wheels there",
}


@value
class Hints:
    """``explicit`` are the indexes that sources name for single packages. Pages have been read before, so this is quick."""

    request: LockRequest
    port: IndexPort
    explicit: dict[str, Index]
    crux: str | None

    def of(self, facts: Iterable[Fact]) -> list[str]:
        facts = list(facts)
        return list(dict.fromkeys(hint for fact in facts for hint in self._of_fact(fact, facts)))

    def _of_fact(self, fact: Fact, facts: list[Fact]) -> Iterator[str]:
        match fact:
            case Barred(reason=reason) if fact.subject.name == self.crux:
                yield from (text for obstacle, text in _SETTINGS.items() if obstacle.value == reason)
                if reason == Obstacle.TAG.value:
                    yield from self._of_tags(fact.subject.name, fact.versions)
                if NETWORK_IS_OFF in reason:
                    yield "offline, packages are read from the cache alone: try again without --offline"
                elif reason.startswith("was not found in"):
                    yield f"check the spelling of {fact.subject.name}, and which indexes are configured"
            case Missing(subject=subject, versions=versions):
                wanted = [one.wanted for one in facts if isinstance(one, Requires) and one.target.name == subject.name]
                try:
                    yield from self._of_missing(subject.name, narrowest(versions, wanted))
                except IndexFailure:
                    return
            case _:
                return

    def _of_tags(self, name: str, versions: VersionSet) -> Iterator[str]:
        try:
            _, page = self._page(name)
        except IndexFailure:
            return
        newest = next((one for one in reversed(page.versions if page else ()) if versions.contains(one.key)), None)
        if page is None or newest is None:
            return
        tags = {tag for file in page.files(newest) if file.wheel is not None for tag in file.wheel.python}
        if tags:
            yield f"the wheels of {name} {newest} are for {', '.join(sorted(tags, key=_tag_order))}"

    def _of_missing(self, name: str, wanted: VersionSet) -> Iterator[str]:
        index, page = self._page(name)
        if page is None or index is None or not page.versions:
            return
        inside = [version for version in page.versions if wanted.contains(version.key)]
        if not inside:
            stable = [version for version in page.versions if not version.is_prerelease] or page.versions
            yield f"the newest version of {name} is {stable[-1]}, the oldest {stable[0]}"
        else:
            yield from self._of_passed_over(name, wanted, inside, page, index)
        others = [one.url for one in self.request.indexes if not one.explicit and one is not index]
        if others and name not in self.explicit and self.request.options.index_strategy is IndexStrategy.FIRST_INDEX:
            yield f"{name} is taken from {index.url} alone, the first index that has it (index-strategy)"

    def _of_passed_over(
        self, name: str, wanted: VersionSet, inside: list[PyVersion], page: Page, index: Index
    ) -> Iterator[str]:
        cutoff = make_cutoffs(self.request.options).instant(name, index)
        kept = [version for version in inside if any(is_kept(file, cutoff) for file in page.files(version))]
        if not kept and cutoff is not None:
            uploads = [file.upload_time for file in page.files(inside[0]) if file.upload_time is not None]
            when = f" was uploaded on {_day(min(uploads))}" if uploads else " has no upload time"
            yield (
                f"{name} {inside[0]}{when}, and exclude-newer leaves out what came after {_day(cutoff * 1000)}; "
                f"move that date, or set exclude-newer-package for {name}"
            )
        elif kept and all(version.is_prerelease for version in kept):
            only = f"{name} has only pre-releases" if wanted.is_full() else _only(name, wanted)
            yield f'{only} (such as {kept[-1]}): name one in the requirement, or set prerelease = "allow"'

    def spell(self, name: str, key: bytes) -> str:
        """The text of the version behind a key, as the index has it."""
        try:
            _, page = self._page(name)
        except IndexFailure:
            page = None
        if page is not None:
            at = bisect_left(page.versions, key, key=lambda version: version.key)
            if at < len(page.versions) and page.versions[at].key == key:
                return page.versions[at].text
        return decode_key(key)

    def _page(self, name: str) -> tuple[Index | None, Page | None]:
        own = self.explicit.get(name)
        for index in (own,) if own is not None else self.request.indexes:
            if index.explicit and own is None:
                continue
            page = self.port.get_page(index, name)
            if page is not None:
                return index, page
        return None, None


def narrowest(versions: VersionSet, wanted: list[VersionSet]) -> VersionSet:
    """The wish that the missing versions cover, or where two wishes meet; else the missing versions themselves."""
    meets = (one.intersection(other) for one in wanted for other in wanted)
    return next((one for one in meets if not one.is_empty() and one.is_subset(versions)), versions)


def _tag_order(tag: str) -> tuple[str, int, str]:
    """``cp39`` before ``cp310``."""
    digits = tag.lstrip("abcdefghijklmnopqrstuvwxyz")
    return tag[:2], int(digits) if digits.isdecimal() else 0, tag


def _only(name: str, wanted: VersionSet) -> str:
    return f"only pre-releases of {name} are {render_versions(wanted)}"


def _day(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).date().isoformat()
