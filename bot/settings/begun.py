"""A registration that is under way: a folder of the data folder, for its owner alone, from before the forge is asked until
the App is stored.

The forge tells an App's secrets once. So room for its answer is on the disk before it is asked, and the answer is there before
anybody reads it; a secret for the webhook is there too, for an App that was given none.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from bot.disk import wait_for_disk
from bot.errors import InputError
from bot.settings.stored import write_secret

#: Below the data folder.
FOLDER = "setup-begun"
ANSWER, WEBHOOK_SECRET = "answer.json", "webhook-secret"
_ASKED = "asked.json"
#: Bytes; an answer takes some five thousand.
_ROOM = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What was asked for. ``organization`` "": the App is a person's own; ``settings_page`` lists it. ``drawn`` is the
    webhook's secret where the forge gives none."""

    name: str
    settings_page: str
    github_url: str
    organization: str
    public_url: str
    keep: str
    drawn: str = field(repr=False)


def begin(data_dir: Path, begun: Begun) -> None:
    """In place of one that was begun before. Raises ``OSError`` where not all of it can be written."""
    folder = data_dir / FOLDER
    data_dir.mkdir(parents=True, exist_ok=True)
    forget(data_dir)
    folder.mkdir(mode=0o700)
    asked = asdict(begun)
    write_secret(folder / WEBHOOK_SECRET, asked.pop("drawn"))
    write_secret(folder / ANSWER, " " * _ROOM)
    write_secret(folder / _ASKED, json.dumps(asked, indent=2) + "\n")
    wait_for_disk(folder)
    wait_for_disk(data_dir)


def note_answer(data_dir: Path, answer: bytes) -> None:
    """Into the room that it has already, so that a disk which is full by now takes it."""
    with (data_dir / FOLDER / ANSWER).open("r+b") as file:
        file.write(answer)
        file.flush()
        os.fsync(file.fileno())
        file.truncate()


def find_begun(data_dir: Path) -> tuple[Begun, bytes] | None:
    """With what the forge answered, b"" where it did not. None also for what can't be read."""
    folder = data_dir / FOLDER
    try:
        asked = json.loads((folder / _ASKED).read_text("utf-8"))
        texts = {one.name: str(asked[one.name]) for one in fields(Begun) if one.name != "drawn"}
        drawn = (folder / WEBHOOK_SECRET).read_text("utf-8")
        return Begun(**texts, drawn=drawn), (folder / ANSWER).read_bytes().strip()
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget(data_dir: Path) -> None:
    shutil.rmtree(data_dir / FOLDER, ignore_errors=True)


@contextmanager
def claim(data_dir: Path) -> Iterator[None]:
    """While it lasts no other process registers an App for this folder. Raises ``InputError`` where one does, ``OSError``."""
    opened = os.open(data_dir, os.O_RDONLY)
    try:
        _lock(opened, data_dir)
        yield
    finally:
        os.close(opened)


def _lock(opened: int, data_dir: Path) -> None:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError(
            f"another process is setting an App up in {data_dir}", hint="go on there, or stop it and try again"
        ) from None
    except OSError:
        # Some file systems of a network have no locks.
        return
