"""Disks that are full or can't be written: one sentence, exit code 1, and everything as it was."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.cli.local.writing import write_beside
from bot.errors import LockbotError
from bot.git.command import Git, GitError
from tests.runs.index_server import IndexServer
from tests.runs.local_repository import LocalRepository, make_repository, project
from tests.runs.server import ROOT

RELEASES: Mapping[str, Mapping[str, list[str]]] = {"alpha": {"1.0": []}}
NEWER: Mapping[str, Mapping[str, list[str]]] = {"alpha": {"1.0": [], "1.1": []}}


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    one = make_repository(tmp_path / "repository")
    one.write({"pyproject.toml": project("alpha>=1.0,<2")})
    one.lock(RELEASES)
    one.commit({})
    return one


@pytest.fixture
def index() -> Iterator[IndexServer]:
    with IndexServer() as one:
        one.release("alpha", "1.0")
        one.release("alpha", "1.1")
        yield one


def call(folder: Path, *arguments: str, most: int | None = None, output: int = subprocess.PIPE, **more: str) -> Ended:
    """The program; ``most``: the bytes that a file may get, as a disk that is full has it."""

    def limit() -> None:
        if most is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    kept = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "LOCKBOT_"))}
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **more},
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ended(done.returncode, done.stderr)


class Ended:
    def __init__(self, code: int, said: str) -> None:
        self.code = code
        self.said = said.strip()


# --- lockbot lock ---------------------------------------------------------------------------------


def test_a_lock_that_can_not_be_written_is_as_it_was(repository: LocalRepository, index: IndexServer) -> None:
    before = (repository.folder / "uv.lock").read_bytes()
    cache = str(repository.folder.parent / "cache")
    done = call(repository.folder, "lock", "-U", "--default-index", index.url, most=0, LOCKBOT_CACHE_DIR=cache)
    assert done.code == 1
    assert done.said.splitlines()[-1].startswith("error: ")
    assert "uv.lock could not be written: File too large; it is as it was" in done.said
    assert (repository.folder / "uv.lock").read_bytes() == before
    assert [path.name for path in repository.folder.iterdir() if path.name.endswith(".tmp")] == []


@pytest.mark.parametrize("seam", ["write_bytes", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_each_write_of_a_lock_may_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seam: str, number: int) -> None:
    path = tmp_path / "uv.lock"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, seam, fail)
    with pytest.raises(LockbotError, match=f"could not be written: {os.strerror(number)}"):
        write_beside(path, "new")
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("uv.lock", "old")]


_WRITE_AND_WAIT = """
import sys
from pathlib import Path
from bot.cli.local.writing import write_beside
Path.replace = lambda *_: (print("written", flush=True), sys.stdin.read())
write_beside(Path(sys.argv[1]), "half")
"""


def test_what_a_killed_lock_left_goes_with_the_next(tmp_path: Path) -> None:
    path = tmp_path / "uv.lock"
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITE_AND_WAIT, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (left,) = tmp_path.iterdir()
    write_beside(path, "new")
    assert left.exists(), "it could be one that is being written"
    os.utime(left, (0, 0))
    write_beside(path, "newer")
    assert [one.name for one in tmp_path.iterdir()] == ["uv.lock"]


# --- lockbot run ----------------------------------------------------------------------------------


def test_branches_that_can_not_be_written_are_told(repository: LocalRepository, index: IndexServer) -> None:
    table = f'[[tool.uv.index]]\nurl = "{index.url}"\ndefault = true\n'
    lock = repository.folder / "uv.lock"
    lock.write_text(lock.read_text().replace("https://pypi.org/simple", index.url))
    repository.commit({"pyproject.toml": project("alpha>=1.0,<2", extra=table)})
    cache = str(repository.folder.parent / "cache")
    done = call(repository.folder, "run", "--json", most=0, LOCKBOT_CACHE_DIR=cache)
    assert (done.code, repository.branches()) == (1, [])
    # Git is ended by a signal on this limit, and has no words of its own.
    assert done.said.startswith("branch lockbot/non-major could not be written: git ")


def test_a_cache_that_can_not_be_written_costs_nothing_but_speed(
    repository: LocalRepository, index: IndexServer, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("a file where the cache should be")
    table = f'[[tool.uv.index]]\nurl = "{index.url}"\ndefault = true\n'
    lock = repository.folder / "uv.lock"
    lock.write_text(lock.read_text().replace("https://pypi.org/simple", index.url))
    repository.commit({"pyproject.toml": project("alpha>=1.0,<2", extra=table)})
    for cache in (tmp_path / "file", Path("/dev/full"), Path("/proc/nothing")):
        done = call(repository.folder, "run", "--json", LOCKBOT_CACHE_DIR=str(cache))
        assert (done.code, done.said) == (0, "")
        assert repository.branches() == ["lockbot/non-major"]
        repository.git("branch", "-D", "lockbot/non-major")
        done = call(repository.folder, "lock", "-U", LOCKBOT_CACHE_DIR=str(cache))
        assert (done.code, *done.said.split(" in ")[:-1]) == (0, "Resolved 2 packages")
        assert done.said.endswith("\nUpdated alpha v1.0 -> v1.1")
        repository.git("checkout", "uv.lock")


def run_failing(repository: LocalRepository, monkeypatch: pytest.MonkeyPatch, failing: int) -> tuple[int, int]:
    """The exit code of a run whose n-th call of git finds the disk full, and how often git was called."""
    original, calls = Git.run, 0

    def run(self: Git, *arguments: str, **more: object) -> bytes:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise GitError(f"git {arguments[0]} failed: No space left on device")
        return original(self, *arguments, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Git, "run", run)
        try:
            return repository.run(NEWER).exit_code, calls
        except LockbotError:
            return 2, calls


def test_each_call_of_git_may_fail_and_no_branch_is_half_made(
    repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, calls = run_failing(repository, monkeypatch, 0)
    repository.git("branch", "-D", "lockbot/non-major")
    codes = set()
    for failing in range(1, calls + 1):
        code, _ = run_failing(repository, monkeypatch, failing)
        codes.add(code)
        assert repository.branches() == []
    assert codes == {1, 2}
    assert calls > 5


def test_output_that_can_not_be_printed_is_no_success(repository: LocalRepository) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    done = call(repository.folder, "run", "--dry-run", "--json", output=full, UV_DEFAULT_INDEX="http://127.0.0.1:1")
    os.close(full)
    assert (done.code, done.said.splitlines()[-1]) == (1, "error: No space left on device")
