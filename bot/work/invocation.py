"""One command that somebody gave in a comment on a pull request, and how it is answered."""

from __future__ import annotations

from dataclasses import dataclass

from bot.events import CommandJob
from bot.ports.forge import Reaction
from bot.report.answers import answer_mark
from bot.work.job import JobPorts
from bot.work.target import Target, comment_once


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """``target`` has the pull request's base branch and no commit: a command looks for itself."""

    ports: JobPorts
    job: CommandJob
    target: Target

    def react(self, reaction: Reaction) -> None:
        self.target.forge.react(self.job.comment, reaction)

    def answer(self, text: str) -> None:
        """Once for the comment, however often the job runs."""
        mark = answer_mark(self.job.comment)
        comment_once(self.target, self.job.number, f"{text}\n{mark}", mark)

    def decline(self, text: str) -> None:
        self.answer(text)
        self.react(Reaction.CONFUSED)
