"""Words of the status pages that also change while a page is looked at."""

from __future__ import annotations

from bot.ports.advisories import SecurityRow
from bot.report.pages.moments import ago, took

#: How a badge shows what became of a job.
TONES = {
    "done": "good",
    "waiting": "quiet",
    "put off": "warn",
    "refused": "warn",
    "given up": "bad",
    "set aside": "bad",
    "failed": "bad",
}

#: What people call the kinds of jobs.
KINDS = {
    "run": "Run",
    "command": "Command",
    "check": "Check of a pull request",
    "relock": "Relock",
    "closed": "Pull request closed",
    "merge": "Merge",
}


def tone(outcome: str) -> str:
    return TONES.get(outcome, "quiet")


def kind(name: str) -> str:
    return KINDS.get(name, name)


def activity(*, is_busy: bool, last: tuple[str, float, float] | None, now: float) -> str:
    """``last``: what the newest job came to, when it began and when it ended."""
    if is_busy:
        return "A job is under way."
    if last is None:
        return "No job has ended here yet."
    outcome, started, ended = last
    return f"Nothing is under way. The last job ended {ago(ended, now)}: {outcome}, after {took(ended - started)}."


def waiting(jobs: int, running: int) -> str:
    return f"{jobs} waiting, {running} running"


def security(row: SecurityRow) -> str:
    """What is done about a vulnerability."""
    if row.is_accepted:
        until = f" until {row.until}" if row.until else ""
        return f"Lived with{until}: {row.reason}" if row.reason else f"Lived with{until}"
    if row.branch is not None:
        return f"A proposal brings {row.after}" if row.after else "A proposal takes it out"
    return row.reason or "Nothing that mends it is known"
