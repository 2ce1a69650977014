"""Git dependencies and clones against real repositories on disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.errors import IndexFailure, InputError
from bot.git.checkout import GitCloner, reads_path
from bot.git.command import Credential, Git, GitError, Network, check_pinning, origin_of, redact
from bot.git.sources import GitSources
from bot.git.tree import CommitTree
from bot.index.http.guard import Guard
from bot.lockfile.model import GitReference, GitReferenceKind, GitRequirement
from bot.ports.forge import CloneSource
from bot.ports.run import Sha
from tests.git.conftest import Sandbox
from tests.index.proxy import running_proxy


@pytest.fixture
def sources(tmp_path: Path) -> GitSources:
    return GitSources(cache=tmp_path / "cache", environ=dict(os.environ), protocols=("file",))


def requirement(sandbox: Sandbox, kind: str | None = None, name: str = "") -> GitRequirement:
    reference = GitReference(kind=GitReferenceKind(kind), name=name) if kind else None
    return GitRequirement(url=f"file://{sandbox.folder}", reference=reference)


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        (None, "", "third"),
        ("tag", "v1", "first"),
        ("tag", "annotated", "second"),
        ("branch", "main", "third"),
        ("rev", "v1", "first"),
        ("rev", "main", "third"),
        ("rev", "refs/heads/main", "third"),
    ],
)
def test_a_reference_becomes_a_commit(
    sandbox: Sandbox, sources: GitSources, kind: str | None, name: str, text: str
) -> None:
    sandbox.commit({"pyproject.toml": "first"})
    sandbox.git("tag", "v1")
    sandbox.commit({"pyproject.toml": "second"})
    sandbox.git("tag", "-a", "annotated", "-m", "words")
    sandbox.commit({"pyproject.toml": "third"})
    assert sources.open_git(requirement(sandbox, kind, name), None).tree.read_text("pyproject.toml") == text


@pytest.mark.parametrize("length", [7, 12, 39])
def test_an_abbreviated_commit_is_found_whatever_was_fetched_before(
    sandbox: Sandbox, sources: GitSources, length: int
) -> None:
    first = sandbox.commit({"pyproject.toml": "first"})
    sandbox.commit({"pyproject.toml": "second"})
    sources.open_git(requirement(sandbox), None)
    for name in (first[:length], first[:length].upper()):
        opened = sources.open_git(requirement(sandbox, "rev", name), None)
        assert (opened.commit, opened.tree.read_text("pyproject.toml")) == (first, "first")


def test_an_abbreviation_that_means_nothing_is_named(sandbox: Sandbox, sources: GitSources) -> None:
    sandbox.commit({"a": "x"})
    with pytest.raises(IndexFailure, match="no rev '0000000', or several commits begin so"):
        sources.open_git(requirement(sandbox, "rev", "0000000"), None)


def test_a_locked_commit_is_taken_and_never_fetched_twice(sandbox: Sandbox, sources: GitSources) -> None:
    first = sandbox.commit({"pyproject.toml": "first"})
    sandbox.commit({"pyproject.toml": "second"})
    assert sources.open_git(requirement(sandbox), first).tree.read_text("pyproject.toml") == "first"
    sandbox.folder.rename(sandbox.folder.with_name("gone"))
    assert sources.open_git(requirement(sandbox), first).commit == first


def test_a_repository_made_by_another_process_meanwhile_is_used(sandbox: Sandbox, sources: GitSources) -> None:
    sandbox.commit({"pyproject.toml": "first"})
    for _ in range(2):
        opened = sources.open_git(requirement(sandbox), None)
    assert opened.tree.read_text("pyproject.toml") == "first"
    assert [path.name.startswith(".") for path in sources.cache.iterdir()] == [False]


def test_a_reference_that_is_not_there_is_named(sandbox: Sandbox, sources: GitSources) -> None:
    sandbox.commit({"a": "x"})
    with pytest.raises(IndexFailure, match="no tag 'v9'"):
        sources.open_git(requirement(sandbox, "tag", "v9"), None)


def test_a_repository_that_is_not_there_is_an_index_failure(tmp_path: Path, sources: GitSources) -> None:
    with pytest.raises(IndexFailure, match="git ls-remote failed"):
        sources.open_git(GitRequirement(url=f"file://{tmp_path}/nowhere"), None)


def test_a_clone_fetches_only_the_blobs_that_are_read(sandbox: Sandbox) -> None:
    head = sandbox.commit({"pyproject.toml": "p", "data.bin": "x" * 1000, "s.py": "s", "doc/guide.md": "m"})
    cloner = GitCloner(environ=dict(os.environ), protocols=("file",))
    with cloner.clone(CloneSource(url=f"file://{sandbox.folder}"), Sha(head)) as folder:
        git = Git(folder=folder, environ=dict(os.environ))
        with CommitTree(git, head) as tree:
            assert tree.read_text("s.py") == "s"
            oid = tree.oid("data.bin")
            assert oid is not None
            assert git.try_run("cat-file", "-e", oid).returncode
            with pytest.raises(InputError, match=r"data\.bin: the file is not in this clone"):
                tree.read_text("data.bin")


NAMING = """\
repos:
- repo: https://github.com/astral-sh/uv-pre-commit
  rev: 0.10.2
  hooks:
  - {id: uv-export, args: [--frozen, --output-file=deploy/locked.list]}
  - {id: pip-compile, args: [docs/needs.list, -odocs/locked.list, --constraint, ./limits.dat]}
"""


def test_a_clone_fetches_what_commands_and_the_configuration_name(sandbox: Sandbox) -> None:
    named = ["deploy/locked.list", "docs/needs.list", "docs/locked.list", "limits.dat", "sbom/inventory.dat"]
    config = '{ "exports": [{ "output": "./sbom/inventory.dat" }, { "output": "absent" }] }'
    files = {".pre-commit-config.yaml": NAMING, ".lockbot.json": config, "docs/other.dat": "o"}
    head = sandbox.commit({**files, **{path: f"text of {path}" for path in named}})
    cloner = GitCloner(environ=dict(os.environ), protocols=("file",))
    with (
        cloner.clone(CloneSource(url=f"file://{sandbox.folder}"), Sha(head)) as folder,
        CommitTree(Git(folder=folder, environ=dict(os.environ)), head) as tree,
    ):
        assert [tree.read_text(path) for path in named] == [f"text of {path}" for path in named]
        with pytest.raises(InputError, match="not in this clone"):
            tree.read_text("docs/other.dat")


def test_a_clone_fetches_what_requirements_files_name(sandbox: Sandbox) -> None:
    header = (
        "# This file was autogenerated by uv via the following command:\n#    uv pip compile deps/main.list -o x.txt\n"
    )
    named = {
        "deps/main.list": "-r ../more/base.list\nalpha\n",
        "more/base.list": "-c ./limits.dat\n",
        "more/limits.dat": "beta<2\n",
    }
    head = sandbox.commit({"x.in": "", "x.txt": header, "more/other.dat": "o", **named})
    cloner = GitCloner(environ=dict(os.environ), protocols=("file",))
    with (
        cloner.clone(CloneSource(url=f"file://{sandbox.folder}"), Sha(head)) as folder,
        CommitTree(Git(folder=folder, environ=dict(os.environ)), head) as tree,
    ):
        assert {path: tree.read_text(path) for path in named} == named
        with pytest.raises(InputError, match="not in this clone"):
            tree.read_text("more/other.dat")


@pytest.mark.parametrize(
    ("path", "read"),
    [
        (".pre-commit-config.yaml", True),
        ("backend/.pre-commit-config.yaml", True),
        (".github/workflows/ci.yml", True),
        (".github/actions/setup/action.yml", True),
        ("Dockerfile", True),
        ("deploy/Containerfile.prod", True),
        ("compose.yaml", True),
        ("values.yaml", False),
        (".devcontainer/devcontainer.json", True),
        (".tool-versions", True),
        ("scripts/install.sh", True),
        ("config/settings.yaml", False),
        ("data.json", False),
        ("a/pyproject.toml", True),
        ("x.py", True),
        ("bin/tool", True),
        ("s.py.lock", True),
        ("bin/tool.lock", True),
        ("yarn.lock", False),
        (".github/lockbot.json", True),
        ("a.png", False),
        ("requirements/prod.txt", True),
        ("pylock.toml", True),
        ("story.txt", False),
    ],
)
def test_which_files_are_read(path: str, read: bool) -> None:
    assert reads_path(path, {"bin/tool", "s.py", "x.py"}) is read


def test_a_token_is_in_no_argument_and_no_repr() -> None:
    credential = Credential(origin="https://git.example", token="s3cret")
    git = Git(folder=Path("/x"), environ={}, network=Network(protocols=("https",), credential=credential))
    assert "s3cret" not in " ".join(git.command(["fetch"]))
    assert "s3cret" not in repr(git)
    assert git.variables()["LOCKBOT_GIT_TOKEN"] == "s3cret"


def test_the_helper_answers_its_origin_only(sandbox: Sandbox) -> None:
    credential = Credential(origin="https://git.example", token="s3cret", username="bot")
    git = Git(
        folder=sandbox.folder, environ=dict(os.environ), network=Network(protocols=("https",), credential=credential)
    )
    answer = git.run("credential", "fill", stdin=b"protocol=https\nhost=git.example\n\n")
    assert b"username=bot\npassword=s3cret" in answer
    other = git.try_run("credential", "fill", stdin=b"protocol=https\nhost=evil.example\n\n")
    assert b"s3cret" not in other.stdout


def test_an_address_that_the_policy_gives_is_pinned(tmp_path: Path) -> None:
    asked: list[tuple[str, int]] = []

    def resolve_host(host: str, port: int) -> str:
        asked.append((host, port))
        return "127.0.0.1"

    sources = GitSources(cache=tmp_path, environ=dict(os.environ), resolve_host=resolve_host)
    with pytest.raises(IndexFailure):
        sources.open_git(GitRequirement(url="https://git.invalid:1/x"), None)
    assert asked == [("git.invalid", 1)]


PROXIES = dict.fromkeys(("http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy", "no_proxy"), "http://proxy.invalid:9")


def test_proxies_of_the_environment_reach_git_only_when_asked_for() -> None:
    unasked = Git(folder=Path("/x"), environ=PROXIES, network=Network(protocols=("https",), pinned=("h:443:1.1.1.1",)))
    assert not any("proxy" in name.lower() for name in unasked.variables())
    assert "http.proxy=" in unasked.command(["fetch"])
    proxied = Git(folder=Path("/x"), environ={}, network=Network(protocols=("https",), proxy="http://u:s3cret@p:1"))
    assert proxied.variables()["https_proxy"] == "http://u:s3cret@p:1"
    assert "s3cret" not in " ".join(proxied.command(["fetch"])) + repr(proxied)


def test_git_goes_through_the_proxy_that_it_is_given(tmp_path: Path) -> None:
    checked: list[str] = []
    with running_proxy({}) as proxy:
        sources = GitSources(
            cache=tmp_path,
            environ=dict(os.environ) | PROXIES,
            resolve_host=lambda host, port: pytest.fail("the proxy looks the host up"),
            find_proxy=lambda _: proxy.url,
            check_host=checked.append,
        )
        with pytest.raises(IndexFailure, match="git ls-remote failed"):
            sources.open_git(GitRequirement(url="https://git.invalid/x"), None)
    assert [asked.partition(" HTTP")[0] for asked in proxy.asked] == ["CONNECT git.invalid:443"]
    assert checked == ["git.invalid"]


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[fec0::1]"])
def test_a_proxy_is_not_asked_for_what_the_guard_refuses(tmp_path: Path, host: str) -> None:
    with running_proxy({}) as proxy:
        sources = GitSources(
            cache=tmp_path, environ=dict(os.environ), find_proxy=lambda _: proxy.url, check_host=Guard().check_host
        )
        with pytest.raises(IndexFailure, match="not a public address"):
            sources.open_git(GitRequirement(url=f"https://{host}/x"), None)
    assert proxy.asked == []


@pytest.mark.parametrize(("version", "is_old"), [("2.36.9", True), ("2.37.0", False), ("3.0", False), ("words", True)])
def test_a_git_that_does_not_obey_a_pinned_address_is_told(tmp_path: Path, version: str, is_old: bool) -> None:
    (tmp_path / "git").write_text(f"#!/bin/sh\necho git version {version}\n")
    (tmp_path / "git").chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    if not is_old:
        assert check_pinning(environ) == f"git version {version}"
        return
    with pytest.raises(GitError, match=rf"^git version {version} can't be held to .* install git 2\.37 or newer$"):
        check_pinning(environ)


def test_urls_are_shown_without_user_information() -> None:
    assert redact("fatal: https://me:token@host/x failed") == "fatal: https://host/x failed"
    assert origin_of("https://me@host:8443/a/b") == "https://host:8443"
