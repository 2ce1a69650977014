"""Files replaced in one step each, and several of them all or none."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from bot.errors import LockbotError

#: Seconds after which a file that was to be renamed belongs to nobody.
_ABANDONED = 60.0


def write_beside(path: Path, text: str) -> None:
    """Replace a file in one step, so that nobody ever sees half of it; raises ``LockbotError``, the file as it was."""
    beside = _beside(path)
    try:
        _sweep_beside(path)
        beside.write_bytes(text.encode())
        beside.replace(path)
    except OSError as error:
        raise LockbotError(f"{path} could not be written: {error.strerror}; it is as it was") from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def write_all(root: Path, texts: Mapping[str, str], before: Mapping[str, str | None]) -> None:
    """Replace several files below ``root``; ``before``: the text that each had when it was read, ``None`` for none.

    Raises ``LockbotError`` with every file as it was: where one was changed meanwhile, and where one can't be written.
    """
    places = {path: (root / path).resolve() for path in texts}
    for path, place in places.items():
        if _now(place) != before.get(path):
            raise LockbotError(f"{path} was changed meanwhile; nothing was written (call the command again)")
    made: list[Path] = []
    try:
        for path, place in places.items():
            _sweep_beside(place)
            made.append(_beside(place))
            _write_like(place, made[-1], texts[path])
        _rename_all(places, before)
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        raise LockbotError(f"nothing was written: {name}{error.strerror}; every file is as it was") from None
    finally:
        for left in made:
            with suppress(OSError):
                left.unlink(missing_ok=True)


def _rename_all(places: Mapping[str, Path], before: Mapping[str, str | None]) -> None:
    renamed: list[str] = []
    try:
        for path, place in places.items():
            _beside(place).replace(place)
            renamed.append(path)
    except OSError:
        for path in renamed:
            _put_back(places[path], before.get(path))
        raise


def _put_back(place: Path, text: str | None) -> None:
    if text is None:
        place.unlink(missing_ok=True)
    else:
        _write_like(place, _beside(place), text)
        _beside(place).replace(place)


def _write_like(place: Path, beside: Path, text: str) -> None:
    """With the rights that the file has."""
    beside.write_bytes(text.encode())
    if place.exists():
        beside.chmod(place.stat().st_mode & 0o7777)


def _now(place: Path) -> str | None:
    try:
        return place.read_bytes().decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise LockbotError(f"{place} cannot be read: {error}; nothing was written") from None


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def _sweep_beside(path: Path) -> None:
    """What a killed process left; one that lives renames its file within moments."""
    for left in path.parent.glob(f".{path.name}.*.tmp"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _ABANDONED:
                left.unlink()
