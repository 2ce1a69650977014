"""Passing folders: gone with their process, however it ends, and never while it lives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import IndexFailure
from bot.git.checkout import GitCloner
from bot.git.scratch import held_folder, scratch_folder, sweep_folders, sweep_repositories
from bot.git.sources import GitSources
from bot.lockfile.model import GitRequirement
from bot.ports.forge import CloneSource
from bot.ports.run import Sha
from tests.git.conftest import Sandbox
from tests.runs.server import ROOT

_HOLD = """
import sys
from pathlib import Path
from bot.git.scratch import held_folder
with held_folder(Path(sys.argv[1]), "clone") as folder:
    (folder / "object").write_text("x")
    print(folder, flush=True)
    sys.stdin.read()
"""


def hold(place: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process that holds a folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(place)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def end(process: subprocess.Popen[str], number: signal.Signals) -> None:
    process.send_signal(number)
    process.communicate()


def test_what_a_killed_process_left_is_swept_and_what_lives_is_not(tmp_path: Path) -> None:
    killed, left = hold(tmp_path)
    living, held = hold(tmp_path)
    end(killed, signal.SIGKILL)
    assert (left / "object").exists()
    assert sweep_folders(tmp_path) == 1
    assert (left.exists(), (held / "object").exists()) == (False, True)
    end(living, signal.SIGKILL)
    assert sweep_folders(tmp_path) == 1


def test_the_next_folder_sweeps_by_itself(tmp_path: Path) -> None:
    killed, left = hold(tmp_path)
    end(killed, signal.SIGKILL)
    with held_folder(tmp_path, "clone") as folder:
        assert [path.name for path in tmp_path.iterdir()] == [folder.name]
        assert f"-{os.getpid()}-" in folder.name
    assert (left.exists(), list(tmp_path.iterdir())) == (False, [])


def test_sweeping_where_nothing_is_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder of ours")
    (tmp_path / "link").symlink_to(tmp_path.parent)
    assert sweep_folders(tmp_path / "nowhere") == 0
    assert sweep_folders(tmp_path) == 0
    assert tmp_path.parent.exists()


def test_where_no_folder_can_be_made_the_systems_own_place_serves(tmp_path: Path) -> None:
    (tmp_path / "place").write_text("a file")
    with scratch_folder(tmp_path / "place", "clone") as folder:
        (folder / "x").write_text("x")
        assert not folder.is_relative_to(tmp_path)
    assert not folder.exists()


def test_clones_and_repositories_are_made_in_the_one_place(tmp_path: Path, sandbox: Sandbox) -> None:
    head = sandbox.commit({"pyproject.toml": "x"})
    source = CloneSource(url=f"file://{sandbox.folder}")
    cloner = GitCloner(environ=dict(os.environ), protocols=("file",), scratch=tmp_path / "scratch")
    with cloner.clone(source, Sha(head)) as folder:
        assert folder.parent == tmp_path / "scratch"
    sources = GitSources(cache=tmp_path / "git", environ=dict(os.environ), protocols=("file",))
    sources.open_git(GitRequirement(url=source.url), head).tree.read_text("pyproject.toml")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_what_a_killed_git_left_does_not_stay_in_the_way(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.commit({"pyproject.toml": "x"})
    requirement = GitRequirement(url=f"file://{sandbox.folder}")
    sources = GitSources(cache=tmp_path / "git", environ=dict(os.environ), protocols=("file",))
    sources.open_git(requirement, None)
    (kept,) = sources.cache.iterdir()
    lock, fresh = kept / "shallow.lock", kept / "packed-refs.lock"
    lock.touch()
    fresh.touch()
    os.utime(lock, (0, 0))
    head = sandbox.commit({"pyproject.toml": "y"})
    with pytest.raises(IndexFailure, match=r"shallow\.lock"):
        sources.open_git(requirement, head)
    assert sweep_repositories(sources.cache) == 1
    assert (lock.exists(), fresh.exists()) == (False, True)
    assert sources.open_git(requirement, head).tree.read_text("pyproject.toml") == "y"


def test_a_cache_that_can_not_be_written_is_told(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.commit({"pyproject.toml": "x"})
    (tmp_path / "cache").write_text("a file")
    sources = GitSources(cache=tmp_path / "cache" / "git", environ=dict(os.environ), protocols=("file",))
    with pytest.raises(IndexFailure, match="it can't be kept in"):
        sources.open_git(GitRequirement(url=f"file://{sandbox.folder}"), None)
