"""On a server, what a repository names is read over the network or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.app.commits import open_commit
from bot.errors import BuildRequiredError, IndexFailure
from bot.index.memory import MemoryIndex, build_memory_index
from bot.lockfile.model import GitRequirement, PathRequirement, UrlRequirement
from bot.pipeline.edges import Edges
from bot.pipeline.run import run_repository
from bot.plan.index.remote import RemoteOnly
from bot.ports.run import BranchName, ConfigText, RunReport, RunRequest, Sha
from bot.resolver.model.index import Index
from tests.kept_errors import keep_nothing
from tests.runs.local_repository import NOW, LocalRepository, make_repository, project

PYPI = Index(url="https://pypi.org/simple", default=True)


def test_remote_reads_pass_through() -> None:
    index = build_memory_index({"a": {"1.0": []}})
    remote = RemoteOnly(index)
    remote.request_pages(PYPI, ["a"])
    page = remote.get_page(PYPI, "a")
    assert page is not None
    (file,) = page.files(page.versions[0])
    remote.request_metadata([file])
    assert remote.get_metadata(file).name == "a"
    assert remote.has_page(PYPI, "a")


@pytest.mark.parametrize("url", ["/etc", "file:///etc/passwd", "FILE:///etc", "ftp://host/simple"])
def test_folders_of_this_machine_are_refused(url: str) -> None:
    remote = RemoteOnly(MemoryIndex())
    local = Index(url=url)
    remote.request_pages(local, ["a"])
    assert remote.has_page(local, "a")
    with pytest.raises(IndexFailure, match="must be http"):
        remote.get_page(local, "a")
    with pytest.raises(BuildRequiredError, match="not read"):
        remote.get_archive(UrlRequirement(url=url), "a")
    with pytest.raises(BuildRequiredError, match="not read"):
        remote.get_archive(PathRequirement(path=url), "a")


def test_remote_archives_and_git_pass_through() -> None:
    remote = RemoteOnly(MemoryIndex())
    with pytest.raises(IndexFailure, match="no such file"):
        remote.get_archive(UrlRequirement(url="https://x.invalid/a.whl"), "a")
    with pytest.raises(IndexFailure, match="no such repository"):
        remote.get_git(GitRequirement(url="https://x.invalid/a"), None)


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    return make_repository(tmp_path / "repository")


def run_as_server(repository: LocalRepository, index: MemoryIndex, config: ConfigText | None = None) -> RunReport:
    request = RunRequest(
        root=repository.folder,
        base=Sha(repository.git("rev-parse", "HEAD").strip()),
        base_branch=BranchName("main"),
        now=NOW,
        repository="o/r",
        config=config,
    )
    edges = Edges(
        open_commit=lambda root, commit: open_commit(root, commit, environ=os.environ), index=index, keep=keep_nothing
    )
    return run_repository(request, edges)


@pytest.mark.parametrize(
    "extra",
    [
        '\n[[tool.uv.index]]\nurl = "/etc"\nformat = "flat"\ndefault = true\n',
        '\n[[tool.uv.index]]\nurl = "file:///etc"\ndefault = true\n',
        '\n[tool.uv.sources]\nalpha = { path = "/opt/alpha-1.0-py3-none-any.whl" }\n',
        '\n[tool.uv.sources]\nalpha = { path = "../../alpha" }\n',
    ],
)
def test_a_repository_reaches_no_file_of_the_server(repository: LocalRepository, extra: str) -> None:
    index = build_memory_index({"alpha": {"1.0": [], "2.0": []}})
    repository.commit({"pyproject.toml": project("alpha==1.0", extra=extra)})
    report = run_as_server(repository, index)
    assert report.proposals == ()
    (problem,) = report.problems
    assert problem.path == "pyproject.toml"
    assert not any(kind == "archive" for kind, *_ in index.asked)


def test_an_earlier_configuration_can_stand_in(repository: LocalRepository) -> None:
    repository.write({"pyproject.toml": project("alpha==1.0")})
    repository.lock({"alpha": {"1.0": []}})
    repository.commit({".lockbot.json": "{ broken"})
    index = build_memory_index({"alpha": {"1.0": [], "1.1": []}})
    broken = run_as_server(repository, index)
    assert (broken.proposals, len(broken.config.problems)) == ((), 1)
    earlier = run_as_server(repository, index, ConfigText(path=".lockbot.json", text='{"labels": ["x"]}'))
    assert [proposal.labels for proposal in earlier.proposals] == [("x",)]


def test_nothing_is_written_by_a_run(repository: LocalRepository) -> None:
    repository.write({"pyproject.toml": project("alpha==1.0")})
    repository.lock({"alpha": {"1.0": []}})
    repository.commit({})
    before = sorted(repository.folder.rglob("*"))
    report = run_as_server(repository, build_memory_index({"alpha": {"1.0": [], "1.1": []}}))
    assert len(report.proposals) == 1
    assert sorted(repository.folder.rglob("*")) == before
