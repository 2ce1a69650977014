"""How far a repository is behind, in numbers and as a picture over time. Pure.

GitHub takes pictures out of Markdown that are not files, but draws Mermaid's charts. Its XY chart puts values at equal
distances, so the picture is made of samples at equal distances in time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta

from bot.report.dashboard.facts import DriftRow

_SAMPLES = 12

#: Without a word the line is drawn so pale that nobody sees it on white.
_COLOUR = '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#1f883d"}}}}%%'


def drift(rows: Sequence[DriftRow], packages: int) -> str:
    """Empty where nothing is known. ``packages``: how many there are, behind or not."""
    if not rows:
        return ""
    last = rows[-1]
    behind = last.major + last.minor + last.patch
    steps = [f"{count} by {what}" for count, what in _steps(last) if count]
    told = f" ({', '.join(steps)})" if steps else ""
    text = (
        f"## Drift\n\n**{last.libyears:.1f} libyears** behind: {behind} of {packages} direct packages{told}. "
        "A libyear is a year between the release that is locked and the newest one."
    )
    return f"{text}\n\n{_chart(rows)}" if len(rows) > 1 else text


def _steps(row: DriftRow) -> Sequence[tuple[int, str]]:
    return (row.major, "a major"), (row.minor, "a minor"), (row.patch, "a patch")


def _chart(rows: Sequence[DriftRow]) -> str:
    days = _sample_days(rows[0].day, rows[-1].day)
    known = [one.day for one in rows]
    values = [rows[bisect_right(known, day) - 1].libyears for day in days]
    top = max(1, int(max(values)) + 1)
    return "\n".join(
        (
            "```mermaid",
            _COLOUR,
            "xychart-beta",
            f"    x-axis [{', '.join(_label(day, days) for day in days)}]",
            f'    y-axis "libyears" 0 --> {top}',
            f"    line [{', '.join(f'{value:.1f}' for value in values)}]",
            "```",
        )
    )


def _sample_days(first: date, last: date) -> Sequence[date]:
    """At equal distances, at most one a day."""
    span = (last - first).days
    count = min(span, _SAMPLES - 1)
    return [first + timedelta(days=round(span * at / count)) for at in range(count + 1)]


def _label(day: date, days: Sequence[date]) -> str:
    """Labels of one axis differ: with the year where they are of several."""
    form = "%b %d" if days[0].year == days[-1].year else "%Y-%m-%d"
    return f'"{day.strftime(form)}"'
