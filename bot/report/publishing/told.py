"""What became of a repository on the forge, told where lockbot was called: a terminal, JSON, the summary of a job. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.ports.run import BranchName, HeldBack, Problem, Proposal, RunReport
from bot.printable import printable
from bot.report.cut import shorten
from bot.report.markdown import code, escape, table
from bot.report.nothing import nothing_to_propose
from bot.report.problems import describe_problem
from bot.report.run_json import problem_entry

#: More rows than this help nobody in a summary, and GitHub takes a megabyte.
_MOST_ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRow:
    """One branch: what became of it, as a word; ``number`` and ``url`` of its pull request, where there is one."""

    branch: BranchName
    outcome: str
    number: int | None = None
    url: str | None = None
    reason: str = ""

    @property
    def told(self) -> str:
        return f"{self.outcome} #{self.number}" if self.number else self.outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRun:
    """``report`` is of all base branches; ``heard``: what was done of people's orders, a line each; ``notes``: what the token
    could not do, and what to do about it. ``why``: why there was nothing to look at."""

    repository: str
    report: RunReport | None
    rows: tuple[PublishedRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    heard: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    why: str = ""
    is_dry: bool = False

    @property
    def outcomes(self) -> Mapping[BranchName, str]:
        return {one.branch: one.told for one in self.rows}

    @property
    def others(self) -> tuple[PublishedRow, ...]:
        """Branches that nothing proposes any more."""
        proposed = {one.branch for one in self.report.proposals} if self.report is not None else set[BranchName]()
        return tuple(one for one in self.rows if one.branch not in proposed)


def publishing_entries(run: PublishedRun) -> dict[str, object]:
    """What JSON tells beside the report."""
    return {
        "repository": run.repository,
        "dry_run": run.is_dry,
        "published": [_entry(one) for one in run.rows],
        "heard": list(run.heard),
        "notes": [*((run.why,) if run.why else ()), *run.notes],
    }


def _entry(one: PublishedRow) -> dict[str, object]:
    return {
        "branch": one.branch,
        "outcome": one.outcome,
        "number": one.number,
        "url": one.url,
        "reason": one.reason,
    }


def publishing_lines(run: PublishedRun) -> Iterator[str]:
    """Below the table of a run."""
    if run.why:
        yield printable(f"{run.repository}: {run.why}")
    if run.others or run.heard:
        yield ""
    yield from (printable(f"{one.branch}: {one.told}") for one in run.others)
    yield from map(printable, run.heard)


def heard_entries(repository: str, lines: Sequence[str], problems: Sequence[Problem]) -> dict[str, object]:
    """What JSON tells of orders."""
    return {"repository": repository, "heard": list(lines), "problems": [problem_entry(one) for one in problems]}


# --- the summary of a job -------------------------------------------------------------------------


def render_summary(run: PublishedRun) -> str:
    """Markdown; every word of strangers stays text."""
    return "\n".join(_parts(run)).rstrip() + "\n"


def render_heard(repository: str, lines: Sequence[str], problems: Sequence[Problem]) -> str:
    """The same of orders alone."""
    parts = [
        f"## lockbot on {code(repository)}\n",
        *_list("Orders of people", [code(one) for one in lines]),
        *_list("Problems", [describe_problem(one) for one in problems]),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _parts(run: PublishedRun) -> Iterator[str]:
    yield f"## lockbot on {code(run.repository)}{', dry run' if run.is_dry else ''}\n"
    report = run.report
    if run.why:
        yield f"{escape(run.why)}\n"
    elif report is not None and not report.proposals:
        yield f"{escape(nothing_to_propose(report))}\n"
    if report is not None:
        yield from _proposals(report, run)
        yield from _held_back(report.held_back)
    yield from _list("Done beside it", [f"{code(one.branch)}: {_now(one)}" for one in run.others])
    yield from _list("Orders of people", [code(one) for one in run.heard])
    yield from _list("Problems", [describe_problem(one) for one in run.problems])
    yield from _list("What this token could not do", [escape(one) for one in run.notes])


def _proposals(report: RunReport, run: PublishedRun) -> Iterator[str]:
    if report.proposals:
        known = {one.branch: one for one in run.rows}
        rows = [_proposal(one, known.get(one.branch)) for one in report.proposals[:_MOST_ROWS]]
        yield f"{table(('Proposal', 'Updates', 'Branch', 'Now'), rows)}\n"


def _proposal(one: Proposal, row: PublishedRow | None) -> tuple[str, ...]:
    moves = dict.fromkeys((update.package, update.before, update.after) for update in one.updates)
    shown = [
        code(f"{name} {before} → {after}" if before else f"{name} {after}") for name, before, after in [*moves][:12]
    ]
    more = [f"and {len(moves) - 12} more"] if len(moves) > 12 else []
    return escape(one.title), "<br>".join(shown + more), code(one.branch), _now(row)


def _now(row: PublishedRow | None) -> str:
    if row is None:
        return ""
    link = f" [#{row.number}]({row.url})" if row.url else ""
    return f"{escape(row.outcome)}{link}" + (f"<br>{escape(shorten(row.reason))}" if row.reason else "")


def _held_back(held: Sequence[HeldBack]) -> Iterator[str]:
    if held:
        rows = [
            (code(one.package), code(one.current), code(one.latest), escape(shorten(one.reason)))
            for one in held[:_MOST_ROWS]
        ]
        yield f"### Held back\n\n{table(('Package', 'Locked', 'Newest', 'Because'), rows)}\n"


def _list(head: str, rows: Sequence[str]) -> Iterator[str]:
    if rows:
        shown = rows[:_MOST_ROWS]
        more = [f"and {len(rows) - _MOST_ROWS} more"] if len(rows) > _MOST_ROWS else []
        yield f"### {head}\n\n" + "\n".join(f"- {one}" for one in (*shown, *more)) + "\n"
