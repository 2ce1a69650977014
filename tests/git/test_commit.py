"""Commits on branches: the working tree, the index and the checked-out branch never change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.git.command import GitError
from bot.git.commit import BranchState, CommitPlan, commit_on_branch
from bot.ports.run import FileChange, FileMode
from tests.git.conftest import Sandbox

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LATER = datetime(2026, 11, 23, tzinfo=UTC)


def plan(base: str, text: str = "new\r\n", branch: str = "lockbot/non-major", message: str = "Update it") -> CommitPlan:
    return CommitPlan(branch=branch, base=base, message=message, files=(FileChange(path="a/b.txt", text=text),))


def test_a_commit_holds_the_files_and_nothing_else_moves(sandbox: Sandbox) -> None:
    base = sandbox.commit({"a/b.txt": "old", "c.txt": "keep"})
    sandbox.write({"c.txt": "not committed", "untracked": "x"})
    before = (
        sandbox.git("status", "--porcelain"),
        sandbox.git("rev-parse", "HEAD"),
        sandbox.git("symbolic-ref", "HEAD"),
    )
    done = commit_on_branch(sandbox.safe, plan(base), now=NOW)
    assert done.state is BranchState.CREATED
    assert sandbox.git("show", "lockbot/non-major:a/b.txt") == "new"
    assert sandbox.git("diff", "--name-only", base, "lockbot/non-major") == "a/b.txt"
    assert sandbox.git("cat-file", "-s", "lockbot/non-major:a/b.txt") == "5"
    after = (
        sandbox.git("status", "--porcelain"),
        sandbox.git("rev-parse", "HEAD"),
        sandbox.git("symbolic-ref", "HEAD"),
    )
    assert after == before


def test_the_same_commit_again_changes_nothing(sandbox: Sandbox) -> None:
    base = sandbox.commit({"a/b.txt": "old"})
    first = commit_on_branch(sandbox.safe, plan(base), now=NOW)
    again = commit_on_branch(sandbox.safe, plan(base), now=LATER)
    assert (again.state, again.commit) == (BranchState.UNCHANGED, first.commit)


@pytest.mark.parametrize("change", [{"text": "other"}, {"message": "Other words"}])
def test_another_text_or_message_moves_the_branch(sandbox: Sandbox, change: dict[str, str]) -> None:
    base = sandbox.commit({"a/b.txt": "old"})
    commit_on_branch(sandbox.safe, plan(base), now=NOW)
    assert commit_on_branch(sandbox.safe, plan(base, **change), now=LATER).state is BranchState.UPDATED


def test_a_new_base_moves_the_branch_onto_it(sandbox: Sandbox) -> None:
    commit_on_branch(sandbox.safe, plan(sandbox.commit({"a/b.txt": "old"})), now=NOW)
    base = sandbox.commit({"c.txt": "more"})
    assert commit_on_branch(sandbox.safe, plan(base), now=NOW).state is BranchState.UPDATED
    assert sandbox.git("rev-parse", "lockbot/non-major^") == base


def test_somebody_elses_commits_are_left(sandbox: Sandbox) -> None:
    base = sandbox.commit({"a/b.txt": "old"})
    sandbox.git("checkout", "-q", "-b", "lockbot/non-major")
    head = sandbox.commit({"mine.txt": "mine"})
    sandbox.git("checkout", "-q", "main")
    done = commit_on_branch(sandbox.safe, plan(base), now=NOW)
    assert (done.state, done.commit) == (BranchState.FOREIGN, head)


def test_a_checked_out_branch_is_left(sandbox: Sandbox) -> None:
    base = sandbox.commit({"a/b.txt": "old"})
    assert commit_on_branch(sandbox.safe, plan(base, branch="main"), now=NOW).state is BranchState.CHECKED_OUT
    assert sandbox.head() == base


def test_modes_and_removals(sandbox: Sandbox) -> None:
    base = sandbox.commit({"run.py": "old", "gone.txt": "x"})
    files = (
        FileChange(path="run.py", text="new", mode=FileMode.EXECUTABLE),
        FileChange(path="gone.txt", text=None),
    )
    commit_on_branch(sandbox.safe, CommitPlan(branch="b", base=base, message="m", files=files), now=NOW)
    assert sandbox.git("ls-tree", "-r", "b").split()[0] == "100755"
    assert sandbox.git("ls-tree", "-r", "--name-only", "b") == "run.py"


def test_a_link_is_never_written_through(sandbox: Sandbox) -> None:
    base = sandbox.commit({"a": "x"})
    change = FileChange(path="a", text="y", mode=FileMode.SYMLINK)
    with pytest.raises(GitError, match="symbolic link"):
        commit_on_branch(sandbox.safe, CommitPlan(branch="b", base=base, message="m", files=(change,)), now=NOW)
