"""One problem of a repository, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.ports.run import BranchName, Problem
from bot.report.markdown import code, escape, escape_lines

#: So many accounts are named.
_NAMED = 10


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


def refused_people(number: int, names: Sequence[str]) -> Problem:
    """Whom the forge does not let assign, or ask for a review."""
    listed = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    return Problem(
        message=f"pull request {number} was opened without asking {listed}: GitHub refuses",
        hint="only people and teams with access to the repository can be assigned or asked: see assignees, reviewers and "
        "CODEOWNERS",
    )


def refused_method(number: int, strategy: str) -> Problem:
    """The repository does not let pull requests be merged so."""
    return Problem(
        message=f"pull request {number} is not merged: the repository does not let it be merged by {strategy}",
        hint="set automergeStrategy to auto, or let the repository do so in its settings",
    )


def refused_merge(number: int, reason: str) -> Problem:
    """It was to be merged by itself, and the forge does not let it; ``reason`` is what it says."""
    return Problem(
        message=f"pull request {number} is not merged: {reason}",
        hint="merge it yourself, or let the App do so: its permissions, and the rules of the branch",
    )


def lacks_permissions(names: Sequence[str]) -> tuple[Problem, ...]:
    """What the App asks for and the account has not accepted; what needs none of it goes on."""
    if not names:
        return ()
    return (
        Problem(
            message=f"the App has not been granted {', '.join(names)}: what needs that is left out",
            hint="accept its new permissions where the account's installed GitHub Apps are listed",
        ),
    )
