"""Short answers that lockbot gives on pull requests and in check runs: all of their wording. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.ports.run import BranchName, Problem

#: Marks an answer that is given once only on a pull request.
NO_PERMISSION_MARK = "<!-- lockbot: no permission -->"
RETIRED_MARK = "<!-- lockbot: retired -->"

CONFIG_CHECK = "lockbot configuration"
PROBLEMS_CHECK = "lockbot"
FAILURE_CHECK = "lockbot failure"

#: More rows than this help nobody.
_MOST_ROWS = 50


def no_permission() -> str:
    return f"Only people with write access to this repository can give me commands.\n{NO_PERMISSION_MARK}"


def retired(base: BranchName) -> str:
    return f"Nothing is left to do here: `{base}` has all of this already, or it no longer applies.\n{RETIRED_MARK}"


def disabled() -> str:
    return f"lockbot is switched off for this repository (`enabled` in its configuration).\n{RETIRED_MARK}"


def up_to_date(base: BranchName) -> str:
    return f"Solved again: this branch is what I would propose on the current `{base}`, so there is nothing to change."


def can_not(problems: Sequence[Problem]) -> str:
    if not problems:
        return "I could not solve this again just now; I will try at the next run."
    return f"I could not solve this again: {describe_problem(problems[0])}"


def command_refused(reason: str) -> str:
    return f"I can't do this: {reason}"


def command_given_up(reason: str) -> str:
    return f"I have tried several times and give up: {reason}. Give me the command again to make me try once more."


def command_failed(reference: str) -> str:
    return f"I could not finish this: I failed unexpectedly. {_for_the_operator(reference)}"


def failure_title() -> str:
    return "lockbot failed unexpectedly"


def failure_summary(reference: str) -> str:
    return f"This is no fault of the repository's: its updates wait for the next run. {_for_the_operator(reference)}"


def _for_the_operator(reference: str) -> str:
    return f"Whoever runs lockbot finds the cause in its log under `{reference}`."


def describe_problem(problem: Problem) -> str:
    place = f"`{problem.path}`" + (f", line {problem.line}" if problem.line else "") + ": " if problem.path else ""
    return f"{place}{problem.message}" + (f" ({problem.hint})" if problem.hint else "")


def config_title(problems: Sequence[Problem]) -> str:
    return f"{problems[0].path} can't be used: {len(problems)} problem{'s' if len(problems) > 1 else ''}"


def config_summary(problems: Sequence[Problem], *, fallback: str | None) -> str:
    """``fallback`` is the commit whose configuration stays in force."""
    force = (
        f"Until it is corrected, the configuration of {fallback} stays in force."
        if fallback
        else "Until it is corrected, lockbot proposes nothing."
    )
    return f"{_rows(problems)}\n\n{force}"


def problems_title(problems: Sequence[Problem]) -> str:
    return "1 problem" if len(problems) == 1 else f"{len(problems)} problems"


def problems_summary(problems: Sequence[Problem]) -> str:
    return f"{_rows(problems)}\n\nThe rest of the repository gets its updates."


def _rows(problems: Sequence[Problem]) -> str:
    rows = [f"* {describe_problem(one)}" for one in problems[:_MOST_ROWS]]
    if len(problems) > _MOST_ROWS:
        rows.append(f"* and {len(problems) - _MOST_ROWS} more")
    return "\n".join(rows)
