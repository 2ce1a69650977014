"""What ``lockbot outdated`` shows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from bot.plan.local.hold import spoken_requirements
from bot.plan.local.outdated import Outdated
from bot.report.screens.rows import Column, Row, render_rows
from bot.report.screens.screen import Screen

_COLUMNS = (
    Column(head="Package"),
    Column(head="Locked"),
    Column(head="In range"),
    Column(head="Newest"),
    Column(head="Kind"),
    Column(head="Age"),
    Column(head="Held by", flows=True, least=24),
)
_DAY = 86_400_000_000


def render_outdated(rows: Sequence[Outdated], now: datetime, screen: Screen) -> Iterator[str]:
    """The rows of each unit below its name; ``Age`` is that of the locked release."""
    units = list(dict.fromkeys(row.unit for row in rows))
    for at, unit in enumerate(units):
        if at:
            yield ""
        is_locked = all(row.is_locked for row in rows if row.unit == unit)
        yield unit if is_locked else f"{unit} (as it would be locked now)"
        yield ""
        yield from render_rows(_COLUMNS, [_row(row, now) for row in rows if row.unit == unit], screen)


def render_outdated_json(rows: Sequence[Outdated]) -> str:
    return json.dumps({"outdated": [_entry(row) for row in rows]}, indent=2, ensure_ascii=False)


def _row(row: Outdated, now: datetime) -> Row:
    return (
        row.package,
        ", ".join(map(str, row.locked)),
        str(row.in_range or "-"),
        str(row.newest),
        row.kind.value,
        spoken_age(row.locked_at, now),
        held_by(row),
    )


def held_by(row: Outdated) -> str:
    """What keeps it, in one clause; ``-`` where nothing does."""
    if row.turned_off is not None:
        return f"the configuration: {row.turned_off}"
    if row.hold is None:
        return "not looked for"
    parts = [f"its requirement {spoken_requirements(row.hold.own)}"] if row.hold.own else []
    if row.hold.by:
        parts.append(row.hold.by)
    return "; ".join(parts) or "-"


def spoken_age(uploaded: int | None, now: datetime) -> str:
    """In days, months or years, as far as that is known."""
    if uploaded is None:
        return "?"
    days = max(0, int((now.timestamp() * 1_000_000 - uploaded) // _DAY))
    if days < 60:
        return f"{days} d"
    return f"{days // 30} mo" if days < 730 else f"{days // 365} y"


def _entry(row: Outdated) -> dict[str, object]:
    return {
        "unit": row.unit,
        "package": row.package,
        "locked": [str(version) for version in row.locked],
        "in_range": None if row.in_range is None else str(row.in_range),
        "newest": str(row.newest),
        "kind": row.kind.value,
        "locked_at": spoken_time(row.locked_at),
        "newest_at": spoken_time(row.newest_at),
        "held_by": None if held_by(row) == "-" else held_by(row),
        "reason": row.hold.reason if row.hold else None,
    }


def spoken_time(uploaded: int | None) -> str | None:
    return None if uploaded is None else datetime.fromtimestamp(uploaded // 1_000_000, UTC).isoformat()
