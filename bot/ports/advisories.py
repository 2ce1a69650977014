"""Known vulnerabilities as a run is told of them and tells of them. All texts in here are those of strangers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An advisory about a package that the forge found in the repository.

    ``range`` is the forge's text for the affected versions (``>= 2.0, < 3.1.6``), ``fixed`` the first version that mends
    it. ``is_dismissed``: a person decided to live with it.
    """

    package: str
    advisory: str
    range: str
    fixed: str | None = None
    severity: str | None = None
    summary: str | None = None
    is_dismissed: bool = False


class FindingSource(StrEnum):
    """Who knows that the repository is affected."""

    OSV = "osv"
    ALERT = "alert"
    BOTH = "osv, alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisoryLine:
    """A vulnerability of a package, by the identifier that people know. ``severity`` is a word such as ``HIGH``;
    ``fixed_in`` are the versions that are said to mend it; ``is_malicious``: the package itself is the attack."""

    id: str
    package: str
    link: str
    summary: str | None = None
    severity: str | None = None
    fixed_in: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    is_malicious: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRow:
    """A package of a lock that is affected in the version that it has there; ``unit`` is the lock's path.

    ``chain``: from the project to the package. ``branch``: the proposal that leaves all of it, and ``after`` what the lock
    has then; ``None``: there is none, and ``reason`` says why. ``is_accepted``: somebody lives with it, ``reason`` says why
    and ``until`` up to which day; ``over`` is an exception that counts no longer.
    """

    unit: str
    package: str
    version: str
    advisories: tuple[AdvisoryLine, ...]
    source: FindingSource = FindingSource.OSV
    chain: tuple[str, ...] = ()
    branch: str | None = None
    after: str | None = None
    reason: str | None = None
    is_accepted: bool = False
    until: str | None = None
    over: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A package that a service was asked about, with the identifiers of what it knew and when each was last changed."""

    package: str
    version: str
    known: Mapping[str, str] = field(default_factory=dict)
