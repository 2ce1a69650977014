"""Scenarios of judging: a base, the pull request's commit on it, and what is said of that commit.

A file is a planner scenario (``tests/plan/scenarios/README.md``: the base, its locks, and the index) with three tables more:

* ``[head]``: ``files`` by path (``false``: deleted), ``root`` and ``pyproject`` in place of those of the base, ``locked`` for
  locks that the pull request made of its own manifests, ``conflict`` for a lock of which the pull request committed both
  sides, each as pins. ``stranger = true``: by somebody without write access. ``touched = false``: the forge does not list
  what changes.
* ``[verdict]``: ``locks`` (``path: standing: reason``), ``stale`` (files that follow), ``left``, ``config`` (``ok`` or what is
  wrong), ``problems``, ``changes`` (what the locks' patches move).
* ``[relock]``: ``changes``, ``files`` (paths that are written), ``problems``, ``says`` (texts of ``patch``).
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.app.shipped import shipped_hooks
from bot.judging.judge import judge_commit
from bot.judging.relock import relock_commit
from bot.pipeline.edges import Edges
from bot.ports.judging import CommitReport, JudgeRequest, Relocked
from bot.ports.run import ConfigText, LockChange, Sha
from bot.ports.surroundings import KnownTags, Surroundings
from tests.kept_errors import keep_nothing
from tests.plan.memory_commit import MemoryCommit
from tests.plan.scenario import CONFIG, LOCK, MANIFEST, Scenario, make_scenario, refuse_unknown
from tests.plan.scenario_runs import make_commit, make_index

_HEAD_KEYS = frozenset({"files", "root", "pyproject", "locked", "conflict", "stranger", "touched"})
_VERDICT_KEYS = frozenset({"locks", "stale", "left", "config", "problems", "changes"})
_RELOCK_KEYS = frozenset({"changes", "files", "problems", "says"})

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """``base`` and ``head`` are the two commits, ``plan`` what the index and the clock are made of."""

    plan: Scenario
    base: MemoryCommit
    head: MemoryCommit
    is_stranger: bool
    is_listed: bool
    verdict: Table
    relock: Table | None

    @property
    def request(self) -> JudgeRequest:
        paths = {*self.base.files, *self.head.files}
        touched = frozenset(path for path in paths if self.base.files.get(path) != self.head.files.get(path))
        policy = self.base.files.get(CONFIG)
        return JudgeRequest(
            root=Path("/repository"),
            commit=Sha("1" * 40),
            now=self.plan.now,
            repository="owner/name",
            policy=None if policy is None else ConfigText(path=CONFIG, text=policy),
            touched=touched if self.is_listed else None,
            find_base=self.base.files.get,
            is_stranger=self.is_stranger,
        )

    @property
    def edges(self) -> Edges:
        return Edges(
            open_commit=self.head.open,
            index=make_index(self.plan),
            keep=keep_nothing,
            around=Surroundings(tags=KnownTags(commits=self.plan.tags), hook_packages=shipped_hooks()),
        )

    def judge(self) -> CommitReport:
        return judge_commit(self.request, self.edges)

    def make_lock(self) -> Relocked:
        return relock_commit(self.request, self.edges)

    def with_files(self, done: Relocked) -> Case:
        """The pull request after the commit of ``done``."""
        files = {one.path: one.text for one in done.files if one.text is not None}
        return replace(self, head=MemoryCommit({**self.head.files, **files}))


def read_case(path: Path) -> Case:
    table = tomllib.loads(path.read_text("utf-8"))
    head, verdict, relock = (table.pop(key, None) for key in ("head", "verdict", "relock"))
    for one, known in ((head, _HEAD_KEYS), (verdict, _VERDICT_KEYS), (relock or {}, _RELOCK_KEYS)):
        refuse_unknown(one, known, path)
    plan = make_scenario(table, path)
    base = make_commit(plan)
    return Case(
        plan=plan,
        base=base,
        head=_make_head(table, head, base, path),
        is_stranger=head.get("stranger", False),
        is_listed=head.get("touched", True),
        verdict=verdict,
        relock=relock,
    )


def _make_head(table: Table, head: Table, base: MemoryCommit, path: Path) -> MemoryCommit:
    texts = {name: text for name, text in head.get("files", {}).items() if text is not False}
    stated = {key: head[key] for key in ("root", "pyproject") if key in head}
    now = {**table, **stated, "files": {**table.get("files", {}), **texts}, "locked": head.get("locked", {})}
    replaced = (("root", "pyproject") if MANIFEST in texts else ()) + (("config",) if CONFIG in texts else ())
    for key in ("before", *replaced):
        now.pop(key, None)
    made = make_commit(make_scenario(now, path)).files
    locks = {name: text for name, text in base.files.items() if name not in made}
    gone = {name for name, text in head.get("files", {}).items() if text is False}
    files = {name: text for name, text in {**locks, **made}.items() if name not in gone}
    if "conflict" in head:
        files[LOCK] = _conflict(*(_side(now, pins, path) for pins in head["conflict"]))
    return MemoryCommit(files)


def _side(now: Table, pins: Table, path: Path) -> str:
    return make_commit(make_scenario({**now, "locked": pins}, path)).files[LOCK]


def _conflict(ours: str, theirs: str) -> str:
    """What ``git merge`` leaves of two sides."""
    left, right = ours.splitlines(keepends=True), theirs.splitlines(keepends=True)
    rows: list[str] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind == "equal":
            rows += left[a:b]
        else:
            rows += ["<<<<<<< HEAD\n", *left[a:b], "=======\n", *right[c:d], ">>>>>>> main\n"]
    return "".join(rows)


# --- what was found, as expectations say it -------------------------------------------------------


def found_verdict(report: CommitReport, expected: Table) -> dict[str, Any]:
    """In the form of an expectation: reasons as far as they are stated."""
    stated = {row.partition(": ")[0]: row for row in expected.get("locks", ())}
    locks = []
    for one in report.verdicts:
        standing = one.standing.value if one.is_touched else f"{one.standing} and not touched"
        row = f"{one.path}: {standing}" + (f": {one.reason}" if one.reason else "")
        locks.append(_shortened(row, (stated.get(one.path, row),)))
    config = None
    if report.config is not None:
        config = [f"{one.line}: {one.message}" for one in report.config.problems] or "ok"
    found = {
        "locks": locks,
        "stale": [one.path for one in report.stale_files],
        "left": [one.path for one in report.left],
        "config": config,
        "problems": [_shortened(f"{one.path}: {one.message}", expected.get("problems", ())) for one in report.problems],
        "changes": [_shown(row) for one in report.verdicts for row in one.changes],
    }
    return {key: value for key, value in found.items() if value or key in expected}


def found_relock(done: Relocked, expected: Table) -> dict[str, Any]:
    found = {
        "changes": [_shown(row) for row in done.changes],
        "files": [one.path for one in done.files],
        "problems": [_shortened(f"{one.path}: {one.message}", expected.get("problems", ())) for one in done.problems],
        "says": [text for text in expected.get("says", ()) if text in done.patch],
    }
    return {key: value for key, value in found.items() if value or key in expected}


def _shortened(row: str, stated: tuple[str, ...]) -> str:
    return next((one for one in stated if row.startswith(one)), row)


def _shown(row: LockChange) -> str:
    return f"{row.package} {row.before or 'new'} -> {row.after or 'gone'}"
