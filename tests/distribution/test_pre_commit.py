"""The hooks as people use them: the real pre-commit installs them from a clone of this repository and runs them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.distribution.test_built import listed, run
from tests.distribution.test_hooks import PROJECT, WORKSPACE, write
from tests.test_architecture import ROOT

pytestmark = pytest.mark.pypi

#: What is installed from: without the tests a commit of it is made in a moment.
PACKED = ("bot/", "config/", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
VULNERABLE = '\n[[package]]\nname = "h11"\nversion = "0.14.0"\nsource = { registry = "https://pypi.org/simple" }\n'


def git(folder: Path, *words: str) -> str:
    return run("git", "-c", "user.name=n", "-c", "user.email=e@x", "-c", "commit.gpgsign=false", *words, cwd=folder)


def commit(folder: Path) -> str:
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "all", "--no-verify")
    return git(folder, "rev-parse", "HEAD").strip()


class Repository:
    """Somebody's repository with the three hooks, in which pre-commit has run once."""

    def __init__(self, folder: Path) -> None:
        hooks, self.folder = folder / "hooks", folder / "repository"
        for name in listed():
            if name.startswith(PACKED):
                (hooks / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, hooks / name)
        wanted = [{"id": f"lockbot-{name}"} for name in ("lock", "config", "audit")]
        config = {"repos": [{"repo": str(hooks), "rev": commit(hooks), "hooks": wanted}]}
        write(self.folder, {**WORKSPACE, ".pre-commit-config.yaml": yaml.safe_dump(config), ".lockbot.json": "{}"})
        commit(self.folder)
        self._environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "LOCKBOT", "GIT_"))},
            "PRE_COMMIT_HOME": str(folder / "home"),
            "HOME": str(folder / "home"),
            "LOCKBOT_CACHE_DIR": str(folder / "cache"),
        }
        self.call("install-hooks")

    def call(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "pre_commit", *words]
        return subprocess.run(
            line,
            cwd=self.folder,
            env={**self._environment, **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def change(self, files: Mapping[str, str]) -> None:
        git(self.folder, "reset", "-q", "--hard")
        write(self.folder, files)
        git(self.folder, "add", "-A")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository(tmp_path_factory.mktemp("pre-commit"))


def results(said: str) -> dict[str, str]:
    """Hook -> what became of it, as pre-commit shows it."""
    lines = [line for line in said.splitlines() if line.startswith("lockbot ") and "..." in line]
    return {line.partition("...")[0].removeprefix("lockbot "): re.split(r"[.)]", line.rstrip())[-1] for line in lines}


def test_all_is_well_where_nothing_is_wrong(repository: Repository) -> None:
    repository.change({"README.md": "new\n"})
    done = repository.call("run", "--all-files", LOCKBOT_OSV_URL="http://127.0.0.1:9")
    assert results(done.stdout) == {"lock --check": "Passed", "config check": "Passed", "audit": "Passed"}, done.stdout
    assert done.returncode == 0


def test_a_stale_lock_of_a_member_stops_the_commit(repository: Repository) -> None:
    repository.change({"packages/api/pyproject.toml": PROJECT.format("api").replace("1.0", "2.0")})
    done = repository.call("run")
    assert (done.returncode, results(done.stdout)["lock --check"]) == (1, "Failed"), done.stdout
    assert "error: in packages/api: the lock uv.lock needs to be updated" in done.stdout
    assert results(done.stdout)["config check"] == "Skipped"


def test_what_no_lock_is_of_asks_nothing(repository: Repository) -> None:
    repository.change({"samples/bare/pyproject.toml": PROJECT.format("bare").replace("1.0", "2.0")})
    assert results(repository.call("run").stdout)["lock --check"] == "Passed"


def test_a_broken_configuration_is_named_with_its_line(repository: Repository) -> None:
    repository.change({".lockbot.json": '{\n  "schedule": 3\n}\n'})
    done = repository.call("run")
    assert (done.returncode, results(done.stdout)["config check"]) == (1, "Failed"), done.stdout
    assert ".lockbot.json:2: " in done.stdout


def test_an_audit_that_can_not_ask_fails(repository: Repository) -> None:
    repository.change({"services/own/uv.lock": WORKSPACE["services/own/uv.lock"] + VULNERABLE})
    done = repository.call("run", "lockbot-audit", LOCKBOT_OSV_URL="http://127.0.0.1:9")
    assert (done.returncode, results(done.stdout)["audit"]) == (1, "Failed"), done.stdout
    assert "advisories can't be read from 127.0.0.1" in done.stdout
