"""What set-up in the browser stored: a folder of the data folder, made whole or not at all.

The folder has mode 0700, each file in it 0600; secrets have files of their own, so that a person can look at the rest.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from bot.disk import wait_for_disk
from bot.errors import InputError

#: Below the data folder.
FOLDER = "app"
#: Where it is made.
BESIDE = f"{FOLDER}.new"
_REGISTRATION = "registration.json"
#: Field of ``Registration`` -> its file.
_SECRETS = {
    "private_key": "private-key.pem",
    "webhook_secret": "webhook-secret",
    "client_secret": "client-secret",
}
_HINT = "put the folder back from a backup, set the LOCKBOT_ variables instead, or remove it to set the App up anew"
#: Bytes of a file; a key takes some two thousand.
_MOST = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """An App as GitHub registered it, and the address of the server that it was registered for."""

    app_id: int
    slug: str
    github_url: str
    public_url: str
    client_id: str
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    folder: Path
    registration: Registration


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProblem:
    """What stands there can't be used. ``problem`` says why and what to do."""

    problem: InputError


def find_stored(data_dir: Path) -> Stored | StoredProblem | None:
    """What set-up stored, None where it stored nothing. Makes nothing."""
    folder = data_dir / FOLDER
    try:
        if not folder.exists():
            return None
        return Stored(folder=folder, registration=_read(folder))
    except InputError as error:
        return StoredProblem(problem=error)
    except (OSError, UnicodeError) as error:
        return StoredProblem(problem=_broken(folder, getattr(error, "strerror", None) or "not text"))


def find_open_files(folder: Path) -> tuple[Path, ...]:
    """What of it others than its owner may read or write."""
    loose = stat.S_IRWXG | stat.S_IRWXO
    return tuple(one for one in (folder, *sorted(folder.iterdir())) if one.stat().st_mode & loose)


def store(data_dir: Path, registration: Registration) -> Path:
    """The folder that holds it now, whole and on the disk. Raises ``InputError`` where there is one already, and
    ``OSError``."""
    target, beside = data_dir / FOLDER, data_dir / BESIDE
    data_dir.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(mode=0o700)
    for name, text in _render(registration).items():
        write_secret(beside / name, text)
    wait_for_disk(beside)
    try:
        # A folder that is not empty is not written over.
        beside.rename(target)
    except OSError as error:
        if target.exists():
            raise _broken(target, "an App is stored there already") from None
        raise error
    wait_for_disk(data_dir)
    return target


def _render(registration: Registration) -> dict[str, str]:
    """File -> text."""
    values = asdict(registration)
    texts = {file: values.pop(name) for name, file in _SECRETS.items()}
    return {**texts, _REGISTRATION: json.dumps(values, indent=2) + "\n"}


def write_secret(path: Path, text: str) -> None:
    """A new file that its owner alone may read, on the disk when this returns."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _read(folder: Path) -> Registration:
    texts = {name: _read_text(folder / file) for name, file in _SECRETS.items()}
    path = folder / _REGISTRATION
    try:
        values = json.loads(_read_text(path))
    except ValueError:
        raise _broken(path, "not JSON") from None
    if not isinstance(values, dict):
        raise _broken(path, "not a JSON object")
    for one in fields(Registration):
        if one.name not in _SECRETS and not isinstance(values.get(one.name), int if one.name == "app_id" else str):
            raise _broken(path, f"{one.name!r} is missing or of another kind")
    known = {one.name for one in fields(Registration)}
    return Registration(**{name: value for name, value in values.items() if name in known} | texts)


def _read_text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(_MOST)
    except OSError as error:
        raise _broken(path, f"can't be read: {error.strerror}") from None
    except UnicodeError:
        raise _broken(path, "not text") from None


def _broken(path: Path, what: str) -> InputError:
    return InputError(f"what set-up stored: {path}: {what}", hint=_HINT)
