"""The vulnerabilities that a pull request leaves, as a table. Identifiers and summaries are words of strangers; the links
are made here, of identifiers that were checked."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from bot.ports.advisories import AdvisoryLine
from bot.report.cut import shorten
from bot.report.markdown import code, escape, table

_ROWS = 60
_FIXES = 3
_HEADER = ("Advisory", "Package", "Severity", "What it is", "Mended in")


def advisory_table(advisories: Sequence[AdvisoryLine]) -> str:
    """One row for each."""
    count = len(advisories)
    more = f"\n\nand {count - _ROWS} more" if count > _ROWS else ""
    return table(_HEADER, [_row(one) for one in advisories[:_ROWS]]) + more


def _row(one: AdvisoryLine) -> Sequence[str]:
    what = escape(shorten(one.summary or "")) or "—"
    return (
        f"[{escape(one.id)}]({advisory_page(one.id)})",
        escape(one.package),
        escape((one.severity or "unknown").lower()),
        f"**Malicious:** {what}" if one.is_malicious else what,
        ", ".join(map(code, one.fixed_in[:_FIXES])) or "no release",
    )


def advisory_page(name: str) -> str:
    """Where people read about an advisory."""
    if name.startswith("GHSA-"):
        return f"https://github.com/advisories/{quote(name, safe='')}"
    return f"https://osv.dev/vulnerability/{quote(name, safe='')}"
