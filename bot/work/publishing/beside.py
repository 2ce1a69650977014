"""Other bots that update the same files: the repository is told of each once, in a comment on one of lockbot's pull requests.

That it was told stands in the hidden block of every pull request since then, so that the newest ones know it, open or
closed, and nothing else has to last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.ports.forge import PullRequest, PullRequestState
from bot.ports.run import OtherBot
from bot.report.beside import beside_mark, tell_other_bot
from bot.work.publishing.body_block import find_block, replace_block
from bot.work.publishing.target import Target, comment_once


def tell_beside(target: Target, number: int, bots: Sequence[OtherBot], known: Sequence[PullRequest]) -> None:
    """Tell in this pull request of bots of which none told before. ``known`` are the open ones as the run found them:
    one that has it in its block costs no request."""
    paths = frozenset(one.path for one in bots)
    if any(one.number == number and paths <= _told_in(one) for one in known):
        return
    told = _told_before(target, paths)
    for one in (one for one in bots if one.path not in told):
        comment_once(target.forge, target.identity, number, tell_other_bot(one), beside_mark(one.path))
    _remember(target, number, paths)


def _told_before(target: Target, paths: frozenset[str]) -> frozenset[str]:
    """What any pull request knows of these; closed ones are looked at where the open ones don't know all."""
    told: frozenset[str] = frozenset()
    for state in (PullRequestState.OPEN, PullRequestState.CLOSED):
        if not paths <= told:
            told = told.union(*_blocks(target, state))
    return told


def _blocks(target: Target, state: PullRequestState) -> Iterator[frozenset[str]]:
    return (_told_in(one) for one in target.forge.list_pull_requests(state) if target.owns(one))


def _told_in(pull_request: PullRequest) -> frozenset[str]:
    block = find_block(pull_request.body)
    return frozenset(block.told if block is not None else ())


def _remember(target: Target, number: int, paths: frozenset[str]) -> None:
    """Written behind the comment: a kill in between makes lockbot look again, and the comment is there."""
    now = target.forge.get_pull_request(number)
    block = find_block(now.body)
    if block is None or paths <= set(block.told):
        return
    again = block.model_copy(update={"told": tuple(sorted(paths.union(block.told)))})
    target.forge.edit_pull_request(number, body=replace_block(now.body, again, target.forge.limits.body))
