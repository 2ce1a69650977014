"""Where a repository's dashboard is, and what it remembers: looked up once in a job, written at its end."""

from __future__ import annotations

from dataclasses import dataclass

from bot.ports.forge import ForgeForbidden, ForgeRejected, Survey
from bot.report.dashboard.dashboard import no_issues, no_permission
from bot.work.dashboard.as_check import write_check
from bot.work.dashboard.facts import Findings
from bot.work.dashboard.issue import Dashboard, Home, find_dashboard, write_dashboard
from bot.work.dashboard.state import DashboardState


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """``dashboard`` None: there is none yet, or there can be none; ``absent`` says why then, as a sentence."""

    home: Home
    dashboard: Dashboard | None = None
    absent: str = ""

    @property
    def state(self) -> DashboardState:
        return DashboardState() if self.dashboard is None else self.dashboard.state

    @property
    def number(self) -> int | None:
        """Of the issue, where there is an open one to lead to."""
        return self.dashboard.number if self.dashboard is not None and self.dashboard.is_open else None


def find_board(home: Home, *, has_issues: bool, seen: Survey | None = None) -> Board:
    """At the price of one request at most, of none where it was ``seen`` a moment ago."""
    if not has_issues:
        return Board(home=home, absent=no_issues())
    if seen is not None and not seen.may_read_issues:
        return Board(home=home, absent=no_permission())
    try:
        return Board(home=home, dashboard=find_dashboard(home, seen.issue if seen is not None else None))
    except ForgeForbidden:
        return Board(home=home, absent=no_permission())


def write_board(board: Board, findings: Findings) -> str:
    """As an issue, or as a check run where there can be none; a clause for the log. What the forge refuses is left: a
    repository gets its updates without being told of them as well."""
    try:
        return _write(board, findings)
    except (ForgeForbidden, ForgeRejected) as error:
        return f"dashboard refused: {error}"


def _write(board: Board, findings: Findings) -> str:
    if board.absent:
        return write_check(board.home.forge, findings, board.absent)
    try:
        return write_dashboard(board.home, board.dashboard, findings)
    except ForgeForbidden:
        # Issues may be read and not written.
        return write_check(board.home.forge, findings, no_permission())
