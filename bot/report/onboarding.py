"""The pull request that brings a repository its first configuration, and shows what would follow from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.ports.run import Problem, Proposal, RunReport, Suggestion
from bot.report.cut import shorten
from bot.report.markdown import code, details, escape, escape_lines, table
from bot.report.problems import describe_problem

TITLE = "Configure lockbot"
COMMIT_MESSAGE = "Add a configuration for lockbot\n"

_ROWS = 100
_PACKAGES = 6


def onboarding_body(report: RunReport, suggestion: Suggestion, *, edited: bool = False) -> str:
    """Markdown. ``edited``: people have changed the file on the branch, and the plan is the one for theirs."""
    parts = (
        _opening(suggestion),
        _found(report),
        _configuration(suggestion, edited=edited),
        *_broken(report),
        *_plan(report),
        *_rest(report),
        _foot(suggestion),
    )
    return "\n\n".join(parts) + "\n"


def _opening(suggestion: Suggestion) -> str:
    return (
        f"lockbot keeps the uv projects of this repository current. Merge this pull request, which adds "
        f"{code(suggestion.path)}, and it begins; until then it opens nothing else. Close it, and lockbot stays away."
    )


def _found(report: RunReport) -> str:
    rows = "\n".join(f"* {code(path)}" for path in report.found[:_ROWS])
    more = f"\n* and {len(report.found) - _ROWS} more" if len(report.found) > _ROWS else ""
    left = [f"* {code(one.path)}: {escape_lines(one.reason)}" for one in report.left_alone[:_ROWS]]
    beside = "\n\n" + details(f"Left alone: {len(report.left_alone)}", "\n".join(left)) if left else ""
    return f"### What was found\n\n{rows}{more}{beside}"


def _configuration(suggestion: Suggestion, *, edited: bool) -> str:
    parts = ["### The configuration", _origin(suggestion)]
    if edited:
        parts.append("People have changed the file on this branch; what follows is for theirs.")
    return "\n\n".join(parts)


def _origin(suggestion: Suggestion) -> str:
    if suggestion.source is not None and not suggestion.left:
        return f"All of {code(suggestion.source)} that is about Python came over."
    if suggestion.source is not None:
        return (
            f"It was translated from {code(suggestion.source)}. What did not come over:\n\n{_problems(suggestion.left)}"
        )
    if suggestion.left:
        return f"The usual one. What another bot goes by could not be translated:\n\n{_problems(suggestion.left)}"
    return "The usual one, as Renovate's users know it."


def _problems(problems: Sequence[Problem]) -> str:
    more = f"\n* and {len(problems) - _ROWS} more" if len(problems) > _ROWS else ""
    return "\n".join(f"* {describe_problem(one)}" for one in problems[:_ROWS]) + more


def _broken(report: RunReport) -> Iterator[str]:
    if report.config.problems:
        yield f"**The file can't be used as it is**, so nothing could be planned:\n\n{_problems(report.config.problems)}"


def _plan(report: RunReport) -> Iterator[str]:
    if report.config.problems:
        return
    yield "### What to expect"
    if not report.proposals and report.problems:
        yield "Nothing can be told yet: what could not be solved stands under the problems below."
        return
    if not report.proposals:
        yield "Nothing would be proposed now: everything is as new as its requirements and each other allow."
        return
    count = len(report.proposals)
    yield (f"{count} pull requests" if count > 1 else "One pull request") + " would follow" + _when(report) + ":"
    yield table(("Pull request", "What moves"), [_row(one) for one in report.proposals[:_ROWS]])


def _when(report: RunReport) -> str:
    if not report.config.schedule:
        return ""
    entries = ", ".join(map(code, report.config.schedule))
    return f" when the schedule has its turn ({entries}, {escape(report.config.timezone)})"


def _row(proposal: Proposal) -> Sequence[str]:
    moved = list(dict.fromkeys(one.package for one in proposal.updates))
    shown = ", ".join(escape(name) for name in moved[:_PACKAGES])
    more = f" and {len(moved) - _PACKAGES} more" if len(moved) > _PACKAGES else ""
    count = len(proposal.lock_changes)
    locked = f"{count} lock change{'s' if count > 1 else ''}" if count else ""
    return f"{escape(proposal.title)}<br>{code(proposal.branch)}", "<br>".join(
        one for one in (shown + more, locked) if one
    )


def _rest(report: RunReport) -> Iterator[str]:
    if report.held_back:
        rows = [
            (escape(one.package), f"{code(one.current)} → {code(one.latest)}", escape_lines(shorten(one.reason)))
            for one in report.held_back[:_ROWS]
        ]
        held = table(("Package", "Newer", "Held back because"), rows)
        yield details(f"Held back: {len(report.held_back)}", held)
    if report.problems and not report.config.problems:
        yield details(f"Problems: {len(report.problems)}", _problems(report.problems))


def _foot(suggestion: Suggestion) -> str:
    return (
        f"Change {code(suggestion.path)} on this branch if you want it otherwise: lockbot leaves the commit to you, and "
        "shows here what would follow. Comment `/lockbot rebase` to have its own file back."
    )
