"""One problem of a repository, as Markdown."""

from __future__ import annotations

from datetime import datetime

from bot.ports.run import BranchName, Problem
from bot.report.markdown import code, escape, escape_lines


def describe_problem(problem: Problem) -> str:
    """Its message and hint hold words of the repository, of packages and of servers, and stay text."""
    place = f"{code(problem.path)}{f', line {problem.line}' if problem.line else ''}: " if problem.path else ""
    return f"{place}{escape_lines(problem.message)}" + (f" ({escape(problem.hint)})" if problem.hint else "")


def refused_branch(branch: BranchName, reason: str) -> Problem:
    """The repository's rules keep a proposal from being published; ``reason`` is what the forge says."""
    return Problem(
        message=f"branch {branch} could not be published: {reason}",
        hint="let the App make this branch and its pull request, or name the packages in ignoreDeps",
    )


def foreign_branch(branch: BranchName, who: str) -> Problem:
    """A branch of the name that a proposal needs is not lockbot's."""
    return Problem(
        message=f"branch {branch} is not lockbot's ({who} has put commits there), so its proposal is not made",
        hint="rename or delete the branch, or set branchPrefix",
    )


def shared_branch(branch: BranchName, number: int, base: str) -> Problem:
    """An open pull request uses the branch for another base."""
    return Problem(
        message=f"branch {branch} is used by pull request {number} for {base}, so its proposal is not made",
        hint="close the pull request, or set its base to the default branch",
    )


def lasting_ignorance(reason: str, since: datetime) -> Problem:
    """Known vulnerabilities can't be looked up for so long that people should know."""
    return Problem(
        message=f"since {since:%Y-%m-%d %H:%M} UTC security updates may be missing: {reason}",
        hint="whoever runs lockbot finds more in its log",
    )
