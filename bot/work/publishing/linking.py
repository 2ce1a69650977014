"""Pull requests that were opened before there was a dashboard lead to it in the same run: the next one finds nothing to do."""

from __future__ import annotations

from collections.abc import Sequence

from bot.ports.forge import PullRequestEdit
from bot.ports.run import Proposal
from bot.work.publishing.outcome import Outcome, Published
from bot.work.publishing.target import Target
from bot.work.publishing.texts import State, find_changes


def is_without_link(done: Published) -> bool:
    return done.outcome is Outcome.OPENED and done.number is not None and done.head is not None


def lead_to_dashboard(target: Target, opened: Sequence[tuple[Proposal, Published]]) -> None:
    """``target`` knows the dashboard. What somebody wrote meanwhile stays."""
    edits = []
    for proposal, done in opened:
        assert done.number is not None, "it was opened"
        assert done.head is not None, "it was opened"
        now = target.forge.get_pull_request(done.number)
        changes = find_changes(target, proposal, now, State(head=done.head, built_on=target.base))
        if changes.body is not None:
            edits.append(PullRequestEdit(number=done.number, body=changes.body))
    target.forge.edit_pull_requests(edits)
