"""How people hear of what became of their orders: a reaction, one comment that is edited in place, boxes without ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from bot.events.jobs import CommandJob
from bot.orders import clear_boxes
from bot.ports.forge import AppIdentity, Comment, Forge, Reaction
from bot.report import commands as words
from bot.work.commands.command import Place
from bot.work.dashboard.issue import Home, change_state
from bot.work.job import JobPorts, find_home
from bot.work.publishing.target import comment_once


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerer:
    """Answers what one job was ordered; all of it may be done again."""

    forge: Forge
    home: Home
    identity: AppIdentity
    job: CommandJob

    @classmethod
    def make(cls, ports: JobPorts, job: CommandJob) -> Self:
        forge = ports.app.open_repository(job.repository)
        return cls(forge=forge, home=find_home(ports, forge), identity=ports.app.get_identity(), job=job)

    def react(self, reaction: Reaction) -> None:
        """A box has no place for one: it is answered by losing its tick."""
        if self.job.comment is not None:
            self.forge.react(self.job.comment, reaction)

    def say_once(self, text: str, mark: str) -> None:
        """``mark`` stands in the text, and in no other."""
        comment_once(self.forge, self.identity, self.job.number, text, mark)

    def answer(self, told: Sequence[words.Told], listed: str | None) -> None:
        """``listed``: the commands that there are, for who ordered something unknown and was not shown them here before."""
        if listed is None and not any(one.text for one in told):
            return
        mark = words.answer_mark(self.job.comment)
        said = [one for one in self.forge.list_comments(self.job.number) if one.author == self.identity.login]
        old = next((one for one in said if mark in one.body), None)
        if listed is not None:
            told = _shown(told, listed, [one for one in said if one != old])
        # Of ticked boxes only the last answer is kept.
        before = old.body if old is not None and self.job.comment is not None else ""
        text = words.render_answer(mark, told, before, self.forge.limits.body)
        if text is None:
            return
        if old is None:
            self.forge.comment(self.job.number, text)
        elif old.body.split() != text.split():
            self.forge.edit_comment(old.id, text)

    def clear_boxes(self, place: Place) -> None:
        """Take away the ticks of the boxes that the job is about."""
        if self.job.comment is not None:
            return
        if place is Place.DASHBOARD:
            change_state(self.home, lambda state: state, self.job.given)
            return
        body = self.forge.get_pull_request(self.job.number).body
        if (cleared := clear_boxes(body, self.job.given)) != body:
            self.forge.edit_pull_request(self.job.number, body=cleared)


def _shown(told: Sequence[words.Told], listed: str, others: Sequence[Comment]) -> Sequence[words.Told]:
    """With the list behind the last one; where it stands in another answer already nothing more is said of one order."""
    if not any(words.LIST_MARK in one.body for one in others):
        return [*told[:-1], replace(told[-1], text=f"{told[-1].text or 'done.'}\n\n{listed}")]
    return told if len(told) > 1 else [replace(told[0], text=None)]
