"""Why nothing is proposed: each reason has a sentence of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.detect.unread import find_unread
from bot.ports.run import BranchName, ConfigState, Problem, RunReport, Sha
from bot.report.nothing import nothing_to_propose
from tests.runs.local_repository import LocalRepository, make_repository, project

EMPTY = RunReport(base=Sha("0" * 40), base_branch=BranchName("main"))
PROBLEM = Problem(message="broken")


@pytest.mark.parametrize(
    ("report", "only", "sentence"),
    [
        (
            replace(EMPTY, config=ConfigState(path=".lockbot.json", problems=(PROBLEM,)), problems=(PROBLEM,)),
            None,
            "Nothing was looked at: .lockbot.json can't be used.",
        ),
        (
            replace(EMPTY, config=ConfigState(path=".lockbot.json", enabled=False)),
            None,
            "Nothing was looked at: lockbot is switched off here (enabled in .lockbot.json).",
        ),
        (
            replace(EMPTY, solved=("Dockerfile [toolchain]",)),
            None,
            "Nothing to propose: everything is as new as its requirements and each other allow.",
        ),
        (
            EMPTY,
            "x",
            "Nothing to propose: this commit has no pyproject.toml, no PEP 723 script and no pinned requirements.",
        ),
        (
            replace(EMPTY, config=ConfigState(path=".lockbot.json")),
            None,
            (
                "Nothing to propose: this commit has no pyproject.toml, no PEP 723 script and no pinned requirements, or "
                ".lockbot.json leaves it out."
            ),
        ),
        (
            replace(EMPTY, unread=("a.ipynb", "b.ipynb", "c.ipynb", "requirements.txt")),
            None,
            (
                "Nothing to propose: there is no project, workspace or script here that lockbot reads; requirements in "
                "another form are in a.ipynb, b.ipynb, c.ipynb and 1 more."
            ),
        ),
        (replace(EMPTY, problems=(PROBLEM,)), None, "Nothing to propose: what was found could not be read."),
        (
            replace(EMPTY, found=("uv.lock",), problems=(PROBLEM,)),
            None,
            "Nothing to propose: nothing could be locked as it stands.",
        ),
        (
            replace(EMPTY, found=("uv.lock", "b"), solved=("uv.lock",), problems=(PROBLEM,)),
            None,
            "Nothing to propose: what could be looked at is as new as its requirements and each other allow.",
        ),
        (
            replace(EMPTY, found=("uv.lock",), solved=("uv.lock",)),
            None,
            "Nothing to propose: everything is as new as its requirements and each other allow.",
        ),
        (
            replace(EMPTY, found=("pyproject.toml",)),
            None,
            "Nothing to propose: there is no lock, and no requirement bounds a version from above.",
        ),
        (replace(EMPTY, found=("uv.lock",), solved=("uv.lock",)), "x", "Nothing to propose under the name 'x'."),
        (
            replace(EMPTY, found=("uv.lock",), problems=(PROBLEM,)),
            "x",
            "Nothing to propose under the name 'x'. Not everything could be looked at.",
        ),
    ],
)
def test_each_reason_has_its_sentence(report: RunReport, only: str | None, sentence: str) -> None:
    assert nothing_to_propose(report, only) == sentence


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    return make_repository(tmp_path / "repository")


@pytest.mark.parametrize(
    ("files", "begins"),
    [
        ({"readme": "x"}, "Nothing to propose: this commit has no pyproject.toml"),
        ({"a/b.ipynb": "{}"}, "Nothing to propose: there is no project, workspace or script here that lockbot reads; "),
        ({"pyproject.toml": "broken ["}, "Nothing to propose: what was found could not be read."),
        ({"pyproject.toml": project("alpha"), "uv.lock": "broken ["}, "Nothing to propose: nothing could be locked"),
        ({"pyproject.toml": project("alpha"), ".lockbot.json": "["}, "Nothing was looked at: .lockbot.json can't be"),
        ({"pyproject.toml": project("alpha")}, "Nothing to propose: there is no lock, and no requirement bounds"),
        ({"pyproject.toml": project("alpha"), ".lockbot.json": '{"enabled": false}'}, "Nothing was looked at: lockbot"),
    ],
)
def test_a_run_tells_it(repository: LocalRepository, files: dict[str, str], begins: str) -> None:
    repository.commit(files)
    report = repository.run({"alpha": {"1.0": []}}).report
    assert report.proposals == ()
    assert nothing_to_propose(report).startswith(begins)


def test_what_states_requirements_in_another_form() -> None:
    paths = ["setup.py", "a/Pipfile", "requirements.txt", "dev-requirements.in", "requirements-dev.txt", "x.ipynb"]
    others = ["README.md", "requirements.md", ".venv/lib/setup.py", "my_requirements.py"]
    assert find_unread([*paths, *others]) == tuple(sorted(paths))
