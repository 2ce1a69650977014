"""A worker with the real pipeline over an index that stays warm for the life of the process."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from bot import pipeline
from bot.app.advisories import make_advisories
from bot.app.commits import open_commit
from bot.app.process import SystemClock, read_index_entries
from bot.app.registry import make_registry
from bot.app.shipped import shipped_hooks
from bot.app.work import run_worker_with
from bot.git.command import check_pinning
from bot.git.scratch import sweep_folders, sweep_repositories
from bot.git.sources import SCRATCH, GitSources
from bot.git.tags import GitTags
from bot.index.cache.trim import trim_cache
from bot.index.client import IndexClient, IndexSettings
from bot.index.granted import NOTHING, Granted, grant
from bot.index.http.advice import Advice
from bot.index.http.certificates import find_certificates
from bot.index.http.credentials import Credentials
from bot.index.http.fetch import FetchSettings
from bot.index.http.guard import Guard, resolve_guarded
from bot.index.pages.flat import LocalFiles
from bot.logs import get_logger, keep_error
from bot.plan.security.knowledge import Advisories
from bot.ports.run import RunReport, RunRepository, RunRequest
from bot.ports.surroundings import Surroundings
from bot.proxies import read_proxies
from bot.settings import Settings, get_environment

#: Hears of secrets as they come, to keep them out of the log.
Learn = Callable[[str], None]


@contextmanager
def open_index(settings: Settings, granted: Granted = NOTHING) -> Iterator[IndexClient]:
    """The index for repositories that are strangers to each other: guarded addresses, no files of this machine, and
    the operator's credentials by URL prefix alone: ``UV_INDEX_*`` would follow a name, which any repository may give."""
    guard = Guard(allowed=settings.allow_private_network)
    environment = get_environment()
    check_pinning(environment)
    proxies = read_proxies(environment)
    sources = make_git_sources(settings)
    fetch = FetchSettings(
        credentials=Credentials(entries=granted.for_all),
        advice=Advice(is_users=False),
        guard=guard,
        certificates=find_certificates(environment),
        proxies=proxies,
    )
    index = IndexSettings(
        fetch=fetch, local=LocalFiles(roots=()), cache_dir=settings.cache_dir, recorded=settings.recorded
    )
    with IndexClient(index, open_git=sources.open_git) as client:
        yield client


def grant_credentials(settings: Settings, learn: Learn) -> Granted:
    """The operator's credentials. Why one can't be had is for the log: messages go to people of repositories."""

    def tell(reason: str) -> None:
        get_logger("lockbot.index").error("no access to an index", reason=reason)

    return grant(read_index_entries(settings), time.time, learn=learn, tell=tell)


def make_git_sources(settings: Settings) -> GitSources:
    """Git repositories that strangers name, at guarded addresses."""
    guard = Guard(allowed=settings.allow_private_network)
    environment = get_environment()
    return GitSources(
        cache=settings.cache_dir / "git",
        environ=environment,
        resolve_host=partial(resolve_guarded, guard),
        find_proxy=read_proxies(environment).find,
        check_host=guard.check_host,
    )


@contextmanager
def open_pipeline(settings: Settings, learn: Learn = lambda _: None) -> Iterator[RunRepository]:
    """The pipeline over an index that stays warm for as long as the context lasts; ``learn`` hears of new secrets."""
    environment, granted = get_environment(), grant_credentials(settings, learn)
    sources = make_git_sources(settings)
    with open_index(settings, granted) as index:
        edges = pipeline.Edges(
            open_commit=partial(open_commit, environ=environment),
            index=index,
            keep=keep_error,
            registry=make_registry(settings, environment),
            advisories=Advisories(service=make_advisories(settings), public=settings.all_public_indexes),
        )

        def run_repository(request: RunRequest) -> RunReport:
            index.begin_run()
            own = index.with_rights(granted.rights(request.repository))
            around = Surroundings(tags=GitTags(sources=sources), hook_packages=shipped_hooks())
            try:
                return pipeline.run_repository(request, replace(edges, index=own, around=around))
            finally:
                # What the run left in circles, before it is taken for long-lived.
                gc.collect(1)
                sweep_repositories(settings.cache_dir / "git")
                trim_cache(settings.cache_dir, settings.cache_bytes, SystemClock().now().timestamp())

        yield run_repository


def run_worker(settings: Settings, learn: Learn = lambda _: None, *, until_input_ends: bool = False) -> None:
    """One worker, with the real pipeline, until a signal (or the end of standard input)."""
    # Where a worker was killed another one is started: what the first one left goes now.
    sweep_folders(settings.cache_dir / SCRATCH)
    sweep_repositories(settings.cache_dir / "git")
    with open_pipeline(settings, learn) as run_repository:
        run_worker_with(settings, run_repository, until_input_ends=until_input_ends)
