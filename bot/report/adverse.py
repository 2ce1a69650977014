"""What an index says against a project, in words for Markdown."""

from __future__ import annotations

from collections.abc import Mapping

from bot.ports.projects import Adverse
from bot.report.cut import shorten
from bot.report.markdown import escape

_MEANING: Mapping[Adverse, str] = {
    Adverse.ARCHIVED: "its index says that {} is no longer maintained",
    Adverse.DEPRECATED: "its index says that {} is obsolete, another project may have taken its place",
    Adverse.QUARANTINED: "its index holds {} to be unsafe for use",
}


def describe_adverse(package: str, status: Adverse, reason: str | None) -> str:
    """A clause; the index' own words are quoted, without life."""
    why = f" ({escape(shorten(reason))})" if reason and reason.strip() else ""
    return f"{_MEANING[status].format(escape(package))}{why}"
