"""Kills the command that publishes without a server at any request, begins it again as a workflow would, and looks whether
anything was lost or doubled.

    python -m bench.kill_alone --seed 8 --rounds 100 [--kills N] [--beside]

Each round is a repository beside the stand-in for GitHub and an index on loopback, with what has happened to it drawn from the
round's seed (``bench/kill_alone_story.py``), and its twin, of which the same is true. On the repository the command runs as
a process of its own: it is killed (SIGKILL) when its n-th request was done and not answered yet, or after a while, and begun
again; the next kill falls into that. On the twin nobody kills it. Two more runs later both must be told of in the same words:
pull requests, branches and their files, dashboard, comments, reactions, check runs. Where somebody did something between
kill and beginning, so that there is no twin any more, nothing may be doubled, orphaned or unheard. A last run writes nothing.
With ``--beside`` nobody is killed: a second run goes on at the same time, as beside the workflow of a comment.

A round that fails is played again by ``--seed ITS_SEED --rounds 1``, as far as processes keep time.
"""

from __future__ import annotations

import argparse
import difflib
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bench.kill_alone_story import Errand, Site, draw_errand, make_site, meddle, prepare
from bench.kill_story import WatchedHub
from tests.runs.publishing import Desk, open_desk

#: Between a kill and the beginning after it.
A_WHILE = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Kill:
    """When ``requests`` were done, or (0) after ``delay`` seconds."""

    requests: int
    delay: float

    def __str__(self) -> str:
        return f"at request {self.requests}" if self.requests else f"after {self.delay:.2f} s"


@dataclass(frozen=True, kw_only=True)
class Played:
    """``kills`` are those that fell into a command."""

    seed: int
    seconds: float
    told: Sequence[str]
    kills: Sequence[Kill]
    failures: Sequence[str]


@dataclass
class Requests:
    """Those of the API that came, as ``METHOD path`` and what GraphQL was asked to change."""

    hub: WatchedHub
    seen: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kill: tuple[int, int] | None = None
    _hit: bool = False

    def __post_init__(self) -> None:
        self.hub.asked = self._count

    def kill_at(self, process: int, number: int) -> None:
        """When that many more are done."""
        with self._lock:
            self._kill, self._hit = (process, len(self.seen) + number), False

    def forget_kill(self) -> bool:
        """Whether it was carried out."""
        with self._lock:
            self._kill = None
            return self._hit

    def _count(self, name: str) -> None:
        with self._lock:
            self.seen.append(name)
            if self._kill is not None and len(self.seen) == self._kill[1]:
                self._hit = True
                with suppress(ProcessLookupError):
                    os.kill(self._kill[0], signal.SIGKILL)

    def list_writes(self, start: int) -> list[str]:
        return [one for one in self.seen[start:] if is_write(one)]


def is_write(name: str) -> bool:
    """Of a request of the API. git's own are reads: lockbot pushes by the API alone. A token is no part of a repository, and
    a tree that nothing names is how branches are compared."""
    method, path, *changes = name.split()
    is_read = method == "GET" or changes == ["query"] or path.endswith(("/access_tokens", "/git/trees"))
    return "/api/" in path and not is_read


def play_round(
    seed: int, desk: Desk, requests: Requests, *, kills: int | None = None, is_beside: bool = False
) -> Played:
    """``kills``: how many; None: that is drawn as well. ``is_beside``: none, but a second run at the same time."""
    return _Round(seed, desk, requests, kills, is_beside=is_beside).play()


class _Round:
    def __init__(self, seed: int, desk: Desk, requests: Requests, kills: int | None, *, is_beside: bool) -> None:
        self.seed, self.desk, self.requests = seed, desk, requests
        self._chance = random.Random(f"{seed} kills")
        self._count = self._chance.choice([1, 1, 2]) if kills is None else kills
        self._kills: list[Kill] = []
        self._errand: Errand | None = None
        self._span = (0, 0.0)
        self._meanwhile = "beside another run" if is_beside else ""

    def play(self) -> Played:
        started = time.monotonic()
        with self._sites() as (twin, site):
            self._errand = draw_errand(twin, random.Random(f"{self.seed} errand"))
            failures = list(self._play(twin, site))
        return Played(
            seed=self.seed,
            seconds=time.monotonic() - started,
            told=(*twin.told, f"{self._errand.name} as {twin.login}", *filter(None, [self._meanwhile])),
            kills=self._kills,
            failures=failures,
        )

    @contextmanager
    def _sites(self) -> Iterator[tuple[Site, Site]]:
        made = [make_site(self.desk, random.Random(f"{self.seed} site")) for _ in range(2)]
        for one in made:
            prepare(one, random.Random(f"{self.seed} story"))
        yield made[0], made[1]

    def _play(self, twin: Site, site: Site) -> Iterator[str]:
        self._run_whole(twin)
        if self._meanwhile:
            self._run_beside(site)
        else:
            for _ in range(self._count):
                self._run_and_kill(site)
            self._meanwhile = meddle(site, self._chance) if self._chance.random() < 0.3 else ""
        yield from self._begin_again(site)
        for one in (twin, site):
            yield from self._look_later(one)
        if not self._meanwhile:
            yield from _find_differences(twin, site)
        yield from site.find_faults()
        start = len(self.requests.seen)
        site.run_here()
        yield from (f"after all was done: {one}" for one in self.requests.list_writes(start))

    def _run_whole(self, twin: Site) -> None:
        """How many requests that takes, and how long, tells when there is something to kill."""
        assert self._errand is not None
        start, begun = len(self.requests.seen), time.monotonic()
        done = twin.do_here(self._errand)
        # A process has to load everything before.
        self._span = (len(self.requests.seen) - start, time.monotonic() - begun + 0.8)
        assert done.code in (0, 1), done.err

    def _run_beside(self, site: Site) -> None:
        assert self._errand is not None
        with site.begin(self._errand) as one, site.begin(Errand(name="run")) as other:
            for process in (one, other):
                process.communicate(timeout=120)

    def _run_and_kill(self, site: Site) -> None:
        requests, seconds = self._span
        is_counted = self._chance.random() < 0.75
        kill = Kill(
            requests=self._chance.randint(1, max(requests, 1)) if is_counted else 0,
            delay=self._chance.random() * seconds,
        )
        assert self._errand is not None
        with site.begin(self._errand) as process:
            if self._carry_out(kill, process):
                self._kills.append(kill)

    def _carry_out(self, kill: Kill, process: subprocess.Popen[str]) -> bool:
        """Whether it fell into the process."""
        if kill.requests:
            self.requests.kill_at(process.pid, kill.requests)
            process.communicate(timeout=120)
            return self.requests.forget_kill()
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=kill.delay)
        process.kill()
        process.communicate()
        return process.returncode == -signal.SIGKILL

    def _begin_again(self, site: Site) -> Iterator[str]:
        """Not at once: a comment that was taken up a moment ago is left to whoever may be at it."""
        assert self._errand is not None
        self.desk.hub.pass_time(A_WHILE)
        done = site.do_here(self._errand)
        if done.code not in (0, 1):
            yield f"begun again it ended with {done.code}: {done.err}"

    def _look_later(self, site: Site) -> Iterator[str]:
        """A workflow's clock, twice."""
        for _ in range(2):
            done = site.run_here()
            if done.code not in (0, 1):
                yield f"the next run ended with {done.code}: {done.err}"


def _find_differences(twin: Site, site: Site) -> Iterator[str]:
    lines = difflib.unified_diff(twin.show(), site.show(), "as it is to be", "as it is", n=0, lineterm="")
    yield from (line for line in lines if not line.startswith("@@"))


@contextmanager
def open_ground(folder: Path) -> Iterator[tuple[Desk, Requests]]:
    """Beta has a new minor release and a new major one."""
    with open_desk(folder, WatchedHub) as desk:
        desk.index.release("beta", "2.0")
        assert isinstance(desk.hub, WatchedHub)
        yield desk, Requests(desk.hub)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--kills", type=int, help="of each round; drawn unless it is said")
    parser.add_argument("--beside", action="store_true", help="another run at the same time, and no kills")
    asked = parser.parse_args()
    failed: list[int] = []
    count = 0
    with tempfile.TemporaryDirectory(prefix="lockbot-kill-alone-") as folder, open_ground(Path(folder)) as ground:
        for seed in range(asked.seed, asked.seed + asked.rounds):
            played = play_round(seed, *ground, kills=asked.kills, is_beside=asked.beside)
            count += len(played.kills)
            verdict = "FAILED" if played.failures else "ok"
            kills = ", ".join(map(str, played.kills)) or "never killed"
            print(f"{seed}: {verdict} in {played.seconds:.1f} s; {'; '.join(played.told)}; {kills}", flush=True)
            for line in played.failures:
                print(f"    {line}", flush=True)
            if played.failures:
                failed.append(seed)
    print(f"{asked.rounds} rounds, {count} kills; failed: {failed or 'none'}")


if __name__ == "__main__":
    main()
