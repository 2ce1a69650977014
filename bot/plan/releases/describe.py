"""From steps to stories: first what the run has read anyway, then, where somebody waits for it, a few questions more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from packaging.version import Version

from bot.errors import LockbotError
from bot.lockfile.diff import LockedEntry, PackageChange
from bot.lockfile.model import RegistrySource
from bot.plan.releases.model import Release, Step, Stories, Story
from bot.resolver.model.attested import ReleaseReader
from bot.resolver.model.index import CoreMetadata, Index, IndexPort, Page, ReleaseFile
from bot.resolver.model.versions import try_parse_version

_SECONDS = 1_000_000
#: So many steps are asked about beyond what is known.
_MOST = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Where the packages of a unit come from. ``has_read``: whether the run has read the metadata of a file already."""

    indexes: tuple[Index, ...]
    port: IndexPort = field(repr=False)
    has_read: Callable[[ReleaseFile], bool] = field(repr=False)

    def find_page(self, step: Step) -> tuple[str, Page] | None:
        """The page that the package is listed on, with its index; one that fails now has none."""
        for index in self.indexes:
            if index.url == step.index or not (step.index or index.explicit):
                with suppress(LockbotError):
                    page = self.port.get_page(index, step.package)
                    if page is not None:
                        return index.url, page
        return None


def find_step(change: PackageChange) -> Step | None:
    """``None`` for what does not come from an index, is gone, or keeps its version."""
    old, new = _newest(change.old), _newest(change.new)
    if new is None or (old is not None and old[0] == new[0]):
        return None
    return Step(package=change.name, index=new[1], before=old[0] if old else None, after=new[0])


def _newest(entries: Iterable[LockedEntry]) -> tuple[Version, str] | None:
    found = (
        (entry.version, entry.source.url)
        for entry in entries
        if entry.version is not None and isinstance(entry.source, RegistrySource)
    )
    return max(found, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """A step with the files that its page lists of both versions."""

    step: Step
    shelf: Shelf
    index: str
    page: Page
    old: Sequence[ReleaseFile]
    new: Sequence[ReleaseFile]

    def story(self, read: Mapping[ReleaseFile, CoreMetadata]) -> Story:
        first = next(iter(self.page.first_uploads), None)
        return Story(
            index=self.index,
            before=_release(self.step.before, self.old, read) if self.step.before is not None else None,
            after=_release(self.step.after, self.new, read),
            first=None if first is None else first / _SECONDS,
            status=self.page.status,
        )


def tell_what_is_known(steps: Iterable[tuple[Step, Shelf]]) -> Stories:
    """What pages and metadata say that were read to solve: nothing more is asked."""
    return {look.step: look.story(_known_metadata(look)) for look in _looks(steps)}


def ask_more(steps: Iterable[tuple[Step, Shelf]], reader: ReleaseReader, seconds_left: Callable[[], float]) -> Stories:
    """The same with the licenses of both releases, and their publishers where both have some: the first steps of all."""
    looks = list(_looks(steps))
    asked = looks[:_MOST]
    files = [file for look in asked for file in _to_be_read(look)]
    metadata = reader.gather_metadata(files, seconds_left())
    proofs = {look.step: _proofs(look) for look in asked}
    publishers = reader.gather_publishers([file for pair in proofs.values() for file in pair], seconds_left())
    stories = {}
    for look in looks:
        story = look.story(
            {**_known_metadata(look), **{file: metadata[file] for file in _files(look) if file in metadata}}
        )
        named = [publishers.get(file, ()) for file in proofs.get(look.step, ())]
        if len(named) == 2 and story.before is not None and story.after is not None:
            story = replace(
                story,
                before=replace(story.before, publishers=named[0]),
                after=replace(story.after, publishers=named[1]),
            )
        stories[look.step] = story
    return stories


def _looks(steps: Iterable[tuple[Step, Shelf]]) -> Iterator[_Look]:
    seen: set[Step] = set()
    for step, shelf in steps:
        found = None if step in seen else shelf.find_page(step)
        if found is not None:
            seen.add(step)
            index, page = found
            old, new = _files_of(page, step.before), _files_of(page, step.after)
            yield _Look(step=step, shelf=shelf, index=index, page=page, old=old, new=new)


def _files_of(page: Page, version: Version | None) -> Sequence[ReleaseFile]:
    parsed = None if version is None else try_parse_version(str(version))
    return () if parsed is None else page.files(parsed)


def _files(look: _Look) -> Iterator[ReleaseFile]:
    yield from look.old
    yield from look.new


def _release(
    version: Version, files: Sequence[ReleaseFile], read: Mapping[ReleaseFile, CoreMetadata]
) -> Release | None:
    if not files:
        return None
    uploads = [file.upload_time for file in files if file.upload_time is not None]
    metadata = next((read[file] for file in files if file in read), None)
    return Release(
        version=version,
        uploaded=min(uploads) / _SECONDS if uploads else None,
        yanked=all(file.yanked for file in files),
        is_attested=any(file.provenance is not None for file in files),
        license=metadata.license if metadata is not None else None,
        links=metadata.links if metadata is not None else (),
    )


def _known_metadata(look: _Look) -> Mapping[ReleaseFile, CoreMetadata]:
    """Of each version the metadata of one file that was read: the port remembers it."""
    found = {}
    for files in (look.old, look.new):
        file = next((file for file in files if look.shelf.has_read(file)), None)
        if file is not None:
            with suppress(LockbotError):
                found[file] = look.shelf.port.get_metadata(file)
    return found


def _to_be_read(look: _Look) -> Iterator[ReleaseFile]:
    """A wheel of each version of which nothing was read: a source distribution would have to be brought whole."""
    for files in (look.old, look.new):
        wheel = next((file for file in files if file.wheel is not None), None)
        if wheel is not None and not any(map(look.shelf.has_read, files)):
            yield wheel


def _proofs(look: _Look) -> tuple[ReleaseFile, ...]:
    """A file of each version with a provenance, where both have one: of the same kind, as far as there is one."""
    old = [file for file in look.old if file.provenance is not None]
    new = [file for file in look.new if file.provenance is not None]
    return (old[-1], new[-1]) if old and new else ()
