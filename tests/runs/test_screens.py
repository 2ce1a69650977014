"""What ``run``, ``outdated``, ``why`` and ``upgrade`` show, as whole screens: 80 and 120 columns, and in a pipe."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.cli.local.surveying import survey_tree
from bot.git.working_tree import open_working_tree
from bot.index.memory import MemoryIndex, build_memory_index
from bot.pipeline.run import Survey
from bot.plan.local.outdated import find_outdated
from bot.plan.local.upgrade import Wish, plan_upgrade
from bot.plan.local.why import find_why
from bot.report.local.outdated import render_outdated, render_outdated_json
from bot.report.local.upgraded import render_upgraded, render_upgraded_json
from bot.report.local.why import render_why, render_why_json
from bot.report.screens.plan import render_plan
from bot.report.screens.screen import Screen
from tests.kept_errors import keep_nothing
from tests.runs.local_repository import NOW, LocalRepository, Releases, make_repository, project

SCREENS = Path(__file__).parents[1] / "snapshots" / "screens"
WIDTHS = {"80": 80, "120": 120, "piped": None}
OLD: Releases = {
    "alpha": {"1.0": []},
    "beta": {"1.0": ["gamma<2"]},
    "gamma": {"1.0": []},
    "a-package-with-a-long-name": {"2024.1.0": []},
    "epsilon": {"1.0": []},
    "zeta": {"1.0": []},
}
NEW: Releases = {
    "alpha": {"1.0": [], "1.1": [], "2.0": ["gamma>=2"]},
    "beta": {"1.0": ["gamma<2"], "1.1": ["gamma<2"]},
    "gamma": {"1.0": [], "1.5": [], "2.0": []},
    "a-package-with-a-long-name": {"2024.1.0": [], "2024.11.0": []},
    "epsilon": {"1.0": [], "1.0.1": []},
    "zeta": {"1.0": [], "2.0": ["gamma>=2"]},
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> LocalRepository:
    """An application, a library beside it and a rule."""
    made = make_repository(tmp_path_factory.mktemp("screens") / "repository")
    made.write(
        {
            "pyproject.toml": project("alpha==1.0", "beta>=1.0", "zeta<2", "a-package-with-a-long-name==2024.1.0"),
            "services/reporting/pyproject.toml": project("epsilon~=1.0.0", "alpha<2", name="reporting"),
            ".lockbot.json": '{"packageRules": [{"matchPackageNames": ["epsilon"], "enabled": false}]}',
        }
    )
    made.lock(OLD)
    made.lock(OLD, root="services/reporting")
    made.commit({})
    return made


@pytest.fixture(scope="module")
def index() -> MemoryIndex:
    return build_memory_index(NEW)


@pytest.fixture(scope="module")
def survey(repository: LocalRepository, index: MemoryIndex) -> Survey:
    tree = open_working_tree(repository.folder, os.environ)
    return survey_tree(tree, repository.folder, index, NOW, os.environ, keep_nothing, lambda _stage, _what: None)


def screen_of_run(repository: LocalRepository, index: MemoryIndex, _survey: Survey, screen: Screen) -> Iterator[str]:
    result = repository.run(index, dry_run=True)
    lines = render_plan(
        result.report, dict.fromkeys((one.branch for one in result.report.proposals), "created"), screen
    )
    yield from (line.replace(result.report.base[:12], "0123456789ab") for line in lines)


def screen_of_outdated(_: LocalRepository, index: MemoryIndex, survey: Survey, screen: Screen) -> Iterator[str]:
    rows = [row for workload in survey.workloads for row in find_outdated(workload, index)]
    yield from render_outdated(rows, NOW, screen)


def screen_of_why(_: LocalRepository, index: MemoryIndex, survey: Survey, screen: Screen) -> Iterator[str]:
    for name in ("gamma", "alpha", "epsilon"):
        answers = [answer for one in survey.workloads if (answer := find_why(one, index, name)) is not None]
        yield f"$ lockbot why {name}"
        yield from render_why(answers, screen)


def screen_of_upgrade(repository: LocalRepository, index: MemoryIndex, survey: Survey, screen: Screen) -> Iterator[str]:
    tree = open_working_tree(repository.folder, os.environ)
    for said, wish in (("", Wish()), (" alpha --major", Wish(names=frozenset({"alpha"}), major=True))):
        yield f"$ lockbot upgrade{said}"
        yield from render_upgraded(plan_upgrade(tree, survey.workloads, wish, index), screen, is_written=True)


Painter = Callable[[LocalRepository, MemoryIndex, Survey, Screen], Iterator[str]]
PAINTERS: dict[str, Painter] = {
    "run": screen_of_run,
    "outdated": screen_of_outdated,
    "why": screen_of_why,
    "upgrade": screen_of_upgrade,
}
NAMES = [f"{command}-{width}" for command in PAINTERS for width in WIDTHS]


@pytest.mark.parametrize("name", NAMES)
def test_a_screen_is_what_was_looked_at(
    name: str, repository: LocalRepository, index: MemoryIndex, survey: Survey, request: pytest.FixtureRequest
) -> None:
    command, _, width = name.rpartition("-")
    shown = "".join(f"{line}\n" for line in PAINTERS[command](repository, index, survey, Screen(width=WIDTHS[width])))
    file = SCREENS / f"{name}.txt"
    if request.config.getoption("--rewrite-snapshots"):
        file.write_text(shown, "utf-8")
    assert shown == file.read_text("utf-8")


def test_no_screen_is_left_over() -> None:
    assert sorted(file.stem for file in SCREENS.glob("*.txt")) == sorted(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith("piped")])
def test_nothing_is_wider_than_the_terminal_but_what_may_not_be_cut(name: str) -> None:
    width = int(name.rpartition("-")[2])
    wide = [line for line in (SCREENS / f"{name}.txt").read_text("utf-8").splitlines() if len(line) > width]
    assert [line for line in wide if " " in line.strip().removeprefix("branch: ")] == []


def test_what_programs_read_says_the_same(repository: LocalRepository, index: MemoryIndex, survey: Survey) -> None:
    rows = [row for workload in survey.workloads for row in find_outdated(workload, index)]
    shown = json.loads(render_outdated_json(rows))["outdated"]
    assert {(row["unit"], row["package"], row["newest"]) for row in shown} == {
        (row.unit, row.package, str(row.newest)) for row in rows
    }
    answer = find_why(survey.workloads[0], index, "gamma")
    assert answer is not None
    (told,) = json.loads(render_why_json([answer]))["why"]
    assert (told["versions"][0]["version"], told["newest"]) == ("1.0", "2.0")
    tree = open_working_tree(repository.folder, os.environ)
    done = plan_upgrade(tree, survey.workloads, Wish(), index)
    assert set(json.loads(render_upgraded_json(done, is_written=False))["files"]) <= set(tree.paths())
