"""The findings for people, the malicious ones first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.advisories.audit import Audited, Found, summary_of
from bot.printable import printable
from bot.report.screens.rows import Column, Row, render_rows
from bot.report.screens.screen import Screen

_COLUMNS = (
    Column(head="Package"),
    Column(head="Locked"),
    Column(head="Advisory"),
    Column(head="Fixed in", flows=True, least=12),
    Column(head="What", flows=True, least=30),
    Column(head="Brought by", flows=True, least=20),
)


def render_audit(audits: Sequence[Audited], screen: Screen) -> Iterator[str]:
    """Each lock with findings, then how much was looked at."""
    for one in audits:
        if one.found:
            yield screen.strong(one.path)
            yield ""
            yield from render_rows(_COLUMNS, [_row(found) for found in in_order(one.found)], screen)
            yield ""
    yield from statuses(audits)
    yield summary_line(audits)
    yield from notes(audits)


def in_order(found: Sequence[Found]) -> Sequence[Found]:
    """Malicious packages first, the rest by name."""
    return sorted(found, key=lambda one: (not one.finding.advisory.is_malicious, one.finding.locked))


def statuses(audits: Sequence[Audited]) -> Iterator[str]:
    """What is said against projects, each once, in uv's words; with the locks that have it."""
    told: dict[str, list[str]] = {}
    for path, row in ((one.path, row) for one in audits for row in one.statuses):
        why = f": {row.reason}" if row.reason else ""
        told.setdefault(printable(f"{row.package} is {row.status}{why}"), []).append(path)
    if told:
        yield from ("Adverse statuses:", "")
        yield from (f"- {what} ({printable(', '.join(dict.fromkeys(paths)))})" for what, paths in sorted(told.items()))
        yield ""


def summary_line(audits: Sequence[Audited]) -> str:
    """How many vulnerabilities and adverse statuses in how many packages of how many locks."""
    counts = summary_of(audits)
    found = counts["vulnerabilities"]
    what = "no known vulnerabilities" if not found else f"{found} known {_plural(found, 'vulnerability')}"
    where = f"{counts['audited_packages']} {_plural(counts['audited_packages'], 'package')}"
    adverse = counts["adverse_statuses"]
    status = f"{adverse or 'no'} adverse project {'status' if adverse == 1 else 'statuses'}"
    return f"Found {what} and {status} in {where} of {counts['locks']} {_plural(counts['locks'], 'lock')}"


def notes(audits: Sequence[Audited]) -> Iterator[str]:
    """What was not asked about, and what is ignored; each where there is something to say."""
    unasked = sum(one.unasked for one in audits)
    if unasked:
        yield (
            f"{unasked} {_plural(unasked, 'package')} from other indexes than PyPI: not asked about"
            " (list public ones in LOCKBOT_PUBLIC_INDEXES)"
        )
    unread = {name for one in audits for name in one.unread}
    if unread:
        yield (
            "1 project status not known: its index could not be read"
            if len(unread) == 1
            else f"{len(unread)} project statuses not known: their index could not be read"
        )
    ignored = sum(len(one.ignored) for one in audits)
    if ignored:
        yield f"{ignored} {_plural(ignored, 'finding')} ignored, as the settings say"
    for told in dict.fromkeys(_lived_with(row) for one in audits for row in one.ignored if _is_stated(row)):
        yield told
    for told in dict.fromkeys(_over(row) for one in audits for row in one.found if row.over is not None):
        yield told


def _is_stated(row: Found) -> bool:
    """An exception says its reason itself; uv's lists have none."""
    return row.reason is not None and not row.reason.startswith("[tool.uv.audit]")


def _lived_with(row: Found) -> str:
    until = f", until {row.until}" if row.until else ""
    return (
        f"{row.finding.locked.name}: {row.finding.advisory.best_id} is lived with{until}: {printable(row.reason or '')}"
    )


def _over(row: Found) -> str:
    """Why it is told although there is an exception for it."""
    assert row.over is not None
    fixed = ", ".join(map(str, row.finding.fixed_in))
    why = f"ended on {row.over.until}" if row.over.waits or not fixed else f"counts no longer, as {fixed} mends it"
    return f"{row.finding.locked.name}: the exception for {row.over.id} {why} ({printable(row.over.reason)})"


def _row(one: Found) -> Row:
    advisory, locked = one.finding.advisory, one.finding.locked
    what = advisory.summary or "no summary"
    return (
        locked.name,
        str(locked.version),
        advisory.best_id,
        ", ".join(map(str, one.finding.fixed_in)) or "no release",
        f"MALICIOUS: {what}" if advisory.is_malicious else what,
        " > ".join(one.chain[:-1]) or "-",
    )


def _plural(count: int, word: str) -> str:
    if count == 1:
        return word
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
