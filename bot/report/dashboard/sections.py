"""The sections of a dashboard, one function for each. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.orders import render_box
from bot.ports.advisories import AdvisoryLine, FindingSource, SecurityRow
from bot.ports.projects import Adverse
from bot.ports.run import BranchName, DetectedFile, HeldBack, LeftAlone, Problem
from bot.report.adverse import describe_adverse
from bot.report.beside import describe_other_bot
from bot.report.checks import configuration_in_force
from bot.report.cut import shorten
from bot.report.dashboard.facts import ClosedRow, Facts, IgnoredRow, OpenRow
from bot.report.dashboard.fitting import Block, Section
from bot.report.markdown import code, escape, escape_lines
from bot.report.problems import describe_problem

#: Around what people said, so that it can be written anew by itself.
PEOPLE = "lockbot-people"
_NAMED = 5
_ID = re.compile(r"[A-Z][A-Z0-9]{1,15}(?:-[A-Za-z0-9]{1,20}){1,5}")
_UNBOXED = re.compile(r"[\s<>]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a dashboard stands: ``link`` leads to a pull request from there, ``has_boxes`` says whether boxes act."""

    link: Callable[[int, str], str]
    has_boxes: bool

    def row(self, text: str, command: str, argument: str = "") -> str:
        """A row of a list with a box that gives the command."""
        if not self.has_boxes or _UNBOXED.search(argument) or not argument.isprintable():
            return f"- {text}"
        return render_box(text, command, argument)

    def closing(self, text: str, command: str, count: int) -> tuple[str, ...]:
        """The box for all rows, where there are several."""
        return (render_box(f"**{text}**", command),) if self.has_boxes and count > 1 else ()


#: An issue: links without a number of theirs, so that the pull requests don't tell of being mentioned.
ISSUE = Place(link=lambda number, text: f"[{text}](../pull/{number})", has_boxes=True)
CHECK = Place(link=lambda number, text: f"{text} (#{number})", has_boxes=False)


def list_sections(facts: Facts, place: Place) -> tuple[Section, ...]:
    """From what is most urgent on, up to what is left alone."""
    return (
        problems(facts),
        security(facts, place),
        adverse(facts.detected),
        opened(facts, place),
        waiting(facts, place),
        closed(facts.closed, place),
        people(facts.ignored, facts.paused, place),
        held_back(facts.held_back),
        left_alone(facts),
    )


# --- what is wrong --------------------------------------------------------------------------------


def problems(facts: Facts) -> Section:
    """A configuration that can't be used before all; then by file, what is about no file first."""
    rows = [f"- **Not valid:** {describe_problem(one)}" for one in sorted(facts.broken, key=_place)]
    rows += [f"- {configuration_in_force(facts.fallback)}"] if facts.broken else []
    rows += [f"- {describe_problem(one)}" for one in sorted(facts.problems, key=_place)]
    rows += [f"- Warning: {describe_problem(one)}" for one in sorted(facts.warnings, key=_place)]
    rows += [f"- Warning: {describe_other_bot(one, code)}" for one in facts.other_bots]
    return Section(head="## Problems", blocks=(Block(rows=tuple(dict.fromkeys(rows))),))


def _place(problem: Problem) -> tuple[str, int]:
    return problem.path or "", problem.line or 0


def security(facts: Facts, place: Place) -> Section:
    """In public repositories nothing of what not everybody may see. Malicious packages first, then what can be mended, last
    what somebody lives with."""
    told = [one for one in facts.vulnerable if not (facts.is_public and one.source is FindingSource.ALERT)]
    rows = sorted(
        told, key=lambda one: (one.is_accepted, not _is_malicious(one), one.after is None, one.package, one.unit)
    )
    numbers = {one.branch: one.number for one in facts.open}
    head = "| Package | Advisories | Mended by |\n| --- | --- | --- |\n"
    return Section(
        head="## Security",
        blocks=(Block(head=head, rows=tuple(_vulnerable_row(one, numbers, place) for one in rows)),),
    )


def _is_malicious(one: SecurityRow) -> bool:
    return any(line.is_malicious for line in one.advisories)


def _vulnerable_row(one: SecurityRow, numbers: Mapping[BranchName, int], place: Place) -> str:
    mark = "**Malicious:** " if _is_malicious(one) else ""
    what = f"{mark}{escape(one.package)} {code(one.version)} in {code(one.unit)}"
    chain = f" (by {' → '.join(map(escape, one.chain))})" if one.chain else ""
    return f"| {what}{chain} | {', '.join(map(_advisory, one.advisories))} | {_mended(one, numbers, place)} |"


def _advisory(one: AdvisoryLine) -> str:
    """A link of ours: the record's own may lead anywhere."""
    name = f"[{one.id}](https://osv.dev/vulnerability/{one.id})" if _ID.fullmatch(one.id) else escape(one.id)
    return f"{name} ({escape(one.severity.lower())})" if one.severity else name


def _mended(one: SecurityRow, numbers: Mapping[BranchName, int], place: Place) -> str:
    if one.is_accepted:
        until = f" until {escape(one.until)}" if one.until else ""
        return f"accepted{until}: {_reason(one.reason or 'no reason is given')}"
    over = f" (an exception counts no longer: {_reason(one.over)})" if one.over else ""
    if one.branch is None or one.after is None:
        return f"nothing yet: {_reason(one.reason)}{over}" if one.reason else f"nothing yet{over}"
    number = numbers.get(BranchName(one.branch))
    where = place.link(number, f"pull request {number}") if number is not None else "not opened yet"
    return f"{code(one.after)}: {where}{over}"


def adverse(files: Sequence[DetectedFile]) -> Section:
    """What indexes say against packages that are required directly: one row for each, with the files, unsafe ones first."""
    found: dict[tuple[str, Adverse, str | None], dict[str, None]] = {}
    for path, one in ((file.path, one) for file in files for one in file.packages):
        if one.status is not None:
            found.setdefault((one.package, one.status, one.reason), {})[path] = None
    rows = tuple(
        f"- **{status.capitalize()}:** {describe_adverse(package, status, reason)}; required in {_files(tuple(paths))}"
        for (package, status, reason), paths in sorted(found.items(), key=lambda one: _gravity(one[0][1], one[0][0]))
    )
    return Section(head="## Archived, deprecated or quarantined", blocks=(Block(rows=rows),))


def _gravity(status: Adverse, package: str) -> tuple[bool, str]:
    return status is not Adverse.QUARANTINED, package


# --- pull requests --------------------------------------------------------------------------------


def opened(facts: Facts, place: Place) -> Section:
    free = [one for one in facts.open if not one.mover]
    rows = (
        *(_open_row(one, place) for one in facts.open),
        *place.closing("Rebuild all of them on the current base", "rebase-all", len(free)),
    )
    said = "\n\nA tick rebuilds the branch on the current base." if place.has_boxes and free else ""
    return Section(head=f"## Open{said}", blocks=(Block(rows=rows),))


def _open_row(one: OpenRow, place: Place) -> str:
    link = place.link(one.number, escape(one.title))
    if one.mover:
        # A tick among many is no way to take back somebody's commits.
        return f"- {link}: left alone, {code(one.mover)} has moved its branch (`/lockbot rebase` there takes it back)"
    return place.row(link, "rebase", one.branch)


def waiting(facts: Facts, place: Place) -> Section:
    rows = (
        *(place.row(f"{escape(one.title)}: {escape_lines(one.why)}", "open", one.branch) for one in facts.waiting),
        *place.closing("Open all of them now", "open-all", len(facts.waiting)),
    )
    young = [one for one in facts.held_back if one.until is not None]
    head = "| Package | Newer | Old enough |\n| --- | --- | --- |\n"
    aged = tuple(f"| {escape(one.package)} | {_step(one)} | {_moment(one.until)} |" for one in young)
    said = "\n\nA tick opens it now, whatever it waits for." if place.has_boxes and facts.waiting else ""
    return Section(head=f"## Waiting{said}", blocks=(Block(rows=rows), Block(head=head, rows=aged)))


def _step(one: HeldBack) -> str:
    return f"{code(one.current)} → {code(one.latest)}"


def _moment(until: float | None) -> str:
    return datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d %H:%M UTC") if until is not None else ""


def closed(rows: Sequence[ClosedRow], place: Place) -> Section:
    said = "\n\nThese were closed without being merged. A tick proposes them again." if place.has_boxes else ""
    told = (place.row(place.link(one.number, escape(one.title)), "recreate", one.branch) for one in rows)
    return Section(head=f"## Closed by people{said}", blocks=(Block(rows=tuple(told)),))


# --- what people said -----------------------------------------------------------------------------


def people(ignored: Iterable[IgnoredRow], paused: str | None, place: Place) -> Section:
    rows = [place.row(_ignored_text(one, place), "unignore", one.package) for one in ignored]
    if paused is not None:
        by = f" by {code(paused)}" if paused else ""
        rows.insert(0, place.row(f"**Paused**{by}: no pull request is opened or rebuilt", "resume"))
    said = "\n\nA tick takes it back." if place.has_boxes else ""
    return Section(head=f"## Ignored and paused{said}", blocks=(Block(rows=tuple(rows)),), mark=PEOPLE)


def _ignored_text(one: IgnoredRow, place: Place) -> str:
    by = f", by {code(one.by)}" if one.by else ""
    where = f" in {place.link(one.number, f'pull request {one.number}')}" if one.number is not None else ""
    return f"{escape(one.package)}: {escape(one.what)}{by}{where}"


# --- what stays -----------------------------------------------------------------------------------


def held_back(rows: Iterable[HeldBack]) -> Section:
    """What is only too young waits."""
    told = [one for one in rows if one.until is None]
    head = "| Package | Newer | Because |\n| --- | --- | --- |\n"
    table = tuple(f"| {escape(one.package)} | {_step(one)} | {_reason(one.reason)} |" for one in told)
    return Section(head="## Held back", blocks=(Block(head=head, rows=table),))


def _reason(reason: str) -> str:
    """A derivation inside a table cell, line by line."""
    return escape_lines("\n".join(line.removeprefix("- ") for line in shorten(reason).splitlines()))


def left_alone(facts: Facts) -> Section:
    """Files with one reason stand together."""
    rows = tuple(_left_rows(facts.left_alone))
    if facts.unread:
        rows += (f"- {_files(facts.unread)}: requirements in a form that lockbot does not read",)
    return Section(head="## Left alone", blocks=(Block(rows=rows),))


def _left_rows(rows: Sequence[LeftAlone]) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    for one in rows:
        by_reason.setdefault(one.reason, []).append(one.path)
    for reason, paths in by_reason.items():
        yield f"- {_files(paths)}: {escape_lines(reason)}"


def _files(paths: Sequence[str]) -> str:
    shown = ", ".join(code(path) for path in paths[:_NAMED])
    return shown + (f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else "")
