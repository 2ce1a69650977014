"""What ``lockbot audit --fix`` shows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from bot.advisories.findings import Finding
from bot.plan.changes import lock_changes
from bot.plan.security.fix import Blocked, Fixes, Mended
from bot.report.cut import shorten
from bot.report.screens.rows import Column, render_rows
from bot.report.screens.screen import Screen

_MENDED = (
    Column(head="Package"),
    Column(head="From"),
    Column(head="To"),
    Column(head="Advisories", flows=True, least=20),
    Column(head="Lock"),
)
_BLOCKED = (
    Column(head="Package"),
    Column(head="Locked"),
    Column(head="Advisories", flows=True, least=20),
    Column(head="Because", flows=True, least=30),
)


def render_fixes(done: Fixes, screen: Screen, *, is_written: bool) -> Iterator[str]:
    """What is mended, what moves with it, which files were (or would be) written, and what stays affected."""
    if done.mended:
        yield from render_rows(_MENDED, [_mended_row(one) for one in done.mended], screen)
        yield from _others(done)
        texts = done.finished.texts if done.finished is not None else {}
        yield ""
        yield f"{'Wrote' if is_written else 'Would write'} {', '.join(texts)}"
    elif not done.blocked:
        yield "Nothing to mend."
    if done.blocked:
        yield from ["", "Stays affected", ""] if done.mended else ["Stays affected", ""]
        yield from render_rows(_BLOCKED, [_blocked_row(one) for one in done.blocked], screen)


def render_fixes_json(done: Fixes, *, is_written: bool) -> str:
    finished = done.finished
    return json.dumps(
        {
            "mended": [_mended_entry(one) for one in done.mended],
            "blocked": [_blocked_entry(one) for one in done.blocked],
            "files": list(finished.texts) if finished is not None else [],
            "written": is_written and finished is not None,
        },
        indent=2,
        ensure_ascii=False,
    )


def _others(done: Fixes) -> Iterator[str]:
    own = {(one.unit, one.package) for one in done.mended}
    rows = [
        row
        for result in (done.finished.results if done.finished is not None else ())
        for row in lock_changes(result)
        if (result.unit.name, row.package) not in own
    ]
    if rows:
        yield ""
        yield "Changed with it:"
    for row in rows:
        yield f"  {row.package} {row.before or '(new)'} → {row.after or '(gone)'}"


def _mended_row(one: Mended) -> Sequence[str]:
    after = "(gone)" if one.after is None else str(one.after)
    return (
        one.package,
        _versions(one),
        f"{after} (back)" if one.is_back else after,
        _ids(one.findings),
        one.unit,
    )


def _blocked_row(one: Blocked) -> Sequence[str]:
    return (one.package, _versions(one), _ids(one.findings), shorten(one.reason))


def _versions(one: Mended | Blocked) -> str:
    return ", ".join(map(str, one.before))


def _ids(findings: Sequence[Finding]) -> str:
    return ", ".join(dict.fromkeys(one.advisory.best_id for one in findings))


def _mended_entry(one: Mended) -> dict[str, object]:
    return {
        "lock": one.unit,
        "package": one.package,
        "from": [str(version) for version in one.before],
        "to": None if one.after is None else str(one.after),
        "back": one.is_back,
        "advisories": [finding.advisory.best_id for finding in one.findings],
    }


def _blocked_entry(one: Blocked) -> dict[str, object]:
    return {
        "lock": one.unit,
        "package": one.package,
        "locked": [str(version) for version in one.before],
        "advisories": [finding.advisory.best_id for finding in one.findings],
        "reason": one.reason,
    }
