"""The findings as JSON: the keys of ``uv audit --output-format json`` for each, and the lock that has it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.advisories.audit import Audited, Found, StatusFound, summary_of
from bot.ports.run import Problem
from bot.report.run_json import problem_entry


def render_audit_json(audits: Sequence[Audited], problems: Sequence[Problem]) -> str:
    """Sorted by lock, package, version and identifier."""
    return json.dumps(
        {
            "summary": {
                **summary_of(audits),
                "not_asked_about": sum(one.unasked for one in audits),
                "statuses_not_known": sum(len(one.unread) for one in audits),
            },
            "vulnerabilities": [_entry(one, found) for one in audits for found in _sorted(one.found)],
            "adverse_statuses": [_status(one, found) for one in audits for found in one.statuses],
            "ignored": [_entry(one, found) for one in audits for found in _sorted(one.ignored)],
            "problems": [problem_entry(one) for one in problems],
        },
        indent=2,
        ensure_ascii=False,
    )


def _sorted(found: Sequence[Found]) -> Sequence[Found]:
    return sorted(found, key=lambda one: (one.finding.locked, one.finding.advisory.best_id))


def _status(audited: Audited, found: StatusFound) -> dict[str, object]:
    return {
        "lock": audited.path,
        "line": found.line,
        "name": found.package,
        "index": found.index,
        "status": found.status.value,
        "reason": found.reason,
        "brought_by": list(found.chain[:-1]),
    }


def _entry(audited: Audited, found: Found) -> dict[str, object]:
    advisory, locked = found.finding.advisory, found.finding.locked
    return {
        "lock": audited.path,
        "line": found.line,
        "dependency": {"name": locked.name, "version": str(locked.version)},
        "id": advisory.id,
        "display_id": advisory.best_id,
        "aliases": list(advisory.aliases),
        "summary": advisory.summary,
        "description": advisory.details,
        "link": advisory.link,
        "fix_versions": [str(one) for one in found.finding.fixed_in],
        "severity": advisory.severity,
        "malicious": advisory.is_malicious,
        "published": advisory.published,
        "modified": advisory.modified or None,
        "brought_by": list(found.chain[:-1]),
        "ignored_because": found.reason,
        "ignored_until": found.until,
    }
