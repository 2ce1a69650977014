"""What ``lockbot run`` shows on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.ports.run import BranchName, HeldBack, Problem, Proposal, RunReport
from bot.printable import printable, printable_lines
from bot.report.pull_request import shorten


def render_report(
    report: RunReport, outcomes: Mapping[BranchName, str], only: str | None = None
) -> Iterator[RenderableType]:
    """The plan as tables: proposals with their branches, what is held back, what is wrong."""
    if report.proposals:
        yield _proposal_table(report, outcomes)
    elif only is not None:
        yield Text(f"Nothing to propose under the name {only!r}.")
    else:
        yield Text("Nothing to propose: everything is as new as its requirements and each other allow.")
    if report.held_back:
        yield _held_table(report.held_back)
    for file in report.left_alone:
        yield Text(printable(f"left alone: {file.path} ({file.reason})"), style="dim")
    for problem in report.problems:
        yield Text(problem_line(problem), style="yellow")


def problem_line(problem: Problem) -> str:
    """``file:line: message (hint)``, nothing of which moves the cursor or hides."""
    place = ":".join(str(part) for part in (problem.path, problem.line) if part is not None)
    hint = f" ({problem.hint})" if problem.hint else ""
    return printable_lines(f"{place}: {problem.message}{hint}" if place else f"{problem.message}{hint}")


def _proposal_table(report: RunReport, outcomes: Mapping[BranchName, str]) -> Table:
    table = Table("Branch", "Proposal", "Updates", "Packages in locks", "Files", title=f"From {report.base[:12]}")
    for proposal in report.proposals:
        table.add_row(
            _plain(f"{proposal.branch}\n{outcomes.get(proposal.branch, '')}".rstrip()),
            _plain(proposal.title),
            _plain("\n".join(_updates(proposal))),
            str(len({change.package for change in proposal.lock_changes})),
            _plain("\n".join(printable(change.path) for change in proposal.files)),
        )
    return table


def _updates(proposal: Proposal) -> Iterator[str]:
    rows = dict.fromkeys((row.package, row.before, row.after) for row in proposal.updates)
    for shown, (package, before, after) in enumerate(rows):
        if shown == 12:
            yield f"and {len(rows) - shown} more"
            return
        yield f"{package} {before} → {after}" if before else f"{package} {after}"


def _held_table(rows: tuple[HeldBack, ...]) -> Table:
    table = Table("Held back", "Locked", "Newest", "Because")
    for row in rows:
        table.add_row(*map(_plain, (row.package, row.current, row.latest, shorten(row.reason))))
    return table


def _plain(text: str) -> Text:
    """What comes from outside: never read as markup, and nothing in it that a terminal obeys."""
    return Text(printable_lines(text))
