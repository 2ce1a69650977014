"""The check run of a pull request's head: its title and summary. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.ports.judging import CommitReport, LockVerdict, Standing
from bot.ports.run import ConfigState, LeftAlone, LockChange, Problem, RunReport
from bot.report.answers import for_the_operator
from bot.report.cut import shorten
from bot.report.markdown import code, details, escape, escape_lines, fenced, parted, table
from bot.report.problems import describe_problem

HEAD_CHECK = "lockbot"

_MOST_ROWS = 25
#: Of one file's patch, in characters.
_MOST_PATCH = 12_000


# --- titles ---------------------------------------------------------------------------------------


def head_title(report: CommitReport) -> str:
    if report.config is not None and report.config.problems:
        return f"{parted(report.config.path or 'the configuration')} can't be used"
    touched = [one for one in report.verdicts if one.is_touched]
    stale = [one for one in touched if one.standing is Standing.STALE]
    if stale:
        return f"{_named([one.path for one in stale])} out of date"
    unknown = [one for one in touched if one.standing is Standing.UNKNOWN]
    if unknown:
        return f"{_named([one.path for one in unknown])} not known to be right"
    if report.stale_files:
        return f"{_named([one.path for one in report.stale_files])} behind the lock"
    if report.problems or report.ended:
        return "Not everything could be looked at"
    return _right([one for one in report.verdicts if one.standing is Standing.RIGHT])


def _named(paths: Sequence[str]) -> str:
    return f"{parted(paths[0])} is" if len(paths) == 1 else f"{len(paths)} files are"


def _right(verdicts: Sequence[LockVerdict]) -> str:
    match len(verdicts):
        case 0:
            return "Nothing that keeps a lock is changed"
        case 1:
            return f"{parted(verdicts[0].path)} is what its requirements resolve to"
        case count:
            return f"{count} locks are what their requirements resolve to"


def skipped_title() -> str:
    return "No manifest, lock or configuration is changed"


def skipped_summary() -> str:
    return "This commit changes nothing that lockbot looks at, so there is nothing to check."


def own_title() -> str:
    return "Solved by lockbot"


def own_summary() -> str:
    return "This commit is lockbot's own: its locks, and what follows them, were solved when it was made."


def switched_off_title() -> str:
    return "lockbot is switched off here"


def switched_off_summary() -> str:
    return "The configuration of the default branch says `enabled: false`."


def running_title() -> str:
    return "Locks are compared with their manifests"


def running_summary() -> str:
    return "This takes some seconds."


def failed_title() -> str:
    return "lockbot could not finish this check"


def failed_summary(reference: str) -> str:
    return f"This is no fault of the pull request's. {for_the_operator(reference)} *Re-run* tries once more."


def given_up_summary(reason: str) -> str:
    return f"This is no fault of the pull request's: {escape(reason)}. *Re-run* tries once more."


def set_aside_summary() -> str:
    return (
        "Checking this commit took more memory or time than lockbot gives to one commit, twice. It is not tried again."
    )


# --- the summary ----------------------------------------------------------------------------------


def head_summary(report: CommitReport, plan: str = "", *, is_stranger: bool = False) -> str:
    """``plan``: what would be proposed after the merge, as ``plan_section`` words it."""
    parts = [
        *_config(report.config),
        *_locks(report.verdicts),
        *_stale_files(report),
        *_problems(report.problems),
        *([f"{escape(report.ended[:1].upper() + report.ended[1:])}."] if report.ended else []),
        *_left(report.left),
        *([plan] if plan else []),
        _foot(is_stranger=is_stranger),
    ]
    return "\n\n".join(parts)


def _config(state: ConfigState | None) -> Iterator[str]:
    if state is None:
        return
    path = code(state.path or "the configuration")
    if state.problems:
        yield f"### Configuration\n\n{path} can't be used:\n\n{_rows(state.problems)}"
        yield "After the merge the last valid configuration would stay in force."
        return
    yield f"### Configuration\n\n{path} is valid. It is obeyed once it is on the default branch, not before."
    if state.warnings:
        yield f"Without effect:\n\n{_rows(state.warnings)}"


def _rows(problems: Sequence[Problem]) -> str:
    rows = [f"* {describe_problem(one)}" for one in problems[:_MOST_ROWS]]
    return "\n".join([*rows, *_more(len(problems))])


def _more(count: int) -> Iterator[str]:
    if count > _MOST_ROWS:
        yield f"* and {count - _MOST_ROWS} more"


def _locks(verdicts: Sequence[LockVerdict]) -> Iterator[str]:
    if not verdicts:
        return
    yield "### Locks"
    touched = [one for one in verdicts if one.is_touched and one.standing is not Standing.RIGHT]
    others = [one for one in verdicts if not one.is_touched and one.standing is not Standing.RIGHT]
    right = [one for one in verdicts if one.standing is Standing.RIGHT]
    for one in touched[:_MOST_ROWS]:
        yield from _wrong(one)
    if len(touched) > _MOST_ROWS:
        yield f"{len(touched) - _MOST_ROWS} more locks are not right."
    if right:
        rows = [f"* {code(one.path)}" for one in right[:_MOST_ROWS]]
        yield "\n".join(["What their requirements resolve to:", "", *rows, *_more(len(right))])
    if others:
        rows = [f"* {code(one.path)}: {_reason(one)}" for one in others[:_MOST_ROWS]]
        yield "\n".join(["Not right either, but not touched by this pull request:", "", *rows, *_more(len(others))])


def _wrong(verdict: LockVerdict) -> Iterator[str]:
    word = "is out of date" if verdict.standing is Standing.STALE else "is not known to be right"
    yield f"**{code(verdict.path)} {word}**: {_reason(verdict)}."
    if verdict.changes:
        yield _changes(verdict.changes)
    if verdict.patch:
        yield _patch("What would make it right", verdict.patch)
    if verdict.command is not None:
        yield f"To mend it, run {code(verdict.command)} and push the result, or comment `/lockbot relock`."


def _reason(verdict: LockVerdict) -> str:
    return escape_lines(shorten(verdict.reason)).rstrip(".")


def _changes(changes: Sequence[LockChange]) -> str:
    rows = [
        (code(one.package), code(one.before) if one.before else "new", code(one.after) if one.after else "gone")
        for one in changes[:_MOST_ROWS]
    ]
    more = f"\n\nand {len(changes) - _MOST_ROWS} more" if len(changes) > _MOST_ROWS else ""
    return table(("package", "in the lock", "should be"), rows) + more


def _patch(heading: str, patch: str) -> str:
    return details(heading, fenced(_cut(patch), "diff"))


def _cut(patch: str) -> str:
    if len(patch) <= _MOST_PATCH:
        return patch
    return patch[: patch.rfind("\n", 0, _MOST_PATCH) + 1] + "… cut here\n"


def _stale_files(report: CommitReport) -> Iterator[str]:
    if not report.stale_files:
        return
    yield "### Files that follow\n\nThese don't say what their lock says; `/lockbot relock` writes them anew."
    for one in report.stale_files[:_MOST_ROWS]:
        yield f"* {code(one.path)}\n\n{_patch('What would change', one.patch)}"


def _problems(problems: Sequence[Problem]) -> Iterator[str]:
    if problems:
        yield f"### Problems\n\n{_rows(problems)}"


def _left(left: Sequence[LeftAlone]) -> Iterator[str]:
    if left:
        rows = [f"* {code(one.path)}: {escape(one.reason)}" for one in left[:_MOST_ROWS]]
        yield "\n".join(["Not compared with their lock:", "", *rows, *_more(len(left))])


def _foot(*, is_stranger: bool) -> str:
    told = "The commit itself is checked, by the configuration of the default branch."
    if is_stranger:
        told += " Without credentials of indexes and with less effort, as its author can't write to this repository."
    return f"<sub>{told}</sub>"


# --- the plan -------------------------------------------------------------------------------------


def plan_section(report: RunReport, *, is_previewed: bool) -> str:
    """What a run after the merge would propose; ``is_previewed``: with the configuration that the pull request brings."""
    heading = "### After the merge, with this configuration" if is_previewed else "### After the merge"
    return f"{heading}\n\n{_proposals(report)}"


def _proposals(report: RunReport) -> str:
    if not report.config.enabled:
        return "lockbot would be switched off."
    count = len(report.held_back)
    held = f"{count} update{'' if count == 1 else 's'} would be held back." if count else ""
    rows = [f"* {escape(one.title)}" for one in report.proposals[:_MOST_ROWS]]
    listed = "\n".join(["lockbot would propose:", "", *rows, *_more(len(report.proposals))])
    return "\n\n".join(filter(None, [listed if rows else "lockbot would propose nothing.", held]))


def plan_later() -> str:
    return "### After the merge\n\nTo find out what would be proposed takes longer than a check may; it comes with the merge."
