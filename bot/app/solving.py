"""A worker with the real pipeline over an index that stays warm for the life of the process."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from bot.app.advisories import make_advisories
from bot.app.clock import SystemClock
from bot.app.commits import open_commit
from bot.app.notes import find_forges, make_notes
from bot.app.process import read_index_entries
from bot.app.registry import make_registry
from bot.app.shipped import shipped_hooks
from bot.app.work import Solving, run_worker_with
from bot.git.command import check_pinning
from bot.git.scratch import sweep_folders, sweep_repositories
from bot.git.sources import SCRATCH, GitSources
from bot.git.tags import GitTags
from bot.index.cache.trim import read_cache_size, trim_cache
from bot.index.client import IndexClient, IndexSettings
from bot.index.granted import NOTHING, Granted, grant
from bot.index.http.advice import Advice
from bot.index.http.certificates import find_certificates
from bot.index.http.credentials import Credentials
from bot.index.http.fetch import FetchSettings
from bot.index.http.guard import Guard, resolve_guarded
from bot.index.lookout import Lookout, LookoutSettings
from bot.index.pages.flat import LocalFiles
from bot.jobs.queue.envelope import Duty
from bot.judging.judge import judge_commit
from bot.judging.relock import relock_commit
from bot.limits import Limits
from bot.logs import get_logger, keep_error
from bot.pipeline.edges import Edges
from bot.pipeline.run import run_repository as run_repository_with
from bot.plan.security.knowledge import Advisories
from bot.ports.counting import stage
from bot.ports.judging import CommitReport, JudgeRequest, Relocked
from bot.ports.measures import CACHE_BYTES, Series
from bot.ports.run import RunReport, RunRequest
from bot.ports.surroundings import NoTags, Surroundings
from bot.proxies import read_proxies
from bot.retry import Backoff
from bot.settings import Settings, get_environment

#: The part of the cache that is filled by pull requests of people without write access, and read for them alone.
STRANGERS = "strangers"
_STRANGERS_LIMITS = Limits(archive_bytes=32 << 20, unpacked_bytes=256 << 20, members=20_000)

#: Pages are looked at side by side with a solve, in the memory that is left; the largest in use have half of it.
_LOOKOUT_BYTES = 24 << 20

#: The clocks of two machines may differ by this many seconds.
_SKEW = 60.0

#: Hears of secrets as they come, to keep them out of the log.
Learn = Callable[[str], None]


@contextmanager
def open_index(settings: Settings, granted: Granted = NOTHING) -> Iterator[IndexClient]:
    """The index for repositories that are strangers to each other: guarded addresses, no files of this machine, and
    the operator's credentials by URL prefix alone: ``UV_INDEX_*`` would follow a name, which any repository may give."""
    check_pinning(get_environment())
    sources = make_git_sources(settings)
    fetch = _make_fetch(settings, granted)
    index = IndexSettings(
        fetch=fetch, local=LocalFiles(roots=()), cache_dir=settings.cache_dir, recorded=settings.recorded
    )
    with IndexClient(index, open_git=sources.open_git) as client:
        yield client


def _make_fetch(settings: Settings, granted: Granted) -> FetchSettings:
    environment = get_environment()
    return FetchSettings(
        credentials=Credentials(entries=granted.for_all),
        advice=Advice(is_users=False),
        guard=Guard(allowed=settings.allow_private_network),
        certificates=find_certificates(environment),
        proxies=read_proxies(environment),
    )


def make_lookout(settings: Settings, granted: Granted) -> Lookout:
    """By the rules that runs have, with less patience: who does not answer is asked another time."""
    fetch = replace(
        _make_fetch(settings, granted),
        requests=8,
        connections=8,
        timeout=8.0,
        deadline=60.0,
        backoff=Backoff(attempts=1),
    )
    limits = Limits(page_bytes=_LOOKOUT_BYTES)
    return Lookout(LookoutSettings(fetch=fetch, granted=granted, limits=limits, cache_dir=settings.cache_dir))


@contextmanager
def open_strangers_index(settings: Settings) -> Iterator[IndexClient]:
    """The index for what anybody may have written: no credential is known here, and what is kept lies in a folder of its own,
    which no credential ever filled. Less is read than for others, and no git repository."""
    guard = Guard(allowed=settings.allow_private_network)
    environment = get_environment()
    fetch = FetchSettings(
        advice=Advice(is_users=False),
        guard=guard,
        certificates=find_certificates(environment),
        proxies=read_proxies(environment),
        timeout=10.0,
        deadline=20.0,
    )
    index = IndexSettings(
        fetch=fetch,
        limits=_STRANGERS_LIMITS,
        local=LocalFiles(roots=()),
        cache_dir=settings.cache_dir / STRANGERS,
        recorded=settings.recorded,
        memory_bytes=64 << 20,
    )
    with IndexClient(index) as client:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What of a run is tidied up when it ends."""

    settings: Settings

    @contextmanager
    def tidied(self) -> Iterator[None]:
        cache, now = self.settings.cache_dir, SystemClock().now().timestamp()
        try:
            yield
        finally:
            # What the run left in circles, before it is taken for long-lived.
            gc.collect(1)
            sweep_repositories(cache / "git")
            trim_cache(cache, self.settings.cache_bytes, now)
            trim_cache(cache / STRANGERS, self.settings.cache_bytes // 4, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerJudge:
    """Implements ``bot.ports.judging.CommitJudge``. Which index a commit is judged by depends on who wrote it."""

    edges: Edges
    index: IndexClient
    strangers: IndexClient
    granted: Granted
    around: Surroundings
    kept: _Kept

    def judge(self, request: JudgeRequest) -> CommitReport:
        with self.kept.tidied(), stage("judge"):
            return judge_commit(request, self._find_edges(request))

    def relock(self, request: JudgeRequest) -> Relocked:
        with self.kept.tidied(), stage("judge"):
            return relock_commit(request, self._find_edges(request))

    def _find_edges(self, request: JudgeRequest) -> Edges:
        if request.is_stranger:
            self.strangers.ask_again()
            # Nobody is asked for the tags of repositories that a stranger names.
            return replace(self.edges, index=self.strangers, around=replace(self.around, tags=NoTags()))
        self.index.ask_again()
        own = self.index.with_rights(self.granted.rights(request.repository))
        return replace(self.edges, index=own, around=self.around)


@contextmanager
def open_solving(settings: Settings, learn: Learn = lambda _: None) -> Iterator[Solving]:
    """The pipeline and the judge over indexes that stay warm for as long as the context lasts; ``learn`` hears of new
    secrets."""
    environment, granted = get_environment(), grant_credentials(settings, learn)
    sources = make_git_sources(settings)
    with open_index(settings, granted) as index, open_strangers_index(settings) as strangers:
        edges = Edges(
            open_commit=partial(open_commit, environ=environment),
            index=index,
            keep=keep_error,
            registry=make_registry(settings, environment),
            advisories=Advisories(service=make_advisories(settings), public=settings.all_public_indexes),
            notes=make_notes(settings, environment),
            forges=tuple({urlsplit(one.web).hostname or "" for one in find_forges(settings)}),
        )
        kept = _Kept(settings=settings)
        around = Surroundings(tags=GitTags(sources=sources), hook_packages=shipped_hooks())

        def run_repository(request: RunRequest) -> RunReport:
            index.begin_run()
            changed = {(one.index, one.package): one.moment + _SKEW for one in request.changed}
            own = index.with_rights(granted.rights(request.repository)).with_changed(changed)
            now = Surroundings(tags=GitTags(sources=sources), hook_packages=shipped_hooks())
            with kept.tidied():
                return run_repository_with(request, replace(edges, index=own, releases=own, around=now))

        judge = WorkerJudge(edges=edges, index=index, strangers=strangers, granted=granted, around=around, kept=kept)
        look, lookout = partial(_look_at_cache, settings.cache_dir), make_lookout(settings, granted)
        yield Solving(run_repository=run_repository, judge=judge, look=look, lookout=lookout)


def _look_at_cache(folder: Path, machine: str) -> Mapping[Series, float]:
    sizes = {
        part: read_cache_size(place) for part, place in (("repositories", folder), (STRANGERS, folder / STRANGERS))
    }
    return {Series(CACHE_BYTES.name, (machine, part)): float(size) for part, size in sizes.items() if size is not None}


def run_worker(
    settings: Settings,
    learn: Learn = lambda _: None,
    *,
    duty: Duty = Duty.ALL,
    until_input_ends: bool = False,
) -> None:
    """One worker, with the real pipeline, until a signal (or the end of standard input)."""
    # Where a worker was killed another one is started: what the first one left goes now.
    sweep_folders(settings.cache_dir / SCRATCH)
    sweep_repositories(settings.cache_dir / "git")
    with open_solving(settings, learn) as solving:
        run_worker_with(settings, solving, duty=duty, until_input_ends=until_input_ends)
