"""Looks at the pages of indexes that repositories depend on, a few at a time, and wakes who is concerned by a change.

One job does so at a time, on whatever machine; what it does not come to stays due. A change is recorded together with what
follows from it, and a waking ends when its run is on the queue: what is interrupted is done again, and comes to the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import zip_longest

import structlog

from bot.events.jobs import Job, RunJob, Scope
from bot.jobs.database.indexes.looks import DuePage, FeedState
from bot.jobs.database.indexes.wakings import Waking
from bot.jobs.registry import Registry
from bot.ports.forge import RepositoryRef
from bot.ports.indexes import Depended, IndexLookout, PageToLook, Seen, Sight, Told, Trouble, Unchanged, Unseen
from bot.ports.run import ConfigState
from bot.ports.steps import Clock
from bot.work.indexes.cadence import DAY, Look, WatchPolicy, judge_look, wait_out
from bot.work.indexes.feed import compare
from bot.work.indexes.watchlist import make_watchlist
from bot.work.job import Windows


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexWatch:
    """``store`` puts jobs on the queue, under a name that is the same for the same waking."""

    lookout: IndexLookout
    policy: WatchPolicy
    registry: Registry
    store: Callable[[str, tuple[Job, ...]], None]
    clock: Clock
    is_open: Windows

    def remember(
        self, ref: RepositoryRef, config: ConfigState, depended: Sequence[Depended] | None, begun: float
    ) -> None:
        """After a run that ``begun`` then: what is watched for it from now on."""
        if config.problems or (depended is None and config.enabled):
            return

        def find_rights(one: Depended) -> str:
            return "" if one.is_anonymous else self.lookout.find_rights(ref.full_name, one.index, one.package)

        watchlist = make_watchlist(depended or (), config, self.policy, find_rights)
        if watchlist.left_out:
            log = structlog.get_logger("lockbot.indexes")
            log.warning("not all is watched", repository=ref.full_name, left_out=watchlist.left_out)
        now = self.clock.now().timestamp()
        times = {"begun": begun, "now": now, "interval": self.policy.interval, "wake_at": now + self.policy.settle}
        self.registry.record_dependents(ref.id, watchlist, **times)

    def turn(self) -> str:
        """Look at what is due, and wake whose moment has come; what it came to, in one line."""
        for index, feed in self.policy.feeds.items():
            self._read_feed(index, feed)
        turn = _Turn(watch=self, deadline=self._now() + self.policy.patience)
        try:
            turn.look()
        finally:
            turn.end()
        woken = self._wake()
        return ", ".join((turn.told(), f"{woken} repositories woken"))

    def _now(self) -> float:
        return self.clock.now().timestamp()

    # --- feeds ------------------------------------------------------------------------------------

    def _read_feed(self, index: str, url: str) -> None:
        now, log = self._now(), structlog.get_logger("lockbot.indexes")
        state = self.registry.find_due_feed(index, now)
        if state is None:
            return
        found = self.lookout.read_feed(url, state.marks)
        match found:
            case Unseen():
                failed = replace(state, failures=state.failures + 1)
                due = now + wait_out(failed.failures, found.wait, self.policy.feed_interval)
                self.registry.record_feed(index, failed, due)
                log.warning("feed not read", feed=url, reason=found.reason)
            case Unchanged():
                self.registry.record_feed(index, replace(state, failures=0), now + self.policy.feed_interval)
            case Told():
                self._heed(index, state, found, now)

    def _heed(self, index: str, state: FeedState, told: Told, now: float) -> None:
        """What it may have lost is looked for page by page."""
        news = compare(told, state.known)
        hinted = self.registry.hint(index, sorted(news.packages))
        late = self.registry.catch_up(index, now, self.policy.interval) if news.has_gap else 0
        known = FeedState(marks=told.marks, known=news.known)
        self.registry.record_feed(index, known, now + self.policy.feed_interval)
        if hinted or late:
            log = structlog.get_logger("lockbot.indexes")
            log.info("feed read", index=index, new=len(news.packages), watched=hinted, caught_up=late)

    # --- who is woken -----------------------------------------------------------------------------

    def _wake(self) -> int:
        return sum(map(self._wake_one, self.registry.list_wakings(self._now(), self.policy.woken)))

    def _wake_one(self, waking: Waking) -> bool:
        """Outside of its schedule a repository's own turn brings what has come; only what mends is worth a run before."""
        now = self.clock.now()
        scope = self._find_scope(waking)
        if scope is not None:
            job = RunJob(repository=waking.known.ref, scope=scope)
            self.store(f"index:{waking.due:.3f}", (job,))
        self.registry.end_waking(waking, None if scope is None else now.timestamp())
        return scope is not None

    def _find_scope(self, waking: Waking) -> Scope | None:
        if not waking.known.enabled:
            return None
        if self.is_open(waking.windows, waking.known.timezone, self.clock.now()):
            return Scope.ALL
        return Scope.SECURITY if waking.is_urgent else None


@dataclass(slots=True, kw_only=True)
class _Turn:
    """Pages under way, and what came of them so far. ``failures``: of each host, as they were before."""

    watch: IndexWatch
    deadline: float
    failures: Mapping[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    looks: dict[int, Look] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    down: dict[str, Unseen] = field(default_factory=dict)
    size: int = 0

    def look(self) -> None:
        """Hosts that are not known to answer are asked for one page first."""
        policy, registry, now = self.watch.policy, self.watch.registry, self.watch.clock.now().timestamp()
        self.failures = registry.list_due_hosts(now, policy.hosts)
        first, second = list[Sequence[DuePage]](), list[Sequence[DuePage]]()
        for host, failures in self.failures.items():
            pages = registry.list_due_pages(host, now, policy.pages)
            first.append(pages if failures == 0 else pages[:1])
            second.append(() if failures == 0 else pages[1:])
        self._look_at(_in_turns(first))
        if not self._is_over():
            self._look_at(one for one in _in_turns(second) if one.host in self.answered)

    def _look_at(self, due: Iterator[DuePage]) -> None:
        pages = {one.id: one for one in due}
        asked = [to_look for one in pages.values() if (to_look := self._ask(one)) is not None]
        with closing(self.watch.lookout.look(asked)) as looking:
            for page, sight in looking:
                self._take(pages[page.key], sight)
                if self._is_over():
                    # What has not come stays due.
                    return

    def _is_over(self) -> bool:
        now = self.watch.clock.now().timestamp()
        return now >= self.deadline or self.size > self.watch.policy.size

    def _ask(self, page: DuePage) -> PageToLook | None:
        """None: nobody is there who could ask; the next run of who depends on it says who may."""
        lookout, registry = self.watch.lookout, self.watch.registry
        index, package = page.state.index, page.state.package
        owner: str | None = page.repository
        if owner and page.rights:
            owner = registry.find_entitled(
                page.id, lambda name: lookout.find_rights(name, index, package) == page.rights
            )
        if not owner:
            registry.put_off([page.id], self.watch.clock.now().timestamp() + DAY)
            return None
        return PageToLook(
            key=page.id,
            index=index,
            package=package,
            repository=owner if page.rights else "",
            is_anonymous=page.is_anonymous,
            marks=page.state.marks,
        )

    def _take(self, page: DuePage, sight: Sight) -> None:
        policy, now = self.watch.policy, self.watch.clock.now().timestamp()
        look = judge_look(page.state, sight, now, policy)
        if look.change is None:
            self.looks[page.id] = look
        else:
            self.watch.registry.record_change(page.id, look, now, wake_at=now + policy.settle, pause=policy.pause)
        self.size += sight.size if isinstance(sight, Seen) else 0
        self.counts["changed" if look.change is not None else "failed" if isinstance(sight, Unseen) else "same"] += 1
        if isinstance(sight, Unseen) and sight.trouble is Trouble.HOST:
            self.down.setdefault(page.host, sight)
        else:
            self.answered.add(page.host)

    def end(self) -> None:
        """Record what there is, also of a turn that was cut off."""
        self.watch.registry.record_looks(self.looks)
        for host, unseen in self.down.items():
            # One page of many that can't be had says little of the host, unless that asks to wait.
            if unseen.wait is not None or host not in self.answered:
                self._leave_alone(host, unseen)
        for host in self.answered - self.down.keys():
            if self.failures.get(host) != 0:
                self.watch.registry.record_host(host, 0, 0.0)

    def _leave_alone(self, host: str, unseen: Unseen) -> None:
        failures = max(0, self.failures.get(host, 0)) + 1
        wait = wait_out(failures, unseen.wait, self.watch.policy.feed_interval)
        self.watch.registry.record_host(host, failures, self.watch.clock.now().timestamp() + wait)
        log = structlog.get_logger("lockbot.indexes")
        # Of a host that answered before somebody may want to know; others anybody may have named.
        tell = log.warning if self.failures.get(host) == 0 else log.info
        tell("index not reached", host=host, reason=unseen.reason, seconds=round(wait))

    def told(self) -> str:
        return ", ".join(f"{self.counts[one]} {one}" for one in ("same", "changed", "failed"))


def _in_turns(groups: Sequence[Sequence[DuePage]]) -> Iterator[DuePage]:
    """One of each host after the other."""
    for row in zip_longest(*groups):
        yield from (one for one in row if one is not None)
