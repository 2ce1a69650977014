"""Titles, commit messages, bodies, JSON and tables."""

from __future__ import annotations

import json

import pytest
from packaging.version import Version

from bot.lockfile.model import Dependency, File, Lock, Package, RegistrySource, VirtualSource
from bot.markers import TRUE
from bot.plan.changes import UnitResult, lock_changes
from bot.plan.policy import LOCK_MAINTENANCE, Group
from bot.plan.unit import Unit
from bot.ports.run import BranchName, HeldBack, OtherBot, Problem, RunReport, Sha, UpdateKind, UpdateLine
from bot.repoconfig.matching import Wording
from bot.repoconfig.model import SemanticCommits
from bot.report.cut import shorten
from bot.report.markdown import code, escape
from bot.report.pulls.body import pull_request_body
from bot.report.pulls.branch import branch_name
from bot.report.pulls.commit import commit_message
from bot.report.pulls.content import Content
from bot.report.pulls.title import is_semantic_history, proposal_title
from bot.report.run_json import render_json
from bot.report.screens.plan import render_plan
from bot.report.screens.screen import Screen
from bot.report.terminal import problem_line

COMMON = Group(key="non-major", name="non-major dependencies")
MAJOR = Group(key="major-django", name="django", single="django")
PYPI = RegistrySource(url="https://pypi.org/simple")


def line(package: str, before: str | None, after: str, kind: UpdateKind = UpdateKind.MINOR) -> UpdateLine:
    return UpdateLine(package=package, kind=kind, before=before, after=after, manifest="pyproject.toml")


TITLES = [
    (COMMON, [line("a", "1", "1.1"), line("b", "1", "1.1")], "Update non-major dependencies"),
    (COMMON, [line("a", "1", "1.1")], "Update a to 1.1"),
    (COMMON, [line("a", "1", "1.0, 1.1"), line("a", "1", "1.0, 1.1")], "Update a to 1.1"),
    (MAJOR, [line("django", "4.2", "5.1", UpdateKind.MAJOR)], "Update django to v5"),
    (
        MAJOR,
        [
            line("asgi", "3", "4", UpdateKind.MAJOR),
            line("django", "4.2", "5.1", UpdateKind.MAJOR),
            line("x", "1", "1.1"),
        ],
        "Update django to v5 and asgi to v4",
    ),
    (
        MAJOR,
        [line(name, "3", "4", UpdateKind.MAJOR) for name in ("a", "b", "c", "django")],
        "Update django to v4 and 3 that must move with it",
    ),
    (
        Group(key=LOCK_MAINTENANCE, name="lock file maintenance"),
        [line("a", "1", "2", UpdateKind.MAJOR)],
        "Lock file maintenance",
    ),
]


@pytest.mark.parametrize(("group", "updates", "title"), TITLES)
def test_a_title_says_what_moved(group: Group, updates: list[UpdateLine], title: str) -> None:
    assert proposal_title(group, updates) == title


def test_branch_names_have_no_version() -> None:
    assert branch_name("lockbot/", MAJOR) == "lockbot/major-django"


def test_a_commit_message_lists_the_updates_once() -> None:
    result = unit_result()
    message = commit_message(
        "Title", [line("a", "1", "2"), line("a", "1", "2"), line("n", None, "3")], lock_changes(result)
    )
    assert message == "Title\n\n* a 1 -> 2\n* n 3\n\n2 indirect packages changed with it.\n"


def package(name: str, version: str, *needs: str, tag: str = "any") -> Package:
    edges = tuple(Dependency(name=need, source=PYPI, version=Version("1"), marker=TRUE) for need in needs)
    wheel = File(url=f"https://files.invalid/{name}-{version}-py3-none-{tag}.whl", hash="sha256:0")
    return Package(name=name, version=Version(version), source=PYPI, dependencies=edges, wheels=(wheel,))


def lock_of(*packages: Package) -> Lock:
    needs = tuple(Dependency(name="a", source=PYPI, version=Version("1"), marker=TRUE) for _ in range(1))
    root = Package(name="app", version=Version("1"), source=VirtualSource(path="."), dependencies=needs)
    return Lock(requires_python=">=3.11", packages=(*packages, root))


def unit_result() -> UnitResult:
    unit = Unit(
        name="uv.lock", path="uv.lock", folder=".", lock_path="uv.lock", declarations=(), lower=lambda _: NotImplemented
    )
    before = lock_of(package("a", "1", "gone", tag="win_amd64"), package("gone", "1"))
    after = lock_of(package("a", "2", "came", tag="manylinux_2_17_x86_64"), package("came", "1"), package("gone", "1"))
    return UnitResult(unit=unit, before=before, after=after, lock_text="x", edited=frozenset())


def test_lock_changes_of_a_unit() -> None:
    result = UnitResult(
        unit=unit_result().unit,
        before=unit_result().before,
        after=lock_of(package("a", "2")),
        lock_text="",
        edited=frozenset(),
    )
    rows = [(row.package, row.kind.value, row.before, row.after) for row in lock_changes(result)]
    assert rows == [("a", "changed", "1", "2"), ("gone", "removed", "1", None)]


def test_a_body_tells_all_changes_who_asks_and_what_stays() -> None:
    result = unit_result()
    held = [HeldBack(package="h", current="1", latest="2", reason="Because <b> | @someone\nsays `no`.")]
    body = pull_request_body(
        Content(
            group=COMMON,
            updates=[line("a", "1", "2")],
            changes=lock_changes(result),
            results=[result],
            held_back=held,
        )
    )
    assert body.startswith(
        "Moves a from `1` to `2` (1 new in the lock). "
        "This update was solved; the lock is the one that `uv lock` writes.\n"
    )
    assert "| a | `1` → `2` | minor | `pyproject.toml` |" in body
    assert "<summary>All lock changes: 1 added, 1 changed</summary>" in body
    assert "| a | `1` → `2` | major | app |" in body
    assert "| came | added `1` | **new** | a |" in body
    assert "* **Platforms dropped**: a has no more wheels for `win_amd64`." in body
    assert "* **New in the lock**: came." in body
    assert "<summary>Held back: 1</summary>" in body
    assert "| h | `1` → `2` | Because \\<b\\> \\| @\u200bsomeone<br>says \\`no\\`. |" in body


def test_text_of_others_stays_text() -> None:
    assert escape("[x](http://e) <img> *b* @me #1\n| next") == (
        "\\[x\\](http:\u200b//e) \\<img\\> \\*b\\* @\u200bme \\#\u200b1 \\| next"
    )
    assert code("a`b|c") == "``a`b\\|c``"


def test_a_long_reason_is_cut_after_a_sentence() -> None:
    reason = "Because a is so. " * 100
    short = shorten(reason)
    assert len(short) <= 905
    assert short.endswith("so. …")
    assert shorten("Short\n\n  reason.\n") == "Short\nreason."


REPORT = RunReport(
    base=Sha("0" * 40),
    base_branch=BranchName("main"),
    held_back=(HeldBack(package="h", current="1", latest="2", reason="why"),),
    problems=(Problem(message="broken", path="a/pyproject.toml", line=3, hint="mend it"),),
    other_bots=(
        OtherBot(
            name="Renovate",
            path="renovate.json",
            manages=("a/\x1bb.toml", "c.toml", "d.toml", "e.toml"),
            remedy='write `"pep621": { "enabled": false }` in it',
        ),
    ),
    timings={"read": 0.1},
)


def test_json_of_what_is_held_back_and_wrong() -> None:
    assert json.loads(render_json(REPORT)) == {
        "proposals": [],
        "held_back": [{"package": "h", "current": "1", "latest": "2", "reason": "why"}],
        "problems": [{"message": "broken", "path": "a/pyproject.toml", "line": 3, "hint": "mend it"}],
        "warnings": [],
        "security": [],
        "left_alone": [],
        "other_bots": [
            {
                "name": "Renovate",
                "path": "renovate.json",
                "manages": ["a/\x1bb.toml", "c.toml", "d.toml", "e.toml"],
                "remedy": 'write `"pep621": { "enabled": false }` in it',
            }
        ],
        "python": [],
        "timings": {"read": 0.1},
    }


def test_the_terminal_shows_the_same() -> None:
    shown = "\n".join(render_plan(REPORT, {}, Screen()))
    assert "Nothing to propose" in shown
    assert "why" in shown
    assert (
        "Renovate updates a/\\x1bb.toml, c.toml, d.toml and 1 more too (renovate.json), so that every update is proposed "
        'twice. To leave that to lockbot, write `"pep621": { "enabled": false }` in it.'
    ) in shown
    assert problem_line(REPORT.problems[0]) == "a/pyproject.toml:3: broken (mend it)"


@pytest.mark.parametrize(
    ("problem", "shown"),
    [
        (Problem(message="m"), "m"),
        (Problem(message="m", path="p"), "p: m"),
        (Problem(message="m", path="p", line=2, hint="h"), "p:2: m (h)"),
    ],
)
def test_a_problem_is_one_line(problem: Problem, shown: str) -> None:
    assert problem_line(problem) == shown


SPOKEN = [
    (["fix: a", "feat(api)!: b", "Merge it", "chore(deps): c"], True),
    (["fix: a", "feat: b"], False),
    (["fix: a", "feat: b", "docs: c", "Other", "More", "Yet more"], False),
    (["Fix: a", "fix a", "fix:a", "[fix] a", "feature: x"], False),
    ([], False),
]


@pytest.mark.parametrize(("subjects", "is_semantic"), SPOKEN)
def test_how_a_history_is_worded(subjects: list[str], is_semantic: bool) -> None:
    assert is_semantic_history(subjects) is is_semantic


WORDED = [
    (Wording(), "Update a to 2"),
    (Wording(prefix="deps:", suffix="[x]"), "deps: Update a to 2 [x]"),
    (Wording(action="Bump"), "Bump a to 2"),
    (Wording(when=SemanticCommits.ENABLED), "chore(deps): update a to 2"),
    (Wording(when=SemanticCommits.ENABLED, prefix="deps:"), "deps: Update a to 2"),
    (Wording(when=SemanticCommits.AUTO), "Update a to 2"),
    (Wording(when=SemanticCommits.AUTO).settled(lambda: True), "chore(deps): update a to 2"),
    (Wording(when=SemanticCommits.AUTO).settled(lambda: False), "Update a to 2"),
]


@pytest.mark.parametrize(("wording", "title"), WORDED)
def test_a_title_is_worded_as_the_configuration_has_it(wording: Wording, title: str) -> None:
    group = Group(key="a", name="a", wording=wording)
    assert proposal_title(group, [line("a", "1", "2", UpdateKind.MINOR)]) == title
