"""``lockbot run`` as a user calls it: exit codes, what is printed where, and (with PyPI) locks that uv accepts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.commands.run import run
from tests.real_uv import need_uv
from tests.runs.index_server import IndexServer
from tests.runs.local_repository import LocalRepository, make_repository, project


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    return make_repository(tmp_path / "repository")


def call(repository: LocalRepository, *arguments: str) -> Result:
    cache = str(repository.folder.parent / "cache")
    return CliRunner(env={"LOCKBOT_CACHE_DIR": cache}).invoke(run, [str(repository.folder), *arguments])


def test_nothing_to_do_is_a_success(repository: LocalRepository) -> None:
    repository.commit({"readme": "x"})
    done = call(repository)
    assert (done.exit_code, done.stdout.split(":")[0]) == (0, "Nothing to propose")


def test_a_name_that_nothing_has_is_told(repository: LocalRepository) -> None:
    repository.commit({"readme": "x"})
    assert call(repository, "--only", "zope").stdout.startswith("Nothing to propose: this commit has no pyproject.toml")


def test_json_stands_alone_on_standard_output(repository: LocalRepository) -> None:
    repository.commit({"pyproject.toml": "broken ["})
    done = call(repository, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["problems"][0]["path"] == "pyproject.toml"
    assert "pyproject.toml:1: not valid TOML" in done.stderr


def test_a_broken_configuration_is_bad_input(repository: LocalRepository) -> None:
    repository.commit({".lockbot.json": '{"label": []}'})
    done = call(repository)
    assert done.exit_code == 2
    assert "did you mean labels?" in done.output


def test_a_folder_that_is_no_repository_is_bad_input(tmp_path: Path) -> None:
    done = CliRunner().invoke(run, [str(tmp_path)])
    assert done.exit_code == 2
    assert "not a git repository" in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.pypi
@pytest.mark.uv
def test_real_updates_are_accepted_by_uv(repository: LocalRepository, tmp_path: Path) -> None:
    old = project(
        "idna==3.4", "packaging>=23,<24", "requests==2.31.0", extra='\n[dependency-groups]\ndev = ["pytest~=7.4"]\n'
    )
    repository.write({"pyproject.toml": old})
    uv = need_uv()
    environ = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    frozen = [uv, "lock", "-q", "--python", sys.executable]
    subprocess.run([*frozen, "--exclude-newer", "2024-01-01"], cwd=repository.folder, env=environ, check=True)
    lock = repository.folder / "uv.lock"
    # A cut-off in the lock would be kept.
    lock.write_text(re.sub(r"\[options\]\n(.+\n)+\n", "", lock.read_text("utf-8")), "utf-8")
    repository.commit({})
    done = call(repository, "--json")
    assert done.exit_code == 0, done.output
    shown = json.loads(done.stdout)
    assert {"lockbot/non-major", "lockbot/major-packaging", "lockbot/major-pytest"} <= set(repository.branches())
    for proposal in shown["proposals"]:
        checkout = tmp_path / proposal["branch"].replace("/", "-")
        repository.git("worktree", "add", "-q", str(checkout), proposal["branch"])
        subprocess.run([*frozen, "--check"], cwd=checkout, env=environ, check=True)


# --- what is printed where ----------------------------------------------------------------------------


@pytest.fixture
def updates(repository: LocalRepository) -> Iterator[LocalRepository]:
    """A project whose index has something newer, and a file that is broken."""
    with IndexServer() as index:
        index.release("alpha", "1.0")
        table = f'[[tool.uv.index]]\nurl = "{index.url}"\ndefault = true\n'
        repository.write({"pyproject.toml": project("alpha==1.0")})
        repository.lock({"alpha": {"1.0": []}})
        lock = repository.folder / "uv.lock"
        lock.write_text(lock.read_text().replace("https://pypi.org/simple", index.url))
        repository.commit({"pyproject.toml": project("alpha==1.0", extra=table), "broken/pyproject.toml": "broken ["})
        index.release("alpha", "1.1")
        yield repository


def test_hooks_follow_where_nobody_can_be_asked_for_their_tags(updates: LocalRepository) -> None:
    hooks = "repos:\n- repo: https://127.0.0.1:1/hooks\n  rev: {}\n  hooks: [{{id: alpha}}]\n"
    table = '{ "hooks": [{ "repo": "https://127.0.0.1:1/hooks", "package": "alpha" }] }'
    updates.commit({".pre-commit-config.yaml": hooks.format("v0.9"), ".lockbot.json": table})
    call(updates)
    assert updates.show("lockbot/non-major", ".pre-commit-config.yaml") == hooks.format("v1.1")


def test_problems_go_to_standard_error_and_may_count_for_nothing(updates: LocalRepository) -> None:
    done, forgiven, quiet = call(updates), call(updates, "--exit-zero"), call(updates, "-q")
    assert (done.exit_code, forgiven.exit_code, quiet.exit_code) == (1, 0, 1)
    assert "lockbot/non-major" in done.stdout
    assert "broken/pyproject.toml" not in done.stdout
    assert "broken/pyproject.toml:1: not valid TOML" in done.stderr
    assert (quiet.stdout, "broken/pyproject.toml:1:" in quiet.stderr) == ("", True)


def test_exit_zero_does_not_hide_that_nothing_could_be_read(repository: LocalRepository) -> None:
    repository.commit({".lockbot.json": "["})
    assert call(repository, "--exit-zero").exit_code == 2


def test_a_repository_that_can_not_be_read_is_bad_input(updates: LocalRepository) -> None:
    tree = updates.git("rev-parse", "HEAD^{tree}").strip()
    (updates.folder / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    done = call(updates)
    assert (done.exit_code, done.stderr.startswith("error: ")) == (2, True)


def test_markdown_is_what_a_reviewer_would_see(updates: LocalRepository) -> None:
    done = call(updates, "--dry-run", "--format", "markdown", "-q")
    assert done.stdout.startswith(
        "# Update alpha to 1.1\n\n`lockbot/non-major` → `main`\n\nMoves alpha from `1.0` to `1.1`. This update was solved; "
    )
    assert "| alpha | `1.0` → `1.1` | minor |" in done.stdout


def test_a_diff_applies_to_the_base(updates: LocalRepository, tmp_path: Path) -> None:
    patch = call(updates, "--only", "alpha", "--diff").stdout
    assert patch.startswith("# lockbot/alpha: Update alpha to 1.1\ndiff --git a/pyproject.toml b/pyproject.toml\n")
    (tmp_path / "patch").write_text(patch)
    updates.git("apply", "--index", str(tmp_path / "patch"))
    updates.git("commit", "-q", "-m", "applied")
    assert updates.git("diff", "HEAD", "lockbot/alpha") == ""


def test_colours_only_where_they_are_wanted(updates: LocalRepository) -> None:
    assert "\x1b" not in call(updates, "--dry-run").output
    assert "\x1b[1m" in call(updates, "--dry-run", "--color", "always").stdout
    assert "\x1b" not in call(updates, "--dry-run", "--color", "never").output


def test_stages_are_told_to_who_asks(updates: LocalRepository) -> None:
    told = call(updates, "--dry-run", "-v").stderr
    assert "lock uv.lock\n" in told
    assert "plan: " in told


@pytest.mark.parametrize("arguments", [["--json", "--diff"], ["--json", "--format", "markdown"], ["-q", "-v"]])
def test_what_contradicts_itself_is_refused(updates: LocalRepository, arguments: list[str]) -> None:
    done = call(updates, *arguments)
    assert (done.exit_code, "contradict each other" in done.stderr) == (2, True)
