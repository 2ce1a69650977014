"""The repository that a command was called on, and an index for it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.app.commits import open_commit
from bot.app.shipped import shipped_hooks
from bot.cli.indexes.choice import IndexChoice
from bot.cli.indexes.client import make_client
from bot.cli.indexes.git_sources import make_sources, open_git
from bot.detect.model import Listing
from bot.detect.repository import find_indexes
from bot.errors import InputError, LockbotError
from bot.git.command import Git, GitError
from bot.git.commit import read_subjects
from bot.git.folder import FolderTree
from bot.git.scratch import sweep_folders, sweep_repositories
from bot.git.sources import SCRATCH
from bot.git.tags import GitTags
from bot.index.cache.trim import trim_cache
from bot.index.client import IndexClient
from bot.manifest.model import IndexTable
from bot.ports.run import BranchName, RunRequest, Sha
from bot.ports.surroundings import Surroundings
from bot.resolver.lowering import CommandSettings
from bot.resolver.lowering.indexes import login_of
from bot.resolver.lowering.settings import find_settings
from bot.resolver.lowering.urls import without_credentials
from bot.resolver.model.index import Authenticate, Index, IndexFormat
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


@value
class IndexesNamed:
    """What the files of a repository say of indexes. ``root`` is its folder; ``asks_keyring``: the user, or the repository as
    uv reads it, wants the ``keyring`` program to be asked."""

    root: Path
    indexes: tuple[Index, ...] = ()
    asks_keyring: bool = False


@contextmanager
def open_index(named: IndexesNamed, environ: Mapping[str, str], now: datetime) -> Iterator[IndexClient]:
    """An index client with the cache and the credentials of whoever calls."""
    settings = read_settings()
    choice = IndexChoice(
        cache_dir=settings.cache_dir,
        cache_size=settings.cache_bytes,
        offline=False,
        environment=environ,
        indexes=named.indexes,
        recorded=settings.recorded,
        asks_keyring=named.asks_keyring,
        foreign=(named.root,),
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


def named_indexes(run: LocalRun) -> IndexesNamed:
    """The indexes that projects of the repository's HEAD name."""
    request = make_request(Git(folder=run.path, environ=run.environ), run)
    with open_commit(run.path, request.base, environ=run.environ) as tree:
        return find_named(tree, request.root, run.environ)


def find_named(tree: Listing, root: Path, environ: Mapping[str, str]) -> IndexesNamed:
    """The indexes that projects of a tree name: what is on their hosts may need their credentials too."""
    return IndexesNamed(
        root=root, indexes=tuple(map(_index_of, find_indexes(tree))), asks_keyring=_asks_keyring(tree, environ)
    )


def _asks_keyring(tree: Listing, environ: Mapping[str, str]) -> bool:
    """As uv at the root of the repository: what the environment says, else the settings there, else the user's own."""
    said = environ.get("UV_KEYRING_PROVIDER")
    if said:
        return said == "subprocess"
    own = FolderTree(Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "uv")
    for place in (tree, own):
        # What is wrong with a file is told where it is read for more.
        with suppress(LockbotError):
            for found in find_settings(place, ".", CommandSettings()):
                if found.settings.keyring_provider is not None:
                    return found.settings.keyring_provider == "subprocess"
    return False


def _index_of(table: IndexTable) -> Index:
    return Index(
        url=without_credentials(table.url),
        name=table.name,
        login=login_of(table.url),
        format=IndexFormat.FLAT if table.flat else IndexFormat.SIMPLE,
        ignore_error_codes=table.ignore_error_codes,
        authenticate=Authenticate(table.authenticate) if table.authenticate else Authenticate.AUTO,
    )
