"""The repository that a command was called on, and an index for it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.app.commits import open_commit
from bot.app.shipped import shipped_hooks
from bot.cli.indexes.choice import IndexChoice
from bot.cli.indexes.client import make_client
from bot.cli.indexes.git_sources import make_sources, open_git
from bot.detect.repository import find_indexes
from bot.errors import InputError
from bot.git.command import Git, GitError
from bot.git.commit import read_subjects
from bot.git.scratch import sweep_folders, sweep_repositories
from bot.git.sources import SCRATCH
from bot.git.tags import GitTags
from bot.index.cache.trim import trim_cache
from bot.index.client import IndexClient
from bot.manifest.model import IndexTable
from bot.ports.run import BranchName, RunRequest, Sha
from bot.ports.surroundings import Surroundings
from bot.resolver.lowering.indexes import login_of
from bot.resolver.lowering.urls import without_credentials
from bot.resolver.model.index import Index
from bot.settings import read_settings
from bot.values import field, value


@value
class LocalRun:
    """One call of the command. ``scratch``: the place for passing folders."""

    path: Path
    environ: Mapping[str, str] = field(repr=False)
    now: datetime
    only: str | None = None
    dry_run: bool = False
    scratch: Path | None = None


def make_request(git: Git, run: LocalRun) -> RunRequest:
    """What a run over the repository's HEAD is told; raises ``InputError`` where there is none."""
    try:
        top = git.try_run("rev-parse", "--show-toplevel").stdout
        git.run("rev-parse", "--git-dir")
    except (GitError, OSError) as error:
        raise InputError(str(error), path=str(run.path), hint="name a folder inside a git repository") from None
    head = git.try_run("rev-parse", "--verify", "--quiet", "HEAD^{commit}").stdout.decode().strip()
    if not head:
        raise InputError("the repository has no commit yet", path=str(run.path), hint="commit something first")
    branch = (
        git.try_run("symbolic-ref", "--quiet", "--short", "HEAD").stdout.decode("utf-8", "backslashreplace").strip()
    )
    root = Path(os.fsdecode(top.removesuffix(b"\n"))) if top else run.path.resolve()
    return RunRequest(
        root=root,
        base=Sha(head),
        base_branch=BranchName(branch or "HEAD"),
        now=run.now,
        repository=root.name,
        only=run.only,
        subjects=partial(read_subjects, git, head),
    )


@contextmanager
def open_index(indexes: tuple[Index, ...], environ: Mapping[str, str], now: datetime) -> Iterator[IndexClient]:
    """An index client with the cache and the credentials of whoever calls; ``indexes`` are those that are named."""
    settings = read_settings()
    choice = IndexChoice(
        cache_dir=settings.cache_dir,
        cache_size=settings.cache_bytes,
        offline=False,
        environment=environ,
        indexes=indexes,
        recorded=settings.recorded,
    )
    with make_client(choice, partial(open_git, choice)) as client:
        yield client
    sweep_folders(settings.cache_dir / SCRATCH)
    sweep_repositories(settings.cache_dir / "git")
    trim_cache(settings.cache_dir, settings.cache_bytes, now.timestamp())


def look_around(environ: Mapping[str, str]) -> Surroundings:
    """What followers ask of the world: git of whoever calls, at its hosts."""
    sources = make_sources(read_settings().cache_dir, environ)
    return Surroundings(tags=GitTags(sources=sources), hook_packages=shipped_hooks())


def named_indexes(run: LocalRun) -> tuple[Index, ...]:
    """The indexes that projects of the repository name: what is on their hosts may need their credentials too."""
    git = Git(folder=run.path, environ=run.environ)
    with open_commit(run.path, make_request(git, run).base, environ=run.environ) as tree:
        tables = tuple(find_indexes(tree))
    return tuple(map(index_of, tables))


def index_of(table: IndexTable) -> Index:
    return Index(url=without_credentials(table.url), name=table.name, login=login_of(table.url))
