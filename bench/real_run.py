"""Lockbot's main job on a real project: from its published source archive to update branches that uv accepts.

Downloads the source distribution of one release (default: posting 2.9.2, a terminal API client locked in September
2025), unpacks it as data, makes a git repository of it, runs ``lockbot run`` there, and then asks the real
``uv lock --check`` about every branch. Nothing of the project is built, installed or run.

    python bench/real_run.py [NAME VERSION]
    python bench/real_run.py --reachable    # exit 0 if the index answers at all

The repository stays in ``.real-run/`` for a look at the branches. Exit 0: there is at least one branch, uv accepts the
lock of each, the working tree is untouched, and a second run changes no branch.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from packaging.utils import canonicalize_name, parse_sdist_filename
from packaging.version import Version
from uv import find_uv_bin

from bot.errors import IndexFailure
from bot.index.client import IndexClient, IndexSettings
from bot.index.http.certificates import find_certificates
from bot.index.http.fetch import FetchSettings
from bot.index.metadata.archives import read_members
from bot.limits import Limits
from bot.resolver.lowering.indexes import PYPI_URL
from bot.resolver.model.index import Index, ReleaseFile

PROJECT = ("posting", "2.9.2")
FOLDER = Path(__file__).resolve().parent.parent / ".real-run"

#: The user's own git configuration (signing, hooks, templates) must not decide how this ends.
_GIT_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A developer",
    "GIT_AUTHOR_EMAIL": "developer@example.org",
    "GIT_COMMITTER_NAME": "A developer",
    "GIT_COMMITTER_EMAIL": "developer@example.org",
}
_ENVIRONMENT = {**os.environ, **_GIT_ENVIRONMENT, "UV_PYTHON_DOWNLOADS": "never"}


class Failed(Exception):
    """The run did not do what it should; the message says how."""


def main(arguments: list[str]) -> int:
    if arguments == ["--reachable"]:
        return 0 if is_reachable() else 1
    name, version = (arguments[0], arguments[1]) if len(arguments) == 2 else PROJECT
    try:
        repository = make_repository(name, version)
        report = run_lockbot(repository)
        check_branches(repository, report)
        check_repeat(repository)
    except Failed as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    print(f"Look at them: git -C {os.path.relpath(repository)} log --all --oneline --stat")
    return 0


# --- the repository -------------------------------------------------------------------------------


def make_repository(name: str, version: str) -> Path:
    """A git repository with one commit: what the source distribution holds, without the builder's ``PKG-INFO``."""
    file = find_sdist(name, version)
    content = download(file)
    members = read_members(
        io.BytesIO(content), file.filename, len(content), lambda path: path not in ("", "PKG-INFO"), Limits()
    )
    if "uv.lock" not in members:
        raise Failed(f"{file.filename} has no uv.lock; choose another project")
    shutil.rmtree(FOLDER, ignore_errors=True)
    repository = FOLDER / name
    for path, text in members.items():
        target = repository / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text)
    (FOLDER / ".gitignore").write_text("*\n")
    git(repository, "-c", "init.defaultBranch=main", "init", "-q")
    git(repository, "add", "-A", "-f")
    git(repository, "commit", "-q", "-m", f"{name} {version}")
    print(f"{file.filename}: {len(members)} files, {members['uv.lock'].count(b'[[package]]')} packages in uv.lock")
    return repository


def default_index() -> Index:
    return Index(url=os.environ.get("UV_DEFAULT_INDEX") or PYPI_URL, default=True)


def open_index() -> IndexClient:
    return IndexClient(IndexSettings(fetch=FetchSettings(certificates=find_certificates(os.environ))))


def is_reachable() -> bool:
    try:
        with open_index() as client:
            return client.get_page(default_index(), PROJECT[0]) is not None
    except IndexFailure:
        return False


def find_sdist(name: str, version: str) -> ReleaseFile:
    """As the index that lockbot uses by default lists it."""
    wanted = Version(version)
    with open_index() as client:
        page = client.get_page(default_index(), canonicalize_name(name))
    for listed in page.versions if page else ():
        for file in page.files(listed) if page else ():
            if file.wheel is None and parse_sdist_filename(file.filename)[1] == wanted:
                return file
    raise Failed(f"the index has no source distribution of {name} {version}")


def download(file: ReleaseFile) -> bytes:
    answer = httpx.get(file.url, follow_redirects=True, timeout=60)
    answer.raise_for_status()
    algorithm, _, expected = (file.hash or "sha256:").partition(":")
    if hashlib.new(algorithm, answer.content).hexdigest() != expected:
        raise Failed(f"{file.filename} is not what the index promised")
    return answer.content


# --- the run --------------------------------------------------------------------------------------


def run_lockbot(repository: Path) -> Mapping[str, Any]:
    started = time.perf_counter()
    command = (sys.executable, "-m", "bot", "run", "--json", str(repository))
    done = subprocess.run(command, env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    try:
        report: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError:
        report = {}
    # With a problem the run ends with 1, and has proposed all the same.
    if done.returncode not in (0, 1) or not report:
        raise Failed(f"lockbot run ended with {done.returncode}:\n{done.stderr}{done.stdout}")
    for problem in report["problems"]:
        print(f"problem: {problem['path']}: {problem['message']}")
    count = len(report["proposals"])
    print(
        f"lockbot run: {count} proposals, {len(report['held_back'])} held back, {time.perf_counter() - started:.1f} s"
    )
    return report


def check_branches(repository: Path, report: Mapping[str, Any]) -> None:
    """Each proposal is a branch of one commit that changes the files it names and whose lock uv accepts."""
    if not report["proposals"]:
        raise Failed("nothing was proposed")
    if git(repository, "status", "--porcelain"):
        raise Failed("the working tree was touched")
    refused = []
    for proposal in report["proposals"]:
        branch = proposal["branch"]
        changed = git(repository, "diff", "--name-only", f"main..{branch}").split()
        if git(repository, "rev-list", "--count", f"main..{branch}") != "1" or sorted(changed) != sorted(
            proposal["files"]
        ):
            raise Failed(f"{branch} is not one commit that changes {proposal['files']}")
        verdict = ask_uv(repository, branch)
        print(f"  {'refused ' if verdict else 'accepted'}  {branch}  {proposal['title']}  {summary(proposal)}")
        refused += [f"{branch}: {verdict}"] if verdict else []
    if refused:
        raise Failed("uv refuses: " + "; ".join(refused))


def summary(proposal: Mapping[str, Any]) -> str:
    return f"({len(proposal['lock_changes'])} lock changes, {', '.join(proposal['files'])})"


def ask_uv(repository: Path, branch: str) -> str:
    """Run ``uv lock --check`` on the branch; the reason why it refuses, or nothing."""
    place = FOLDER / "check" / branch
    git(repository, "worktree", "add", "-q", "--detach", str(place), branch)
    command = (find_uv_bin(), "lock", "--check", "--python", sys.executable, "--directory", str(place))
    done = subprocess.run(command, env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    git(repository, "worktree", "remove", "--force", str(place))
    return done.stderr.strip() or f"exit {done.returncode}" if done.returncode else ""


def check_repeat(repository: Path) -> None:
    """A second run with nothing new leaves every branch at the same commit."""
    before = git(repository, "for-each-ref")
    run_lockbot(repository)
    if git(repository, "for-each-ref") != before:
        raise Failed("a second run moved branches")


def git(repository: Path, *arguments: str) -> str:
    command = ("git", "-C", str(repository), *arguments)
    done = subprocess.run(command, env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
