"""Pull request bodies: what moves comes from the locks before and after, what is told beside it from index and project.

The parts that are folded come in the order in which they are wanted: where a body is too long, the last go first
(``bot.report.cut``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.plan.changes import RequirementEdit
from bot.report.markdown import code, details, escape, find_safe_link, link, table
from bot.report.problems import describe_problem
from bot.report.pulls.advisories import advisory_table
from bot.report.pulls.content import Content
from bot.report.pulls.foot import foot
from bot.report.pulls.notes import notes_parts
from bot.report.pulls.opening import alerts, back_line, opening, remarks
from bot.report.pulls.own_notes import keep_note
from bot.report.pulls.tables import ROWS, change_summary, change_table, edit_table, held_table, update_table

#: So many rewritten requirements are told without being folded.
_PLAIN = 12


def pull_request_body(content: Content) -> str:
    """Markdown: what moves and why, what must not be missed, the direct updates, requirements; the rest folded."""
    return "\n\n".join([*_open_parts(content), *_folded_parts(content), foot(content.config_path)]) + "\n"


def _open_parts(content: Content) -> Iterator[str]:
    yield from back_line(content)
    yield opening(content)
    yield from _bullets(alerts(content))
    if content.updates:
        yield update_table(content)
    if content.advisories and content.group.is_security:
        yield advisory_table(content.advisories)
    edits = _open_edits(content)
    if edits:
        yield edit_table(edits)
    if content.places.edits:
        yield edit_table(content.places.edits, "Place")
    yield from map(keep_note, content.group.notes)
    warnings = (f"Warning: {describe_problem(one)}" for one in content.warnings)
    yield from _bullets([*remarks(content), *warnings])


def _bullets(rows: Iterable[str]) -> Iterator[str]:
    lines = [f"* {row}" for row in rows]
    if lines:
        yield "\n".join(lines[:ROWS])


def _edits(content: Content) -> Sequence[RequirementEdit]:
    return list(dict.fromkeys(edit for result in content.results for edit in result.edits))


def _open_edits(content: Content) -> Sequence[RequirementEdit]:
    """All of a few; of many those with a comment beside them."""
    edits = _edits(content)
    return edits if len(edits) <= _PLAIN else [edit for edit in edits if edit.comment]


def _folded_parts(content: Content) -> Iterator[str]:
    told = _open_edits(content)
    rest = [edit for edit in _edits(content) if edit not in told]
    if rest:
        yield details(f"Requirements rewritten: {len(rest)}", edit_table(rest))
    if content.changes:
        yield details(change_summary(content.changes), change_table(content))
    yield from notes_parts(content)
    if content.advisories and not content.group.is_security:
        yield details(f"Vulnerabilities that it leaves: {len(content.advisories)}", _advisory_table(content))
    if content.held_back:
        yield details(f"Held back: {len(content.held_back)}", held_table(content.held_back))


def _advisory_table(content: Content) -> str:
    rows = []
    for one in content.advisories[:ROWS]:
        address = find_safe_link(one.link, content.forges)
        name = link(code(one.id), address) if address else code(one.id)
        rows.append((escape(one.package), name, escape(one.severity or ""), escape(one.summary or "")))
    return table(("Package", "Advisory", "Severity", "What it is"), rows)
