"""What ``lockbot upgrade`` shows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from bot.plan.changes import lock_changes, update_lines
from bot.plan.local.upgrade import Upgraded
from bot.plan.proposals.proposal import Finished
from bot.ports.run import LockChange, UpdateLine
from bot.printable import printable
from bot.report.run_json import held_back_row, update_row
from bot.report.screens.held_back import render_held_back
from bot.report.screens.moves import move_lines
from bot.report.screens.screen import Screen, flow

_INDENT = "  "


def render_upgraded(done: Upgraded, screen: Screen, *, is_written: bool) -> Iterator[str]:
    """What moved, what moved with it, which files were (or would be) written, and what stays behind."""
    if done.finished is None:
        yield "Nothing to upgrade." if not done.held_back else "Nothing can be upgraded as asked."
    else:
        yield from _moves(done.finished, screen)
        yield ""
        yield from flow(
            f"{'Wrote' if is_written else 'Would write'} {', '.join(done.finished.texts)}", screen, "", _INDENT
        )
    if done.held_back:
        yield ""
        yield screen.strong("Stays behind")
        yield ""
        yield from render_held_back(done.held_back, screen)


def render_upgraded_json(done: Upgraded, *, is_written: bool) -> str:
    finished = done.finished
    content = {
        "updates": [update_row(row) for row in _updates(finished)],
        "lock_changes": [_change(row) for row in _changes(finished)],
        "files": list(finished.texts) if finished is not None else [],
        "written": is_written and finished is not None,
        "held_back": [held_back_row(row) for row in done.held_back],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def _moves(finished: Finished, screen: Screen) -> Iterator[str]:
    rows = _updates(finished)
    for at, manifest in enumerate(dict.fromkeys(row.manifest for row in rows)):
        yield from [""] if at else []
        yield screen.strong(printable(manifest))
        moved = move_lines([row for row in rows if row.manifest == manifest], screen, len(_INDENT))
        yield from (f"{_INDENT}{line}" for line in moved)
    others = [row for row in _changes(finished) if not row.direct]
    if others:
        yield ""
        yield "Changed with it:" if rows else "Changed in the lock:"
    for row in others:
        yield f"  {row.package} {' → '.join(one or '(gone)' for one in (row.before, row.after) if one or row.before)}"


def _updates(finished: Finished | None) -> Sequence[UpdateLine]:
    return [] if finished is None else [row for result in finished.results for row in update_lines(result)]


def _changes(finished: Finished | None) -> Sequence[LockChange]:
    return [] if finished is None else [row for result in finished.results for row in lock_changes(result)]


def _change(row: LockChange) -> dict[str, object]:
    return {"lockfile": row.lockfile, "package": row.package, "from": row.before, "to": row.after}
