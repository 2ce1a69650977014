"""Pages of package indexes that repositories' proposals depend on, and what is known of them between runs."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Depended:
    """A page from which a proposal may come: that of ``package`` on an ``index``, or (``package`` empty) the one page of a
    flat index.

    ``seen``: what the run read there, as ``bot.resolver.model.fingerprint`` has it; empty where it read nothing. ``age``: how
    many seconds a release has to be out at least. ``is_urgent``: a known vulnerability waits for a release there.
    ``is_anonymous``: the index is to be asked without credentials.
    """

    index: str
    package: str
    seen: str = ""
    age: float = 0.0
    is_urgent: bool = False
    is_anonymous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPage:
    """A page that was seen changed at ``moment`` (seconds since the epoch): what was read before is no longer current."""

    index: str
    package: str
    moment: float


# --- looking at pages -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a server gave to be asked by whether something has changed; both empty: it gave nothing."""

    etag: str = ""
    modified: str = ""

    @property
    def are_there(self) -> bool:
        return bool(self.etag or self.modified)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageToLook:
    """``key`` is the caller's. ``repository``: by whose rights (``owner/name``) the index is asked."""

    key: int
    index: str
    package: str
    repository: str = ""
    is_anonymous: bool = False
    marks: Marks = Marks()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """The server says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is there: ``releases`` is the fingerprint that runs have too, ``files`` another one, in which every file counts.

    ``newest``: when the last release came out, in seconds since the epoch; None: the index doesn't say. ``size``: bytes read.
    """

    releases: str
    files: str
    newest: float | None = None
    marks: Marks = Marks()
    size: int = 0


class Trouble(StrEnum):
    """``HOST``: nobody may get an answer there now; ``PAGE``: this page alone gives none that is of use."""

    HOST = "host"
    PAGE = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """``wait``: the seconds that the server asked for."""

    trouble: Trouble
    reason: str
    wait: float | None = None


Sight: TypeAlias = Unchanged | Seen | Unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A feed's entries, last first: what each is known by, and its package by its normalized name."""

    entries: tuple[tuple[str, str], ...]
    marks: Marks = Marks()


class IndexLookout(Protocol):
    """``bot.index``: asks whether pages and feeds have changed. Nothing it meets is raised."""

    def find_rights(self, repository: str, index: str, package: str) -> str:
        """A name for the rights that only some repositories have to a page; empty where all have the same."""
        ...

    def look(self, pages: Sequence[PageToLook]) -> Generator[tuple[PageToLook, Sight], None, None]:
        """One request for each, a few at a time, as they come. Who closes it ends what has not come."""
        ...

    def read_feed(self, url: str, marks: Marks) -> Told | Unchanged | Unseen:
        """One request. Entries beyond the first few thousand are left out."""
        ...
