"""How a pull request's body begins: what moves and why now, then what a reviewer must not miss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.plan.changes import Moved, UnitResult
from bot.plan.policy import LOCK_MAINTENANCE
from bot.plan.releases.compared import find_license_change, find_publisher_change, has_lost_provenance
from bot.plan.releases.model import Step, Story
from bot.plan.releases.wheels import find_lost_pythons, has_lost_all_wheels
from bot.ports.projects import Adverse
from bot.ports.run import LockChange, LockChangeKind, UpdateLine
from bot.report.adverse import describe_adverse
from bot.report.cut import shorten
from bot.report.markdown import code, escape, escape_lines
from bot.report.pulls.content import Content
from bot.report.pulls.dates import describe_moment
from bot.report.pulls.tables import listed
from bot.resolver.assembly.lock import REVISION

_MAJORS = 12


# --- the first line -------------------------------------------------------------------------------


def back_line(content: Content) -> Iterator[str]:
    """What goes back stands before everything else."""
    rows = list(dict.fromkeys(one for result in content.results for one in result.back))
    if rows:
        told = listed(f"{escape(one.name)} from {code(one.earlier)} to {code(one.later)}" for one in rows)
        what = f"{escape(content.group.single)} can't move" if content.group.single else "what moves here can't be had"
        yield f"**This takes back** {told}: {what} without that."


def opening(content: Content) -> str:
    """What moves, why now, and that it was solved."""
    sentences = [_what(content), _why(content), _solved(content)]
    return " ".join(one for one in sentences if one)


def _what(content: Content) -> str:
    if content.group.key == LOCK_MAINTENANCE:
        moved = _packages(content.changes, LockChangeKind.CHANGED)
        count = f": {_spoken(moved, 'package')} {'moves' if moved == 1 else 'move'}" if moved else ""
        return f"Every lock refreshed to the newest versions that the requirements admit{count}{_coming(content)}."
    if not content.results:
        return f"Every place that names a version of {escape(content.group.name)} moves together."
    if not content.updates and not content.changes:
        return "No version moves: the lock was out of date with its manifest, or lacked what indexes say of its files."
    own = {row.package for row in content.updates}
    indirect = _packages([row for row in content.changes if row.package not in own], LockChangeKind.CHANGED)
    subjects = [_named_updates(content)] if own else []
    subjects += [_spoken(indirect, "indirect package")] if indirect else []
    return f"{'Moves ' + ' and '.join(subjects) if subjects else 'Nothing moves'}{_coming(content)}."


def _named_updates(content: Content) -> str:
    moves = list(dict.fromkeys((row.package, row.before, row.after) for row in content.updates))
    if len(moves) > 1:
        return _spoken(len({name for name, *_ in moves}), "direct requirement")
    ((name, before, after),) = moves
    return f"{escape(name)} from {code(before)} to {code(after)}" if before else f"{escape(name)} to {code(after)}"


def _coming(content: Content) -> str:
    """How many packages come and go."""
    added = _packages(content.changes, LockChangeKind.ADDED)
    removed = _packages(content.changes, LockChangeKind.REMOVED)
    rows = [f"{count} {word}" for count, word in ((added, "new in the lock"), (removed, "gone from the lock")) if count]
    return f" ({', '.join(rows)})" if rows else ""


def _packages(changes: Sequence[LockChange], kind: LockChangeKind) -> int:
    return len({row.package for row in changes if row.kind is kind})


def _spoken(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _why(content: Content) -> str:
    if content.advisories:
        ids = listed(code(one.id) for one in content.advisories)
        count = len(content.advisories)
        known = "a known vulnerability" if count == 1 else f"{count} known vulnerabilities"
        return f"It leaves {known} behind ({ids})."
    if content.schedule:
        return f"Its turn is as the schedule says ({listed(map(code, content.schedule))})."
    return ""


def _solved(content: Content) -> str:
    if not content.results or content.group.key == LOCK_MAINTENANCE or not content.updates:
        return ""
    is_one = len({row.package for row in content.updates}) == 1
    subject = "This update was solved" if is_one else "These updates were solved together"
    written = (result.unit.form.command for result in content.results if result.writes_lock)
    commands = sorted({command for command in written if command is not None})
    if not commands:
        return f"{subject} before {'it was' if is_one else 'they were'} proposed."
    if commands == ["uv lock"]:
        return f"{subject}; the lock is the one that `uv lock` writes."
    return f"{subject}; what is pinned is what {' and '.join(map(code, commands))} would write."


# --- what must not be missed ----------------------------------------------------------------------


def alerts(content: Content) -> Sequence[str]:
    """One sentence each, the gravest first."""
    found = [
        *_adverse(content),
        *_lost_proofs(content),
        *_yanked(content),
        *_crossed(content),
        *_come(content),
        *_lost_wheels(content),
        *_licenses(content),
    ]
    return list(dict.fromkeys(found))


def _adverse(content: Content) -> Iterator[str]:
    """What indexes say against the projects of packages that move or come, quarantined ones first."""
    rows = [(row, one.status) for row, one in _stories(content) if one.status is not None]
    for row, status in sorted(rows, key=lambda one: one[1].status is not Adverse.QUARANTINED):
        yield f"**{status.status.capitalize()}**: {describe_adverse(row.package, status.status, status.reason)}."


def _lost_proofs(content: Content) -> Iterator[str]:
    for row, story in _stories(content):
        if has_lost_provenance(story):
            yield (
                f"**No provenance any more**: the index had attestations of {escape(row.package)} "
                f"{code(row.before or '')}, and has none of {code(row.after or '')}."
            )
        change = find_publisher_change(story)
        if change is not None:
            yield f"**Another publisher**: {escape(row.package)} comes from {code(change[1])}, before from {code(change[0])}."


def _yanked(content: Content) -> Iterator[str]:
    for row, story in _stories(content):
        if story.after is not None and story.after.yanked:
            yield f"**Yanked**: its index advises against {escape(row.package)} {code(row.after or '')}."
        elif story.before is not None and story.before.yanked:
            yield f"{escape(row.package)} {code(row.before or '')} was yanked: this leaves it."


def _crossed(content: Content) -> Iterator[str]:
    crossed = list(dict.fromkeys(one for result in content.results for one in result.indirect_majors))
    if crossed:
        more = f" and {len(crossed) - _MAJORS} more" if len(crossed) > _MAJORS else ""
        yield f"**Over a major, indirectly**: {', '.join(map(_way, crossed[:_MAJORS]))}{more}."


def _way(one: Moved) -> str:
    return f"{escape(one.name)} {code(one.earlier)} → {code(one.later)}"


def _come(content: Content) -> Iterator[str]:
    """Packages that were not in a lock before, with when there first was one of that name."""
    told: dict[str, str] = {}
    for change in content.changes:
        if change.kind is LockChangeKind.ADDED:
            story = content.find_story(change)
            since = (
                f" (first released {describe_moment(story.first, None)})" if story and story.first is not None else ""
            )
            told.setdefault(change.package, f"{escape(change.package)}{since}")
    if told:
        yield f"**New in the lock**: {listed(told.values())}."


def _lost_wheels(content: Content) -> Iterator[str]:
    for result, changes in content.differences:
        for change in changes:
            if change.kind.value == LockChangeKind.CHANGED:
                yield from _lost_wheels_of(result, change.name, [lost.tag for lost in change.lost_platforms])


def _lost_wheels_of(result: UnitResult, name: str, platforms: Sequence[str]) -> Iterator[str]:
    if has_lost_all_wheels(result.before, result.after, name):
        yield f"**No wheel left**: {escape(name)} has to be built from source."
        return
    if platforms:
        yield f"**Platforms dropped**: {escape(name)} has no more wheels for {listed(map(code, sorted(set(platforms))))}."
    pythons = find_lost_pythons(result.before, result.after, name)
    if pythons:
        yield f"**Pythons dropped**: {escape(name)} has no more wheels for Python {listed(pythons)}."


def _licenses(content: Content) -> Iterator[str]:
    for row, story in _stories(content):
        change = find_license_change(story)
        if change is not None:
            yield f"**Another license**: {escape(row.package)} is under {escape(change[1])}, before under {escape(change[0])}."


def _stories(content: Content) -> Iterator[tuple[UpdateLine | LockChange, Story]]:
    """What is known of each step, once."""
    seen: set[Step] = set()
    rows: list[UpdateLine | LockChange] = [*content.updates, *content.changes]
    for row in rows:
        step = content.find_step(row)
        if step is not None and step not in seen and step in content.stories:
            seen.add(step)
            yield row, content.stories[step]


# --- what is worth knowing ------------------------------------------------------------------------


def remarks(content: Content) -> Sequence[str]:
    """What else is to be told: a newer lock, what can't move, what is not static, files that stay as they are."""
    notes = [note for result in content.results if result.unit.lock_path for note in _notes(result)]
    notes += [f"{code(row.path)} was left as it is: {escape_lines(row.reason)}." for row in content.left]
    notes += [f"{_capital(escape_lines(note))}." for note in content.places.notes]
    return list(dict.fromkeys(notes))


def _notes(result: UnitResult) -> Iterator[str]:
    if result.writes_lock and result.before.revision > REVISION:
        yield (
            f"{code(result.unit.lock_path or '')} has revision {result.before.revision}, newer than the {REVISION} that "
            "lockbot writes: entries that stay keep every field, those that change have only what lockbot knows of."
        )
    for name, reason in sorted(result.kept.items()):
        yield f"{escape(name)} stays at {code(result.locked(name))}: {escape_lines(shorten(reason))}."
    for name, place in sorted(result.not_built.items()):
        yield _not_built(name, place)


def _not_built(name: str, place: str) -> str:
    if place == "known":
        return f"Metadata of {escape(name)} known, not built: what an earlier build of the file with this digest gave."
    return f"Metadata of {escape(name)} recorded, not built: read from {code(place)} in its source distribution."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
