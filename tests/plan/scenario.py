"""Planner scenarios as they are written; ``tests/plan/scenarios/README.md`` describes the form."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.ports.advisories import Alert
from bot.ports.run import Declined, Ignoring, Width
from tests.advisories.service import Known
from tests.resolver.universe import ScenarioError, pyproject_text

Table = Mapping[str, Any]
#: The packages of an index, as in ``tests/scenarios``.
Packages = Mapping[str, Table]

CONFIG = ".lockbot.json"
LOCK = "uv.lock"
MANIFEST = "pyproject.toml"
NOW = datetime(2026, 11, 22, tzinfo=UTC)

_KEYS = frozenset(
    {
        "why", "now", "only", "server", "config", "root", "pyproject", "files", "before", "locked", "packages", "indexes",
        "git", "archives", "tags", "images", "workflows", "declined", "ignored", "proposals", "held_back", "problems",
        "left_alone", "warnings", "detected", "depended",
        "advisories", "alerts", "advisories_down", "public", "private_index", "security",
    }
)  # fmt: skip
_PROPOSAL_KEYS = frozenset(
    {"group", "branch", "title", "labels", "updates", "edits", "exports", "lock", "locks", "held_back", "says", "omits",
     "advisories"}
)  # fmt: skip
_ADVISORY_KEYS = frozenset({"id", "package", "fixed", "from", "versions", "aliases", "severity", "summary"})
_ALERT_KEYS = frozenset({"id", "package", "range", "fixed", "severity", "summary", "dismissed"})
_SECURITY_KEYS = frozenset(
    {
        "package",
        "version",
        "advisories",
        "unit",
        "source",
        "branch",
        "after",
        "reason",
        "accepted",
        "until",
        "chain",
        "over",
    }
)
_HELD_BACK_KEYS = frozenset({"package", "current", "latest", "reason", "says", "until"})
_ARCHIVE_KEYS = frozenset({"name", "version", "requires", "extras", "fails", "build"})
_GIT_KEYS = frozenset({"files", "now", "fails"})
_PROBLEM_KEYS = frozenset({"message", "path", "line", "hint"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedProposal:
    """``locks`` holds the changes of every lock that is written, ``exports`` the texts of the exports. ``held_back``
    None: not stated."""

    group: str
    branch: str
    title: str
    labels: tuple[str, ...]
    updates: tuple[str, ...]
    edits: Mapping[str, tuple[str, ...]]
    locks: Mapping[str, tuple[str, ...]]
    exports: Mapping[str, str]
    held_back: tuple[str, ...] | None
    says: tuple[str, ...]
    omits: tuple[str, ...]
    advisories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """``files`` are the repository; ``earlier`` are the texts that its locks were made of, with ``locked`` by path.
    ``detected`` and ``depended`` None: not stated."""

    path: Path
    now: datetime
    only: str | None
    declined: tuple[Declined, ...]
    ignored: tuple[Ignoring, ...]
    is_local: bool
    files: Mapping[str, str]
    earlier: Mapping[str, str]
    locked: Mapping[str, Mapping[str, tuple[str, ...]]]
    indexes: Mapping[str, Packages]
    git: Mapping[str, Table]
    archives: Mapping[str, Table]
    images: Mapping[str, str] | None
    may_write_workflows: bool
    tags: Mapping[str, Mapping[str, str]]
    proposals: tuple[ExpectedProposal, ...]
    held_back: tuple[Table, ...]
    problems: tuple[Table, ...]
    left_alone: tuple[str, ...]
    warnings: tuple[Table, ...]
    advisories: tuple[Known, ...]
    alerts: tuple[Alert, ...] | None
    advisories_down: bool
    is_public: bool
    is_private_index: bool
    security: tuple[Table, ...]
    detected: Mapping[str, tuple[str, ...]] | None
    depended: tuple[str, ...] | None


def read_scenario(path: Path) -> Scenario:
    """Raises ``ScenarioError`` for what has no meaning."""
    return make_scenario(tomllib.loads(path.read_text("utf-8")), path)


def make_scenario(table: Table, path: Path) -> Scenario:
    """The same of a file's content."""
    refuse_unknown(table, _KEYS, path)
    if not str(table.get("why", "")).endswith("."):
        raise ScenarioError(f"{path}: `why` must be a sentence")
    indexes = {name: content["packages"] for name, content in table.get("indexes", {}).items()}
    return Scenario(
        path=path,
        now=table.get("now", NOW),
        only=table.get("only"),
        declined=tuple(_declined(text) for text in table.get("declined", ())),
        ignored=tuple(_ignored(text) for text in table.get("ignored", ())),
        is_local=not table.get("server", False),
        files=_files(table) | ({CONFIG: table["config"]} if "config" in table else {}),
        earlier=_files(_earlier(table, path)),
        locked=_locked(table.get("locked", {})),
        indexes={"": table.get("packages", {}), **indexes},
        archives={url: _checked(one, _ARCHIVE_KEYS, path) for url, one in table.get("archives", {}).items()},
        git={url: _checked(one, _GIT_KEYS, path) for url, one in table.get("git", {}).items()},
        images=table.get("images"),
        may_write_workflows=table.get("workflows", True),
        tags=table.get("tags", {}),
        proposals=tuple(_proposal(one, path) for one in table.get("proposals", ())),
        held_back=tuple(_checked(one, _HELD_BACK_KEYS, path) for one in table.get("held_back", ())),
        problems=tuple(_checked(one, _PROBLEM_KEYS, path) for one in table.get("problems", ())),
        left_alone=tuple(table.get("left_alone", ())),
        warnings=tuple(_checked(one, _PROBLEM_KEYS, path) for one in table.get("warnings", ())),
        advisories=tuple(_advisory(one, path) for one in table.get("advisories", ())),
        alerts=tuple(_alert(one, path) for one in table["alerts"]) if "alerts" in table else None,
        advisories_down=table.get("advisories_down", False),
        is_public=table.get("public", False),
        is_private_index=table.get("private_index", False),
        security=tuple(_checked(one, _SECURITY_KEYS, path) for one in table.get("security", ())),
        detected={head: tuple(rows) for head, rows in table["detected"].items()} if "detected" in table else None,
        depended=tuple(table["depended"]) if "depended" in table else None,
    )


def refuse_unknown(table: Table, known: frozenset[str], path: Path) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise ScenarioError(f"{path}: unknown keys: {', '.join(unknown)}")


def _checked(table: Table, known: frozenset[str], path: Path) -> Table:
    refuse_unknown(table, known, path)
    return table


def _files(table: Table) -> dict[str, str]:
    files = {name: text.removeprefix("\n") for name, text in table.get("files", {}).items()}
    if "root" in table or "pyproject" in table:
        files[MANIFEST] = pyproject_text(table)
    return files


def _earlier(table: Table, path: Path) -> Table:
    """The texts of the time when the locks were made: what ``before`` states in place of what holds now."""
    before = table.get("before", {})
    refuse_unknown(before, frozenset({"root", "pyproject", "files"}), path)
    files = {**table.get("files", {}), **before.get("files", {})}
    return {**table, **before, "files": files}


def _locked(table: Table) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Versions of packages are those of ``uv.lock`` where no path is said."""
    by_path = table if table and all(isinstance(one, dict) for one in table.values()) else {LOCK: table}
    return {
        path: {name: _texts(versions) for name, versions in pins.items()} for path, pins in by_path.items() if table
    }


def _advisory(table: Table, path: Path) -> Known:
    refuse_unknown(table, _ADVISORY_KEYS, path)
    severity = {"database_specific": {"severity": table["severity"]}} if "severity" in table else {}
    return Known(
        id=table["id"],
        name=table["package"],
        spans=() if "versions" in table else ((table.get("from", "0"), table.get("fixed")),),
        versions=tuple(table.get("versions", ())),
        aliases=tuple(table.get("aliases", ())),
        summary=table.get("summary", "Something is wrong"),
        more=severity,
    )


def _alert(table: Table, path: Path) -> Alert:
    refuse_unknown(table, _ALERT_KEYS, path)
    return Alert(
        package=table["package"],
        advisory=table["id"],
        range=table["range"],
        fixed=table.get("fixed"),
        severity=table.get("severity"),
        summary=table.get("summary"),
        is_dismissed=table.get("dismissed", False),
    )


def _declined(text: str) -> Declined:
    """``name version``, or ``name version major``."""
    name, version, *rest = text.split()
    return Declined(package=name, version=version, is_major=rest == ["major"])


def _ignored(text: str) -> Ignoring:
    """``name``, ``name version``, or ``name version major``."""
    name, version, *rest = *text.split(), ""
    width = Width.MAJOR if "major" in rest else Width.VERSION if version else Width.ALL
    return Ignoring(package=name, width=width, version=version, reason="ada said so")


def _texts(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _proposal(table: Table, path: Path) -> ExpectedProposal:
    refuse_unknown(table, _PROPOSAL_KEYS, path)
    locks = {**({LOCK: table["lock"]} if "lock" in table else {}), **table.get("locks", {})}
    return ExpectedProposal(
        group=table["group"],
        branch=table.get("branch", f"lockbot/{table['group']}"),
        title=table["title"],
        labels=tuple(table.get("labels", ("dependencies",))),
        updates=tuple(table.get("updates", ())),
        edits={name: tuple(rows) for name, rows in table.get("edits", {}).items()},
        locks={name: tuple(rows) for name, rows in locks.items()},
        exports={name: text.removeprefix("\n") for name, text in table.get("exports", {}).items()},
        held_back=tuple(table["held_back"]) if "held_back" in table else None,
        says=tuple(table.get("says", ())),
        omits=tuple(table.get("omits", ())),
        advisories=tuple(table.get("advisories", ())),
    )
