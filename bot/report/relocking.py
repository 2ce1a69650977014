"""The lock of somebody's pull request is made again: the commit, the answers, and the comment that remembers. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.ports.judging import Relocked
from bot.ports.run import FileChange, LockChange, Problem, Sha
from bot.report.markdown import code, details, escape, fenced, table
from bot.report.problems import describe_problem

#: Marks the comment that tells of locks that were mended unasked, and remembers which.
RELOCKED_MARK = "<!-- lockbot: relocked -->"
#: Stands in the message of each such commit, with the commit that it mends.
RELOCK_TRAILER = "Lockbot-Relocks:"
#: Lets Dependabot go on with its branch, and push over the commit.
_DEPENDABOT = "[dependabot skip]"

_TREES = re.compile(r"<!-- lockbot-trees: ([0-9a-f ]*) -->")
_MOST_ROWS = 25
_MOST_PATCH = 30_000


def relock_message(files: Sequence[FileChange], mended: Sha, *, is_dependabots: bool) -> str:
    """The commit's message. ``mended``: the head that was not right."""
    what = files[0].path if len(files) == 1 else f"{len(files)} files"
    text = f"Update {what} to what the manifests say\n\n{RELOCK_TRAILER} {mended}\n"
    return f"{text}\n{_DEPENDABOT}\n" if is_dependabots else text


def relocked(done: Relocked, commit: Sha) -> str:
    return f"Done, in {commit}.{_changes(done.changes)}{_not_made(done.problems)}"


def relocked_unasked(author: str, commit: Sha, trees: Sequence[Sha]) -> str:
    return (
        f"The lock did not say what the manifests of this pull request say, so I made it again in {commit} "
        f"(`autoRelock` lists {code(author)}).\n{RELOCKED_MARK}\n<!-- lockbot-trees: {' '.join(trees)} -->"
    )


def find_relocked(comment: str) -> tuple[str, ...]:
    """The trees that such a comment remembers, oldest first."""
    found = _TREES.search(comment)
    return tuple(found[1].split()) if found else ()


def nothing_to_relock() -> str:
    return "Every lock here is what its manifest resolves to, so there is nothing to change."


def relock_own() -> str:
    return "This pull request is my own: `/lockbot rebase` builds it anew."


def could_not_relock(problems: Sequence[Problem]) -> str:
    return f"I could not make the lock again:\n\n{_rows(problems)}"


def relock_by_hand(done: Relocked, why: str) -> str:
    """The change for people to make: ``git apply`` takes it."""
    text = f"I can't push to this branch: {escape(why)}. Here is what I would have committed; `git apply` takes it.\n\n"
    patch = done.patch
    if len(patch) > _MOST_PATCH:
        commands = "it is too long to be shown here: run `uv lock` on the branch"
        return f"I can't push to this branch: {escape(why)}. What I would have committed changes {_files(done)}; {commands}."
    return text + details("The patch", fenced(patch, "diff")) + _changes(done.changes) + _not_made(done.problems)


def no_way_in() -> str:
    return "it lies in a fork, and its author does not let maintainers change it (*Allow edits by maintainers*)"


def moved_meanwhile() -> str:
    return "The branch has moved meanwhile, so I changed nothing. Give me the command again."


def _files(done: Relocked) -> str:
    return ", ".join(code(one.path) for one in done.files[:_MOST_ROWS])


def _changes(changes: Sequence[LockChange]) -> str:
    if not changes:
        return ""
    rows = [
        (code(one.package), code(one.before) if one.before else "new", code(one.after) if one.after else "gone")
        for one in changes[:_MOST_ROWS]
    ]
    more = f"\n\nand {len(changes) - _MOST_ROWS} more" if len(changes) > _MOST_ROWS else ""
    return "\n\n" + details("What moved", table(("package", "before", "after"), rows) + more)


def _not_made(problems: Sequence[Problem]) -> str:
    return f"\n\nNot made:\n\n{_rows(problems)}" if problems else ""


def _rows(problems: Sequence[Problem]) -> str:
    rows = [f"* {describe_problem(one)}" for one in problems[:_MOST_ROWS]]
    return "\n".join([*rows, *([f"* and {len(problems) - _MOST_ROWS} more"] if len(problems) > _MOST_ROWS else [])])
