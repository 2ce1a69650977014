"""A release as its index and its metadata tell of it, and the two that a package moves between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from packaging.version import Version

from bot.resolver.model.attested import Publisher
from bot.resolver.model.index import ProjectStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version of a package. ``uploaded``: when its first file was, in seconds since the epoch; ``None``: the index
    does not say.

    ``is_attested``: the index has a provenance of some file; ``publishers`` are those that one of them names, empty where
    it was not read. ``license`` and ``links`` are empty where the metadata was not read.
    """

    version: Version
    uploaded: float | None = None
    yanked: bool = False
    is_attested: bool = False
    publishers: tuple[Publisher, ...] = ()
    license: str | None = None
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A package that moves, from and to the highest of its versions. ``before`` ``None``: it is new.

    ``index`` is the URL of the one that it is locked from, empty where the lock does not say.
    """

    package: str
    index: str
    before: Version | None
    after: Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What is known of a step. ``before`` and ``after`` are ``None`` where the index no longer has the version.

    ``index``: the URL of the one that lists it; ``first``: when the first release of the package was, as
    ``Release.uploaded``. ``status``: what the index says against the project, whatever the version.
    """

    index: str
    before: Release | None
    after: Release | None
    first: float | None = None
    status: ProjectStatus | None = None


#: What is known of the steps of a run; a step that is missing is one that nothing is known of.
Stories: TypeAlias = Mapping[Step, Story]
