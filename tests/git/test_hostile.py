"""A hostile repository runs nothing: every way in ends at a canary file that must not appear."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import InputError
from bot.git.checkout import GitCloner
from bot.git.command import Git
from bot.git.commit import CommitPlan, commit_on_branch
from bot.git.sources import GitSources
from bot.git.tree import CommitTree
from bot.lockfile.model import GitRequirement
from bot.ports.forge import CloneSource
from bot.ports.run import FileChange, Sha
from tests.git.conftest import Sandbox, make_sandbox

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HOOKS = (
    "pre-commit",
    "post-commit",
    "commit-msg",
    "post-checkout",
    "post-index-change",
    "reference-transaction",
    "pre-push",
    "update",
    "pre-receive",
    "post-update",
)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def hostile(sandbox: Sandbox, canary: Path) -> Sandbox:
    """Traps in the commit (attributes, submodule, links) and in the local repository (hooks, settings)."""
    trap = sandbox.folder.parent / "trap.sh"
    trap.write_text(f'#!/bin/sh\necho "$0 $*" >> {canary}\ncat\n')
    trap.chmod(trap.stat().st_mode | stat.S_IXUSR)
    sandbox.write(
        {
            "pyproject.toml": "[project]\n",
            "uv.lock": "version = 1\n",
            ".gitattributes": "* filter=evil diff=evil merge=evil text eol=crlf\n*.toml export-subst\n",
            ".gitmodules": f'[submodule "m"]\n\tpath = m\n\turl = ext::{trap}\n\tupdate = !{trap}\n',
            "setup.py": f"open({str(canary)!r}, 'w')\n",
        }
    )
    (sandbox.folder / "escape.toml").symlink_to("/etc/passwd")
    commit = sandbox.commit({})
    sandbox.git("update-index", "--add", "--cacheinfo", f"160000,{commit},m")
    sandbox.git("commit", "-q", "-m", "submodule")
    _arm(sandbox, trap)
    return sandbox


def _arm(sandbox: Sandbox, trap: Path) -> None:
    hooks = sandbox.folder / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in HOOKS:
        (hooks / name).symlink_to(trap)
    settings = {
        "core.fsmonitor": str(trap),
        "core.hooksPath": str(hooks),
        "core.sshCommand": str(trap),
        "core.askPass": str(trap),
        "core.pager": str(trap),
        "core.editor": str(trap),
        "core.alternateRefsCommand": str(trap),
        "core.gitProxy": str(trap),
        "filter.evil.clean": str(trap),
        "filter.evil.smudge": str(trap),
        "filter.evil.process": str(trap),
        "filter.evil.required": "true",
        "diff.evil.command": str(trap),
        "diff.evil.textconv": str(trap),
        "diff.external": str(trap),
        "merge.evil.driver": str(trap),
        "credential.helper": f"!{trap}",
        "gpg.program": str(trap),
        "commit.gpgSign": "true",
        "log.showSignature": "true",
        "uploadpack.packObjectsHook": str(trap),
        "alias.ls-tree": f"!{trap}",
        "protocol.allow": "always",
        "protocol.ext.allow": "always",
        "remote.origin.url": f"ext::{trap}",
        "remote.origin.promisor": "true",
        "extensions.partialClone": "origin",
        "core.repositoryFormatVersion": "1",
    }
    for key, value in settings.items():
        sandbox.git("config", key, value)


def test_the_traps_would_go_off(hostile: Sandbox, canary: Path) -> None:
    """The proof that the canary can die: the owner's own git does run them."""
    with contextlib.suppress(subprocess.CalledProcessError):
        hostile.git("status")
    assert canary.exists()


def test_reading_and_committing_in_a_hostile_repository_runs_nothing(hostile: Sandbox, canary: Path) -> None:
    git = hostile.safe
    base = git.run("rev-parse", "HEAD").decode().strip()
    with CommitTree(git, base) as tree:
        assert tree.read_text("pyproject.toml") == "[project]\n"
        assert tree.read_text("escape.toml") is None
        assert tree.list_dirs("m") == ()
    files = (FileChange(path="pyproject.toml", text="[project]\nname = 'x'\n"),)
    for message in ("one", "two"):
        commit_on_branch(git, CommitPlan(branch="lockbot/x", base=base, message=message, files=files), now=NOW)
    assert git.run("show", "--no-textconv", "--no-ext-diff", "lockbot/x:pyproject.toml") == b"[project]\nname = 'x'\n"
    assert not canary.exists()


def test_a_missing_promised_object_fetches_nothing(hostile: Sandbox, canary: Path) -> None:
    assert hostile.safe.try_run("cat-file", "-e", "1" * 40).returncode
    assert not canary.exists()


def test_cloning_a_hostile_repository_runs_nothing(hostile: Sandbox, canary: Path) -> None:
    head = hostile.safe.run("rev-parse", "HEAD").decode().strip()
    cloner = GitCloner(environ=dict(os.environ), protocols=("file",))
    source = CloneSource(url=f"file://{hostile.folder}")
    # uploadpack settings are the remote's own and trusted there; only this machine's side is under test
    hostile.safe.run("config", "--unset", "uploadpack.packObjectsHook")
    with cloner.clone(source, Sha(head)) as folder:
        with CommitTree(Git(folder=folder, environ=dict(os.environ)), head) as tree:
            assert tree.read_text("pyproject.toml") == "[project]\n"
            assert tree.read_text("escape.toml") is None
        assert not (folder / "m").exists()
    assert not folder.exists()
    assert not canary.exists()


@pytest.mark.parametrize(
    "url",
    ["ext::sh -c touch", "ssh://host/x", "file:///etc", "https://-oProxyCommand=x/y", "--upload-pack=x", "git@host:x"],
)
def test_a_git_dependency_with_another_protocol_is_refused(tmp_path: Path, url: str) -> None:
    sources = GitSources(cache=tmp_path / "cache", environ=dict(os.environ))
    with pytest.raises(InputError, match="git may not be used with"):
        sources.open_git(GitRequirement(url=url), None)


def test_a_hostile_git_dependency_runs_nothing(tmp_path: Path, hostile: Sandbox, canary: Path) -> None:
    hostile.safe.run("config", "--unset", "uploadpack.packObjectsHook")
    sources = GitSources(cache=tmp_path / "cache", environ=dict(os.environ), protocols=("file",))
    opened = sources.open_git(GitRequirement(url=f"file://{hostile.folder}"), None)
    assert opened.tree.read_text("pyproject.toml") == "[project]\n"
    assert not canary.exists()


def test_user_configuration_is_not_read(tmp_path: Path) -> None:
    sandbox = make_sandbox(tmp_path / "plain")
    base = sandbox.commit({"a": "x"})
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[core]\n\tbroken here [\n")
    git = Git(folder=sandbox.folder, environ={**os.environ, "HOME": str(home), "GIT_DIR": "/nowhere"})
    assert git.run("rev-parse", "HEAD").decode().strip() == base
