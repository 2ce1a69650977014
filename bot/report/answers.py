"""Short answers on pull requests. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.ports.run import BranchName, Problem
from bot.report.markdown import code, escape
from bot.report.problems import describe_problem

#: Marks an answer that is given once only on a pull request.
NO_PERMISSION_MARK = "<!-- lockbot: no permission -->"
RETIRED_MARK = "<!-- lockbot: retired -->"

#: Who may give commands that need the right to write.
WRITERS = "people with write access to this repository"


def answer_mark(comment: int) -> str:
    """Marks the answer to one comment."""
    return f"<!-- lockbot: answer to {comment} -->"


def no_permission(who: str) -> str:
    return f"Only {who} can give me commands.\n{NO_PERMISSION_MARK}"


def retired(base: BranchName) -> str:
    return f"Nothing is left to do here: {code(base)} has all of this already, or it no longer applies.\n{RETIRED_MARK}"


def disabled() -> str:
    return f"lockbot is switched off for this repository (`enabled` in its configuration).\n{RETIRED_MARK}"


def up_to_date(base: BranchName) -> str:
    return (
        f"Solved again: this branch is what I would propose on the current {code(base)}, so there is nothing to change."
    )


def can_not(problems: Sequence[Problem]) -> str:
    if not problems:
        return "I could not solve this again just now; I will try at the next run."
    return f"I could not solve this again: {describe_problem(problems[0])}"


def command_refused(reason: str) -> str:
    return f"I can't do this: {escape(reason)}"


def command_given_up(reason: str) -> str:
    return (
        f"I have tried several times and give up: {escape(reason)}. Give me the command again to make me try once more."
    )


def command_failed(reference: str) -> str:
    return f"I could not finish this: I failed unexpectedly. {for_the_operator(reference)}"


def for_the_operator(reference: str) -> str:
    return f"Whoever runs lockbot finds the cause in its log under {code(reference)}."
