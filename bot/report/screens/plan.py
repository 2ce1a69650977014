"""The plan of ``lockbot run``: what is proposed, what stays behind, and what is not as people think."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from bot.ports.run import BranchName, LeftAlone, Proposal, PythonPlace, RunReport
from bot.printable import printable
from bot.report.beside import describe_other_bot
from bot.report.nothing import nothing_to_propose
from bot.report.screens.held_back import render_held_back
from bot.report.screens.moves import move_lines
from bot.report.screens.rows import Column, Row, render_rows
from bot.report.screens.screen import Screen, flow

#: How many are named.
_UPDATES, _FILES, _LEFT = 12, 8, 3
_LABEL = 10
_PYTHONS = (
    Column(head="Place", flows=True, least=20),
    Column(head="Says"),
    Column(head="But", flows=True, least=20),
)


def render_plan(
    report: RunReport, outcomes: Mapping[BranchName, str], screen: Screen, only: str | None = None
) -> Iterator[str]:
    """Proposals with their branches, and what is held back. Problems are ``problem_line``'s."""
    if report.proposals:
        yield _summary(report)
    else:
        yield from flow(nothing_to_propose(report, only), screen)
    yield from _affected(report, screen)
    for one in report.proposals:
        yield ""
        yield from _proposal(one, outcomes.get(one.branch), screen)
    if report.held_back:
        yield from ("", screen.strong("Held back"), "")
        yield from render_held_back(report.held_back, screen)
    drifting = find_drift(report.pythons)
    if drifting:
        yield from ("", screen.strong("Python, said differently"), "")
        yield from render_rows(_PYTHONS, [_python(one) for one in drifting], screen)
    if report.left_alone:
        yield from ("", screen.strong("Left alone"), "")
        yield from _left_alone(report.left_alone, screen)
    for bot in report.other_bots:
        yield ""
        yield from flow(describe_other_bot(bot), screen)


def _summary(report: RunReport) -> str:
    counts = (
        (len(report.proposals), "proposal", "proposals"),
        (len(report.held_back), "held back", "held back"),
        (len(report.problems), "problem", "problems"),
    )
    told = ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts if count)
    return f"From {report.base[:12]}: {told}"


def _affected(report: RunReport, screen: Screen) -> Iterator[str]:
    """What is known to be vulnerable, and no proposal leaves."""
    rows = [row for row in report.security if row.branch is None and not row.is_accepted]
    if rows:
        yield from ("", screen.alarm("Stays affected"), "")
    for row in rows:
        known = ", ".join(one.id for one in row.advisories)
        yield from flow(f"{row.package} {row.version} ({row.unit}): {known}", screen, "  ", "    ")
        yield from flow(row.reason or "", screen, "    ") if row.reason else ()


# --- proposals ------------------------------------------------------------------------------------


def _proposal(proposal: Proposal, outcome: str | None, screen: Screen) -> Iterator[str]:
    lines = flow(proposal.title, screen)
    says_so = "security" in proposal.title.lower()
    mark = screen.alarm("  security") if proposal.is_security and not says_so else ""
    yield screen.strong(next(lines)) + mark
    yield from map(screen.strong, lines)
    branch = f"{proposal.branch} ({outcome})" if outcome else proposal.branch
    yield from _entry("branch", [branch], screen)
    yield from _entry("leaves", [one.id for one in proposal.advisories], screen)
    yield from _moves(proposal, screen)
    yield from _entry(
        "places", [f"{one.path}:{one.line} {one.before} → {one.after}" for one in proposal.places], screen
    )
    yield from _entry("files", [one.path for one in proposal.files], screen)
    yield from _stays(proposal.left, screen)


def _entry(label: str, texts: Sequence[str], screen: Screen) -> Iterator[str]:
    """The texts side by side as far as they fit; none of them is broken."""
    shown = [printable(text) for text in dict.fromkeys(texts)]
    if len(shown) > _FILES:
        shown = [*shown[: _FILES - 1], f"and {len(shown) - _FILES + 1} more"]
    rows: list[str] = []
    for text in shown:
        if rows and (screen.width is None or len(rows[-1]) + len(text) + 2 <= screen.width - _LABEL):
            rows[-1] += f", {text}"
        else:
            rows.append(text)
    for at, row in enumerate(rows):
        is_last = at == len(rows) - 1
        yield _label(label if at == 0 else "", screen) + (row if is_last else f"{row},")


def _stays(left: Sequence[LeftAlone], screen: Screen) -> Iterator[str]:
    """What would have had to move along, and why it does not."""
    shown = left if len(left) <= _FILES else left[: _FILES - 1]
    rows = [f"{one.path}: {one.reason}" for one in shown]
    if len(left) > len(shown):
        rows.append(f"and {len(left) - len(shown)} more")
    for at, row in enumerate(rows):
        first, *rest = flow(row, screen, " " * _LABEL, " " * (_LABEL + 2))
        yield _label("" if at else "stays", screen) + first[_LABEL:]
        yield from rest


def _label(text: str, screen: Screen) -> str:
    return f"  {screen.faint(text)}{' ' * (_LABEL - 2 - len(text))}"


def _moves(proposal: Proposal, screen: Screen) -> Iterator[str]:
    rows = list({(row.package, row.before, row.after): row for row in proposal.updates}.values())
    shown = rows if len(rows) <= _UPDATES else rows[: _UPDATES - 1]
    lines = list(move_lines(shown, screen, _LABEL))
    if len(rows) > len(shown):
        lines.append(f"and {len(rows) - len(shown)} more")
    others = {one.package for one in proposal.lock_changes} - {row.package for row in rows}
    if others:
        lines.append(f"{'and ' if rows else ''}{len(others)} indirect package{'' if len(others) == 1 else 's'}")
    for at, line in enumerate(lines):
        yield _label("" if at else "moves", screen) + line


# --- the rest -------------------------------------------------------------------------------------


def find_drift(places: Sequence[PythonPlace]) -> Sequence[PythonPlace]:
    """What is used of Python and what bounds it, where the places don't agree; else what contradicts a bound."""
    used = [one for one in places if one.role == "pin"]
    if len({_series(one.version) for one in used}) > 1:
        return [one for one in places if one.role in ("pin", "bound") or one.warning]
    return [one for one in places if one.warning]


def _series(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _python(place: PythonPlace) -> Row:
    return f"{place.path}:{place.line}", place.shown, place.warning or ""


def _left_alone(files: Sequence[LeftAlone], screen: Screen) -> Iterator[str]:
    """A few files of each reason: who wants all of them reads ``--json``."""
    for reason, count in Counter(one.reason for one in files).items():
        paths = [one.path for one in files if one.reason == reason][: _LEFT if count > _LEFT + 1 else count]
        rest = f" and {count - len(paths)} more" if count > len(paths) else ""
        yield from flow(f"{reason}: {', '.join(paths)}{rest}", screen, "  ", "    ")
