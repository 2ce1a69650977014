"""One problem of a repository, as Markdown."""

from __future__ import annotations

from bot.ports.run import BranchName, Problem


def describe_problem(problem: Problem) -> str:
    place = f"`{problem.path}`" + (f", line {problem.line}" if problem.line else "") + ": " if problem.path else ""
    return f"{place}{problem.message}" + (f" ({problem.hint})" if problem.hint else "")


def refused_branch(branch: BranchName, reason: str) -> Problem:
    """The repository's rules keep a proposal from being published; ``reason`` is what the forge says."""
    return Problem(
        message=f"branch {branch} could not be published: {reason}",
        hint="let the App make this branch and its pull request, or name the packages in ignoreDeps",
    )
