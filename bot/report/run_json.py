"""The ``--json`` form of a run; product.md fixes its shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from bot.ports.advisories import AdvisoryLine, SecurityRow
from bot.ports.run import HeldBack, LockChange, Problem, Proposal, PythonPlace, RunReport, UpdateLine


def render_json(report: RunReport, beside: Mapping[str, object] = MappingProxyType({})) -> str:
    """The report as JSON text; ``beside``: what else there is to tell."""
    content = {
        "proposals": [_proposal(one) for one in report.proposals],
        "held_back": [held_back_row(one) for one in report.held_back],
        "problems": [problem_entry(one) for one in report.problems],
        "warnings": [problem_entry(one) for one in report.warnings],
        "security": [_security(one) for one in report.security],
        "left_alone": [{"path": one.path, "reason": one.reason} for one in report.left_alone],
        "other_bots": [
            {"name": one.name, "path": one.path, "manages": list(one.manages), "remedy": one.remedy}
            for one in report.other_bots
        ],
        "python": [_python(one) for one in report.pythons],
        "timings": dict(report.timings),
        **beside,
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def render_beside(beside: Mapping[str, object]) -> str:
    """In the same form, where nothing was looked at."""
    nothing: dict[str, list[object]] = {"proposals": [], "held_back": [], "problems": []}
    return json.dumps({**nothing, "timings": {}, **beside}, indent=2, ensure_ascii=False)


def _proposal(proposal: Proposal) -> dict[str, object]:
    return {
        "branch": proposal.branch,
        "title": proposal.title,
        "body": proposal.body,
        "group": proposal.group,
        "updates": [update_row(row) for row in proposal.updates],
        "lock_changes": [_lock_change(row) for row in proposal.lock_changes],
        "places": [
            {"path": one.path, "line": one.line, "from": one.before, "to": one.after} for one in proposal.places
        ],
        "left": [{"path": one.path, "reason": one.reason} for one in proposal.left],
        "files": [change.path for change in proposal.files],
        "security": proposal.is_security,
        "advisories": [_advisory(one) for one in proposal.advisories],
    }


def _security(row: SecurityRow) -> dict[str, object]:
    return {
        "lock": row.unit,
        "package": row.package,
        "version": row.version,
        "advisories": [_advisory(one) for one in row.advisories],
        "source": row.source.value,
        "brought_by": list(row.chain[:-1]),
        "branch": row.branch,
        "to": row.after,
        "accepted": row.is_accepted,
        "reason": row.reason,
        "until": row.until,
    }


def _advisory(one: AdvisoryLine) -> dict[str, object]:
    return {
        "id": one.id,
        "aliases": list(one.aliases),
        "package": one.package,
        "summary": one.summary,
        "link": one.link,
        "severity": one.severity,
        "malicious": one.is_malicious,
        "fix_versions": list(one.fixed_in),
    }


def update_row(row: UpdateLine) -> dict[str, object]:
    return {
        "package": row.package,
        "kind": row.kind.value,
        "from": row.before,
        "to": row.after,
        "manifest": row.manifest,
    }


def _lock_change(row: LockChange) -> dict[str, object]:
    return {
        "lockfile": row.lockfile,
        "package": row.package,
        "kind": row.kind.value,
        "from": row.before,
        "to": row.after,
        "direct": row.direct,
        "recorded": row.recorded,
    }


def held_back_row(row: HeldBack) -> dict[str, object]:
    return {"package": row.package, "current": row.current, "latest": row.latest, "reason": row.reason}


def _python(place: PythonPlace) -> dict[str, object]:
    return {
        "path": place.path,
        "line": place.line,
        "text": place.shown,
        "version": place.version,
        "role": place.role,
        "warning": place.warning,
    }


def problem_entry(row: Problem) -> dict[str, object]:
    """What was wrong, where, and what to do."""
    return {"message": row.message, "path": row.path, "line": row.line, "hint": row.hint}
