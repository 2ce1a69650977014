"""What ``lockbot run`` shows on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.ports.run import BranchName, HeldBack, Problem, Proposal, PythonPlace, RunReport
from bot.printable import printable, printable_lines
from bot.report.beside import describe_other_bot
from bot.report.cut import shorten
from bot.report.nothing import nothing_to_propose
from bot.report.screen import Column, Row, Screen, render_rows

_UPDATES = 12

_PROPOSALS = (
    Column(head="Branch"),
    Column(head="Proposal", flows=True, least=20),
    Column(head="Updates"),
    Column(head="In locks"),
    Column(head="Files"),
)
_HELD_BACK = (
    Column(head="Package"),
    Column(head="Locked"),
    Column(head="Newest"),
    Column(head="Because", flows=True, least=30),
)
_PYTHONS = (
    Column(head="Place", flows=True, least=20),
    Column(head="Says"),
    Column(head="But", flows=True, least=20),
)


def render_report(
    report: RunReport, outcomes: Mapping[BranchName, str], screen: Screen, only: str | None = None
) -> Iterator[str]:
    """The plan: proposals with their branches, and what is held back. Problems are ``problem_line``'s."""
    if report.proposals:
        yield f"From {report.base[:12]}"
        yield ""
        yield from render_rows(_PROPOSALS, [_proposal(one, outcomes) for one in report.proposals], screen)
    else:
        yield nothing_to_propose(report, only)
    if report.held_back:
        yield ""
        yield "Held back"
        yield ""
        yield from render_rows(_HELD_BACK, [_held_back(one) for one in report.held_back], screen)
    drifting = find_drift(report.pythons)
    if drifting:
        yield ""
        yield "Python, said differently"
        yield ""
        yield from render_rows(_PYTHONS, [_python(one) for one in drifting], screen)
    if report.left_alone:
        yield ""
        yield from (printable(f"left alone: {file.path} ({file.reason})") for file in report.left_alone)
    if report.other_bots:
        yield ""
        yield from map(printable, map(describe_other_bot, report.other_bots))


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


def problem_line(problem: Problem) -> str:
    """``file:line: message (hint)``, nothing of which moves the cursor or hides."""
    place = ":".join(str(part) for part in (problem.path, problem.line) if part is not None)
    hint = f" ({problem.hint})" if problem.hint else ""
    return printable_lines(f"{place}: {problem.message}{hint}" if place else f"{problem.message}{hint}")


def timing_lines(timings: Mapping[str, float]) -> Iterator[str]:
    """How long each stage took."""
    for stage, seconds in timings.items():
        yield f"{stage}: {seconds:.2f} s"


def _proposal(proposal: Proposal, outcomes: Mapping[BranchName, str]) -> Row:
    outcome = outcomes.get(proposal.branch)
    count = len({change.package for change in proposal.lock_changes})
    return (
        f"{proposal.branch}\n({outcome})" if outcome else proposal.branch,
        proposal.title,
        "\n".join(_updates(proposal)),
        f"{count} package{'' if count == 1 else 's'}",
        "\n".join(change.path for change in proposal.files),
    )


def _updates(proposal: Proposal) -> Sequence[str]:
    rows = list(dict.fromkeys((row.package, row.before, row.after) for row in proposal.updates))
    shown = [f"{name} {before} → {after}" if before else f"{name} {after}" for name, before, after in rows[:_UPDATES]]
    return [*shown, f"and {len(rows) - _UPDATES} more"] if len(rows) > _UPDATES else shown


def _held_back(row: HeldBack) -> Row:
    return row.package, row.current, row.latest, shorten(row.reason)
