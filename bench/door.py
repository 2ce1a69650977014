"""The door of a server that is at work: how soon webhooks are answered, whether one is lost, what an attacker reaches.

    python -m bench.door [--workers N] [--busy N] [--database sqlite|postgres] [--rate R] [--seconds T] [--seed N]
    python -m bench.door --locked 20     # another process has the job database locked for so many seconds
    python -m bench.door --attack        # sixty connections that stop after 24 of 25 MB

``lockbot serve`` with N workers that solve all the time; ``--busy`` programs beside want a processor each. Webhooks come
from a process of their own, each on a connection of its own as GitHub's do; what counts is the time from the connection to
the answer. GitHub isn't on this machine: the sender gets a high priority where that is allowed (root).
Afterwards every delivery answered with 202 is looked for in the queue. Exit 1: one was lost or refused, or the web process
held 300 MB. No time decides: they belong to the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import socket
import sqlite3
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from multiprocessing import get_context

import sqlalchemy as sa

from bench.measure import say
from bench.server_stage import ServerStage, busy_loops, cpu_of, memory_of, say_machine, server_stage
from tests.github import webhooks
from tests.github.webhooks import sign

_ATTACKERS, _SENT = 60, 24 * 1024 * 1024
_FORGE_PATIENCE = 10.0
#: Megabytes of the web process.
_MOST_MEMORY = 300


@dataclass(frozen=True, slots=True)
class Message:
    guid: str
    body: bytes
    signature: str


@dataclass(frozen=True, slots=True)
class Sent:
    """``status`` 0: no answer in ten seconds, after which GitHub gives up."""

    guid: str
    status: int
    seconds: float


def main() -> None:
    options = _options()
    say(f"the door: {say_machine()}; {vars(options)}")
    with server_stage(
        workers=options.workers, repositories=options.repositories, database=options.database, seed=options.seed
    ) as stage:
        messages = make_messages(stage, options.rate * options.seconds, random.Random(options.seed))
        beside = _beside(options, stage)
        with busy_loops(options.busy), beside:
            used = cpu_of(stage.web_id())
            sent = send_elsewhere(stage.server.port, messages, options.rate)
            used = cpu_of(stage.web_id()) - used
        _tell(sent)
        say(f"  CPU of the web process: {used / len(sent) * 1000:.1f} ms for each webhook")
        stage.wait_for_inbox()
        stored = stage.stored_deliveries()
        accepted = {one.guid for one in sent if one.status == 202}
        lost, most = len(accepted - stored), memory_of(stage.web_id())[1]
        say(f"  accepted {len(accepted)}, lost {lost}; load {os.getloadavg()[0]:.1f} at the end")
        say(f"  memory now and at most: web {memory_of(stage.web_id())} MB")
        for worker in stage.server.worker_ids():
            say(f"                          worker {memory_of(worker)} MB")
    if lost or len(accepted) < len(sent) or most >= _MOST_MEMORY:
        raise SystemExit("FAILED: a webhook was lost or refused, or the web process held too much")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--repositories", type=int, default=8)
    parser.add_argument("--busy", type=int, default=0, help="busy loops beside")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--rate", type=int, default=100, help="webhooks a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--locked", type=float, default=0.0, help="seconds that the job database is locked")
    parser.add_argument("--attack", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _beside(options: argparse.Namespace, stage: ServerStage) -> contextlib.AbstractContextManager[None]:
    if options.attack:
        return attacked(stage)
    return locked(stage, options.locked) if options.locked else contextlib.nullcontext()


def _tell(sent: Sequence[Sent]) -> None:
    times = sorted(one.seconds for one in sent)
    statuses = dict(sorted(Counter(one.status for one in sent).items()))
    marks = " ".join(f"p{mark * 100:.0f} {_at(times, mark) * 1000:.0f} ms" for mark in (0.5, 0.9, 0.99))
    say(f"  {len(sent)} webhooks: {marks} max {times[-1] * 1000:.0f} ms; answers {statuses}")


def _at(times: Sequence[float], mark: float) -> float:
    return times[min(len(times) - 1, int(len(times) * mark))]


# --- webhooks -------------------------------------------------------------------------------------


def make_messages(stage: ServerStage, number: int, chance: random.Random) -> list[Message]:
    """Pushes to the repositories, as GitHub describes them."""
    secret, made = stage.hub.app.webhook_secret, []
    for _ in range(number):
        repository = chance.choice(stage.repositories)
        head = repository.git.branch("main")
        payload = webhooks.push_payload(stage.hub, repository, "refs/heads/main", head, head, repository.owner)
        body = json.dumps(payload).encode()
        guid = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        made.append(Message(guid, body, sign(body, secret)))
    return made


def send_elsewhere(port: int, messages: Sequence[Message], rate: int) -> list[Sent]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_send_all, port, messages, rate).result()


def _send_all(port: int, messages: Sequence[Message], rate: int) -> list[Sent]:
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, -15)
    start = time.monotonic()
    with ThreadPoolExecutor(256) as threads:
        waiting = []
        for number, message in enumerate(messages):
            time.sleep(max(0.0, start + number / rate - time.monotonic()))
            waiting.append(threads.submit(_send, port, message))
        return [one.result() for one in waiting]


def _send(port: int, message: Message) -> Sent:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/0000000",
        "X-GitHub-Delivery": message.guid,
        "X-GitHub-Event": "push",
        "X-Hub-Signature-256": message.signature,
    }
    start = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=_FORGE_PATIENCE)
    try:
        connection.request("POST", "/webhook", message.body, headers)
        status = connection.getresponse().status
    except (OSError, HTTPException):
        status = 0
    finally:
        connection.close()
    return Sent(message.guid, status, time.perf_counter() - start)


# --- what else goes on ----------------------------------------------------------------------------


@contextmanager
def locked(stage: ServerStage, seconds: float) -> Iterator[None]:
    """Another process has the job database for itself, from now on."""
    thread = threading.Thread(target=_hold, args=(stage.engine.url, seconds))
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _hold(url: sa.URL, seconds: float) -> None:
    if url.get_backend_name() == "sqlite":
        connection = sqlite3.connect(url.database or "", timeout=60, isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(seconds)
        connection.execute("ROLLBACK")
        connection.close()
        return
    with sa.create_engine(url).begin() as postgres:
        postgres.execute(sa.text("LOCK TABLE dbos.workflow_status IN ACCESS EXCLUSIVE MODE"))
        time.sleep(seconds)


@contextmanager
def attacked(stage: ServerStage) -> Iterator[None]:
    """Sixty bodies at a time that stop short of their end, begun again when they are cut off."""
    end, watch = threading.Event(), threading.Event()
    most, stopped = [0], [0]
    attackers = [
        threading.Thread(target=_attack, args=(stage.server.port, end, stopped), daemon=True) for _ in range(_ATTACKERS)
    ]
    watcher = threading.Thread(target=_watch, args=(stage.web_id(), watch, most))
    for thread in (*attackers, watcher):
        thread.start()
    try:
        yield
    finally:
        end.set()
        for thread in attackers:
            thread.join()
        watch.set()
        watcher.join()
        say(f"  attacked: the web process held {most[0]} MB at most; {stopped[0]} bodies were cut off or refused")


def _attack(port: int, end: threading.Event, stopped: list[int]) -> None:
    head = (
        "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-GitHub-Event: push\r\n"
        "X-GitHub-Delivery: 00000000-0000-0000-0000-000000000000\r\n"
        f"X-Hub-Signature-256: sha256={'0' * 64}\r\nContent-Length: {25 * 1024 * 1024}\r\n\r\n"
    )
    piece = b"x" * 65536
    while not end.is_set():
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), timeout=_FORGE_PATIENCE) as one,
        ):
            one.sendall(head.encode())
            for _ in range(_SENT // len(piece)):
                one.sendall(piece)
            one.settimeout(0.5)
            while not end.is_set() and is_open(one):
                continue
        stopped[0] += 1
        end.wait(0.5)


def is_open(one: socket.socket) -> bool:
    try:
        return bool(one.recv(65536))
    except TimeoutError:
        return True


def _watch(process: int, end: threading.Event, most: list[int]) -> None:
    while not end.wait(0.05):
        most[0] = max(most[0], memory_of(process)[0])


if __name__ == "__main__":
    main()
