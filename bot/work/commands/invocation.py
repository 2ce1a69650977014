"""One command that somebody gave in a comment on a pull request, and how it is answered."""

from __future__ import annotations

from dataclasses import dataclass

from bot.events import CommandJob
from bot.ports.forge import AppIdentity, Forge, Reaction
from bot.report.answers import answer_mark
from bot.work.job import JobPorts
from bot.work.publishing.target import comment_once


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """``identity`` is the App's, whose pull request it is."""

    ports: JobPorts
    job: CommandJob
    forge: Forge
    identity: AppIdentity

    def react(self, reaction: Reaction) -> None:
        self.forge.react(self.job.comment, reaction)

    def say_once(self, text: str, mark: str) -> None:
        """``mark`` stands in the text, and in no other."""
        comment_once(self.forge, self.identity, self.job.number, text, mark)

    def answer(self, text: str) -> None:
        """Once for the comment, however often the job runs."""
        mark = answer_mark(self.job.comment)
        self.say_once(f"{text}\n{mark}", mark)

    def decline(self, text: str) -> None:
        self.answer(text)
        self.react(Reaction.CONFUSED)
