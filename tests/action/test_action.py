"""``action.yml``, executed step by step beside the stand-in for GitHub: by a clock, by hand, by comments; and attacks on it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.action.expressions import Evaluator
from tests.action.runner import Outcome, Runner, find_commands
from tests.github.model import Comment, Pull, Repository
from tests.github.tokens import give_workflow_token
from tests.runs.publishing import Desk, open_desk, open_pulls
from tests.runs.server import ROOT

ACTION = (ROOT / "action.yml").read_text("utf-8")
PAGE = (ROOT / "docs" / "action.md").read_text("utf-8")
NON_MAJOR = "lockbot/non-major"

#: In place of uv: what it is called with, and an environment whose Python is that of the tests.
UV = """\
#!/usr/bin/env bash
set -eu
echo "uv $*" >> "$LOG_OF_UV"
mkdir -p "$UV_PROJECT_ENVIRONMENT/bin"
printf '#!/bin/sh\\nexec "%s" "$@"\\n' "$PYTHON_OF_TESTS" > "$UV_PROJECT_ENVIRONMENT/bin/python"
chmod +x "$UV_PROJECT_ENVIRONMENT/bin/python"
"""


class Caches:
    """``actions/cache``: whole folders by key, in memory the names alone. ``kept``: key -> the files that were saved."""

    def __init__(self) -> None:
        self.kept: dict[str, frozenset[str]] = {}

    def restore(self, given: Mapping[str, str], _environment: dict[str, str]) -> Mapping[str, str]:
        return {"cache-hit": "true" if given["key"] in self.kept else ""}

    def save(self, given: Mapping[str, str], _environment: dict[str, str]) -> Mapping[str, str]:
        root = Path(given["path"])
        self.kept[given["key"]] = frozenset(str(one.relative_to(root)) for one in root.rglob("*") if one.is_file())
        return {}


class Site:
    """One repository of the desk, and runners for it."""

    def __init__(self, desk: Desk, folder: Path, repository: Repository) -> None:
        self.desk, self.folder, self.repository = desk, folder, repository
        self.caches = Caches()
        self.log_of_uv = folder / "uv.log"
        self.runs = 0

    def run(
        self, event: str, payload: Mapping[str, Any] | None = None, *, token: str | None = None, **inputs: str
    ) -> Outcome:
        self.runs += 1
        runner = Runner(
            folder=self.folder / str(self.runs),
            server_url=self.desk.hub.url,
            repository=self.repository.full_name,
            environment=self.environment,
            uses={
                "actions/cache/restore": self.caches.restore,
                "actions/cache/save": self.caches.save,
                "astral-sh/setup-uv": self._set_up_uv,
            },
        )
        given = token if token is not None else give_workflow_token(self.desk.hub, self.repository)
        named = {name.replace("_", "-"): value for name, value in inputs.items()}
        return runner.run(event, payload or {}, named, given)

    @property
    def environment(self) -> Mapping[str, str]:
        kept = {
            name: value for name, value in self.desk.environment.items() if not name.startswith(("PYTHON", "LOCKBOT_"))
        }
        known = {name: self.desk.environment[name] for name in ("LOCKBOT_OSV_URL", "LOCKBOT_RELEASE_NOTES")}
        return kept | known | {"LOG_OF_UV": str(self.log_of_uv), "PYTHON_OF_TESTS": sys.executable}

    def _set_up_uv(self, given: Mapping[str, str], environment: dict[str, str]) -> Mapping[str, str]:
        assert given["version"]
        assert given["enable-cache"] == "false"
        program = self.folder / "tools" / "uv"
        program.parent.mkdir(exist_ok=True)
        program.write_text(UV)
        program.chmod(0o755)
        environment["PATH"] = f"{program.parent}:{environment['PATH']}"
        return {}

    def comment(self, number: int, text: str, login: str) -> tuple[Comment, dict[str, Any]]:
        one = self.desk.hub.comment(self.repository, number, text, login=login)
        return one, self.find_payload("issue_comment")

    def find_payload(self, event: str) -> dict[str, Any]:
        """Of the last one; a workflow is told of no installation."""
        found = next(payload for name, payload in reversed(self.desk.hub.told) if name == event)
        payload: dict[str, Any] = json.loads(json.dumps(found))
        return {name: value for name, value in payload.items() if name != "installation"}

    def open_from_fork(self, files: dict[str, str]) -> Pull:
        fork = self.desk.hub.fork(self.repository, "eve")
        self.desk.hub.push(fork, files, branch="topic", login="eve")
        return self.desk.hub.open_pull(self.repository, head="topic", login="eve", fork=fork)

    def answers(self, number: int) -> list[str]:
        found = self.desk.hub.comments_on(self.repository, number)
        return [one.body for one in found if one.author.login == "github-actions[bot]"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(tmp_path_factory.mktemp("desk")) as one:
        yield one


@pytest.fixture
def site(desk: Desk, tmp_path: Path) -> Site:
    return Site(desk, tmp_path, desk.add_repository())


def test_a_clock_opens_pull_requests_and_the_next_run_changes_nothing(site: Site) -> None:
    first = site.run("schedule")
    assert first.failed is None, first.log
    (row,) = first.published
    pull = open_pulls(site.repository)[NON_MAJOR]
    assert (row["branch"], row["outcome"], row["number"]) == (NON_MAJOR, "opened", pull.number)
    assert f"[#{pull.number}]({site.desk.hub.url}/{site.repository.full_name}/pull/{pull.number})" in first.summary
    assert "beta" in first.summary
    assert "start no workflows" not in first.summary
    assert "approves them there" in first.summary
    (call,) = site.log_of_uv.read_text().splitlines()
    assert call == "uv sync --no-config --frozen --no-dev --no-install-project --no-build --extra github"
    ((key, saved),) = site.caches.kept.items()
    assert re.fullmatch(r"lockbot-2-Linux-20\d\d-\d\d", key)
    assert saved
    second = site.run("schedule")
    assert (second.failed, [one["outcome"] for one in second.published]) == (None, ["unchanged"]), second.log
    assert "Save the cache" in second.skipped


def test_a_run_by_hand_may_be_dry(site: Site) -> None:
    done = site.run("workflow_dispatch", dry_run="true")
    assert (done.failed, [one["outcome"] for one in done.published]) == (None, ["opened"]), done.log
    assert "dry run" in done.summary
    assert (site.repository.pulls, site.repository.issues) == ({}, {})
    assert set(site.repository.git.refs("refs/heads/")) == {"refs/heads/main"}


def test_a_writer_is_obeyed_and_answered(site: Site) -> None:
    site.desk.hub.add_collaborator(site.repository, "ada", "write")
    site.run("schedule")
    pull = open_pulls(site.repository)[NON_MAJOR]
    comment, payload = site.comment(pull.number, "/lockbot ignore beta", "ada")
    done = site.run("issue_comment", payload)
    assert done.failed is None, done.log
    assert pull.state == "closed"
    assert {"eyes", "+1"} <= {content for login, content in comment.reactions if login == "github-actions[bot]"}
    assert site.answers(pull.number)
    # The same event again, as by "Re-run": nothing is said twice.
    said = site.answers(pull.number)
    again = site.run("issue_comment", payload)
    assert (again.failed, site.answers(pull.number)) == (None, said), again.log
    assert site.run("schedule").published == []


@pytest.mark.parametrize("where", ["pull request", "fork"])
def test_a_stranger_is_answered_once_and_nothing_is_cloned(site: Site, where: str) -> None:
    site.run("schedule")
    pull = open_pulls(site.repository)[NON_MAJOR]
    if where == "fork":
        pull = site.open_from_fork({"pyproject.toml": "x = 1\n"})
    before = site.repository.git.refs("refs/")
    for text in ("/lockbot rebase", "/lockbot merge"):
        _, payload = site.comment(pull.number, text, "mallory")
        start = len(site.desk.hub.seen)
        done = site.run("issue_comment", payload)
        assert done.failed is None, done.log
        assert not any("git-upload-pack" in one.path for one in site.desk.hub.seen[start:])
    assert len(site.answers(pull.number)) == 1
    assert site.repository.git.refs("refs/") == before


def test_the_lock_of_a_fork_is_left_to_a_server(site: Site) -> None:
    site.desk.hub.add_collaborator(site.repository, "ada", "write")
    pull = site.open_from_fork({"pyproject.toml": "[project]\nname = 'app'\nversion = '2'\n"})
    _, payload = site.comment(pull.number, "/lockbot relock", "ada")
    head = pull.head_sha
    done = site.run("issue_comment", payload)
    assert done.failed is None, done.log
    (answer,) = site.answers(pull.number)
    assert "without write access" in answer
    assert pull.head_sha == head


def test_a_box_of_the_dashboard_is_obeyed_for_who_ticked_it(site: Site) -> None:
    hub, repository = site.desk.hub, site.repository
    hub.add_collaborator(repository, "ada", "write")
    site.run("schedule")
    pull = open_pulls(repository)[NON_MAJOR]
    hub.close(repository, pull.number, login="ada")
    site.run("schedule")
    assert open_pulls(repository) == {}
    (board,) = repository.issues.values()
    hub.tick(repository, board.number, "recreate", login="ada")
    done = site.run("issues", site.find_payload("issues"))
    assert done.failed is None, done.log
    assert NON_MAJOR in open_pulls(repository)
    assert "[x]" not in board.body


HOSTILE = '$(touch pwned); `touch pwned` "; touch pwned #\n::error::pwned\n'


@pytest.mark.parametrize("name", ["command", "path", "dry_run", "token"])
def test_inputs_are_words_and_never_commands(site: Site, name: str) -> None:
    given = {name: HOSTILE} if name != "token" else {}
    done = site.run("workflow_dispatch", None, token=HOSTILE if name == "token" else None, **given)
    assert not list(site.folder.rglob("pwned"))
    assert [one for one in find_commands(done.log) if "pwned" in one] == []
    assert (done.failed is None) is (name == "dry_run"), done.log
    assert HOSTILE.strip() not in done.log


def test_titles_and_comments_are_words_and_never_commands(site: Site) -> None:
    hub, repository = site.desk.hub, site.repository
    hub.add_collaborator(repository, "ada", "write")
    site.run("schedule")
    pull = open_pulls(repository)[NON_MAJOR]
    pull.title = HOSTILE
    _, payload = site.comment(pull.number, f"/lockbot help\n/lockbot {HOSTILE}", "ada")
    payload["issue"]["title"] = HOSTILE
    done = site.run("issue_comment", payload)
    assert done.failed is None, done.log
    assert not list(site.folder.rglob("pwned"))
    assert [one for one in find_commands(done.log) if "pwned" in one] == []
    assert "\n::error::pwned" not in done.summary


def test_a_folder_called_like_a_module_of_ours_is_not_run(site: Site) -> None:
    """A clone in the workspace, and Python started there."""
    evil = "import pathlib; pathlib.Path('pwned').touch(); raise SystemExit(7)\n"
    for number in ("1",):
        package = site.folder / number / "workspace" / "bot"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(evil)
        (package.parent / "json.py").write_text(evil)
    done = site.run("schedule")
    assert done.failed is None, done.log
    assert not list(site.folder.rglob("pwned"))


# --- as it is written -----------------------------------------------------------------------------


def test_shells_see_expressions_only_through_the_environment() -> None:
    scripts = [step["run"] for step in yaml.safe_load(ACTION)["runs"]["steps"] if "run" in step]
    assert len(scripts) == 3
    assert [one for one in scripts if "${{" in one] == []


def test_other_actions_are_pinned_with_their_version_beside() -> None:
    lines = [
        line for text in (ACTION, PAGE) for line in text.splitlines() if re.search(r"\buses: (?!uv-lockbot/)", line)
    ]
    assert lines
    assert [one for one in lines if not re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", one)] == []


def test_what_is_kept_between_runs_is_of_the_index_alone() -> None:
    """Whoever can run a workflow on the default branch can write its caches: what is executed never comes from there."""
    steps = {one["name"]: one for one in yaml.safe_load(ACTION)["runs"]["steps"]}
    (kept,) = {steps[name]["with"]["path"] for name in ("Restore the cache", "Save the cache")}
    assert steps["Run lockbot"]["env"]["LOCKBOT_CACHE_DIR"] == kept
    places = [steps["Install lockbot"]["env"][name] for name in ("UV_CACHE_DIR", "UV_PROJECT_ENVIRONMENT")]
    assert [one for one in places if f"{one}/".startswith(f"{kept}/")] == []


def test_nothing_is_kept_where_that_is_not_wanted(site: Site) -> None:
    done = site.run("workflow_dispatch", dry_run="true", cache="false")
    assert (done.failed, site.caches.kept) == (None, {}), done.log


def test_the_version_of_uv_is_the_one_that_is_tested() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    steps = yaml.safe_load(ACTION)["runs"]["steps"]
    (given,) = [one["with"]["version"] for one in steps if one.get("uses", "").startswith("astral-sh/setup-uv@")]
    assert f'"uv=={given}"' in project


@pytest.mark.pypi
def test_the_real_uv_installs_all_that_publishing_needs(tmp_path: Path) -> None:
    (step,) = [one for one in yaml.safe_load(ACTION)["runs"]["steps"] if one.get("name") == "Install lockbot"]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])
    given = {**kept, "PATH": path, "UV_PROJECT_ENVIRONMENT": str(tmp_path / "environment")}
    subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], cwd=ROOT, env=given, check=True, capture_output=True)
    python = tmp_path / "environment" / "bin" / "python"
    line = [str(python), "-m", "bot", "run", "--pull-requests", "--repository", "octo/app"]
    called = {**kept, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(line, cwd=tmp_path, env=called, capture_output=True, text=True, check=False)
    assert (done.returncode, "there is no token to publish with" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'a' == 'A'", True),
        ("github.x != 'issue_comment' || contains(github.y, '/lockbot')", True),
        ("!(github.x == 'issue_comment') && false", False),
        ("github.nothing.at.all == ''", True),
    ],
)
def test_the_runner_reads_expressions_as_github_does(text: str, value: bool) -> None:
    assert Evaluator({"github": {"x": "issue_comment", "y": "\n/lockbot help"}}).evaluate(text) is value
