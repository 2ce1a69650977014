"""Kills the server at random moments of random stories, and looks whether anything was lost or doubled.

    python -m bench.kills --seed 8 --rounds 100 [--most 16] [--real] [--database sqlite|postgres] [--keep FOLDER]

Each round is a server of its own (its processes; with the small pipeline of ``tests/runs`` or the real one) beside the
stand-in for GitHub, and a story drawn from the round's seed: an installation, pushes, configurations, people's commits and
words on branches, commands of writers and strangers, merges, closings, webhooks that come twice. Web process, workers or
both are killed (SIGKILL) up to three times; with ``--database postgres`` that as well, alone or with all the others. They are
killed after a while, or when the n-th request from then on was done and not answered yet; the next kill may fall into the
recovery. Webhooks that nobody heard stay lost: what was missed is found by the hourly look, which is begun at the end. Then
all webhooks come once more, also those that were lost, and must change nothing.

A round that fails is played again by ``--seed ITS_SEED --rounds 1``, as far as processes keep time.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bench.kill_checks import find_differences, find_late, find_unchecked, find_unworked, is_wanted
from bench.kill_kinds import Kind, RealKind, SmallKind
from bench.kill_story import Story, WatchedHub
from bot.app.clock import SystemClock
from bot.events.jobs import Job, SweepJob, SyncJob
from bot.jobs.opening import open_database
from tests.postgres import Postgres
from tests.runs.server import Server, eventually, free_port

TARGETS = ("web", "worker", "both")
TARGETS_WITH_DATABASE = (*TARGETS, "database", "database", "all")
#: A worker that was killed elsewhere is missed after a minute.
PATIENCE = 240.0
#: Log lines that tell of trouble.
_TROUBLE = ("job failed", "job given up", "step failed")


@dataclass(frozen=True, kw_only=True)
class Kill:
    """After ``delay`` seconds, or when ``requests`` more were done. ``pause``: until a web process is started again."""

    target: str
    delay: float
    requests: int
    pause: float

    def __str__(self) -> str:
        when = f"at request {self.requests}" if self.requests else f"after {self.delay:.2f} s"
        return f"{self.target} {when}"


def draw_kills(chance: random.Random, targets: Sequence[str] = TARGETS) -> list[Kill]:
    return [
        Kill(
            target=chance.choice(targets),
            delay=chance.choice([0.3, 1.0, 3.0]) * chance.random(),
            requests=chance.randint(1, 50) if chance.random() < 0.6 else 0,
            pause=chance.choice([0.0, 0.2, 1.0]) * chance.random(),
        )
        for _ in range(chance.choice([1, 1, 2, 3]))
    ]


@dataclass
class Killer:
    """Carries the kills out one after the other, and starts the web process and the database again."""

    server: Server
    hub: WatchedHub
    kills: list[Kill]
    postgres: Postgres | None = None
    done: list[str] = field(default_factory=list)
    _due: threading.Event = field(default_factory=threading.Event)
    _left: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _given_up: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        for kill in self.kills:
            if kill.requests:
                self._wait_for_request(kill)
            elif not self._given_up.wait(kill.delay):
                self._carry_out(kill)
            if self._given_up.is_set():
                return
            self._begin_again(kill)

    def _begin_again(self, kill: Kill) -> None:
        if kill.target != "worker":
            time.sleep(kill.pause)
        if self.postgres is not None and kill.target in ("database", "all"):
            self.postgres.start()
        if kill.target in ("web", "both", "all"):
            self.server.begin()

    def give_up(self) -> None:
        """What did not come about by now will not."""
        self._given_up.set()
        self._due.set()

    def _wait_for_request(self, kill: Kill) -> None:
        self._due.clear()
        left = iter(range(kill.requests - 1, -1, -1))

        def count(_: str) -> None:
            with self._lock:
                if next(left, -1) == 0 and not self._given_up.is_set():
                    self._carry_out(kill)
                    self._due.set()

        self.hub.asked = count
        self._due.wait()
        self.hub.asked = lambda _: None

    def _carry_out(self, kill: Kill) -> None:
        workers = self.server.worker_ids() if kill.target in ("worker", "both", "all") else []
        if self.postgres is not None and kill.target in ("database", "all"):
            self.postgres.kill()
        if kill.target in ("web", "both", "all"):
            self.server.kill()
        for one in workers:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        self.done.append(str(kill))


@dataclass(frozen=True, kw_only=True)
class Played:
    seed: int
    seconds: float
    kills: list[str]
    told: list[str]
    lost: int
    failures: list[str]


class Round:
    def __init__(self, seed: int, folder: Path, kind: Kind, *, most: int, postgres: Postgres | None) -> None:
        self.seed = seed
        chance = random.Random(seed)
        self.hub = WatchedHub(folder / "hub")
        (folder / "server").mkdir()
        self.server = kind.make_server(self.hub, folder / "server", chance.choice([1, 1, 2]))
        self.url = f"sqlite:///{self.server.folder / 'data' / 'lockbot.sqlite'}"
        if postgres is not None:
            postgres.empty()
            self.url = postgres.url
            self.server.more = {**self.server.more, "LOCKBOT_DATABASE_URL": postgres.url}
        self.story = Story(self.hub, chance, kind)
        targets = TARGETS if postgres is None else TARGETS_WITH_DATABASE
        self.killer = Killer(self.server, self.hub, draw_kills(chance, targets), postgres)
        self._most = most
        self._lost = 0
        self._chance = chance
        #: Whether nobody hears of the installation; whether the killing begins with it; whether people wait for its end.
        self._is_early, self._is_sudden = chance.random() < 0.15, chance.random() < 0.3
        self._patience = [self.story.wait_for_pulls] if chance.random() < 0.8 else []

    def play(self) -> Played:
        started = time.monotonic()
        with self.hub:
            try:
                failures = list(self._play())
            except AssertionError as error:
                failures = [*find_differences(self.story), f"never quiet: {error}"]
            finally:
                self._end()
        return Played(
            seed=self.seed,
            seconds=time.monotonic() - started,
            kills=self.killer.done,
            told=self.story.told,
            lost=self._lost,
            failures=failures,
        )

    def _end(self) -> None:
        if self.server.process is not None and self.server.process.poll() is None:
            self.server.stop()

    def _play(self) -> Iterator[str]:
        self.story.begin()
        acts = [self.story.install, *self._patience, *self.story.plan(self._most)]
        armed = 0 if self._is_sudden else self._chance.randint(1, len(acts) - 1)
        if self._is_early:
            acts.pop(0)()
        self.server.start()
        for act in acts[:armed]:
            act()
        with self._killing():
            for act in acts[armed:]:
                act()
        yield from self._find_trouble()
        self._lost = sum(202 not in one.statuses for one in self.hub.deliveries)
        # Heads of just now the hourly look leaves alone.
        self.hub.pass_time(timedelta(minutes=10))
        self.look_for_lost("1")
        self.settle()
        yield from find_unchecked(self.story)
        yield from find_differences(self.story)
        yield from find_unworked(self.story, self.url)
        yield from self._hear_again()
        yield from self._find_trouble()

    @contextmanager
    def _killing(self) -> Iterator[None]:
        thread = threading.Thread(target=self.killer.run)
        thread.start()
        try:
            yield
            thread.join(6.0)
        finally:
            self.killer.give_up()
            thread.join()
            self.hub.asked = lambda _: None
        eventually(self._is_ready, "the server is ready")
        self.settle()

    def _is_ready(self) -> bool:
        """Whoever keeps it running starts it again, where its database was killed while it began."""
        process = self.server.process
        if self.killer.postgres is not None and process is not None and process.poll() is not None:
            last = self.server.log().splitlines()[-1]
            assert "the job database" in last, f"the server ended by itself: {last}"
            self.server.begin()
        return self.server.get("/readyz")[0] == 200

    def settle(self) -> None:
        self.hub.drain()
        eventually(self._is_idle, "no job is left", patience=PATIENCE)

    def _is_idle(self) -> bool:
        text = self.server.get("/metrics")[1]
        left = re.findall(
            r'^lockbot_(?:inbox_deliveries|jobs\{state="(?:waiting|running)"\}) (\S+)$', text, re.MULTILINE
        )
        return len(left) == 3 and not any(float(one) for one in left)

    def look_for_lost(self, name: str) -> None:
        """What the clock puts on the queue once an hour."""
        database = open_database(self.url)
        queue = database.open_queue(SystemClock())
        jobs: tuple[tuple[str, Job], ...] = (("sync", SyncJob()), ("sweep", SweepJob()))
        for word, job in jobs:
            queue.store(f"{word}:{name}", (job,))
        queue.close()
        database.engine.dispose()
        self.settle()

    def _hear_again(self) -> Iterator[str]:
        """Every webhook comes once more, and the hour: nothing is left to be done."""
        before, runs, late = len(self.hub.seen), len(self.server.rows("run")), find_late(self.hub)
        for one in list(self.hub.deliveries):
            self.hub.send_again(one)
        self.settle()
        if all(is_wanted(one) is not None for one in self.story.records):
            asked = [
                f"{one.method} {one.path}" for one in self.hub.seen[before:] if one.path.startswith("/api/v3/repos/")
            ]
            done = (one for one in asked if not one.startswith("GET") and not late.covers(one))
            yield from (f"after all was done: {one}" for one in done)
        yield from find_differences(self.story, late)
        self.hub.pass_time(timedelta(minutes=10))
        runs = len(self.server.rows("run"))
        self.look_for_lost("2")
        if len(self.server.rows("run")) != runs:
            yield "a second look found something"

    def _find_trouble(self) -> Iterator[str]:
        yield from (f"log: {row}" for row in self.server.rows(*_TROUBLE))
        yield from (f"log: {row}" for row in self.server.notes() if row["outcome"] == "refused")
        jobs = self.server.jobs()
        yield from (f"{jobs[one]:.0f} jobs {one}" for one in ("failed", "set aside", "given up") if jobs.get(one))


def play_round(
    seed: int, folder: Path, *, most: int = 16, real: bool = False, postgres: Postgres | None = None
) -> Played:
    kind: Kind = RealKind() if real else SmallKind()
    try:
        return Round(seed, folder, kind, most=most, postgres=postgres).play()
    finally:
        kind.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--most", type=int, default=16, help="steps of a story")
    parser.add_argument("--real", action="store_true", help="with the real pipeline, on an index on loopback")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--keep", type=Path, help="where the folders of rounds that failed are put")
    asked = parser.parse_args()
    with Postgres(free_port()) if asked.database == "postgres" else nullcontext() as postgres:
        play_rounds(asked, postgres)


def play_rounds(asked: argparse.Namespace, postgres: Postgres | None) -> None:
    targets: Counter[str] = Counter()
    failed: list[int] = []
    for seed in range(asked.seed, asked.seed + asked.rounds):
        folder = Path(tempfile.mkdtemp(prefix="lockbot-kills-"))
        played = play_round(seed, folder, most=asked.most, real=asked.real, postgres=postgres)
        targets.update(one.split()[0] for one in played.kills)
        verdict = "FAILED" if played.failures else "ok"
        kills = ", ".join(played.kills)
        print(
            f"{seed}: {verdict} in {played.seconds:.0f} s; {len(played.told)} acts, {played.lost} lost; {kills}",
            flush=True,
        )
        for line in played.failures:
            print(f"    {line}", flush=True)
        if played.failures:
            failed.append(seed)
            print("    story: " + "; ".join(played.told), flush=True)
            if asked.keep:
                shutil.copytree(folder, asked.keep / str(seed), dirs_exist_ok=True)
        shutil.rmtree(folder)
    print(f"{asked.rounds} rounds, {sum(targets.values())} kills {dict(targets)}; failed: {failed or 'none'}")


if __name__ == "__main__":
    main()
