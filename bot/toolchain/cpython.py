"""The stable versions of CPython. Nothing that lockbot asks knows them: the table is kept by hand, with each release of
lockbot (docs/contributing.md)."""

from __future__ import annotations

from packaging.version import Version

#: The newest release of each series that is stable.
NEWEST = tuple(map(Version, ("3.10.22", "3.11.18", "3.12.16", "3.13.18", "3.14.10", "3.15.2")))
