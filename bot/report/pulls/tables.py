"""The tables of a pull request's body: direct updates, rewritten requirements, all lock changes, what is held back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.lockfile.diff import PackageChange
from bot.plan.changes import RequirementEdit, UnitResult
from bot.plan.releases.links import LinkKind, find_link
from bot.plan.releases.model import Story
from bot.plan.worlds.holdings import name_of
from bot.ports.run import HeldBack, LockChange, LockChangeKind, UpdateLine
from bot.report.cut import shorten
from bot.report.markdown import code, escape, escape_lines, find_safe_link, link, table
from bot.report.pulls.content import Content
from bot.report.pulls.dates import describe_age

ROWS = 300
#: So many names stand in one cell or sentence.
NAMED = 4

#: The indexes whose projects have a page that everybody may see.
_PAGES = {
    "https://pypi.org/simple": "https://pypi.org/project",
    "https://test.pypi.org/simple": "https://test.pypi.org/project",
}


def listed(names: Iterable[str]) -> str:
    """Some names, as Markdown already, and how many more."""
    rows = list(dict.fromkeys(names))
    return ", ".join(rows[:NAMED]) + (f" and {len(rows) - NAMED} more" if len(rows) > NAMED else "")


def package_link(content: Content, row: UpdateLine | LockChange) -> str:
    """The name of a package, with its page where that is public."""
    step, story = content.find_step(row), content.find_story(row)
    page = None if story is None else _PAGES.get(story.index.rstrip("/"))
    name = escape(row.package)
    return name if step is None or page is None else link(name, f"{page}/{step.package}/{step.after}/")


# --- direct updates -------------------------------------------------------------------------------


def update_table(content: Content) -> str:
    places: dict[tuple[str, ...], list[str]] = {}
    for row in content.updates:
        cells = (
            package_link(content, row),
            _moved(content, row),
            _kind(row),
            _released(content, row),
            _read_on(content, row),
        )
        places.setdefault(cells, []).append(row.manifest)
    rows = [(*cells, listed(map(code, files))) for cells, files in list(places.items())[:ROWS]]
    header = ("Package", "Change", "Kind", "Released", "To read", "Required in")
    return table(*_without_empty(header, rows))


def _without_empty(
    header: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """A column after the second that says nothing in any row is left out."""
    kept = [place for place in range(len(header)) if place < 2 or any(row[place] for row in rows)]
    return [header[place] for place in kept], [[row[place] for place in kept] for row in rows]


def _moved(content: Content, row: UpdateLine | LockChange) -> str:
    """Linked to what changed between the two, where that is known."""
    notes = content.find_notes(row)
    text = f"{code(row.before or 'new')} → {code(row.after or '')}"
    address = find_safe_link(notes.compare, content.forges) if notes is not None and notes.compare else None
    return link(text, address) if address else text


def _kind(row: UpdateLine) -> str:
    return f"{row.kind.value} (0.x: may break)" if row.may_break else row.kind.value


def _released(content: Content, row: UpdateLine) -> str:
    story = content.find_story(row)
    if story is None:
        return ""
    yanked = " **yanked**" if story.after is not None and story.after.yanked else ""
    return describe_age(story.after, content.now) + yanked


def _read_on(content: Content, row: UpdateLine) -> str:
    story, notes = content.find_story(row), content.find_notes(row)
    stated = story.after.links if story is not None and story.after is not None else ()
    known = {
        "changelog": find_link(stated, LinkKind.CHANGELOG),
        "releases": notes.url if notes is not None else None,
        "source": find_link(stated, LinkKind.SOURCE),
        "homepage": find_link(stated, LinkKind.HOMEPAGE),
    }
    safe = ((word, find_safe_link(url, content.forges)) for word, url in known.items() if url)
    return next((link(word, url) for word, url in safe if url), "")


# --- requirements and other places ----------------------------------------------------------------


def edit_table(edits: Sequence[RequirementEdit], what: str = "Requirement") -> str:
    rows = [
        (code(f"{edit.path}:{edit.line}"), f"{code(edit.before)} → {code(edit.after)}", escape(edit.comment))
        for edit in edits[:ROWS]
    ]
    return table(*_without_empty((what, "Rewritten", "Comment beside it"), rows))


# --- all lock changes -----------------------------------------------------------------------------


def change_table(content: Content) -> str:
    """Every package of every lock: what happens to it, how far it goes, how old that is, and who asks for it."""
    askers = {one.unit.lock_path: _askers(one, changes) for one, changes in content.differences if one.unit.lock_path}
    rows = [
        (
            package_link(content, change),
            _change(content, change),
            _step_word(change),
            _change_age(content.find_story(change), content),
            listed(map(escape, askers.get(change.lockfile, {}).get(change.package, ()))),
            code(change.lockfile) if len({one.lockfile for one in content.changes}) > 1 else "",
        )
        for change in content.changes[:ROWS]
    ]
    header = ("Package", "Change", "Kind", "Released", "Asked for by", "Lock")
    more = f"\n\nand {len(content.changes) - ROWS} more" if len(content.changes) > ROWS else ""
    return table(*_without_empty(header, rows)) + more


def change_summary(changes: Sequence[LockChange]) -> str:
    counts = {kind: sum(change.kind is kind for change in changes) for kind in LockChangeKind}
    words = [f"{count} {kind.value}" for kind, count in counts.items() if count]
    return "All lock changes: " + ", ".join(words)


def _change(content: Content, change: LockChange) -> str:
    match change.kind:
        case LockChangeKind.ADDED:
            return f"added {code(change.after or '')}"
        case LockChangeKind.REMOVED:
            return f"removed {code(change.before or '')}"
        case LockChangeKind.CHANGED:
            return _moved(content, change)


def _step_word(change: LockChange) -> str:
    if change.kind is not LockChangeKind.CHANGED:
        return "**new**" if change.kind is LockChangeKind.ADDED else "gone"
    if change.is_back:
        return "**back**"
    return change.step.value if change.step is not None else ""


def _change_age(story: Story | None, content: Content) -> str:
    return "" if story is None else describe_age(story.after, content.now)


def _askers(result: UnitResult, changes: Sequence[PackageChange]) -> Mapping[str, Sequence[str]]:
    """Who requires each changed package, in the lock after the change (before it, for one that is gone)."""
    return {change.name: change.parents or _owners(result, change.name) for change in changes}


def _owners(result: UnitResult, name: str) -> Sequence[str]:
    """The project or script of the lock; for other locks the files that require the package."""
    if result.unit.form.command == "uv lock":
        return ("the script" if result.after.manifest.requirements else "the project",)
    rows = (row for row in result.unit.declarations if name_of(row) == name)
    return tuple(dict.fromkeys(row.path for row in rows)) or (result.unit.name,)


# --- held back ------------------------------------------------------------------------------------


def held_table(held_back: Sequence[HeldBack]) -> str:
    rows = [
        (escape(row.package), f"{code(row.current)} → {code(row.latest)}", _reason(row.reason))
        for row in held_back[:ROWS]
    ]
    return table(("Package", "Newer", "Held back because"), rows)


def _reason(reason: str) -> str:
    """A derivation inside a table cell, line by line."""
    return escape_lines("\n".join(line.removeprefix("- ") for line in shorten(reason).splitlines()))
