"""The findings as SARIF 2.1.0, for code scanning: a rule for each advisory and each adverse status of projects, a result for
each package it is about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from bot.advisories.audit import Audited, Found, StatusFound
from bot.advisories.model import Advisory
from bot.ports.projects import Adverse

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
#: What GitHub sorts security results by, for the words that databases use.
_SCORES: Mapping[str, str] = {"CRITICAL": "9.5", "HIGH": "8.0", "MODERATE": "5.5", "MEDIUM": "5.5", "LOW": "2.5"}
_UNKNOWN = "5.5"
_MALICIOUS = "10.0"


def render_sarif(audits: Sequence[Audited], version: str) -> str:
    """One run of ``version`` of lockbot; paths are relative to the repository's root."""
    rows = [(one, found) for one in audits for found in one.found]
    rules = {found.finding.advisory.id: found.finding.advisory for _, found in rows}
    statuses = [(one, found) for one in audits for found in one.statuses]
    driver = {
        "name": "lockbot",
        "semanticVersion": version,
        "rules": [
            *(_rule(rules[key]) for key in sorted(rules)),
            *map(_status_rule, sorted({found.status for _, found in statuses})),
        ],
    }
    results = [*(_result(one, found) for one, found in rows), *(_status(one, found) for one, found in statuses)]
    run = {"tool": {"driver": driver}, "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(advisory: Advisory) -> dict[str, Any]:
    text = advisory.details or advisory.summary or advisory.best_id
    return {
        "id": advisory.id,
        "name": advisory.best_id,
        "shortDescription": {"text": advisory.summary or advisory.best_id},
        "help": {"text": text},
        "helpUri": advisory.link,
        "properties": {"tags": ["security", "vulnerability"], "security-severity": _score(advisory)},
    }


def _score(advisory: Advisory) -> str:
    return _MALICIOUS if advisory.is_malicious else _SCORES.get(advisory.severity or "", _UNKNOWN)


def _result(audited: Audited, found: Found) -> dict[str, Any]:
    advisory, locked = found.finding.advisory, found.finding.locked
    fixed = ", ".join(map(str, found.finding.fixed_in))
    told = f"fixed in {fixed}" if fixed else "no release mends it"
    way = f", brought by {' > '.join(found.chain[:-1])}" if found.chain[:-1] else ""
    text = f"{locked.name} {locked.version}: {advisory.summary or advisory.best_id} ({told}{way})"
    key = f"{audited.path}:{locked.name}:{advisory.id}"
    return _located(audited.path, found.line, key, {"ruleId": advisory.id, "level": "error", "message": {"text": text}})


#: As uv explains them.
_STATUSES: Mapping[Adverse, str] = {
    Adverse.ARCHIVED: "The project is archived and is no longer maintained.",
    Adverse.DEPRECATED: "The project is deprecated and may have been superseded by another project.",
    Adverse.QUARANTINED: "The project is quarantined and is considered unsafe for use.",
}
_STATUS_PAGE = "https://packaging.python.org/en/latest/specifications/project-status-markers/"


def _status_id(status: Adverse) -> str:
    return f"lockbot/project-status/{status}"


def _status_rule(status: Adverse) -> dict[str, Any]:
    return {
        "id": _status_id(status),
        "name": status.value,
        "shortDescription": {"text": _STATUSES[status]},
        "help": {"text": _STATUSES[status]},
        "helpUri": f"{_STATUS_PAGE}#{status}",
        "properties": {"tags": ["package", "project-status"]},
    }


def _status(audited: Audited, found: StatusFound) -> dict[str, Any]:
    why = f": {found.reason}" if found.reason else ""
    way = f" (brought by {' > '.join(found.chain[:-1])})" if found.chain[:-1] else ""
    said = {
        "ruleId": _status_id(found.status),
        "level": "warning",
        "message": {"text": f"{found.package} is {found.status}{why}{way}"},
    }
    return _located(audited.path, found.line, f"{audited.path}:{found.package}:{found.index}:{found.status}", said)


def _located(path: str, line: int | None, key: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **said,
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(path)},
                    "region": {"startLine": line or 1},
                }
            }
        ],
        "partialFingerprints": {"lockbot/audit/v1": hashlib.sha256(key.encode()).hexdigest()},
    }
