"""The vulnerabilities that a pull request leaves, as a table. Identifiers and summaries are words of strangers; the links
are made here, of identifiers that were checked."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from bot.ports.advisories import AdvisoryLine
from bot.report.cut import shorten
from bot.report.markdown import code, details, escape, table

_ROWS = 60
_FIXES = 3
_HEADER = ("Advisory", "Package", "Severity", "What it is", "Mended in")


def advisory_section(advisories: Sequence[AdvisoryLine], *, is_security: bool) -> str:
    """Open where the pull request is made for it, folded elsewhere."""
    count = len(advisories)
    told = f"{count} known {'vulnerability' if count == 1 else 'vulnerabilities'}"
    rows = table(_HEADER, [_row(one) for one in advisories[:_ROWS]])
    more = f"\n\nand {count - _ROWS} more" if count > _ROWS else ""
    if is_security:
        return f"It leaves {told}:\n\n{rows}{more}"
    return details(f"Leaves {told}", rows + more)


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
