"""What an index says of a project as a whole (PEP 792)."""

from __future__ import annotations

from enum import StrEnum


class Adverse(StrEnum):
    """A status that speaks against a project. Written otherwise it is none, as with uv."""

    ARCHIVED = "archived"
    QUARANTINED = "quarantined"
    DEPRECATED = "deprecated"
