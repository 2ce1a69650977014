"""A local git repository for whole runs: files, locks made on an older index, and the run itself. No network."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.app.shipped import shipped_hooks
from bot.cli.local.committing import LocalResult, run_local
from bot.cli.local.repository import LocalRun
from bot.git.folder import FolderTree
from bot.index.memory import MemoryIndex, build_memory_index
from bot.plan.solver import Solver
from bot.ports.run import Proposal
from bot.ports.surroundings import Surroundings
from bot.resolver.lowering import CommandSettings, lower_project, lower_script
from tests.kept_errors import keep_nothing

NOW = datetime(2026, 11, 22, tzinfo=UTC)
Releases = Mapping[str, Mapping[str, list[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRepository:
    folder: Path

    def git(self, *arguments: str) -> str:
        person = {"NAME": "Ann", "EMAIL": "ann@example.invalid"}
        environ = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in person.items()}
        environ |= {"PATH": os.environ["PATH"], "HOME": str(self.folder.parent), "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(["git", *arguments], cwd=self.folder, env=environ, capture_output=True, check=True)
        return done.stdout.decode()

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())

    def commit(self, files: Mapping[str, str], message: str = "change") -> str:
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def lock(
        self, releases: MemoryIndex | Releases, *, root: str = ".", script: str | None = None, python: str = "3.13"
    ) -> None:
        """Write the lock that the files have on an index with these releases."""
        tree, settings = FolderTree(self.folder), CommandSettings(now=NOW, python=python)
        lowered = (
            lower_script(tree, path=script, settings=settings)
            if script
            else lower_project(tree, root=root, settings=settings)
        )
        folder = os.path.dirname(script) or "." if script else root
        port = releases if isinstance(releases, MemoryIndex) else build_memory_index(releases)
        solver = Solver(index=port, settings=settings)
        locked = solver(lowered, tree=tree, folder=folder, existing=None, existing_text=None)
        self.write({f"{script}.lock" if script else os.path.normpath(f"{root}/uv.lock"): locked.text})

    def run(
        self, index: MemoryIndex | Releases, *, only: str | None = None, dry_run: bool = False, notes: bool = False
    ) -> LocalResult:
        port = index if isinstance(index, MemoryIndex) else build_memory_index(index)
        call = LocalRun(path=self.folder, environ=os.environ, now=NOW, only=only, dry_run=dry_run)
        around = Surroundings(hook_packages=shipped_hooks())
        return run_local(call, port, keep_nothing, around=around, releases=port if notes else None)

    def show(self, branch: str, path: str) -> str:
        return self.git("show", f"{branch}:{path}")

    def branches(self) -> list[str]:
        listed = self.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()
        return [name for name in listed if name != "main"]


def make_repository(folder: Path) -> LocalRepository:
    folder.mkdir(parents=True)
    repository = LocalRepository(folder=folder)
    repository.git("init", "-q", "-b", "main")
    return repository


def project(*dependencies: str, extra: str = "", name: str = "app", python: str = ">=3.11") -> str:
    rows = "".join(f'    "{row}",\n' for row in dependencies)
    return (
        f'[project]\nname = "{name}"\nversion = "1"\nrequires-python = "{python}"\ndependencies = [\n{rows}]\n{extra}'
    )


def proposals(result: LocalResult) -> dict[str, Proposal]:
    return {proposal.group: proposal for proposal in result.report.proposals}


def moves(proposal: Proposal) -> dict[str, tuple[str | None, str]]:
    """What a proposal says of each direct package."""
    return {row.package: (row.before, row.after) for row in proposal.updates}


def requirements(text: str) -> list[str]:
    """The requirement texts of a manifest or script, in order: what an edit is about."""
    return [part for part in text.split('"')[1::2] if any(sign in part for sign in "=<>~")]
