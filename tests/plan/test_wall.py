"""The wall around each unit: whatever fails while one is worked on, the rest of the repository gets its updates.

Failures are put into each stage of a run over two projects, ``a`` and ``b``; the failing one is ``a``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.errors import InputError, LockbotError
from bot.index.memory import build_memory_index
from bot.pipeline.edges import Edges
from bot.pipeline.run import run_repository
from bot.plan.solver import Solver
from bot.ports.run import BranchName, Problem, RunReport, RunRequest, Sha
from bot.resolver.lowering import CommandSettings, lower_project
from bot.wall import make_reference
from tests.kept_errors import KeptErrors, keep_nothing
from tests.plan.memory_commit import MemoryCommit
from tests.runs.local_repository import NOW, project

OLD = build_memory_index({"left": {"1.0": []}, "right": {"1.0": []}})
NEW = build_memory_index({"left": {"1.0": [], "1.1": [], "2.0": []}, "right": {"1.0": [], "1.1": []}})
SETTINGS = CommandSettings(now=NOW)
SCRIPT = '# /// script\n# dependencies = ["left==1.0"]\n# ///\n'


def lock(tree: MemoryCommit, folder: str) -> str:
    request = lower_project(tree, root=folder, settings=SETTINGS)
    solve = Solver(index=OLD, settings=SETTINGS)
    return solve(request, tree=tree, folder=folder, existing=None, existing_text=None).text


def make_commit() -> MemoryCommit:
    tree = MemoryCommit(
        {"a/pyproject.toml": project("left==1.0", "right>=1"), "b/pyproject.toml": project("left==1.0", "right>=1")}
    )
    locks = {f"{folder}/uv.lock": lock(tree, folder) for folder in ("a", "b")}
    return MemoryCommit({**tree.files, **locks, "c/s.py": SCRIPT})


def run(tree: MemoryCommit, kept: KeptErrors | Callable[[Exception, str], str]) -> RunReport:
    request = RunRequest(root=Path("/"), base=Sha("0" * 40), base_branch=BranchName("main"), now=NOW, repository="r")
    return run_repository(request, Edges(open_commit=tree.open, index=NEW, keep=kept))


def is_of_a(argument: object) -> bool:
    """Whether what a function was given is about the project ``a``."""
    if isinstance(argument, str):
        return argument.startswith("a/") or argument == "a"
    if isinstance(argument, list | tuple):
        return any(map(is_of_a, argument))
    trial = getattr(argument, "trial", argument)
    unit = getattr(trial, "unit", trial)
    edited = getattr(argument, "declaration", argument)
    return any(map(is_of_a, (str(getattr(unit, "name", "")), str(getattr(edited, "path", "")))))


def break_at(monkeypatch: pytest.MonkeyPatch, place: str, error: BaseException) -> None:
    """Make the function at ``place`` raise where it is called for the project ``a``."""
    module, _, name = place.rpartition(".")
    monkeypatch.setattr(f"{module}.{name}", breaking(find(module, name), error))


def find(module: str, name: str) -> Callable[..., Any]:
    found = pytest.importorskip(module) if module.rpartition(".")[2].islower() else None
    if found is not None:
        return getattr(found, name)  # type: ignore[no-any-return]
    parent, _, owner = module.rpartition(".")
    return getattr(getattr(pytest.importorskip(parent), owner), name)  # type: ignore[no-any-return]


def breaking(function: Callable[..., Any], error: BaseException) -> Callable[..., Any]:
    def broken(*arguments: Any, **named: Any) -> Any:
        if any(map(is_of_a, (*arguments, *named.values()))):
            raise error
        return function(*arguments, **named)

    return broken


STAGES = {
    "reading a manifest": "bot.detect.pyproject.parse_pyproject",
    "finding declarations": "bot.detect.pyproject._manifest",
    "reading a lock": "bot.detect.form.parse_lock",
    "lowering": "bot.resolver.lowering.project.discover_workspace",
    "locking": "bot.plan.solver.Solver.__call__",
    "looking for candidates": "bot.plan.proposals.repository.find_candidates",
    "drafting": "bot.plan.proposals.repository.draft_jointly",
    "drafting maintenance": "bot.plan.proposals.repository.draft_maintenance",
    "editing": "bot.detect.pyproject.edit_manifest",
    "explaining": "bot.plan.proposals.repository._held_back",
}
ERRORS: list[Exception] = [
    RecursionError("deep"),
    MemoryError(),
    KeyError("/home/operator/secret"),
    ValueError("digits"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("stage", STAGES)
def test_a_failure_is_the_units_own(stage: str, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = make_commit()
    break_at(monkeypatch, STAGES[stage], error)
    kept = KeptErrors()

    report = run(tree, kept)

    proposed = {change.path for one in report.proposals for change in one.files}
    assert {"b/pyproject.toml", "b/uv.lock", "c/s.py"} <= proposed
    assert {(one.path or "").partition("/")[0] for one in report.problems} == {"a"}
    assert set(kept.errors.values()) == {error}
    for problem in report.problems:
        assert problem.message == "lockbot failed here unexpectedly"
        assert any(reference in (problem.hint or "") for reference in kept.errors)
        assert "operator/secret" not in str(problem)


@pytest.mark.parametrize("stage", ["editing", "drafting", "explaining"])
def test_a_refusal_is_told_as_it_is(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = make_commit()
    break_at(monkeypatch, STAGES[stage], InputError("can't be edited", path="a/pyproject.toml", line=7))

    report = run(tree, keep_nothing)

    assert report.problems == (Problem(path="a/pyproject.toml", line=7, message="can't be edited"),)
    assert any(change.path == "b/pyproject.toml" for one in report.proposals for change in one.files)


def test_what_fails_together_leaves_the_other_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """No unit fails by itself, so the group can't be made; lock maintenance and majors are."""
    tree = make_commit()
    whole = run(tree, keep_nothing)
    error = RecursionError()
    finish = find("bot.plan.proposals.repository", "finish_group")

    def broken(tree: Any, group: Any, drafts: Any, *rest: Any) -> Any:
        if group.key == "non-major" and len(drafts) > 1:
            raise error
        return finish(tree, group, drafts, *rest)

    monkeypatch.setattr("bot.plan.proposals.repository.finish_group", broken)
    kept = KeptErrors()

    report = run(tree, kept)

    assert {one.group for one in whole.proposals} - {one.group for one in report.proposals} == {"non-major"}
    assert len(report.problems) == 1
    assert list(kept.errors.values()) == [error]


def test_a_proposal_that_has_no_words_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = make_commit()
    whole = run(tree, keep_nothing)
    word = find("bot.pipeline.wording", "proposal_title")

    def broken(group: Any, *rest: Any) -> Any:
        if group.key == "non-major":
            raise KeyError
        return word(group, *rest)

    monkeypatch.setattr("bot.pipeline.wording.proposal_title", broken)

    report = run(tree, KeptErrors())

    assert {one.group for one in whole.proposals} - {one.group for one in report.proposals} == {"non-major"}
    assert [one.path for one in report.problems] == ["a/uv.lock"]


def test_a_configuration_at_which_reading_fails_is_a_problem_of_the_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tree = MemoryCommit({**make_commit().files, ".lockbot.json": "{}"})
    monkeypatch.setattr(
        "bot.pipeline.configuration.load_config",
        breaking(find("bot.pipeline.configuration", "load_config"), ValueError()),
    )
    monkeypatch.setattr(__name__ + ".is_of_a", lambda _: True)

    report = run(tree, KeptErrors())

    (problem,) = report.config.problems
    assert (problem.path, problem.message) == (".lockbot.json", "lockbot failed here unexpectedly")
    assert report.problems == report.config.problems
    assert report.proposals == ()


def test_what_follows_locks_is_no_unit_but_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = make_commit()
    whole = run(tree, keep_nothing)

    def broken(*_: object) -> tuple[()]:
        raise LockbotError("the hook can't be read")

    monkeypatch.setattr("bot.pipeline.sight.find_followers", broken)

    report = run(tree, keep_nothing)

    assert report.proposals == whole.proposals
    assert report.problems == (Problem(message="the hook can't be read"),)


def test_the_end_of_a_process_passes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = make_commit()
    break_at(monkeypatch, STAGES["locking"], KeyboardInterrupt())

    with pytest.raises(KeyboardInterrupt):
        run(tree, KeptErrors())


def test_a_reference_stays_the_same_for_the_same_failure() -> None:
    def fail(text: str) -> Exception:
        try:
            raise ValueError(text)
        except ValueError as error:
            return error

    assert make_reference(fail("one"), "a") == make_reference(fail("two"), "a")
    assert make_reference(fail("one"), "a") != make_reference(fail("one"), "caf\udce9")
