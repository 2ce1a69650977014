"""The drift as a picture: geometry for an SVG without any style of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.report.dashboard.facts import DriftRow

#: Units of the picture; it is stretched to what there is of room.
WIDTH, HEIGHT = 600, 160


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftPicture:
    """``line`` and ``area`` are paths. ``top`` is the value at the upper edge; the lower one is 0."""

    line: str
    area: str
    top: str
    first: DriftRow
    last: DriftRow


def draw(rows: Sequence[DriftRow]) -> DriftPicture | None:
    """A step from each day to the next; None with less than two days."""
    if len(rows) < 2:
        return None
    first, last = rows[0], rows[-1]
    span, top = max(1, (last.day - first.day).days), _find_top(max(one.libyears for one in rows))
    places = [((one.day - first.day).days * WIDTH / span, HEIGHT * (1 - one.libyears / top)) for one in rows]
    line = f"M{places[0][0]:.1f} {places[0][1]:.1f}"
    line += "".join(f"H{x:.1f}V{y:.1f}" for x, y in places[1:])
    area = f"{line}V{HEIGHT}H0Z"
    return DriftPicture(line=line, area=area, top=f"{top:g}", first=first, last=last)


def _find_top(most: float) -> float:
    """The next round number."""
    steps = (0.5, 1, 2, 3, 5, 8, 10)
    scale = 1.0
    while most > 10 * scale:
        scale *= 10
    return next(step * scale for step in steps if most <= step * scale)
