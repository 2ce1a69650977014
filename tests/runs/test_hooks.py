"""Whole runs over a repository with pre-commit hooks: on every branch its hooks would find nothing to change."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.real_uv import need_uv
from tests.runs.local_repository import LocalRepository, Releases, make_repository, project, proposals

CONFIG = ".pre-commit-config.yaml"
OLD: Releases = {
    "httpx": {"0.27.0": ["sniffio"]},
    "sniffio": {"1.3.0": []},
    "rich": {"13.9.4": []},
    "ruff": {"0.14.0": []},
    "mypy": {"1.18.2": []},
}
NEW: Releases = {
    "httpx": {"0.27.0": ["sniffio"], "0.28.1": []},
    "sniffio": {"1.3.0": [], "1.3.1": []},
    "rich": {"13.9.4": [], "15.0.0": []},
    "ruff": {"0.14.0": [], "0.15.1": []},
    "mypy": {"1.18.2": [], "1.19.0": [], "2.0.0": []},
}
HOOKS = """\
repos:
  # keep the lock honest
  - repo: https://github.com/astral-sh/uv-pre-commit
    # uv version.
    rev: 0.13.9
    hooks:
      - id: uv-lock
      - id: uv-export   # what is deployed
        args: [--frozen, --no-dev, --output-file=requirements-prod.txt]
      - id: uv-export
        name: uv-export pylock
        args: [--format, pylock.toml, -o, pylock.toml, --quiet]
      - id: uv-export
      - id: uv-export
        args: [--directory, tools, --only-group=dev, "-otools.txt", --no-hashes]
        files: ^uv\\.lock$
  - repo: https://github.com/astral-sh/ruff-pre-commit
    rev: v0.14.0
    hooks:
      - id: ruff
  - repo: https://github.com/pre-commit/mirrors-mypy
    rev: v1.18.2
    hooks:
      - id: mypy
        additional_dependencies: ["httpx==0.27.0"]
  - repo: local
    hooks:
      - id: plain
        name: plain export
        entry: bash -c 'uv export --frozen --no-header --no-annotate --no-hashes --no-dev > "deploy/plain.txt"'
        language: system
        pass_filenames: false
"""
OUTPUTS = ("requirements-prod.txt", "pylock.toml", "requirements.txt", "tools/tools.txt", "deploy/plain.txt")
#: What uv-pre-commit runs where a configuration says nothing else.
ENTRIES = {"uv-lock": "uv lock", "uv-export": "uv export"}
DEFAULT_ARGS = {"uv-export": ["--frozen", "--output-file=requirements.txt", "--quiet"]}


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    repository = make_repository(tmp_path / "repository")
    groups = '[dependency-groups]\ndev = ["ruff==0.14.0", "mypy==1.18.2"]\n'
    repository.write({"pyproject.toml": project("httpx==0.27.0", "rich>=13,<14", extra=groups)})
    repository.lock(OLD)
    repository.commit({CONFIG: HOOKS, **dict.fromkeys(OUTPUTS, "")})
    return repository


def test_everything_that_hooks_write_and_pin_is_in_the_commit(repository: LocalRepository) -> None:
    found = proposals(repository.run(NEW))
    assert sorted(found) == ["lock-maintenance", "major-mypy", "major-rich", "non-major"]
    files = {name: [one.path for one in proposal.files] for name, proposal in found.items()}
    assert set(files["non-major"]) == {"pyproject.toml", "uv.lock", CONFIG, *OUTPUTS}
    assert CONFIG not in files["major-rich"]
    assert all("was left as it is" not in proposal.body for proposal in found.values())


def test_revisions_are_those_of_the_lock_on_each_branch(repository: LocalRepository) -> None:
    repository.run(NEW)
    assert _revisions(repository, "lockbot/non-major") == ["0.13.9", "v0.15.1", "v1.19.0", "httpx==0.28.1"]
    assert _revisions(repository, "lockbot/major-mypy") == ["0.13.9", "v0.14.0", "v2.0.0", "httpx==0.27.0"]
    assert _revisions(repository, "lockbot/major-rich") == ["0.13.9", "v0.14.0", "v1.18.2", "httpx==0.27.0"]


def _revisions(repository: LocalRepository, branch: str) -> list[str]:
    repositories = yaml.safe_load(repository.show(branch, CONFIG))["repos"]
    rows = [one["rev"] for one in repositories if "rev" in one]
    return [
        *rows,
        *(row for one in repositories for hook in one["hooks"] for row in hook.get("additional_dependencies", ())),
    ]


def test_refreshing_again_changes_nothing(repository: LocalRepository) -> None:
    repository.run(NEW)
    before = repository.git("for-each-ref", "--format=%(refname) %(tree)", "refs/heads")
    repository.run(NEW)
    assert repository.git("for-each-ref", "--format=%(refname) %(tree)", "refs/heads") == before


@pytest.mark.uv
def test_no_hook_finds_anything_to_change(repository: LocalRepository, tmp_path: Path) -> None:
    uv = Path(need_uv())
    repository.run(NEW)
    environment = {name: text for name, text in os.environ.items() if not name.startswith("UV_")}
    environment |= {
        "PATH": f"{uv.parent}:{environment['PATH']}",
        "UV_OFFLINE": "1",
        "UV_CACHE_DIR": str(tmp_path / "uv"),
    }
    for branch in repository.branches():
        repository.git("checkout", "-q", branch)
        for words in _commands((repository.folder / CONFIG).read_text()):
            done = subprocess.run(
                words, cwd=repository.folder, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, (branch, words, done.stderr)
            assert repository.git("status", "--porcelain") == "", (branch, words, repository.git("diff"))


def _commands(config: str) -> list[list[str]]:
    """The commands of the hooks that call uv, put together as pre-commit does."""
    hooks = [hook for one in yaml.safe_load(config)["repos"] for hook in one["hooks"]]
    found = []
    for hook in hooks:
        entry = hook.get("entry") or ENTRIES.get(hook["id"])
        if entry is not None:
            found.append([*shlex.split(entry), *hook.get("args", DEFAULT_ARGS.get(hook["id"], []))])
    assert len(found) == 6
    return found
