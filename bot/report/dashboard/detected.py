"""Every file that was found, with its packages and how far they are behind; each folds. Pure."""

from __future__ import annotations

import html
from collections.abc import Sequence

from bot.ports.run import DetectedFile, DetectedPackage
from bot.printable import printable
from bot.report.dashboard.fitting import Block, Section
from bot.report.markdown import code, details, escape, table

_ROWS = 200
_DAYS_OF_YEAR = 365.25


def detected(files: Sequence[DetectedFile]) -> Section:
    rows = tuple(details(_summary(one), _content(one)) for one in files)
    return Section(head="## Detected", blocks=(Block(rows=rows, between="\n\n"),))


def _summary(file: DetectedFile) -> str:
    belongs = f" ({_belongs(file)})" if file.kind else ""
    return f"{_html_code(file.path)}{belongs}: {_counts(file.packages)}"


def _belongs(file: DetectedFile) -> str:
    if file.lock is None:
        return f"{file.kind}, no lock"
    return file.kind if file.lock == file.path else f"{file.kind}, locked in {_html_code(file.lock)}"


def _html_code(text: str) -> str:
    """Between tags no Markdown is read."""
    return f"<code>{html.escape(printable(text))}</code>"


def _counts(packages: Sequence[DetectedPackage]) -> str:
    own = [one for one in packages if not one.is_pin]
    pins = len(packages) - len(own)
    parts = [_counted(len(own), "package")] if own or not pins else []
    parts += [_counted(pins, "pin")] if pins else []
    behind = sum(one.newest is not None for one in packages)
    return f"{', '.join(parts)}, {behind} behind" if behind else ", ".join(parts)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count or 'no'} {what}s"


def _content(file: DetectedFile) -> str:
    behind = [one for one in file.packages if one.newest is not None]
    others = [one for one in file.packages if one.newest is None]
    header = ("Package", "Required", "Locked", "Newest", "Behind")
    parts = [table(header, map(_row, behind[:_ROWS])) + _more(behind)] if behind else []
    parts += [f"Nothing newer: {', '.join(map(_short, others[:_ROWS]))}{_more(others)}"] if others else []
    return "\n\n".join(parts) or "It requires nothing."


def _more(rows: Sequence[DetectedPackage]) -> str:
    return f"\n\nand {len(rows) - _ROWS} more" if len(rows) > _ROWS else ""


def _row(one: DetectedPackage) -> tuple[str, ...]:
    far = ", ".join(filter(None, (one.kind.value if one.kind else "", spoken_days(one.days))))
    cells = (one.required, one.locked, one.newest or "")
    return (escape(one.package), *(code(cell) if cell else "" for cell in cells), far)


def _short(one: DetectedPackage) -> str:
    held = one.locked or one.required
    return f"{escape(one.package)} {code(held)}" if held else escape(one.package)


def spoken_days(days: int | None) -> str:
    if days is None:
        return ""
    if days < 60:
        return f"{days} day{'' if days == 1 else 's'}"
    return f"{days // 30} months" if days < 2 * _DAYS_OF_YEAR else f"{days / _DAYS_OF_YEAR:.1f} years"
