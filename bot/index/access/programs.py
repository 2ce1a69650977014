"""Programs of the user or operator that give secrets: found on their own path, run without a shell, bounded in time."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.index.access.secret import NoSecretError
from bot.values import field, value

_SECONDS = 60.0
_MOST = 1 << 20


@value
class Surroundings:
    """``foreign``: folders whose programs are never run, as what lies there is a repository's."""

    environment: Mapping[str, str] = field(repr=False)
    foreign: tuple[Path, ...] = ()


@value
class Output:
    """What a program left: ``said`` is its standard error."""

    status: int
    text: str = field(repr=False)
    said: str = ""


def find_program(name: str, around: Surroundings) -> Path | None:
    """The first program of that name on the path; of relative folders and of foreign ones nothing is taken."""
    if os.sep in name:
        return _usable(Path(name), around)
    for folder in around.environment.get("PATH", "").split(os.pathsep):
        found = _usable(Path(folder) / name, around)
        if found is not None:
            return found
    return None


def _usable(path: Path, around: Surroundings) -> Path | None:
    if not path.is_absolute() or not path.is_file() or not os.access(path, os.X_OK):
        return None
    places = {Path(os.path.normpath(path)), path.resolve()}
    is_foreign = any(place.is_relative_to(folder) for place in places for folder in around.foreign)
    return None if is_foreign else path


def run_program(
    path: Path, arguments: Sequence[str], around: Surroundings, *, shows_errors: bool = False, seconds: float = _SECONDS
) -> Output:
    """Run it in the root folder, with nothing to read; ``shows_errors``: its standard error goes to this process's.

    Raises ``NoSecretError`` where it can't be run, takes too long or says no text.
    """
    try:
        done = subprocess.run(
            [str(path), *arguments],
            cwd="/",
            env=dict(around.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if shows_errors else subprocess.PIPE,
            timeout=seconds,
            check=False,
        )
        text = done.stdout[:_MOST].decode("utf-8")
    except subprocess.TimeoutExpired:
        raise NoSecretError(f"{path.name} did not end within {seconds:.0f} seconds") from None
    except OSError as problem:
        raise NoSecretError(f"{path.name} can't be run: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise NoSecretError(f"{path.name} printed something that is no text") from None
    return Output(status=done.returncode, text=text, said=(done.stderr or b"").decode("utf-8", "replace"))
