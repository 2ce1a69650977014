"""The real command as a process, with a token, beside the stand-in for GitHub and an index on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from bot.cli.group import cli
from tests.github import Hub
from tests.github.model import Pull, Repository
from tests.runs.index_server import IndexServer
from tests.runs.server import ROOT
from tests.runs.test_real_pipeline import APP, HEAD, LOCKED, MANIFEST


@dataclass
class Done:
    code: int
    out: str
    err: str

    @property
    def told(self) -> Any:
        return json.loads(self.out)

    @property
    def outcomes(self) -> dict[str, str]:
        return {one["branch"]: one["outcome"] for one in self.told["published"]}


@dataclass
class Desk:
    """Where somebody calls lockbot: ``folder`` holds the cache."""

    hub: Hub
    index: IndexServer
    folder: Path
    count: int = field(default=0)

    def add_repository(self, files: Mapping[str, str] | None = None, *, private: bool = True) -> Repository:
        self.count += 1
        known = {"pyproject.toml": MANIFEST.format(url=self.index.url), "uv.lock": self.make_lock()}
        return self.hub.add_repository(f"octo/desk-{self.count}", {**known, **(files or {})}, private=private)

    def make_lock(self) -> str:
        packages = [
            LOCKED.format(
                url=self.index.url, name=name, version="1.0", wheel=self.index.describe(name, "1.0"), more=more
            )
            for name, more in (("alpha", 'dependencies = [\n    { name = "gamma" },\n]\n'), ("beta", ""), ("gamma", ""))
        ]
        return HEAD + packages[0] + APP + packages[1] + packages[2].rstrip("\n") + "\n"

    def run(
        self,
        repository: Repository,
        token: str | None,
        *options: str,
        ways: str = "--pull-requests",
        more: Mapping[str, str] | None = None,
        path: Path | None = None,
    ) -> Done:
        named = [] if path is not None else ["--repository", repository.full_name]
        place = [str(path)] if path is not None else [str(self.folder)]
        return self.call("run", *place, ways, *named, *options, token=token, more=more)

    def call(self, *arguments: str, token: str | None, more: Mapping[str, str] | None = None) -> Done:
        with self.begin(*arguments, token=token, more=more) as process:
            out, err = process.communicate(timeout=120)
        return Done(process.returncode, out, err)

    def begin(self, *arguments: str, token: str | None, more: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """The process, running."""
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *arguments],
            cwd=self.folder,
            env=self.environment | ({"GITHUB_TOKEN": token} if token else {}) | dict(more or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run_here(self, repository: Repository, token: str | None, *options: str) -> Done:
        """The same in this process, where what is looked at needs none of its own."""
        named = ["--repository", repository.full_name]
        return self.call_here("run", str(self.folder), "--pull-requests", *named, *options, token=token)

    def call_here(self, *arguments: str, token: str | None, more: Mapping[str, str] | None = None) -> Done:
        environment = {**self.environment, "GITHUB_TOKEN": token, **(more or {})}
        done = CliRunner(env=environment).invoke(cli, arguments, prog_name="lockbot")
        return Done(done.exit_code, done.stdout, done.stderr)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return kept | {
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "LOCKBOT_GITHUB_URL": self.hub.url,
            "LOCKBOT_CACHE_DIR": str(self.folder / "cache"),
            "LOCKBOT_DATA_DIR": str(self.folder / "data"),
            "LOCKBOT_OSV_URL": f"{self.index.root}/osv",
            "LOCKBOT_RELEASE_NOTES": "0",
        }


@contextmanager
def open_desk(folder: Path, make_hub: Callable[[Path], Hub] = Hub) -> Iterator[Desk]:
    """Beta has a new release. Nobody was notified when it is over."""
    with make_hub(folder / "hub") as hub, IndexServer() as index:
        for name, version, *needed in (("alpha", "1.0", "gamma>=1"), ("beta", "1.0"), ("gamma", "1.0")):
            index.release(name, version, *needed)
        index.release("beta", "1.1")
        yield Desk(hub, index, folder)
        assert hub.find_mentioned() == (), "lockbot notified somebody"


def open_pulls(repository: Repository) -> dict[str, Pull]:
    return {one.head: one for one in repository.open_pulls()}
