"""Release notes: what there is to read of the versions between two releases. ``bot.changelog`` reads them.

All texts in here are those of strangers, as they wrote them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesQuestion:
    """A package that moves from one version to another; ``links`` are the labels and addresses of its metadata."""

    package: str
    before: str
    after: str
    links: tuple[tuple[str, str], ...]


class NotesForm(StrEnum):
    MARKDOWN = "markdown"
    RST = "rst"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesEntry:
    """What was written of one version. ``date`` as ``2026-11-30``; ``url``: the page of it alone."""

    version: str
    text: str
    form: NotesForm
    date: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """The newest version first. ``url``: where all of it is; ``compare``: where the changes themselves are; ``more``: how
    many versions in between are left out."""

    entries: tuple[NotesEntry, ...] = ()
    url: str | None = None
    compare: str | None = None
    more: int = 0


#: A token for the forge that sees one repository and public ones, nothing else; ``None``: there is none.
ReadToken = Callable[[], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesAccess:
    """For whom notes are read. ``token`` sees the ``repository`` (``owner/name``) that it is read for, and public ones."""

    repository: str
    token: ReadToken = field(default=lambda: None, repr=False)


class NotesReader(Protocol):
    def find(
        self, questions: Sequence[NotesQuestion], access: NotesAccess, patience: float, /
    ) -> Mapping[NotesQuestion, Notes]:
        """What could be read in about ``patience`` seconds; nothing of what there is not, and never a failure."""
        ...
