"""What a run says of vulnerabilities: what each proposal leaves, what is affected, why it stays so, when to look again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from packaging.version import Version

from bot.advisories.audit import chain_to
from bot.advisories.exceptions import Accepted
from bot.advisories.findings import Finding
from bot.lockfile.model import Lock
from bot.plan.policy import Group
from bot.plan.proposals.proposal import Finished
from bot.plan.security.knowledge import Held, Knowledge
from bot.plan.security.repository import SEVERITIES, Secured, weight
from bot.plan.worlds.holdings import locked_versions
from bot.ports.advisories import AdvisoryLine, FindingSource, SecurityRow, Watched
from bot.ports.run import HeldBack

_UNKNOWN_FIX = "none"
_HOUR = 3600.0
_DAY = 24 * _HOUR


def with_advisories(done: Finished, knowledge: Knowledge) -> Finished:
    """With the vulnerabilities that it leaves, as far as they may be told."""
    rows = (
        (finding, held)
        for held in knowledge.held
        for finding in (*held.live, *(one for one, _ in held.accepted))
        if held.may_tell(finding) and _leaves(done, held, [finding])
    )
    lines = dict.fromkeys(line_of(finding) for finding, _ in sorted(rows, key=lambda row: weight(row[0])))
    return replace(done, advisories=tuple(lines))


def line_of(finding: Finding) -> AdvisoryLine:
    advisory = finding.advisory
    return AdvisoryLine(
        id=advisory.best_id,
        package=finding.locked.name,
        link=advisory.link,
        summary=advisory.summary,
        severity=advisory.severity,
        fixed_in=tuple(map(str, finding.fixed_in)),
        aliases=tuple(sorted({*advisory.ids} - {advisory.best_id})),
        is_malicious=advisory.is_malicious,
    )


def _leaves(done: Finished, held: Held, findings: Iterable[Finding]) -> bool:
    """Whether a proposal writes a lock of the unit in which nothing has any of these vulnerabilities."""
    after = _lock_after(done, held)
    if after is None:
        return False
    versions = locked_versions(after)
    return not any(_has(one, versions.get(one.locked.name, ())) for one in findings)


def _has(finding: Finding, versions: Iterable[Version]) -> bool:
    name, advisory = finding.locked.name, finding.advisory
    return any(one == finding.locked.version or advisory.affects(name, one) for one in versions)


def _lock_after(done: Finished, held: Held) -> Lock | None:
    return next((row.after for row in done.results if row.unit.name == held.name), None)


def tell_rows(
    secured: Secured, proposals: Sequence[Finished], branch: Callable[[Group], str]
) -> tuple[SecurityRow, ...]:
    """What is affected, with the first of the proposals that leaves it or the reason why there is none; the worst first."""
    rows = [
        row
        for held in secured.knowledge.held
        for row in (*_live_rows(held, secured, proposals, branch), *_accepted_rows(held))
    ]
    return tuple(sorted(rows, key=lambda row: (row.is_accepted, _row_weight(row), row.package, row.unit)))


def _row_weight(row: SecurityRow) -> tuple[bool, int]:
    ranks = [SEVERITIES.index(one.severity) for one in row.advisories if one.severity in SEVERITIES]
    return not any(one.is_malicious for one in row.advisories), min(ranks, default=len(SEVERITIES))


def _live_rows(
    held: Held, secured: Secured, proposals: Sequence[Finished], branch: Callable[[Group], str]
) -> Iterator[SecurityRow]:
    by_name: dict[str, list[Finding]] = {}
    for one in held.live:
        by_name.setdefault(one.locked.name, []).append(one)
    for name, findings in by_name.items():
        told = [one for one in findings if held.may_tell(one)]
        if not told:
            continue
        done = next((one for one in proposals if _leaves(one, held, findings)), None)
        reason = None if done is not None else _why_stuck(secured, held, name)
        over = next((found for one in told if (found := held.known.ignored.find_over(one)) is not None), None)
        yield _row(
            held,
            told,
            branch=branch(done.group) if done is not None else None,
            after=_after(done, held, name) if done is not None else None,
            reason=reason,
            over=None if over is None else over.reason,
            until=None if over is None else over.until,
        )


def _why_stuck(secured: Secured, held: Held, name: str) -> str | None:
    failed = next((one.reason for one in secured.unanswered if one.unit == held.name), None)
    return secured.blocked.get((held.name, name), failed or secured.unsure)


def _after(done: Finished, held: Held, name: str) -> str | None:
    after = _lock_after(done, held)
    return (", ".join(map(str, locked_versions(after).get(name, ()))) or None) if after is not None else None


def _accepted_rows(held: Held) -> Iterator[SecurityRow]:
    by_reason: dict[tuple[str, Accepted], list[Finding]] = {}
    for finding, reason in held.accepted:
        if held.may_tell(finding) and held.may_tell_why(reason):
            by_reason.setdefault((finding.locked.name, replace(reason, id="")), []).append(finding)
    for (_, reason), findings in by_reason.items():
        yield _row(held, findings, reason=reason.reason, is_accepted=True, until=reason.until)


def _row(
    held: Held,
    findings: Sequence[Finding],
    *,
    reason: str | None,
    branch: str | None = None,
    after: str | None = None,
    is_accepted: bool = False,
    until: str | None = None,
    over: str | None = None,
) -> SecurityRow:
    name = findings[0].locked.name
    return SecurityRow(
        unit=held.workload.trial.unit.lock_path or held.name,
        package=name,
        version=", ".join(map(str, sorted({one.locked.version for one in findings}))),
        advisories=tuple(line_of(one) for one in sorted(findings, key=weight)),
        source=_source(held, findings),
        chain=chain_to(held.lock, name),
        branch=branch,
        after=after,
        reason=reason,
        is_accepted=is_accepted,
        until=until,
        over=over,
    )


def _source(held: Held, findings: Sequence[Finding]) -> FindingSource:
    """Where everybody reads it, that the forge has an alert too is not told."""
    kinds = {held.source_of(one) for one in findings}
    if held.is_told_to_all or kinds == {FindingSource.OSV}:
        return FindingSource.OSV
    return FindingSource.ALERT if kinds == {FindingSource.ALERT} else FindingSource.BOTH


def held_back_rows(rows: Iterable[SecurityRow]) -> Iterator[HeldBack]:
    """What stays affected, among what is held back."""
    for row in rows:
        if row.branch is None and not row.is_accepted and row.reason is not None:
            fixed = [version for one in row.advisories for version in one.fixed_in]
            ids = ", ".join(one.id for one in row.advisories)
            yield HeldBack(
                package=row.package,
                current=row.version,
                latest=fixed[-1] if fixed else _UNKNOWN_FIX,
                reason=f"in {row.unit}: stays affected by {ids}: {row.reason}",
            )


def without_mended(rows: Iterable[HeldBack], proposals: Sequence[Finished]) -> Iterator[HeldBack]:
    """Without what a security update takes there all the same."""
    reached = {
        (name, str(version))
        for done in proposals
        for result in done.results
        for name, versions in locked_versions(result.after).items()
        for version in versions
    }
    yield from (one for one in rows if (one.package, one.latest) not in reached)


def watched(secured: Secured, proposals: Sequence[Finished]) -> tuple[Watched, ...] | None:
    """What was asked about and what was known. When a record was changed counts only where no proposal leaves what it is
    about: there a change may be the release that everybody waits for."""
    held = secured.knowledge.held
    if not secured.knowledge.is_asking:
        return None
    asked = sorted({package for one in held for package in one.asked.packages})
    records = secured.knowledge.records
    waiting = {name for one in held for name in _waiting(one, proposals)}
    return tuple(
        Watched(
            package=one.name,
            version=str(one.version),
            known={row.id: row.modified if one.name in waiting else "" for row in records.get(one, ())},
        )
        for one in asked
    )


def _waiting(held: Held, proposals: Sequence[Finished]) -> frozenset[str]:
    findings = (*held.live, *(one for one, _ in held.accepted))
    return frozenset(one.locked.name for one in findings if not any(_leaves(done, held, [one]) for done in proposals))


def find_next_look(secured: Secured, rows: Sequence[SecurityRow], now: float) -> float | None:
    """When something may be otherwise: an exception ends, the service answers again, a release comes that mends."""
    ends = [
        reason.end.timestamp()
        for held in secured.knowledge.held
        for _, reason in held.accepted
        if reason.end is not None
    ]
    again = [now + _HOUR] if secured.unsure is not None else []
    stuck = [now + _DAY] if any(row.branch is None and not row.is_accepted for row in rows) else []
    return min((*(one for one in ends if one > now), *again, *stuck), default=None)
