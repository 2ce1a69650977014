"""Guides as they are written; ``tests/guides/README.md`` describes the form."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.plan.scenario import Scenario, Table, make_scenario, refuse_unknown

_KEYS = frozenset({"why", "guide", "files", "locked", "packages", "config", "branches", "problems", "exported"})
_BRANCH_KEYS = frozenset({"name", "files", "has", "gone", "checks"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """What has to be on a branch. ``checks`` are what uv is asked there."""

    name: str
    files: tuple[str, ...]
    has: Mapping[str, tuple[str, ...]]
    gone: tuple[str, ...]
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """``exported`` are files of which only the header is written down."""

    name: str
    repository: Scenario
    branches: tuple[Branch, ...]
    problems: tuple[str, ...]
    exported: tuple[str, ...]


def read_guide(path: Path) -> Guide:
    """Raises ``ScenarioError`` for what has no meaning."""
    table = tomllib.loads(path.read_text("utf-8"))
    refuse_unknown(table, _KEYS, path)
    stated: Table = {key: table[key] for key in ("why", "files", "locked", "packages", "config") if key in table}
    return Guide(
        name=table["guide"],
        repository=make_scenario(stated, path),
        branches=tuple(_branch(one, path) for one in table["branches"]),
        problems=tuple(table.get("problems", ())),
        exported=tuple(table.get("exported", ())),
    )


def _branch(table: Table, path: Path) -> Branch:
    refuse_unknown(table, _BRANCH_KEYS, path)
    return Branch(
        name=table["name"],
        files=tuple(table["files"]),
        has={name: tuple(texts) for name, texts in table.get("has", {}).items()},
        gone=tuple(table.get("gone", ())),
        checks=tuple(table.get("checks", ())),
    )
