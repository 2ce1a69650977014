"""A lockbot server as a process of its own, and patience for what it does."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import TypeVar

from tests.github import Hub

T = TypeVar("T")

PATIENCE = 120.0
ROOT = Path(__file__).resolve().parents[2]


def eventually(look: Callable[[], T | None], what: str, *, patience: float = PATIENCE) -> T:
    """Look again and again until there is something; what must happen across processes has no other sign."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"did not happen in {patience:.0f} s: {what}")


def with_small_pipeline(server: Server) -> list[str]:
    numbers = [str(server.port), str(server.workers), str(server.checkers)]
    return ["-m", "tests.runs.program", "serve", str(server.folder), *numbers]


def with_real_pipeline(server: Server) -> list[str]:
    numbers = ["--workers", str(server.workers), "--checkers", str(server.checkers)]
    return ["-m", "bot", "serve", "--port", str(server.port), *numbers]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@dataclass
class Server:
    """``arguments`` start the program; ``folder`` holds its data, its log, and the small pipeline's world."""

    hub: Hub
    folder: Path
    arguments: Callable[[Server], list[str]]
    workers: int = 1
    checkers: int = 0
    more: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return (
            kept
            | {
                "PYTHONPATH": str(ROOT),
                "LOCKBOT_APP_ID": str(self.hub.app.id),
                "LOCKBOT_PRIVATE_KEY": self.hub.private_key,
                "LOCKBOT_WEBHOOK_SECRET": self.hub.app.webhook_secret,
                "LOCKBOT_GITHUB_URL": self.hub.url,
                # Asked for by the tests that are about it.
                "LOCKBOT_ONBOARDING": "0",
                "LOCKBOT_INDEX_WATCHING": "0",
                "LOCKBOT_DATA_DIR": str(self.folder / "data"),
                "LOCKBOT_CACHE_DIR": str(self.folder / "cache"),
                "LOCKBOT_LOG_FORMAT": "json",
            }
            | dict(self.more)
        )

    def start(self) -> None:
        self.begin()
        eventually(lambda: self.get("/readyz")[0] == 200, "the server is ready")

    def begin(self) -> None:
        """Start it and don't wait until it is ready."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.arguments(self)],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.hub.webhook_url = f"{self.url}/webhook"

    def begin_stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def worker_ids(self) -> list[int]:
        """Process ids of the workers beside the server."""
        assert self.process is not None
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        return [int(line) for line in listed.stdout.split()]

    def get(self, path: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def jobs(self) -> dict[str, float]:
        """State -> how many jobs are in it; nothing while the server does not answer."""
        found = re.findall(r'^lockbot_jobs\{state="([\w ]+)"\} (\S+)$', self.get("/metrics")[1], re.MULTILINE)
        return {state: float(count) for state, count in found}

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def notes(self) -> list[dict[str, object]]:
        """The log's lines for jobs that ended."""
        return self.rows("job ended")

    def rows(self, *events: str) -> list[dict[str, object]]:
        found = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [row for row in found if row.get("event") in events]

    def settle(self) -> None:
        """Wait until all webhooks are sent and no job is left; what jobs do makes webhooks, and these make jobs."""

        def is_idle() -> bool:
            self.hub.drain()
            sent = len(self.hub.deliveries)
            jobs = self.jobs()
            return jobs.get("waiting") == 0 == jobs.get("running") and len(self.hub.deliveries) == sent

        eventually(is_idle, "no job is left")
