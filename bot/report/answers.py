"""Short answers on pull requests. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.ports.run import BranchName, Problem
from bot.report.markdown import code, escape
from bot.report.problems import describe_problem

#: Marks what is said once only on a pull request.
RETIRED_MARK = "<!-- lockbot: retired -->"
#: Marks the comment that says whose the branch is; it is edited when that changes.
BRANCH_MARK = "<!-- lockbot: branch -->"
#: Beside it while the branch is left alone.
AWAY_MARK = "<!-- lockbot: away -->"

#: So many base branches are named.
_BASES = 5


def retired(base: BranchName) -> str:
    return f"Nothing is left to do here: {code(base)} has all of this already, or it no longer applies.\n{RETIRED_MARK}"


def retired_as_ignored(package: str) -> str:
    return f"Nothing is left to do here: {code(package)} is ignored.\n{RETIRED_MARK}"


def disabled() -> str:
    return f"lockbot is switched off for this repository (`enabled` in its configuration).\n{RETIRED_MARK}"


def other_base(former: BranchName, default: BranchName, kept: Collection[BranchName]) -> str:
    """``kept``: the branches that updates are proposed for."""
    why = (
        f"the default branch is {code(default)} now"
        if list(kept) == [default]
        else f"updates are proposed for {', '.join(map(code, sorted(kept)[:_BASES]))} now"
        if kept
        else "no branch matches `baseBranchPatterns` now"
    )
    return (
        f"This was made for {code(former)}, and {why}. What is to be done there comes in "
        f"pull requests of its own.\n{RETIRED_MARK}"
    )


def left_alone(who: str) -> str:
    """``who`` is an account, or the name that a commit bears."""
    return (
        f"{code(who)} has moved this branch, so I stay away from it: I neither rebuild nor close it. "
        f"`/lockbot rebase` makes me build it anew; the commits that are on it are replaced then."
        f"\n{BRANCH_MARK}\n{AWAY_MARK}"
    )


def left_alone_for_good(who: str, base: BranchName) -> str:
    return (
        f"{code(who)} has moved this branch, so I stay away from it. Of what I proposed nothing is left to do: "
        f"{code(base)} has it already, or it no longer applies. Close this when the other commits are done "
        f"with.\n{BRANCH_MARK}\n{AWAY_MARK}"
    )


def taken_back(who: str | None) -> str:
    """``who`` None: it is not known any more."""
    whose = "The commits of others" if who is None else f"The commits of {code(who)}"
    return f"{whose} were replaced by `/lockbot rebase`: I look after this branch again.\n{BRANCH_MARK}"


def follows(number: int) -> str:
    """GitHub makes a link of it, on both sides."""
    return f"In place of #{number}, which was closed."


def in_use(number: int, base: BranchName) -> str:
    return f"I can't rebuild this branch: #{number} uses it for {code(base)}, which is not the default branch."


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
