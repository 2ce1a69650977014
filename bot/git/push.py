"""Pushes one branch with a lease: the remote branch must be where it was last seen, or nothing happens."""

from __future__ import annotations

from bot.git.bare import check_protocol
from bot.git.command import Git, GitError, last_words


class LeaseLostError(GitError):
    """The remote branch moved since it was looked at."""


def push_branch(git: Git, url: str, branch: str, commit: str, *, expected: str | None) -> None:
    """Make ``branch`` at ``url`` point to ``commit``; ``expected`` is what it points to now (``None``: it is new).

    Raises ``LeaseLostError`` when it does not, ``GitError`` for everything else.
    """
    check_protocol(url, git.network.protocols)
    lease = f"--force-with-lease=refs/heads/{branch}:{expected or ''}"
    options = ("--quiet", "--porcelain", "--no-verify", "--recurse-submodules=no", "--no-signed", lease)
    done = git.try_run("push", *options, url, f"{commit}:refs/heads/{branch}")
    if b"stale info" in done.stdout + done.stderr:
        raise LeaseLostError(f"branch {branch} moved while lockbot worked on it")
    if done.returncode:
        raise GitError(f"git push failed: {last_words(done.stderr)}")
