"""One call that publishes: the server's own jobs over the forge, one after the other, with the index of whoever calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from bot.advisories.port import AdvisoryPort
from bot.app.advisories import make_advisories
from bot.app.clock import SystemClock
from bot.app.commits import open_commit
from bot.app.notes import make_notes
from bot.app.registry import make_registry
from bot.cli.local.repository import IndexesNamed, find_named, look_around, open_index
from bot.cli.local.speaking import Progress
from bot.cli.publish.cloning import Held, hold, make_cloner
from bot.cli.publish.connecting import Connection
from bot.index.client import IndexClient
from bot.jobs.clock.cadence import is_open
from bot.judging.judge import judge_commit
from bot.judging.relock import relock_commit
from bot.pipeline.edges import Edges
from bot.pipeline.run import run_repository
from bot.plan.security.knowledge import Advisories
from bot.ports.forge import ForgeConflict, ForgeUnavailable
from bot.ports.judging import CommitReport, JudgeRequest, Relocked
from bot.ports.run import ConfigState, Problem, RunReport, RunRequest
from bot.report.publishing.refusals import strangers_lock
from bot.retry import Backoff, Failure, FailureKind, RetryAt, decide_retry
from bot.settings import Settings
from bot.values import field, value
from bot.wall import KeepError
from bot.work.job import JobPorts
from bot.work.solving import SolvedRepository

T = TypeVar("T")

#: A person or a paid minute waits.
_BACKOFF = Backoff(attempts=4, first=2.0, factor=4.0, longest=60.0, patience=120.0)


@value
class Session:
    """``only``: the one group, branch or package that is planned; ``environ`` is the caller's."""

    connection: Connection
    settings: Settings
    environ: Mapping[str, str] = field(repr=False)
    now: datetime
    keep: KeepError
    progress: Progress
    only: str | None = None

    @contextmanager
    def open_ports(self, path: Path) -> Iterator[JobPorts]:
        with ExitStack() as stack:
            held = self._hold(stack, path)
            named = self._find_indexes(held) if held is not None else IndexesNamed(root=path)
            index = stack.enter_context(open_index(named, self.environ, self.now))
            service = stack.enter_context(make_advisories(self.settings))
            edges = self._make_edges(index, service, is_here=held is not None and held.is_here)
            yield JobPorts(
                app=self.connection.app,
                cloner=held.cloner if held is not None else make_cloner(self.settings, self.environ),
                run_repository=partial(self._run, edges),
                judge=_Judge(edges=edges),
                clock=SystemClock(),
                is_open=is_open,
                advisories=service,
            )

    def make_light_ports(self) -> JobPorts:
        """For what is said at a glance: nothing is cloned, nothing solved."""
        return JobPorts(
            app=self.connection.app,
            cloner=make_cloner(self.settings, self.environ),
            run_repository=_solve_nothing,
            judge=_NoJudge(),
            clock=SystemClock(),
            is_open=is_open,
        )

    def _hold(self, stack: ExitStack, path: Path) -> Held | None:
        """None: there is nothing to clone yet."""
        forge = self.connection.app.open_repository(self.connection.repository.ref)
        head = forge.find_branch(self.connection.repository.default_branch)
        if head is None:
            return None
        self.progress("clone", self.connection.repository.ref.full_name)
        cloner = make_cloner(self.settings, self.environ)
        return stack.enter_context(hold(path, self.environ, cloner, forge.get_clone_source(), head))

    def _find_indexes(self, held: Held) -> IndexesNamed:
        with open_commit(held.cloner.root, held.cloner.held, environ=self.environ) as tree:
            return find_named(tree, held.cloner.root, self.environ)

    def _make_edges(self, index: IndexClient, service: AdvisoryPort, *, is_here: bool) -> Edges:
        return Edges(
            open_commit=partial(open_commit, environ=self.environ),
            index=index,
            is_local=is_here,
            progress=self.progress,
            keep=self.keep,
            around=look_around(self.environ),
            advisories=Advisories(service=service, public=self.settings.all_public_indexes),
            registry=make_registry(self.settings, self.environ, is_local=True),
            releases=index,
            notes=make_notes(self.settings, self.environ),
        )

    def _run(self, edges: Edges, request: RunRequest) -> RunReport:
        return run_repository(request if self.only is None else replace(request, only=self.only), edges)


@value
class _Judge:
    """Implements ``bot.ports.judging.CommitJudge``. What strangers wrote is left to a server: it solves that apart from the
    credentials and the cache of this process."""

    edges: Edges

    def judge(self, request: JudgeRequest) -> CommitReport:
        return judge_commit(request, self.edges)

    def relock(self, request: JudgeRequest) -> Relocked:
        if request.is_stranger:
            return Relocked(problems=(Problem(message=strangers_lock()),))
        return relock_commit(request, self.edges)


def _solve_nothing(request: RunRequest) -> RunReport:
    return RunReport(base=request.base, base_branch=request.base_branch, config=ConfigState())


@value
class _NoJudge:
    def judge(self, request: JudgeRequest) -> CommitReport:
        del request
        return CommitReport()

    def relock(self, request: JudgeRequest) -> Relocked:
        del request
        return Relocked()


@value
class Steps:
    """A step runner that says what is done, and keeps what was solved."""

    progress: Progress
    solved: dict[str, SolvedRepository] = field(default_factory=dict)

    def run(self, name: str, kind: type[T], action: Callable[[], T]) -> T:
        del kind
        self.progress(name, "")
        done = action()
        if isinstance(done, SolvedRepository):
            self.solved[name] = done
        return done


def patiently(action: Callable[[], T], sleep: Callable[[float], None] = time.sleep) -> T:
    """All of it again after a failure that may pass: nothing in it is done twice."""
    attempt = 1
    while True:
        try:
            return action()
        except (ForgeUnavailable, ForgeConflict) as error:
            asked = error.retry_after if isinstance(error, ForgeUnavailable) else None
            failure = Failure(kind=FailureKind.CONNECTION, asked_wait=asked)
            decision = decide_retry(failure, attempt, 0.0, backoff=_BACKOFF)
            if not isinstance(decision, RetryAt):
                raise
            attempt += 1
            sleep(decision.when)
