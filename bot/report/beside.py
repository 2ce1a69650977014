"""Other bots that update the same files: what doubles, and how to end it."""

from __future__ import annotations

from collections.abc import Callable

from bot.ports.run import OtherBot
from bot.report.markdown import code

_FILES = 3


def describe_other_bot(one: OtherBot, shown: Callable[[str], str] = str) -> str:
    """Two sentences; ``shown`` spells paths and code."""
    files = [shown(path) for path in one.manages[:_FILES]]
    more = len(one.manages) - _FILES
    listed = ", ".join(files) + (f" and {more} more" if more > 0 else "")
    return (
        f"{one.name} updates {listed} too ({shown(one.path)}), so that every update is proposed twice. "
        f"To leave that to lockbot, {one.remedy}."
    )


def tell_other_bot(one: OtherBot) -> str:
    """The comment, once for a repository."""
    return f"{describe_other_bot(one, code)} I say this once.\n{beside_mark(one.path)}"


def beside_mark(path: str) -> str:
    """Marks the comment that tells of the bot with this configuration."""
    return f"<!-- lockbot: beside {path} -->"
