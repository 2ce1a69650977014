"""Whole runs over repositories that name versions of uv: files, links, odd names, a registry that is asked for digests."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.report.run_json import render_json
from bot.report.screens.plan import render_plan
from bot.report.screens.screen import Screen
from tests.loopback import NOT_FOUND, Answer, Asked, Loopback
from tests.runs.local_repository import LocalRepository, make_repository, project

NEW: dict[str, dict[str, list[str]]] = {"uv": {"0.10.2": [], "0.13.9": []}, "left": {"1.0": []}}
OLD_DIGEST, DIGEST = f"sha256:{'1' * 64}", f"sha256:{'a' * 64}"
INDEX = "application/vnd.oci.image.index.v1+json"


class Registry(Loopback):
    """Has one tag, for who fetched a token."""

    def answer(self, asked: Asked) -> Answer:
        if asked.path.startswith("/token?"):
            return Answer(body=json.dumps({"token": "t"}).encode())
        if asked.headers.get("authorization") != "Bearer t":
            return Answer(status=401, headers={"WWW-Authenticate": f'Bearer realm="{self.root}/token",service="x"'})
        if asked.path == "/v2/astral-sh/uv/manifests/0.13.9-alpine":
            return Answer(headers={"Content-Type": INDEX, "Docker-Content-Digest": DIGEST})
        return NOT_FOUND


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    with Registry() as server:
        monkeypatch.setenv("LOCKBOT_REGISTRIES", f"ghcr.io={server.root}")
        yield server


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    return make_repository(tmp_path / "r")


def test_digests_come_from_the_registry_of_the_setting(repository: LocalRepository, registry: Registry) -> None:
    repository.commit(
        {
            "Dockerfile": f"FROM ghcr.io/astral-sh/uv:0.10.2-alpine@{OLD_DIGEST} AS uv\r\nRUN true\r\n",
            "old/Dockerfile": f"FROM ghcr.io/astral-sh/uv:0.10.2-buster@{OLD_DIGEST}\n",
        }
    )
    result = repository.run(NEW)
    assert (result.report.problems, repository.branches()) == ((), ["lockbot/uv"])
    assert repository.show("lockbot/uv", "Dockerfile") == (
        f"FROM ghcr.io/astral-sh/uv:0.13.9-alpine@{DIGEST} AS uv\r\nRUN true\r\n"
    )
    (proposal,) = result.report.proposals
    assert "`old/Dockerfile:1` was left as it is" in proposal.body
    assert "ghcr.io has no image astral-sh/uv with the tag 0.13.9-buster" in proposal.body


def test_links_and_odd_names_are_not_written_through(repository: LocalRepository) -> None:
    pinned = "FROM ghcr.io/astral-sh/uv:0.10.2\n"
    repository.commit({"real.txt": pinned, "näme with blanks/Dockerfile": pinned, "a/Dockerfile.dev": pinned})
    (repository.folder / "Dockerfile").symlink_to("real.txt")
    (repository.folder / "Containerfile").symlink_to("/etc/passwd")
    (repository.folder / ".tool-versions").symlink_to("../../outside")
    repository.commit({})
    git: list[str | bytes] = ["git", "-C", str(repository.folder)]
    oid = subprocess.run([*git, "hash-object", "-w", "--stdin"], input=pinned.encode(), capture_output=True, check=True)
    row = b"100644 " + oid.stdout.strip() + b"\tcaf\xe9/Dockerfile\0"
    subprocess.run([*git, "update-index", "--add", "-z", "--index-info"], input=row, check=True)
    repository.git("commit", "-q", "-m", "odd")
    result = repository.run(NEW)
    assert result.report.problems == ()
    changed = repository.git("-c", "core.quotepath=false", "diff", "--name-only", "main", "lockbot/uv").splitlines()
    assert changed == ["a/Dockerfile.dev", "näme with blanks/Dockerfile"]


def test_a_run_tells_where_python_is_said_differently(repository: LocalRepository) -> None:
    repository.commit(
        {
            "pyproject.toml": project("left", python=">=3.12", extra='[tool.mypy]\npython_version = "3.13"\n'),
            "Dockerfile": "FROM python:3.11-slim\n",
            ".python-version": "3.12\n",
        }
    )
    report = repository.run(NEW, dry_run=True).report
    told = list(render_plan(report, {}, Screen(width=200)))
    told = [" ".join(line.split()) for line in told]
    assert told[told.index("Python, said differently") + 4 :] == [
        ".python-version:1 3.12",
        "Dockerfile:1 python:3.11-slim it is not admitted: requires-python is >=3.12 (pyproject.toml:4)",
        "pyproject.toml:4 requires-python = >=3.12",
        (
            "pyproject.toml:9 mypy.python_version = 3.13 it is newer than the oldest that is supported: requires-python is "
            ">=3.12 (pyproject.toml:4)"
        ),
    ]
    rows = json.loads(render_json(report))["python"]
    assert [(row["path"], row["version"], row["role"]) for row in rows] == [
        (".python-version", "3.12", "pin"),
        ("Dockerfile", "3.11", "pin"),
        ("pyproject.toml", "3.12", "bound"),
        ("pyproject.toml", "3.13", "oldest"),
    ]


def test_where_python_is_said_alike_nothing_is_told(repository: LocalRepository) -> None:
    repository.commit({"Dockerfile": "FROM python:3.12-slim\n", ".tool-versions": "python 3.12.4\n"})
    told = list(render_plan(repository.run(NEW, dry_run=True).report, {}, Screen(width=80)))
    assert not any("Python" in line for line in told)


def test_after_the_merge_nothing_is_left(repository: LocalRepository) -> None:
    repository.commit(
        {
            "pyproject.toml": project("left", extra='[dependency-groups]\ndev = ["uv==0.10.2"]\n'),
            "Dockerfile": "FROM ghcr.io/astral-sh/uv:0.10.2\n",
            "mise.toml": '[tools]\nuv = "0.9"\n',
        }
    )
    repository.lock({"uv": {"0.10.2": []}, "left": {"1.0": []}})
    repository.commit({})
    assert [one.title for one in repository.run(NEW).report.proposals] == ["Update uv to 0.13.9"]
    repository.git("merge", "-q", "lockbot/uv")
    report = repository.run(NEW).report
    assert (report.proposals, report.held_back, report.problems) == ((), (), ())
