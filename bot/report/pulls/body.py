"""Pull request bodies: everything in them comes from the locks before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.follow.model import LeftAlone
from bot.plan.changes import RequirementEdit, UnitResult
from bot.plan.policy import LOCK_MAINTENANCE, Group
from bot.plan.proposals.proposal import NO_PLACES, Places
from bot.plan.worlds.holdings import name_of
from bot.ports.advisories import AdvisoryLine
from bot.ports.run import HeldBack, LockChange, LockChangeKind, Problem, UpdateLine
from bot.report.cut import shorten
from bot.report.markdown import code, details, escape, escape_lines, table
from bot.report.problems import describe_problem
from bot.report.pulls.advisories import advisory_section
from bot.report.pulls.own_notes import keep_note
from bot.resolver.assembly.lock import REVISION

_ROWS = 300
_ASKERS = 4
#: So many rewritten requirements are told without being folded.
_PLAIN = 12
_MAJORS = 12


def pull_request_body(
    group: Group,
    updates: Sequence[UpdateLine],
    changes: Sequence[LockChange],
    results: Sequence[UnitResult],
    held_back: Sequence[HeldBack],
    left: Sequence[LeftAlone] = (),
    places: Places = NO_PLACES,
    warnings: Sequence[Problem] = (),
    advisories: Sequence[AdvisoryLine] = (),
) -> str:
    """Markdown: direct updates, all lock changes with who asks for them, what stays behind and why.

    ``left`` are files that follow a lock, or name a version, and stay as they are, ``warnings`` settings that do not count.
    """
    parts = [*_back(group, results), _opening(group, updates, results)]
    if not updates and not changes:
        parts.append(
            "No version moves: the lock was out of date with its manifest, or lacked what indexes say of its files."
        )
    if updates:
        parts.append(_update_table(updates))
    if advisories:
        parts.append(advisory_section(advisories, is_security=group.is_security))
    edits = list(dict.fromkeys(edit for result in results for edit in result.edits))
    if edits:
        parts += _edit_tables(edits)
    if places.edits:
        parts.append(_edit_table(places.edits, "Place"))
    parts += [keep_note(one) for one in group.notes]
    notes = [note for result in results if result.unit.lock_path for note in _notes(result)]
    notes += [f"{code(row.path)} was left as it is: {escape_lines(row.reason)}." for row in left]
    notes += [f"{_capital(escape_lines(note))}." for note in places.notes]
    notes += [f"Warning: {describe_problem(one)}" for one in warnings]
    if notes:
        parts.append("\n".join(f"* {note}" for note in notes[:_ROWS]))
    if changes:
        parts.append(details(_summary(changes), _change_table(changes, results)))
    if held_back:
        parts.append(details(f"Held back: {len(held_back)}", _held_table(held_back)))
    return "\n\n".join(parts) + "\n"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _opening(group: Group, updates: Sequence[UpdateLine], results: Sequence[UnitResult]) -> str:
    if group.key == LOCK_MAINTENANCE:
        return "Every lock refreshed to the newest versions that the requirements admit."
    if not results:
        return f"Every place that names a version of {escape(group.name)} moves together."
    is_one = len({row.package for row in updates}) == 1
    subject = "This update was solved" if is_one else "These updates were solved together"
    commands = sorted({result.unit.form.command for result in results if result.writes_lock} - {None}, key=str)
    if not commands:
        return f"{subject} before {'it was' if is_one else 'they were'} proposed."
    if commands == ["uv lock"]:
        return f"{subject}; the lock is the one that `uv lock` writes."
    return f"{subject}; what is pinned is what {' and '.join(map(code, map(str, commands)))} would write."


def _back(group: Group, results: Sequence[UnitResult]) -> Iterable[str]:
    """The first line, where there is something that a reviewer must not miss."""
    rows = list(dict.fromkeys(one for result in results for one in result.back))
    if rows:
        listed = ", ".join(
            f"{escape(one.name)} from {code(one.earlier)} to {code(one.later)}" for one in rows[:_ASKERS]
        )
        more = f" and {len(rows) - _ASKERS} more" if len(rows) > _ASKERS else ""
        what = f"{escape(group.single)} can't move" if group.single else "what moves here can't be had"
        yield f"**This takes back** {listed}{more}: {what} without that."


def _update_table(updates: Sequence[UpdateLine]) -> str:
    places: dict[tuple[str, str, str, str], list[str]] = {}
    for row in updates:
        places.setdefault((row.package, row.before or "new", row.after, _kind(row)), []).append(row.manifest)
    rows = [
        (escape(package), f"{code(before)} → {code(after)}", kind, _files(files))
        for (package, before, after, kind), files in list(places.items())[:_ROWS]
    ]
    return table(("Package", "Change", "Kind", "Required in"), rows)


def _edit_tables(edits: Sequence[RequirementEdit]) -> Iterable[str]:
    """Those with a comment beside them where nobody can miss them; many others folded."""
    told = [edit for edit in edits if edit.comment] if len(edits) > _PLAIN else edits
    rest = [edit for edit in edits if edit not in told]
    if told:
        yield _edit_table(told)
    if rest:
        yield details(f"Requirements rewritten: {len(rest)}", _edit_table(rest))


def _edit_table(edits: Sequence[RequirementEdit], what: str = "Requirement") -> str:
    rows = [
        (code(f"{edit.path}:{edit.line}"), f"{code(edit.before)} → {code(edit.after)}", escape(edit.comment))
        for edit in edits[:_ROWS]
    ]
    if not any(edit.comment for edit in edits):
        return table((what, "Rewritten"), [row[:2] for row in rows])
    return table((what, "Rewritten", "Comment beside it"), rows)


def _kind(row: UpdateLine) -> str:
    return f"{row.kind.value} (0.x: may break)" if row.may_break else row.kind.value


def _notes(result: UnitResult) -> Iterable[str]:
    """What a reviewer would want to be told: a newer lock, platforms without wheels, what can't move or is not static."""
    if result.writes_lock and result.before.revision > REVISION:
        yield (
            f"{code(result.unit.lock_path or '')} has revision {result.before.revision}, newer than the {REVISION} that "
            "lockbot writes: entries that stay keep every field, those that change have only what lockbot knows of."
        )
    for change in result.changes:
        tags = sorted({lost.tag for lost in change.lost_platforms})
        if tags:
            places = ", ".join(code(tag) for tag in tags[:_ASKERS])
            more = f" and {len(tags) - _ASKERS} more" if len(tags) > _ASKERS else ""
            yield f"{escape(change.name)} has no more wheels for {places}{more}."
    crossed = [f"{escape(one.name)} {code(one.earlier)} → {code(one.later)}" for one in result.indirect_majors]
    if crossed:
        more = f" and {len(crossed) - _MAJORS} more" if len(crossed) > _MAJORS else ""
        yield f"Over a major: {', '.join(crossed[:_MAJORS])}{more} (indirect)."
    for name, reason in sorted(result.kept.items()):
        yield f"{escape(name)} stays at {code(result.locked(name))}: {escape_lines(shorten(reason))}."
    for name, place in sorted(result.not_built.items()):
        yield _not_built(name, place)


def _not_built(name: str, place: str) -> str:
    if place == "known":
        return f"Metadata of {escape(name)} known, not built: what an earlier build of the file with this digest gave."
    return f"Metadata of {escape(name)} recorded, not built: read from {code(place)} in its source distribution."


def _files(files: Iterable[str]) -> str:
    names = list(dict.fromkeys(files))
    shown = ", ".join(code(name) for name in names[:_ASKERS])
    return shown + (f" and {len(names) - _ASKERS} more" if len(names) > _ASKERS else "")


def _summary(changes: Sequence[LockChange]) -> str:
    counts = {kind: sum(change.kind is kind for change in changes) for kind in LockChangeKind}
    words = [f"{count} {kind.value}" for kind, count in counts.items() if count]
    return "All lock changes: " + ", ".join(words)


def _change_table(changes: Sequence[LockChange], results: Sequence[UnitResult]) -> str:
    askers = {result.unit.lock_path: _askers(result) for result in results if result.unit.lock_path}
    several = len({change.lockfile for change in changes}) > 1
    rows = []
    for change in changes[:_ROWS]:
        row = (escape(change.package), _change(change), _shown(askers[change.lockfile].get(change.package, ())))
        rows.append((*row, code(change.lockfile)) if several else row)
    header = ("Package", "Change", "Asked for by", *(("Lock",) if several else ()))
    more = f"\n\nand {len(changes) - _ROWS} more" if len(changes) > _ROWS else ""
    return table(header, rows) + more


def _change(change: LockChange) -> str:
    match change.kind:
        case LockChangeKind.ADDED:
            return f"added {code(change.after or '')}"
        case LockChangeKind.REMOVED:
            return f"removed {code(change.before or '')}"
        case LockChangeKind.CHANGED:
            return f"{code(change.before or '')} → {code(change.after or '')}"


def _askers(result: UnitResult) -> Mapping[str, Sequence[str]]:
    """Who requires each changed package, in the lock after the change (before it, for one that is gone)."""
    return {change.name: change.parents or _owners(result, change.name) for change in result.changes}


def _owners(result: UnitResult, name: str) -> Sequence[str]:
    """The project or script of the lock; for other locks the files that require the package."""
    if result.unit.form.command == "uv lock":
        return ("the script" if result.after.manifest.requirements else "the project",)
    rows = (row for row in result.unit.declarations if name_of(row) == name)
    return tuple(dict.fromkeys(row.path for row in rows)) or (result.unit.name,)


def _shown(names: Sequence[str]) -> str:
    shown = ", ".join(escape(name) for name in names[:_ASKERS])
    return shown + (f" and {len(names) - _ASKERS} more" if len(names) > _ASKERS else "")


def _held_table(held_back: Sequence[HeldBack]) -> str:
    rows = [
        (escape(row.package), f"{code(row.current)} → {code(row.latest)}", _reason(row.reason))
        for row in held_back[:_ROWS]
    ]
    return table(("Package", "Newer", "Held back because"), rows)


def _reason(reason: str) -> str:
    """A derivation inside a table cell, line by line."""
    return escape_lines("\n".join(line.removeprefix("- ") for line in shorten(reason).splitlines()))
