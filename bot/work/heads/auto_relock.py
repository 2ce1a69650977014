"""Whether a pull request's stale lock is mended without being asked to: only for accounts that the configuration lists.

Never on forks; only where the author and the head commit are the listed account's; once for each head of theirs. A bot that
answers lockbot's commit with one of its own on top of it, or by putting its branch back to what it was, is not answered
again, so that two bots end after one round.
"""

from __future__ import annotations

from bot.ports.forge import AppIdentity, CommitInfo, Forge, ForgeNotFound
from bot.ports.judging import CommitReport, Standing
from bot.ports.run import Sha
from bot.repoconfig.option_types import WRITERS
from bot.report.relocking import RELOCK_TRAILER, RELOCKED_MARK, find_relocked
from bot.work.heads.head_look import HeadLook

#: So many commits below the head are looked at for one of lockbot's own.
_DEPTH = 5
#: On one pull request.
MOST_TIMES = 20


def wants_relock(forge: Forge, identity: AppIdentity, found: HeadLook, report: CommitReport) -> bool:
    if found.number is None or found.is_stranger or not _is_mendable(report):
        return False
    if not _is_listed(forge, found.author, report.relocked_for) or found.author == identity.login:
        return False
    pull_request = forge.get_pull_request(found.number)
    if pull_request.from_fork:
        return False
    head = forge.get_commit(found.head)
    if found.author not in (head.vouched, head.mover) or identity.login in (head.vouched, head.mover):
        return False
    return not _has_answered(forge, identity, found, head)


def _is_mendable(report: CommitReport) -> bool:
    return any(one.is_touched and one.standing is Standing.STALE for one in report.verdicts)


def _is_listed(forge: Forge, author: str, listed: tuple[str, ...]) -> bool:
    if author.lower() in {one.lower() for one in listed}:
        return True
    return WRITERS in listed and forge.get_permission(author).can_write


def _has_answered(forge: Forge, identity: AppIdentity, found: HeadLook, head: CommitInfo) -> bool:
    """Whether lockbot has mended this content already, or the head lies on a commit of lockbot's own that did so."""
    done = list_relocked(forge, identity, found.number or 0)
    return head.tree in done or len(done) >= MOST_TIMES or _lies_on_own(forge, identity, found, head)


def list_relocked(forge: Forge, identity: AppIdentity, number: int) -> tuple[Sha, ...]:
    """The trees of the heads that were mended on this pull request unasked, as lockbot's own comment keeps them."""
    said = (one.body for one in forge.list_comments(number) if one.author == identity.login)
    found = next((body for body in said if RELOCKED_MARK in body), "")
    return tuple(Sha(one) for one in find_relocked(found))


def _lies_on_own(forge: Forge, identity: AppIdentity, found: HeadLook, head: CommitInfo) -> bool:
    commit = head
    for _ in range(_DEPTH):
        if not commit.parents:
            return False
        try:
            commit = forge.get_commit(commit.parents[0])
        except ForgeNotFound:
            return False
        if commit.vouched == identity.login and RELOCK_TRAILER in commit.message:
            # One that came with the base says nothing about this pull request.
            return found.base is None or not forge.compare(found.base, commit.sha).second_in_first
    return False
