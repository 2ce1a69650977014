"""Commits on branches, made from objects alone: the checked-out branch, the index and the working tree stay as they are.

A commit is built in an index of its own and put on its branch by a compare-and-swap of the ref. A branch whose head
already has the same parent, tree and message is kept, so that a second run changes nothing. A branch that somebody
else has committed to, or that is checked out, is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from bot.git.command import Git, GitError
from bot.git.scratch import scratch_folder
from bot.ports.run import FileChange, FileMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    name: str
    email: str


LOCKBOT = Identity(name="lockbot", email="lockbot@users.noreply.invalid")


class BranchState(StrEnum):
    """What became of a branch."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CHECKED_OUT = "checked out"
    FOREIGN = "has commits that are not lockbot's"


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchCommit:
    branch: str
    commit: str
    state: BranchState


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitPlan:
    """One commit on one branch, whose only parent is ``base``."""

    branch: str
    base: str
    message: str
    files: Sequence[FileChange]


def commit_on_branch(
    git: Git, plan: CommitPlan, *, now: datetime, identity: Identity = LOCKBOT, scratch: Path | None = None
) -> BranchCommit:
    """Put the commit on its branch; ``now`` is aware, ``scratch`` the place for a passing folder.

    Raises ``GitError`` when the branch moved meanwhile, or could not be written. It is as it was then.
    """
    head = find_branch(git, plan.branch)
    if head is not None and plan.branch in checked_out_branches(git):
        return BranchCommit(branch=plan.branch, commit=head, state=BranchState.CHECKED_OUT)
    if head is not None and not _is_own(git, head, plan.base, identity):
        return BranchCommit(branch=plan.branch, commit=head, state=BranchState.FOREIGN)
    tree = write_tree(git, plan.base, plan.files, scratch)
    if head is not None and _says(git, head) == (tree, (plan.base,), plan.message.rstrip("\n")):
        return BranchCommit(branch=plan.branch, commit=head, state=BranchState.UNCHANGED)
    commit = _write_commit(git, plan, tree, now, identity)
    git.run("update-ref", "-m", "lockbot", f"refs/heads/{plan.branch}", commit, head or "")
    return BranchCommit(branch=plan.branch, commit=commit, state=BranchState.UPDATED if head else BranchState.CREATED)


def find_branch(git: Git, branch: str) -> str | None:
    """The commit that a local branch points to."""
    done = git.try_run("rev-parse", "--verify", "--quiet", "--end-of-options", f"refs/heads/{branch}^{{commit}}")
    return done.stdout.decode().strip() or None


def checked_out_branches(git: Git) -> frozenset[str]:
    """The branches that a working tree of this repository is on."""
    listed = git.run("worktree", "list", "--porcelain").decode("utf-8", "replace").splitlines()
    prefix = "branch refs/heads/"
    return frozenset(line.removeprefix(prefix) for line in listed if line.startswith(prefix))


def write_tree(git: Git, base: str, files: Sequence[FileChange], scratch: Path | None = None) -> str:
    """The tree of ``base`` with these files put in (or taken out), as an object."""
    with scratch_folder(scratch, "index") as folder:
        variables = {"GIT_INDEX_FILE": str(folder / "index")}
        git.run("read-tree", base, variables=variables)
        rows = b"".join(_index_row(git, change, "0" * len(base)) for change in files)
        git.run("update-index", "-z", "--index-info", stdin=rows, variables=variables)
        return git.run("write-tree", "--missing-ok", variables=variables).decode().strip()


def _index_row(git: Git, change: FileChange, nothing: str) -> bytes:
    name = change.path.encode("utf-8", "surrogateescape")
    if change.mode is FileMode.SYMLINK:
        raise GitError(f"{change.path} is a symbolic link; lockbot does not write through links")
    if change.text is None:
        return f"0 {nothing}\t".encode() + name + b"\0"
    data = change.text.encode()
    oid = git.run("hash-object", "-w", "-t", "blob", "--no-filters", "--stdin", stdin=data).decode().strip()
    return f"{change.mode.value} {oid}\t".encode() + name + b"\0"


def _write_commit(git: Git, plan: CommitPlan, tree: str, now: datetime, identity: Identity) -> str:
    date = f"{int(now.timestamp())} +0000"
    variables = {
        "GIT_AUTHOR_NAME": identity.name,
        "GIT_AUTHOR_EMAIL": identity.email,
        "GIT_AUTHOR_DATE": date,
        "GIT_COMMITTER_NAME": identity.name,
        "GIT_COMMITTER_EMAIL": identity.email,
        "GIT_COMMITTER_DATE": date,
    }
    message = plan.message.encode()
    return git.run("commit-tree", tree, "-p", plan.base, "-F", "-", stdin=message, variables=variables).decode().strip()


def _says(git: Git, commit: str) -> tuple[str, tuple[str, ...], str]:
    shown = git.run("log", "-1", "--no-show-signature", "--format=%T%n%P%n%B", commit).decode("utf-8", "replace")
    tree, parents, message = [*shown.split("\n", 2), "", ""][:3]
    return tree, tuple(parents.split()), message.rstrip("\n")


def _is_own(git: Git, head: str, base: str, identity: Identity) -> bool:
    """Whether nothing would be lost: the branch ends in lockbot's one commit, or in something the base already has."""
    if git.try_run("merge-base", "--is-ancestor", head, base).returncode == 0:
        return True
    shown = git.run("log", "-1", "--no-show-signature", "--format=%ce%x09%ae", head).decode("utf-8", "replace").strip()
    return shown == f"{identity.email}\t{identity.email}"


def read_subjects(git: Git, commit: str, limit: int = 30) -> list[str]:
    """The first lines of the messages of a commit and of those before it, newest first; merges left out."""
    options = ("--no-merges", "--no-show-signature", f"--max-count={limit}", "--format=%s", "--end-of-options")
    return git.run("log", *options, commit).decode("utf-8", "replace").splitlines()
