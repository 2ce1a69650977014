"""Whose is a branch? Its head tells: what lockbot itself has put there is lockbot's, and nothing else is.

Who is named as a commit's author proves nothing (``--amend`` keeps it). In doubt a commit is a person's work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.ports.forge import CommitInfo, Comparison, FileDifference, ForgeNotFound
from bot.ports.run import BranchName, Sha
from bot.work.publishing.target import Target, is_vouched

#: So many merges of the base, one on top of the other, are looked through.
_MOST_MERGES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """``head`` None: the branch isn't there. ``mover`` None: it is lockbot's; else who has moved it."""

    head: Sha | None
    mover: str | None = None


def judge_branch(target: Target, branch: BranchName, heads: Sequence[str]) -> Ownership:
    """``heads`` are the commits that lockbot is known to have put there; without any the forge's word counts."""
    head = target.forge.find_branch(branch)
    if head is None or head in heads:
        return Ownership(head=head)
    commit = target.forge.get_commit(head)
    is_ours = _carries(target, commit, heads) if heads else is_vouched(target.identity, commit)
    return Ownership(head=head, mover=None if is_ours else commit.mover or "somebody")


def _carries(target: Target, commit: CommitInfo, heads: Sequence[str]) -> bool:
    """Whether it is one of our commits brought to a newer base by one of GitHub's buttons, and nothing besides.

    "Update branch": a merge of a commit of the base. "Update with rebase": the same change on a commit of the base.
    """
    try:
        if len(commit.parents) == 1:
            return any(_is_rebased(target, commit, target.forge.get_commit(Sha(one))) for one in heads)
        return _is_merged(target, commit, heads)
    except ForgeNotFound:
        return False


def _is_rebased(target: Target, commit: CommitInfo, ours: CommitInfo) -> bool:
    return commit.message == ours.message and _repeats(target, commit, commit.parents[0], ours)


def _is_merged(target: Target, commit: CommitInfo, heads: Sequence[str]) -> bool:
    merge = commit
    for _ in range(_MOST_MERGES):
        if len(merge.parents) != 2 or not _repeats_any(target, merge, heads):
            return False
        if merge.parents[0] in heads:
            return True
        merge = target.forge.get_commit(merge.parents[0])
    return False


def _repeats_any(target: Target, merge: CommitInfo, heads: Sequence[str]) -> bool:
    return any(_repeats(target, merge, merge.parents[1], target.forge.get_commit(Sha(one))) for one in heads)


def _repeats(target: Target, commit: CommitInfo, onto: Sha, ours: CommitInfo) -> bool:
    """Whether ``commit`` does to ``onto``, a commit of the base, what our commit does to its parent."""
    base = target.forge.find_branch(target.base_branch) or target.base
    if not target.forge.compare(base, onto).second_in_first or len(ours.parents) != 1:
        return False
    return _is_same(target.forge.compare(onto, commit.sha), target.forge.compare(ours.parents[0], ours.sha))


def _is_same(one: Comparison, other: Comparison) -> bool:
    if one.files is None or other.files is None or len(one.files) != len(other.files):
        return False
    pairs = zip(_sorted(one.files), _sorted(other.files), strict=True)
    return all(_is_same_change(left, right) for left, right in pairs)


def _sorted(files: Sequence[FileDifference]) -> list[FileDifference]:
    return sorted(files, key=lambda one: one.path)


def _is_same_change(one: FileDifference, other: FileDifference) -> bool:
    if (one.path, one.status, one.counts) != (other.path, other.status, other.counts):
        return False
    return one.blob == other.blob if one.lines is None else one.lines == other.lines
